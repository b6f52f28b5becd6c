#include "data/synth/params.h"

#include "ams/names.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

ams_status ams_synth_open(ams_tsv *tsv, int file, const char *folder, ams_error *err)
{
    const ams_synth_file *built_in = &ams_synth_files[file];
    char *path = NULL;
    ams_status status = AMS_OK;
    *tsv = (ams_tsv){0};
    if (folder != NULL) {
        AMS_TRY(ams_join_path(&path, folder, built_in->name, err));
    }
    status = path != NULL && ams_exists(path)
                 ? ams_tsv_read(tsv, path, err)
                 : ams_tsv_parse(tsv, built_in->name, built_in->text, err);
out:
    free(path);
    return status;
}

bool ams_synth_is_preset(const ams_tsv *tsv, size_t column)
{
    const char *name = tsv->cells[column];
    return strcmp(name, "parameter") != 0 && strcmp(name, "meaning") != 0;
}

ams_status ams_synth_number(const ams_tsv *tsv, size_t row, size_t column, double minimum,
                            double maximum, double *value, ams_error *err)
{
    ams_status status = ams_tsv_number(tsv, row, column, value, err);
    if (status == AMS_OK && !(*value >= minimum && *value <= maximum)) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: row %zu (%s), column '%s': expected a number from %.9g to %.9g, "
                          "found %g",
                          tsv->path, row + 1, ams_tsv_cell(tsv, row, 0), tsv->cells[column],
                          minimum, maximum, *value);
    }
    return status;
}

static ams_status unknown_parameter(const ams_tsv *tsv, size_t row, const char *name,
                                    const ams_synth_key *keys, size_t n, ams_error *err)
{
    const char *names[64];
    for (size_t i = 0; i < n; i++) {
        names[i] = keys[i].name;
    }
    return ams_fail(err, AMS_BAD_DATA, "%s: row %zu: unknown parameter '%s'%s", tsv->path,
                    row + 1, name, ams_hint_of(name, names, n, "'").text);
}

ams_status ams_synth_params(void *values, const ams_synth_key *keys, size_t n,
                            const ams_tsv *tsv, const char *preset, ams_error *err)
{
    size_t names = 0;
    size_t column = 0;
    bool found[64] = {false};
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(tsv, "parameter", &names, err));
    AMS_TRY(ams_tsv_require(tsv, preset, &column, err));
    for (size_t row = 0; row < tsv->n_rows; row++) {
        const char *name = ams_tsv_cell(tsv, row, names);
        size_t k = 0;
        double value = 0;
        while (k < n && strcmp(keys[k].name, name) != 0) {
            k++;
        }
        if (k == n) {
            status = unknown_parameter(tsv, row, name, keys, n, err);
            goto out;
        }
        if (found[k]) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "%s: row %zu: parameter '%s' stands there "
                              "twice",
                              tsv->path, row + 1, name);
            goto out;
        }
        AMS_TRY(
            ams_synth_number(tsv, row, column, keys[k].minimum, keys[k].maximum, &value, err));
        memcpy((char *)values + keys[k].offset, &value, sizeof value);
        found[k] = true;
    }
    for (size_t k = 0; k < n; k++) {
        if (!found[k]) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "%s: expected a row of the parameter '%s', "
                              "found none",
                              tsv->path, keys[k].name);
            goto out;
        }
    }
out:
    return status;
}
