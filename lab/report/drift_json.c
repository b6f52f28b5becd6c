/* What moved, as JSON. */
#include "base/file.h"
#include "base/memory.h"
#include "lab/report/drift.h"
#include "lab/report/report.h"

#include <stdlib.h>

static json_t *number(const ams_report_number *n)
{
    return n->given ? json_real(n->value) : json_null();
}

static json_t *text(const char *cell)
{
    return cell[0] == '\0' ? json_null() : json_string(cell);
}

static json_t *change_json(const ams_report_change *change)
{
    const ams_report_row *now = change->now;
    const ams_report_row *kept = change->kept;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:s, s:s, s:I}",
                     "experiment", now->experiment, "quantity", now->quantity, "set",
                     ams_report_set_names[now->set], "unit", text(now->unit), "ours",
                     number(&now->ours.mean), "ci_low", number(&now->ours.low), "ci_high",
                     number(&now->ours.high), "verdict", ams_report_verdict_names[now->verdict],
                     "kept", number(&kept->ours.mean), "kept_ci_low", number(&kept->ours.low),
                     "kept_ci_high", number(&kept->ours.high), "kept_verdict",
                     ams_report_verdict_names[kept->verdict], "file", change->file, "line",
                     (json_int_t)kept->line);
}

ams_status ams_report_drift_json(const char *dir, const char *expected, json_t **json,
                                 ams_error *err)
{
    ams_report_data data = {0};
    ams_report_changes drift = {0};
    ams_status status = ams_report_data_read(&data, dir, err);
    *json = NULL;
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(ams_report_changes_read(&drift, &data, expected, err));
    json_t *rows = json_array();
    for (size_t i = 0; i < drift.n_moved; i++) {
        json_array_append_new(rows, change_json(&drift.moved[i]));
    }
    *json =
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "expected", expected, "compared",
                  (json_int_t)drift.n_compared, "moved", (json_int_t)drift.n_moved, "missing",
                  (json_int_t)drift.n_absent, "new", (json_int_t)drift.n_new, "rows", rows);
    status = *json != NULL ? AMS_OK : ams_no_memory(err, 0, "JSON");
out:
    ams_report_changes_fini(&drift);
    ams_report_data_fini(&data);
    return status;
}

ams_status ams_report_json(const char *dir, const char *expected, const char *results,
                           json_t **json, ams_error *err)
{
    static const char *const names[] = {"report.md", "report.html"};
    json_t *files = json_array();
    char *path = NULL;
    ams_status status = AMS_OK;
    *json = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        AMS_TRY(ams_join_path(&path, dir, names[i], err));
        json_array_append_new(files, json_string(path));
        free(path);
        path = NULL;
    }
    if (results != NULL) {
        json_array_append_new(files, json_string(results));
    }
    if (expected != NULL) {
        AMS_TRY(ams_report_drift_json(dir, expected, json, err));
    } else {
        *json = json_object();
    }
    json_object_set(*json, "files", files);
out:
    json_decref(files);
    free(path);
    return status;
}
