/* What exports share: the texts beside the weights, golden.json, growing blobs. */
#include "rl/export/kinds.h"

#include "base/json.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOAT_DIGITS = 9 }; /* which a float is read back from exactly */

ams_status ams_blob_put(ams_blob *blob, const void *data, size_t size, ams_error *err)
{
    ams_status status =
        ams_grow(&blob->data, &blob->capacity, blob->size + size, 1, "an export", err);
    if (status == AMS_OK && size > 0) {
        memcpy(blob->data + blob->size, data, size);
        blob->size += size;
    }
    return status;
}

ams_status ams_blob_text(ams_blob *blob, ams_error *err, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (length < 0 || (size_t)length >= sizeof text) {
        return ams_fail(err, AMS_BACKEND, "a text of an export is too long");
    }
    return ams_blob_put(blob, text, (size_t)length, err);
}

static json_t *names_of(const ams_names *names)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < names->count; i++) {
        /* A name that is not UTF-8 is NULL here, which append refuses. */
        if (json_array_append_new(list, json_string(ams_names_get(names, i))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *floats_of(const float *value, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, json_real((double)value[i]));
    }
    return list;
}

/* A number, or a list where models differ. */
static json_t *threshold_of(const ams_policy_file *p)
{
    return ams_policy_file_one_threshold(p) ? json_real((double)ams_policy_file_threshold(p, 0))
                                            : floats_of(p->threshold, p->model_name.count);
}

static json_t *doubles_of(const double *value, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, json_real(value[i]));
    }
    return list;
}

ams_status ams_meta_put(ams_meta *meta, const char *key, char *text, ams_error *err)
{
    if (text == NULL) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the %s to export are not UTF-8 text; this format needs that", key);
    }
    meta->key[meta->n] = key;
    meta->text[meta->n++] = text;
    return AMS_OK;
}

/* Takes the reference to `value`; `text` where it is NULL. */
static ams_status put(ams_meta *meta, const char *key, json_t *value, const char *text,
                      ams_error *err)
{
    char *copy = NULL;
    ams_status status = AMS_OK;
    if (value != NULL) {
        copy = json_dumps(value,
                          JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(FLOAT_DIGITS));
        json_decref(value);
    } else if (text != NULL) {
        status = ams_copy_text(&copy, text, err);
    }
    return status == AMS_OK ? ams_meta_put(meta, key, copy, err) : status;
}

/* What a Q is, by which a scheduler knows what it may do with it. */
static const char *q_of(const ams_policy_file *p)
{
    if (p->decide == AMS_DECIDE_ODDS) {
        return "log-odds";
    }
    return p->env.reward == AMS_REWARD_GAIN_RATE ? "value per mean time" : "value";
}

ams_status ams_meta_init(ams_meta *meta, const ams_policy_file *p, ams_error *err)
{
    const size_t m = p->model_name.count;
    ams_status status = AMS_OK;
    *meta = (ams_meta){0};
    AMS_TRY(put(meta, "format", NULL, "ams-policy", err));
    AMS_TRY(put(meta, "version", NULL,
                p->net.heads > 0    ? "5"
                : p->env.goal_input ? "4"
                                    : "1",
                err));
    AMS_TRY(put(meta, "agent", NULL, p->agent, err));
    AMS_TRY(put(meta, "label", NULL, p->label, err));
    AMS_TRY(put(meta, "seed", json_integer((json_int_t)p->seed), NULL, err));
    AMS_TRY(put(meta, "updates", json_integer((json_int_t)p->updates), NULL, err));
    AMS_TRY(put(meta, "data_hash", NULL, p->data_hash, err));
    AMS_TRY(put(meta, "models", names_of(&p->model_name), NULL, err));
    AMS_TRY(put(meta, "time_ms", floats_of(p->time_ms, m), NULL, err));
    AMS_TRY(put(meta, "mem_mb", floats_of(p->mem_mb, m), NULL, err));
    AMS_TRY(put(meta, "theta", floats_of(p->theta, m), NULL, err));
    AMS_TRY(put(meta, "labels", names_of(&p->label_name), NULL, err));
    AMS_TRY(put(meta, "features", NULL, ams_feature_modes[p->env.features], err));
    if (p->env.goal_input) {
        AMS_TRY(put(meta, "goals", doubles_of(p->env.goal, p->env.n_goals), NULL, err));
        AMS_TRY(put(meta, "serves_ms", doubles_of(p->serves_ms, p->env.n_goals), NULL, err));
    }
    AMS_TRY(put(meta, "threshold", threshold_of(p), NULL, err));
    AMS_TRY(put(meta, "reward", NULL, ams_reward_modes[p->env.reward], err));
    AMS_TRY(put(meta, "value", NULL, ams_value_modes[p->env.value], err));
    AMS_TRY(put(meta, "end", json_boolean(p->env.end), NULL, err));
    AMS_TRY(put(meta, "decide", NULL, ams_decide_modes[p->decide], err));
    AMS_TRY(put(meta, "q", NULL, q_of(p), err));
    AMS_TRY(put(meta, "dueling", json_boolean(p->net.dueling), NULL, err));
    if (p->net.heads > 0) {
        AMS_TRY(put(meta, "heads", json_integer(p->net.heads), NULL, err));
    }
out:
    if (status != AMS_OK) {
        ams_meta_fini(meta);
    }
    return status;
}

void ams_meta_fini(ams_meta *meta)
{
    for (uint32_t i = 0; i < meta->n; i++) {
        free(meta->text[i]);
    }
    *meta = (ams_meta){0};
}

static json_t *state_of(const ams_golden *golden, uint32_t b)
{
    const ams_sparse *x = &golden->x;
    json_t *index = json_array();
    json_t *value = json_array();
    for (uint32_t i = x->ptr[b]; i < x->ptr[b + 1]; i++) {
        json_array_append_new(index, json_integer(x->index[i]));
        json_array_append_new(value, json_real(x->value == NULL ? 1 : (double)x->value[i]));
    }
    if (golden->heads > 0) {
        json_array_append_new(index, json_integer((json_int_t)x->columns + x->head[b]));
        json_array_append_new(value, json_real(1));
    }
    return json_pack("{s:o, s:o, s:o}", "index", index, "value", value, "q",
                     floats_of(golden->q + (size_t)b * golden->n_actions, golden->n_actions));
}

ams_status ams_golden_write(const ams_policy_file *policy, const ams_golden *golden,
                            ams_blob *blob, ams_error *err)
{
    json_t *states = json_array();
    ams_status status = AMS_OK;
    (void)policy;
    for (uint32_t b = 0; b < golden->x.n; b++) {
        json_array_append_new(states, state_of(golden, b));
    }
    json_t *root = json_pack("{s:i, s:i, s:o}", "features", (int)ams_golden_features(golden),
                             "actions", (int)golden->n_actions, "states", states);
    char *text = root == NULL
                     ? NULL
                     : json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(FLOAT_DIGITS));
    status = text == NULL ? ams_fail(err, AMS_BACKEND, "out of memory for golden.json")
                          : ams_blob_put(blob, text, strlen(text), err);
    if (status == AMS_OK) {
        status = ams_blob_put(blob, "\n", 1, err);
    }
    free(text);
    json_decref(root);
    return status;
}

ams_status ams_golden_read_q(const ams_blob *bytes, const ams_golden *golden, float *q,
                             ams_error *err)
{
    json_t *root = json_loadb((const char *)bytes->data, bytes->size, 0, NULL);
    json_t *states = json_object_get(root, "states");
    ams_status status = AMS_OK;
    for (uint32_t b = 0; b < golden->x.n; b++) {
        json_t *list = json_object_get(json_array_get(states, b), "q");
        for (uint32_t a = 0; a < golden->n_actions; a++, q++) {
            json_t *number = json_array_get(list, a);
            if (!json_is_number(number)) {
                char found[AMS_JSON_FOUND];
                status = ams_fail(err, AMS_BAD_DATA,
                                  "golden.json: field 'states[%u].q[%u]': expected a number, "
                                  "found %s",
                                  b, a, ams_json_found(number, found));
                goto out;
            }
            *q = (float)json_number_value(number);
        }
    }
out:
    json_decref(root);
    return status;
}
