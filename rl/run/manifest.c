#include "rl/run/manifest.h"

#include "base/clock.h"
#include "base/file.h"
#include "rl/net/blas.h"
#include "rl/run/cpu_info.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void earlier_start(const char *path, char start[AMS_STAMP])
{
    json_t *old = json_load_file(path, 0, NULL);
    const char *held = json_string_value(json_object_get(old, "start"));
    if (held != NULL) {
        snprintf(start, AMS_STAMP, "%s", held);
    }
    json_decref(old);
}

static json_t *describe(const ams_manifest *m, const char *start)
{
    char now[AMS_STAMP];
    ams_cpu_info cpu;
    ams_utc_stamp(now);
    ams_cpu_know(&cpu);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, "
        "s:b, s:s, s:s}",
        "program", "ams", "version", m->version, "command", m->command, "compiler", __VERSION__,
        "blas", ams_blas_config(), "blas_kernel", cpu.blas_kernel, "better_blas_kernel",
        cpu.better_kernel, "cpu", cpu.name, "data", m->data_path, "data_hash", m->data_hash,
        "cost_unit", m->cost_unit, "device", m->device, "threads", (json_int_t)m->threads,
        "seed", (json_int_t)m->seed, "updates", (json_int_t)m->updates, "stopped_early",
        m->early, "start", start, "status", m->state);
}

/* Takes json. */
static ams_status write_json(const char *path, json_t *json, ams_error *err)
{
    ams_file file = {0};
    ams_status status = AMS_OK;
    char *text = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2));
    if (text == NULL) {
        status = ams_fail(err, AMS_BACKEND,
                          "%s cannot be described as JSON (a text that is not "
                          "UTF-8, or out of memory)",
                          path);
        goto out;
    }
    AMS_TRY(ams_file_create(&file, path, err));
    fprintf(file.stream, "%s\n", text);
    status = ams_file_commit(&file, err);
out:
    json_decref(json);
    free(text);
    return status;
}

ams_status ams_manifest_write(const ams_manifest *m, ams_error *err)
{
    char start[AMS_STAMP];
    char now[AMS_STAMP];
    char *path = NULL;
    ams_status status = ams_join_path(&path, m->directory, "manifest.json", err);
    if (status != AMS_OK) {
        return status;
    }
    ams_utc_stamp(start);
    ams_utc_stamp(now);
    earlier_start(path, start);
    json_t *json = describe(m, start);
    if (json != NULL && strcmp(m->state, "running") != 0) {
        json_object_set_new(json, "end", json_string(now));
    }
    status = write_json(path, json, err);
    free(path);
    return status;
}

ams_status ams_manifest_finish(const ams_manifest *m, int64_t end, ams_error *err)
{
    char text[AMS_STAMP];
    char *path = NULL;
    ams_status status = ams_join_path(&path, m->directory, "manifest.json", err);
    if (status != AMS_OK) {
        return status;
    }
    (void)ams_utc_stamp_at(end > 0 ? (uint64_t)end : 0, text);
    json_t *json = json_load_file(path, 0, NULL);
    const char *held = json_string_value(json_object_get(json, "status"));
    if (held != NULL && strcmp(held, "finished") == 0) {
        json_decref(json);
    } else {
        json = json_is_object(json) ? json : describe(m, text);
        json_object_set_new(json, "updates", json_integer((json_int_t)m->updates));
        json_object_set_new(json, "stopped_early", json_boolean(m->early));
        json_object_set_new(json, "status", json_string("finished"));
        json_object_set_new(json, "end", json_string(text));
        status = write_json(path, json, err);
    }
    free(path);
    return status;
}
