#include "ams/training_request.h"

#include "base/command.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ams_status ams_training_request_init(ams_training_request *request, ams_error *err)
{
    *request = (ams_training_request){.data_path = NULL};
    return ams_train_defaults(&request->train, err);
}

void ams_training_request_forget(ams_training_request *request)
{
    for (size_t i = 0; i < request->n_settings; i++) {
        free(request->setting[i]);
    }
    request->n_settings = 0;
}

void ams_training_request_fini(ams_training_request *request)
{
    ams_training_request_forget(request);
    free(request->setting);
    free(request->data_path);
    free(request->directory);
    free(request->command);
    free(request->config_path);
    *request = (ams_training_request){.data_path = NULL};
}

ams_status ams_training_request_set(ams_training_request *request, const char *setting,
                                    ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&request->setting, &request->capacity, request->n_settings + 1,
                     sizeof *request->setting, "settings", err));
    AMS_TRY(
        ams_config_argument(&request->train, ams_train_keys, ams_n_train_keys, setting, err));
    AMS_TRY(ams_copy_text(&request->setting[request->n_settings], setting, err));
    request->n_settings++;
out:
    return status;
}

ams_status ams_training_request_put(ams_training_request *request, const char *key,
                                    const char *value, ams_error *err)
{
    char *setting = NULL;
    ams_status status = ams_format(&setting, "a setting", err, "%s=%s", key, value);
    if (status == AMS_OK) {
        status = ams_training_request_set(request, setting, err);
    }
    free(setting);
    return status;
}

/* -- the command line -- */

void ams_words_free(char **words)
{
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        free(words[i]);
    }
    free(words);
}

static ams_status add_number(char **words, size_t *n, const char *option, uint64_t value,
                             ams_error *err)
{
    return value == 0 ? AMS_OK
                      : ams_format(&words[(*n)++], "arguments", err, "%s=%llu", option,
                                   (unsigned long long)value);
}

ams_status ams_training_request_words(const ams_training_request *request, char ***words,
                                      ams_error *err)
{
    enum { FRONT = 8 };
    const char *const front[FRONT] = {"ams",
                                      "train",
                                      "--data",
                                      request->data_path,
                                      "-o",
                                      request->directory,
                                      request->config_path == NULL ? NULL : "--config",
                                      request->config_path};
    size_t n = 0;
    char **made = NULL;
    ams_status status = AMS_OK;
    *words = NULL;
    AMS_TRY(ams_alloc(&made, FRONT + 3 + request->n_settings, sizeof *made, "arguments", err));
    for (size_t i = 0; i < FRONT && front[i] != NULL; i++) {
        AMS_TRY(ams_copy_text(&made[n++], front[i], err));
    }
    AMS_TRY(add_number(made, &n, "--until", request->until, err));
    AMS_TRY(add_number(made, &n, "--memory", request->memory_mb, err));
    for (size_t i = 0; i < request->n_settings; i++) {
        AMS_TRY(ams_copy_text(&made[n++], request->setting[i], err));
    }
    *words = made;
    made = NULL;
out:
    ams_words_free(made);
    return status;
}

ams_status ams_training_request_command(const ams_training_request *request, char **text,
                                        ams_error *err)
{
    enum { NAME = 2 }; /* "ams", "train" */
    char **words = NULL;
    size_t n = 0;
    *text = NULL;
    ams_status status = ams_training_request_words(request, &words, err);
    if (status != AMS_OK) {
        return status;
    }
    while (words[n] != NULL) {
        n++;
    }
    status = ams_command_text(text, "ams train", words + NAME, n - NAME, err);
    ams_words_free(words);
    return status;
}

/* -- a run that is there -- */

ams_status ams_training_recorded_data(const char *directory, char **path, ams_error *err)
{
    char *manifest_path = NULL;
    *path = NULL;
    ams_status status = ams_join_path(&manifest_path, directory, "manifest.json", err);
    if (status != AMS_OK) {
        return status;
    }
    json_error_t reason;
    json_t *manifest = json_load_file(manifest_path, 0, &reason);
    const json_t *data = json_object_get(manifest, "data");
    char found[AMS_JSON_FOUND];
    if (manifest == NULL) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s: expected what the run's folder says of it, found %s; give --data",
                     manifest_path, ams_json_broken(&reason, found));
    } else if (!json_is_string(data)) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s: field 'data': expected the path of the run's outputs file, found "
                     "%s; give --data",
                     manifest_path, ams_json_found(data, found));
    } else {
        status = ams_copy_text(path, json_string_value(data), err);
    }
    json_decref(manifest);
    free(manifest_path);
    return status;
}
