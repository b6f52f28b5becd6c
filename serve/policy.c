#include "serve/policy.h"

#include "base/file.h"
#include "base/memory.h"

#include <jansson.h>
#include <stdlib.h>

enum { LARGEST = 1 << 30 };

static ams_status quote(char **quoted, const char *name, const char *what, const char *path,
                        ams_error *err)
{
    json_t *text = json_string(name); /* NULL where it is not UTF-8 */
    if (text == NULL) {
        return ams_fail(err, AMS_BAD_DATA, "%s: a name of a %s is not UTF-8", path, what);
    }
    *quoted = json_dumps(text, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(text);
    return *quoted == NULL ? ams_no_memory(err, 0, "names of a policy") : AMS_OK;
}

static ams_status name_all(ams_live_policy *p, const char *path, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p->model, p->n_models, sizeof *p->model, "names of models", err));
    AMS_TRY(ams_alloc(&p->name, p->n_models, sizeof *p->name, "names of models", err));
    AMS_TRY(ams_alloc(&p->label, p->n_labels, sizeof *p->label, "names of labels", err));
    for (uint32_t m = 0; m < p->n_models; m++) {
        p->name[m] = ams_online_model_name(p->online, m);
        AMS_TRY(quote(&p->model[m], p->name[m], "model", path, err));
    }
    for (uint32_t l = 0; l < p->n_labels; l++) {
        AMS_TRY(quote(&p->label[l], ams_online_label_name(p->online, l), "label", path, err));
    }
out:
    return status;
}

ams_status ams_live_parse(ams_live_policy *policy, const void *bytes, size_t n,
                          const char *name, ams_error *err)
{
    size_t size = 0;
    ams_status status = AMS_OK;
    *policy = (ams_live_policy){.online = NULL};
    int code = ams_online_size(bytes, n, &size);
    if (code == AMS_ONLINE_OK) {
        AMS_TRY(ams_alloc(&policy->memory, size, 1, "a policy", err));
        code = ams_online_open(&policy->online, bytes, n, policy->memory, size);
    }
    if (code != AMS_ONLINE_OK) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: %s", name, ams_online_text(code));
        goto out;
    }
    policy->n_models = ams_online_models(policy->online);
    policy->n_labels = ams_online_labels(policy->online);
    policy->item_size = ams_item_size(policy->online);
    AMS_TRY(name_all(policy, name, err));
out:
    if (status != AMS_OK) {
        ams_live_close(policy);
    }
    return status;
}

ams_status ams_live_open(ams_live_policy *policy, const char *path, ams_error *err)
{
    char *joined = NULL;
    char *bytes = NULL;
    size_t n = 0;
    ams_status status = AMS_OK;
    *policy = (ams_live_policy){.online = NULL};
    if (ams_is_directory(path)) {
        AMS_TRY(ams_join_path(&joined, path, "policy.ams", err));
        path = joined;
    }
    AMS_TRY(ams_read_file(path, LARGEST, &bytes, &n, err));
    AMS_TRY(ams_live_parse(policy, bytes, n, path, err));
out:
    free(bytes);
    free(joined);
    return status;
}

void ams_live_close(ams_live_policy *policy)
{
    for (uint32_t m = 0; policy->model != NULL && m < policy->n_models; m++) {
        free(policy->model[m]);
    }
    for (uint32_t l = 0; policy->label != NULL && l < policy->n_labels; l++) {
        free(policy->label[l]);
    }
    free(policy->model);
    free(policy->name);
    free(policy->label);
    free(policy->memory);
    *policy = (ams_live_policy){.online = NULL};
}
