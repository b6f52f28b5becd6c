#include "rl/run/record.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/tsv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status text_of(const json_t *manifest, const char *path, const char *field,
                          const char **text, ams_error *err)
{
    char found[AMS_JSON_FOUND];
    const json_t *value = json_object_get(manifest, field);
    *text = json_string_value(value);
    return *text != NULL
               ? AMS_OK
               : ams_fail(err, AMS_BAD_DATA, "%s: field '%s': expected a text, found %s", path,
                          field, ams_json_found(value, found));
}

ams_status ams_run_record_data(const char *directory, char **data_path,
                               char data_hash[AMS_HASH_TEXT], ams_error *err)
{
    char *path = NULL;
    json_error_t reason;
    json_t *manifest = NULL;
    ams_status status = AMS_OK;
    *data_path = NULL;
    AMS_TRY(ams_join_path(&path, directory, "manifest.json", err));
    manifest = json_load_file(path, 0, &reason);
    if (manifest == NULL) {
        char found[AMS_JSON_FOUND];
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: expected what the run's folder says of it, found %s", path,
                          ams_json_broken(&reason, found));
        goto out;
    }
    const char *data = NULL;
    const char *hash = NULL;
    AMS_TRY(text_of(manifest, path, "data", &data, err));
    AMS_TRY(text_of(manifest, path, "data_hash", &hash, err));
    snprintf(data_hash, AMS_HASH_TEXT, "%s", hash);
    status = ams_copy_text(data_path, data, err);
out:
    json_decref(manifest);
    free(path);
    return status;
}

ams_status ams_run_record_items(const char *directory, uint64_t *items, ams_error *err)
{
    static const char line[] = "\nitems = ";
    char *path = NULL;
    char *text = NULL;
    size_t size = 0;
    ams_status status = AMS_OK;
    *items = 0;
    AMS_TRY(ams_join_path(&path, directory, "config.ini", err));
    AMS_TRY(ams_read_file(path, 1 << 20, &text, &size, err));
    char *found = strstr(text, line);
    if (found != NULL) {
        found += sizeof line - 1;
        found[strcspn(found, "\r\n")] = '\0';
        if (!ams_parse_u64(found, items)) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "%s: expected 'items = ' with a whole number, found '%s'", path,
                              found);
        }
    }
out:
    free(path);
    free(text);
    return status;
}

/* A run that was continued appends, each process from 0: the sum of what each came to. */
static ams_status sum_seconds(const ams_tsv *timing, double *seconds, ams_error *err)
{
    size_t column = 0;
    double before = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(timing, "seconds", &column, err));
    for (size_t row = 0; row < timing->n_rows; row++) {
        double now = 0;
        AMS_TRY(ams_tsv_number(timing, row, column, &now, err));
        *seconds += now < before ? now : now - before;
        before = now;
    }
out:
    return status;
}

ams_status ams_run_record_seconds(const char *directory, double *seconds, ams_error *err)
{
    char *path = NULL;
    ams_tsv timing = {0};
    ams_status status = AMS_OK;
    *seconds = 0;
    AMS_TRY(ams_join_path(&path, directory, "timing.tsv", err));
    if (!ams_exists(path)) {
        *seconds = NAN;
        goto out;
    }
    AMS_TRY(ams_tsv_read_log(&timing, path, err));
    if (timing.n_columns == 0) {
        *seconds = NAN;
    } else {
        status = sum_seconds(&timing, seconds, err);
    }
out:
    ams_tsv_fini(&timing);
    free(path);
    return status;
}
