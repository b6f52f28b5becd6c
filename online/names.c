/* What an opened policy says of itself. */
#include "online/handle.h"

#include <string.h>

const char *ams_online_text(int code)
{
    switch (code) {
    case AMS_ONLINE_OK:
        return "no error";
    case AMS_ONLINE_NO_POLICY:
        return "not a policy: expected bytes that begin with AMSPOL01 to 05, AMSBUD01 or 02";
    case AMS_ONLINE_DAMAGED:
        return "the policy is cut short or damaged: a length or checksum is wrong";
    case AMS_ONLINE_BAD_POLICY:
        return "the policy's contents contradict each other or are out of range";
    case AMS_ONLINE_SMALL:
        return "less memory was given than ams_online_size or ams_item_size say";
    case AMS_ONLINE_BAD_ARGUMENT:
        return "a pointer is NULL, or a limit or rule is not possible with this policy";
    case AMS_ONLINE_NO_MODEL:
        return "the policy has no model of that index";
    case AMS_ONLINE_NO_LABEL:
        return "the policy has no label of that index";
    case AMS_ONLINE_BAD_CONFIDENCE:
        return "a confidence is not from 0 to 1";
    case AMS_ONLINE_BAD_TIME:
        return "a time is earlier than one given before, negative, or not a number";
    case AMS_ONLINE_BAD_ORDER:
        return "a model was started twice, or ended without running";
    default:
        return "no such code";
    }
}

uint32_t ams_online_models(const ams_online *policy)
{
    return policy->n_models;
}

uint32_t ams_online_labels(const ams_online *policy)
{
    return policy->n_labels;
}

const char *ams_online_model_name(const ams_online *policy, uint32_t model)
{
    return model < policy->n_models ? policy->model_text + policy->model_at[model] : NULL;
}

const char *ams_online_label_name(const ams_online *policy, uint32_t label)
{
    return label < policy->n_labels ? policy->label_text + policy->label_at[label] : NULL;
}

uint32_t ams_online_model(const ams_online *policy, const char *name)
{
    for (uint32_t m = 0; name != NULL && m < policy->n_models; m++) {
        if (strcmp(name, policy->model_text + policy->model_at[m]) == 0) {
            return m;
        }
    }
    return AMS_ONLINE_NONE;
}

uint32_t ams_online_label(const ams_online *policy, const char *name)
{
    uint32_t low = 0;
    uint32_t high = name == NULL ? 0 : policy->n_labels;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t label = policy->label_order[middle];
        int order = strcmp(name, policy->label_text + policy->label_at[label]);
        if (order == 0) {
            return label;
        }
        low = order > 0 ? middle + 1 : low;
        high = order > 0 ? high : middle;
    }
    return AMS_ONLINE_NONE;
}

float ams_online_model_ms(const ams_online *policy, uint32_t model)
{
    return model < policy->n_models ? policy->time_ms[model] : 0;
}

float ams_online_model_mb(const ams_online *policy, uint32_t model)
{
    return model < policy->n_models ? policy->mem_mb[model] : 0;
}

float ams_online_model_threshold(const ams_online *policy, uint32_t model)
{
    return model < policy->n_models ? policy->threshold[model] : 0;
}

uint32_t ams_online_goals(const ams_online *policy, double *goal, uint32_t most)
{
    for (uint32_t k = 0; k < policy->n_goals && k < most; k++) {
        goal[k] = policy->goal[k];
    }
    return policy->n_goals;
}
