/* A run's folder, as it is now. */
#include "lab/live/parts.h"

#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/tsv.h"
#include "lab/figures/columns.h"
#include "rl/run/settings.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const ams_live_state_names[AMS_LIVE_STATES] = {
    "running", "failed", "interrupted", "stopped", "waiting", "finished", "dropped"};

static bool holds(const char *directory, const char *name)
{
    char *path = NULL;
    const bool there =
        ams_join_path(&path, directory, name, NULL) == AMS_OK && ams_exists(path);
    free(path);
    return there;
}

bool ams_live_is_folder(const char *directory)
{
    return holds(directory, "manifest.json") || holds(directory, "config.ini") ||
           holds(directory, "runs");
}

/* -- manifest.json -- */

/* What the page says once: of the run, or of the first run of an experiment that says it. */
static ams_status keep_facts(ams_live *live, const json_t *manifest, ams_error *err)
{
    const char *unit = json_string_value(json_object_get(manifest, "cost_unit"));
    const char *data = json_string_value(json_object_get(manifest, "data"));
    const char *start = json_string_value(json_object_get(manifest, "start"));
    ams_status status = AMS_OK;
    if (unit != NULL && live->unit[0] == '\0') {
        snprintf(live->unit, sizeof live->unit, "%s", unit);
    }
    if (data != NULL && live->data == NULL) {
        AMS_TRY(ams_copy_text(&live->data, data, err));
    }
    if (start != NULL && live->start == NULL) {
        AMS_TRY(ams_copy_text(&live->start, start, err));
    }
out:
    return status;
}

static bool is_locked(const char *directory)
{
    char *path = NULL;
    const bool locked =
        ams_join_path(&path, directory, "lock", NULL) == AMS_OK && ams_lock_in_use(path);
    free(path);
    return locked;
}

/* A process that was killed leaves "running" in its manifest, and no lock. */
static ams_live_state state_of(const char *directory, const char *says)
{
    if (says == NULL || strcmp(says, "running") == 0) {
        return is_locked(directory)             ? AMS_LIVE_RUNNING
               : holds(directory, "policy.ams") ? AMS_LIVE_FINISHED
               : says == NULL                   ? AMS_LIVE_WAITING
                                                : AMS_LIVE_INTERRUPTED;
    }
    return strcmp(says, "finished") == 0 ? AMS_LIVE_FINISHED
           : strcmp(says, "failed") == 0 ? AMS_LIVE_FAILED
                                         : AMS_LIVE_STOPPED;
}

static ams_status read_manifest(ams_live *live, ams_live_run *run, const char *directory,
                                ams_error *err)
{
    char *path = NULL;
    json_error_t reason;
    json_t *manifest = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, directory, "manifest.json", err));
    if (ams_exists(path)) {
        manifest = json_load_file(path, 0, &reason);
        if (!json_is_object(manifest)) {
            status =
                ams_fail(err, AMS_BAD_DATA, "%s: expected what the run's folder says of it: %s",
                         path, manifest == NULL ? reason.text : "no JSON object");
            goto out;
        }
        AMS_TRY(keep_facts(live, manifest, err));
    }
    run->state = state_of(directory, json_string_value(json_object_get(manifest, "status")));
    const json_int_t updates = json_integer_value(json_object_get(manifest, "updates"));
    run->updates = updates > 0 ? (uint64_t)updates : 0;
    run->begun = manifest != NULL;
out:
    json_decref(manifest);
    free(path);
    return status;
}

/* -- metrics.tsv -- */

static ams_status read_cell(const ams_tsv *tsv, size_t row, size_t column, double *value,
                            ams_error *err)
{
    *value = NAN;
    return strcmp(ams_tsv_cell(tsv, row, column), "-") == 0
               ? AMS_OK
               : ams_tsv_number(tsv, row, column, value, err);
}

static ams_status read_points(ams_live_run *run, const ams_tsv *tsv, ams_error *err)
{
    static const char *const names[AMS_LIVE_METRICS] = {AMS_COL_VALIDATION_TIME_MS,
                                                        AMS_COL_LOSS};
    size_t update = 0;
    size_t column[AMS_LIVE_METRICS];
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(tsv, AMS_COL_UPDATE, &update, err));
    for (size_t m = 0; m < AMS_LIVE_METRICS; m++) {
        AMS_TRY(ams_tsv_require(tsv, names[m], &column[m], err));
    }
    AMS_TRY(ams_alloc(&run->point, tsv->n_rows, sizeof *run->point, "a curve", err));
    for (size_t row = 0; row < tsv->n_rows; row++) {
        ams_live_point *p = &run->point[row];
        AMS_TRY(ams_tsv_number(tsv, row, update, &p->update, err));
        for (size_t m = 0; m < AMS_LIVE_METRICS; m++) {
            AMS_TRY(read_cell(tsv, row, column[m], &p->value[m], err));
        }
        const double time = p->value[AMS_LIVE_TIME];
        if (isfinite(time) && !(time >= run->best)) {
            run->best = time;
            run->best_update = p->update;
        }
        run->n = row + 1;
    }
out:
    return status;
}

/* Whether DIRECTORY/NAME is there and has a header; what it says is for ams_tsv_fini. */
static ams_status read_log(ams_tsv *tsv, const char *directory, const char *name, bool *there,
                           double *written, ams_error *err)
{
    char *path = NULL;
    struct stat info;
    ams_status status = AMS_OK;
    *there = false;
    AMS_TRY(ams_join_path(&path, directory, name, err));
    if (stat(path, &info) == 0) {
        AMS_TRY(ams_tsv_read_log(tsv, path, err));
        *there = tsv->n_columns > 0;
        *written = (double)info.st_mtim.tv_sec + 1e-9 * (double)info.st_mtim.tv_nsec;
    }
out:
    free(path);
    return status;
}

static ams_status read_metrics(ams_live_run *run, const char *directory, double *written,
                               ams_error *err)
{
    ams_tsv tsv = {0};
    bool there = false;
    ams_status status = AMS_OK;
    AMS_TRY(read_log(&tsv, directory, AMS_METRICS_TSV, &there, written, err));
    if (there) {
        AMS_TRY(read_points(run, &tsv, err));
    }
    if (run->n > 0) { /* the manifest of a running one is as old as the run */
        const double last = run->point[run->n - 1].update;
        run->updates = last > (double)run->updates ? (uint64_t)last : run->updates;
    }
out:
    ams_tsv_fini(&tsv);
    return status;
}

/* The speed that the latest row of timing.tsv gives. */
static ams_status read_speed(ams_live_run *run, const char *directory, ams_error *err)
{
    ams_tsv tsv = {0};
    bool there = false;
    double written = 0;
    size_t column = 0;
    ams_status status = AMS_OK;
    AMS_TRY(read_log(&tsv, directory, "timing.tsv", &there, &written, err));
    if (there && tsv.n_rows > 0) {
        AMS_TRY(ams_tsv_require(&tsv, "updates_per_s", &column, err));
        AMS_TRY(ams_tsv_number(&tsv, tsv.n_rows - 1, column, &run->per_s, err));
    }
out:
    ams_tsv_fini(&tsv);
    return status;
}

/* Updates since the last row are not known before the next one; their time is. */
static double since_row(const ams_live_run *run, double now, double written)
{
    const double before = run->n > 1 ? run->point[run->n - 2].update : 0;
    const double row_s = run->n > 0 && run->per_s > 0
                             ? (run->point[run->n - 1].update - before) / run->per_s
                             : 0;
    const double since = now - written;
    return since < 0 ? 0 : since < row_s ? since : row_s;
}

ams_status ams_live_read_run(ams_live *live, ams_live_run *run, const char *directory,
                             double now, ams_error *err)
{
    ams_run_settings settings = {.known = false};
    double written = -INFINITY;
    ams_status status = AMS_OK;
    run->best = NAN;
    AMS_TRY(read_manifest(live, run, directory, err));
    AMS_TRY(ams_run_settings_read(&settings, directory, err));
    run->steps = settings.known ? settings.train.steps : 0;
    AMS_TRY(read_metrics(run, directory, &written, err));
    AMS_TRY(read_speed(run, directory, err));
    run->quiet_s = now - written;
    run->since_s = run->state == AMS_LIVE_RUNNING ? since_row(run, now, written) : 0;
out:
    return status;
}

void ams_live_fini(ams_live *live)
{
    for (size_t i = 0; i < live->n; i++) {
        free(live->run[i].name);
        free(live->run[i].point);
    }
    free(live->run);
    free(live->data);
    free(live->start);
    *live = (ams_live){.run = NULL};
}
