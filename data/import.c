#include "data/import.h"

#include "base/team.h"
#include "env/pack.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

ams_import_options ams_import_defaults(void)
{
    return (ams_import_options){.split = {.share = {0.5, 0.1, 0.4}, .seed = 0}};
}

static uint64_t total_bytes(const char *const *paths, size_t n)
{
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++) {
        struct stat info;
        total += stat(paths[i], &info) == 0 ? (uint64_t)info.st_size : 0;
    }
    return total;
}

/* Before a huge file is read in vain. */
static ams_status check_options(const ams_import_options *options, ams_error *err)
{
    const char *name = options->name == NULL ? "" : options->name;
    if (ams_check_control("the name of the data", name, strlen(name), err) != AMS_OK) {
        return AMS_USAGE;
    }
    if (options->cost_unit != NULL && ams_check_cost_unit(options->cost_unit, err) != AMS_OK) {
        return AMS_USAGE;
    }
    struct stat info;
    if (stat(options->output, &info) == 0 && !S_ISREG(info.st_mode)) {
        return ams_fail(err, AMS_IO, "cannot write %s: it is not a regular file",
                        options->output);
    }
    return AMS_OK;
}

/* The same of what names models. */
static ams_status check_threshold(const ams_import_options *options,
                                  const ams_model_table *models, ams_error *err)
{
    ams_table named = {.n_models = models->name.count, .model_name = models->name};
    ams_status status = options->threshold == NULL
                            ? AMS_OK
                            : ams_table_set_threshold(&named, options->threshold, err);
    free(named.threshold);
    return status;
}

ams_status ams_data_import(const char *const *rows, size_t n_rows,
                           const ams_import_options *options, ams_import_counts *counts,
                           ams_error *err)
{
    *counts = (ams_import_counts){0};
    ams_intake intake = {.options = options, .counts = counts};
    ams_status status = AMS_OK;
    if (!ams_team_leads(options->team)) {
        return ams_team_serve(options->team, ams_pack_work, NULL, err);
    }
    AMS_TRY(check_options(options, err));
    AMS_TRY(options->cost == NULL
                ? ams_model_table_read(&intake.models, options->models_path, err)
                : ams_model_table_read_cost(&intake.models, options->models_path, options->cost,
                                            err));
    AMS_TRY(check_threshold(options, &intake.models, err));
    AMS_TRY(ams_intake_prepare(&intake, rows, n_rows, err));
    AMS_TRY(ams_spool_create(&intake.spool, options->output, err));
    uint64_t total = total_bytes(intake.path, intake.n_files);
    uint64_t bytes = 0;
    for (size_t file = 0; file < intake.n_files; file++) {
        AMS_TRY(ams_import_rows(&intake, (uint32_t)file, &bytes, total, err));
    }
    if (counts->rows > 0) {
        AMS_TRY(ams_intake_listed(&intake, err));
        AMS_TRY(ams_intake_truth(&intake, err));
    }
    if (counts->rows == 0) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: expected at least one row, found none%s%s",
                          intake.n_files == 0 ? "rows" : intake.path[0],
                          counts->bad_rows > 0 ? " that is right; the first: " : "",
                          counts->first_bad);
        goto out;
    }
    status = ams_intake_write(&intake, err);
out:
    ams_intake_fini(&intake);
    return status;
}
