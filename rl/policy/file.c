#include "ams/policy_file.h"

#include "base/file.h"
#include "base/memory.h"
#include "rl/policy/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ams_decide_modes[] = {"q-greedy", "cost-q", "odds", NULL};

const char *const ams_stored_modes[] = {"fp32", "fp16", "int8", NULL};

static const char MAGIC[] = "AMSPOL01";
static const char MAGIC_2[] = "AMSPOL02"; /* of weights that are not fp32 */
static const char MAGIC_3[] = "AMSPOL03"; /* of models whose thresholds differ */
static const char MAGIC_4[] = "AMSPOL04"; /* of networks with goal inputs */
static const char MAGIC_5[] = "AMSPOL05"; /* and with an output head per goal */
enum { LARGEST_FILE = 1 << 30, MOST_LABELS = 1 << 24 };

/* Section "meta", fixed size, no padding: the embedded scheduler reads the same bytes. */
typedef struct file_meta {
    char agent[64];
    char label[64];
    char data_hash[40];
    uint64_t seed, updates;
    uint32_t decide, features, reward, value, end;
    float threshold;
    uint32_t n_models, n_labels, n_layers;
    uint32_t width[AMS_MAX_LAYERS + 1];
} file_meta;
_Static_assert(sizeof(file_meta) == 64 + 64 + 40 + 16 + 9 * 4 + 5 * 4, "no padding");

void ams_policy_file_fini(ams_policy_file *policy)
{
    ams_names_fini(&policy->model_name);
    ams_names_fini(&policy->label_name);
    free(policy->time_ms);
    free(policy->mem_mb);
    free(policy->theta);
    free(policy->threshold);
    ams_net_fini(&policy->net);
    *policy = (ams_policy_file){0};
}

bool ams_policy_file_one_threshold(const ams_policy_file *policy)
{
    for (uint32_t m = 1; m < policy->model_name.count; m++) {
        if (ams_policy_file_threshold(policy, m) != ams_policy_file_threshold(policy, 0)) {
            return false;
        }
    }
    return true;
}

bool ams_policy_file_same_thresholds(const ams_policy_file *a, const ams_policy_file *b)
{
    for (uint32_t m = 0; m < a->model_name.count; m++) {
        if (ams_policy_file_threshold(a, m) != ams_policy_file_threshold(b, m)) {
            return false;
        }
    }
    return true;
}

ams_env_options ams_policy_file_env(const ams_policy_file *policy)
{
    ams_env_options options = policy->env;
    options.threshold = policy->threshold;
    return options;
}

static ams_status add_names(ams_blob *blob, const char *tag, const ams_names *names,
                            ams_error *err)
{
    /* Names follow each other with their zeros, in order of their index. */
    return ams_blob_add(blob, tag, names->text, names->text_used, err);
}

static file_meta describe(const ams_policy_file *policy)
{
    file_meta m = {.seed = policy->seed,
                   .updates = policy->updates,
                   .decide = (uint32_t)policy->decide,
                   .features = (uint32_t)policy->env.features,
                   .reward = (uint32_t)policy->env.reward,
                   .value = (uint32_t)policy->env.value,
                   .end = policy->env.end,
                   .threshold = ams_policy_file_one_threshold(policy)
                                    ? ams_policy_file_threshold(policy, 0)
                                    : 0, /* the section has them */
                   .n_models = policy->model_name.count,
                   .n_labels = policy->label_name.count,
                   .n_layers = policy->net.n_layers};
    memcpy(m.agent, policy->agent, strnlen(policy->agent, sizeof m.agent - 1));
    memcpy(m.label, policy->label, strnlen(policy->label, sizeof m.label - 1));
    memcpy(m.data_hash, policy->data_hash, AMS_HASH_TEXT - 1);
    memcpy(m.width, policy->net.width, sizeof m.width);
    return m;
}

static ams_status add_weights(ams_blob *blob, const ams_policy_file *policy, ams_error *err)
{
    if (policy->stored == AMS_STORED_FP32) {
        return ams_blob_add(blob, "weights", policy->net.params,
                            policy->net.n_params * sizeof(float), err);
    }
    uint32_t stored = policy->stored;
    ams_status status = ams_blob_add(blob, "stored", &stored, sizeof stored, err);
    return status == AMS_OK ? ams_weights_add(blob, &policy->net, policy->stored, err) : status;
}

ams_status ams_policy_file_bytes(const ams_policy_file *policy, ams_blob *blob, ams_error *err)
{
    ams_status status = AMS_OK;
    const file_meta m = describe(policy);
    size_t floats = m.n_models * sizeof(float);
    const bool one = ams_policy_file_one_threshold(policy);
    const char *magic = policy->env.goal_input && policy->env.goal_heads ? MAGIC_5
                        : policy->env.goal_input                         ? MAGIC_4
                        : !one                                           ? MAGIC_3
                        : policy->stored == AMS_STORED_FP32              ? MAGIC
                                                                         : MAGIC_2;
    *blob = (ams_blob){0};
    AMS_TRY(ams_blob_begin(blob, magic, err));
    AMS_TRY(ams_blob_add(blob, "meta", &m, sizeof m, err));
    AMS_TRY(add_names(blob, "models", &policy->model_name, err));
    AMS_TRY(ams_blob_add(blob, "time_ms", policy->time_ms, floats, err));
    AMS_TRY(ams_blob_add(blob, "mem_mb", policy->mem_mb, floats, err));
    AMS_TRY(ams_blob_add(blob, "theta", policy->theta, floats, err));
    if (!one) {
        AMS_TRY(ams_blob_add(blob, "valuable", policy->threshold, floats, err));
    }
    AMS_TRY(add_names(blob, "labels", &policy->label_name, err));
    if (policy->env.goal_input) {
        const size_t size = policy->env.n_goals * sizeof(double);
        AMS_TRY(ams_blob_add(blob, "goals", policy->env.goal, size, err));
        AMS_TRY(ams_blob_add(blob, "serves", policy->serves_ms, size, err));
    }
    AMS_TRY(add_weights(blob, policy, err));
out:
    if (status != AMS_OK) {
        ams_blob_fini(blob);
    }
    return status;
}

ams_status ams_policy_file_write(const ams_policy_file *policy, const char *path,
                                 ams_error *err)
{
    ams_blob blob;
    ams_status status = ams_policy_file_bytes(policy, &blob, err);
    if (status == AMS_OK) {
        status = ams_blob_write(&blob, path, err);
        ams_blob_fini(&blob);
    }
    return status;
}

ams_status ams_policy_file_path(char **path, const char *target, ams_error *err)
{
    if (!ams_is_directory(target)) {
        return ams_copy_text(path, target, err);
    }
    ams_status status = ams_join_path(path, target, "policy.ams", err);
    if (status == AMS_OK && !ams_exists(*path)) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s: the folder has no policy.ams; is its training finished?", target);
    }
    return status;
}

static ams_status bad(const char *path, const char *what, ams_error *err)
{
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: %s; the file is damaged or was not written by `ams train`", path,
                    what);
}

/* One output more than there are actions: the head of the state's value. */
static bool is_dueling(const file_meta *m)
{
    return m->width[m->n_layers] == m->n_models + 2;
}

/* Those of version 5 end in a head per goal. */
static bool outputs_fit(const file_meta *m, const ams_env_options *env)
{
    const uint32_t outputs = m->width[m->n_layers];
    return env->goal_heads ? m->n_layers > 1 && outputs == env->n_goals * (m->n_models + 1)
                           : outputs == m->n_models + 1 || is_dueling(m);
}

/* Everything that later code relies on without looking again. */
static ams_status check_meta(const file_meta *m, const ams_env_options *env, const char *path,
                             ams_error *err)
{
    const uint32_t goals = ams_env_goal_inputs(env);
    if (memchr(m->agent, 0, sizeof m->agent) == NULL ||
        memchr(m->label, 0, sizeof m->label) == NULL ||
        memchr(m->data_hash, 0, AMS_HASH_TEXT) == NULL) {
        return bad(path, "a text in section 'meta' does not end", err);
    }
    if (m->decide > AMS_DECIDE_ODDS || m->features > AMS_FEATURES_CONF_MASK ||
        m->reward > AMS_REWARD_TIME || m->value > AMS_VALUE_BEST || m->end > 1 ||
        !(m->threshold >= 0 && m->threshold < 1)) {
        return bad(path, "an option in section 'meta' is out of range", err);
    }
    if (m->n_models == 0 || m->n_models > AMS_MAX_MODELS || m->n_labels > MOST_LABELS ||
        m->n_layers == 0 || m->n_layers > AMS_MAX_LAYERS) {
        return bad(path, "a count in section 'meta' is out of range", err);
    }
    bool mask =
        m->features == AMS_FEATURES_LABELS_MASK || m->features == AMS_FEATURES_CONF_MASK;
    if (m->width[0] != m->n_labels + (mask ? m->n_models : 0) + goals || !outputs_fit(m, env)) {
        return bad(path, "the network's inputs or outputs do not fit the labels and models",
                   err);
    }
    for (uint32_t k = 1; k < m->n_layers; k++) {
        if (m->width[k] == 0 || m->width[k] > AMS_MAX_UNITS) {
            return bad(path, "a hidden layer must have 1 to 4096 units", err);
        }
    }
    return AMS_OK;
}

static ams_status read_fp32(const ams_sections *sections, const file_meta *m, ams_net *net,
                            ams_error *err)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    ams_status status = ams_sections_get(sections, "weights", &data, &size, err);
    if (status != AMS_OK) {
        return status;
    }
    /* The section's size bounds the allocation: a lying width cannot ask for terabytes. */
    uint64_t least = 0;
    for (uint32_t k = 0; k < m->n_layers; k++) {
        least += (uint64_t)m->width[k] * m->width[k + 1];
    }
    if (least > size / sizeof(float)) {
        return bad(sections->path, "section 'weights' is smaller than the network", err);
    }
    AMS_TRY(ams_net_init_widths(net, m->width, m->n_layers, err));
    AMS_TRY(ams_sections_copy(sections, "weights", net->params, net->n_params * sizeof(float),
                              err));
out:
    return status;
}

static ams_status read_weights(const ams_sections *sections, const file_meta *m,
                               ams_stored stored, ams_net *net, ams_error *err)
{
    ams_status status = stored == AMS_STORED_FP32 ? read_fp32(sections, m, net, err)
                                                  : ams_weights_read(sections, stored, m->width,
                                                                     m->n_layers, net, err);
    net->dueling = is_dueling(m);
    for (uint64_t i = 0; status == AMS_OK && i < net->n_params; i++) {
        if (!isfinite(net->params[i])) {
            status = bad(sections->path, "a weight is not finite", err);
        }
    }
    return status;
}

static bool begins_with(const void *bytes, size_t size, const char *magic)
{
    return size >= AMS_TAG && memcmp(bytes, magic, AMS_TAG) == 0;
}

static bool has_goals(const char *magic)
{
    return magic == MAGIC_4 || magic == MAGIC_5;
}

static const char *magic_of(const void *bytes, size_t size)
{
    static const char *const later[] = {MAGIC_2, MAGIC_3, MAGIC_4, MAGIC_5};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (begins_with(bytes, size, later[i])) {
            return later[i];
        }
    }
    return MAGIC;
}

/* Versions 1 to 5, what the weights are (floats in version 1, and from version 3 on where there
 * is no section `stored`), and whether goals are inputs or have heads. */
static ams_status open_version(ams_sections *sections, const void *bytes, size_t size,
                               const char *path, ams_policy_file *policy, ams_error *err)
{
    const char *magic = magic_of(bytes, size);
    uint32_t found = 0;
    ams_status status = AMS_OK;
    policy->env = ams_env_defaults();
    policy->env.goal_input = has_goals(magic);
    policy->env.goal_heads = magic == MAGIC_5;
    policy->stored = AMS_STORED_FP32;
    if (begins_with(bytes, size, "AMSBUD01") || begins_with(bytes, size, "AMSBUD02")) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: expected a policy of a network, found one that answers for money; "
                        "`ams serve`, `ams run` and programs take it",
                        path);
    }
    AMS_TRY(ams_sections_open(sections, bytes, size, magic, path, err));
    if (magic == MAGIC || (magic != MAGIC_2 && !ams_sections_has(sections, "stored"))) {
        goto out;
    }
    AMS_TRY(ams_sections_copy(sections, "stored", &found, sizeof found, err));
    if (found != AMS_STORED_FP16 && found != AMS_STORED_INT8) {
        return bad(path, "section 'stored' is neither fp16 nor int8", err);
    }
    policy->stored = (ams_stored)found;
out:
    return status;
}

/* The goals that can be asked for, and the deadlines that they serve. */
static ams_status read_goals(const ams_sections *sections, ams_policy_file *policy,
                             ams_error *err)
{
    const uint8_t *data = NULL;
    size_t size = 0;
    ams_env_options *env = &policy->env;
    ams_status status = AMS_OK;
    AMS_TRY(ams_sections_get(sections, "goals", &data, &size, err));
    env->n_goals = (uint32_t)(size / sizeof *env->goal);
    if (size == 0 || size > sizeof env->goal || size % sizeof *env->goal != 0) {
        return bad(sections->path, "section 'goals' does not hold 1 to 8 goals", err);
    }
    memcpy(env->goal, data, size);
    AMS_TRY(ams_sections_copy(sections, "serves", policy->serves_ms, size, err));
    for (uint32_t k = 0; k < env->n_goals; k++) {
        const double least = k == 0 ? 0 : env->goal[k - 1];
        const double from_ms = k == 0 ? 0 : policy->serves_ms[k - 1];
        if (!(env->goal[k] > least && env->goal[k] <= 1)) {
            return bad(sections->path, "goals are not ascending from above 0 up to 1", err);
        }
        if (!(policy->serves_ms[k] >= from_ms) || (k == 0 && policy->serves_ms[0] > 0)) {
            return bad(sections->path, "the deadlines of goals do not ascend from 0", err);
        }
    }
out:
    return status;
}

/* Of version 3 a section has them, of later ones it may; else they are one number. */
static ams_status read_thresholds(const ams_sections *sections, const void *bytes, size_t size,
                                  const file_meta *m, float **threshold, ams_error *err)
{
    ams_status status = AMS_OK;
    const char *magic = magic_of(bytes, size);
    if (magic == MAGIC_3 || (has_goals(magic) && ams_sections_has(sections, "valuable"))) {
        AMS_TRY(ams_sections_floats(sections, "valuable", m->n_models, 0, "ams train",
                                    threshold, err));
    } else {
        AMS_TRY(ams_alloc(threshold, m->n_models, sizeof **threshold, "thresholds", err));
        for (uint32_t i = 0; i < m->n_models; i++) {
            (*threshold)[i] = m->threshold;
        }
    }
    for (uint32_t i = 0; i < m->n_models; i++) {
        if (!((*threshold)[i] < 1)) {
            return bad(sections->path, "a threshold is not below 1", err);
        }
    }
out:
    return status;
}

ams_status ams_policy_file_parse(ams_policy_file *policy, const void *bytes, size_t size,
                                 const char *path, ams_error *err)
{
    *policy = (ams_policy_file){0};
    ams_sections sections;
    file_meta m;
    ams_status status = AMS_OK;
    AMS_TRY(open_version(&sections, bytes, size, path, policy, err));
    AMS_TRY(ams_sections_copy(&sections, "meta", &m, sizeof m, err));
    if (policy->env.goal_input) {
        AMS_TRY(read_goals(&sections, policy, err));
    }
    AMS_TRY(check_meta(&m, &policy->env, path, err));
    memcpy(policy->agent, m.agent, sizeof m.agent);
    memcpy(policy->label, m.label, sizeof m.label);
    status = ams_check_control("the policy's label", m.label, strlen(m.label), err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", path);
        goto out;
    }
    memcpy(policy->data_hash, m.data_hash, AMS_HASH_TEXT);
    policy->seed = m.seed;
    policy->updates = m.updates;
    policy->decide = (ams_decide)m.decide;
    policy->env.value = (ams_value_mode)m.value;
    policy->env.reward = (ams_reward_mode)m.reward;
    policy->env.features = (ams_feature_mode)m.features;
    policy->env.end = m.end == 1;
    AMS_TRY(ams_sections_names(&sections, "models", m.n_models, "ams train",
                               &policy->model_name, err));
    AMS_TRY(ams_sections_names(&sections, "labels", m.n_labels, "ams train",
                               &policy->label_name, err));
    AMS_TRY(ams_sections_floats(&sections, "time_ms", m.n_models, 0, "ams train",
                                &policy->time_ms, err));
    AMS_TRY(ams_sections_floats(&sections, "mem_mb", m.n_models, 0, "ams train",
                                &policy->mem_mb, err));
    AMS_TRY(ams_sections_floats(&sections, "theta", m.n_models, 0, "ams train", &policy->theta,
                                err));
    AMS_TRY(read_thresholds(&sections, bytes, size, &m, &policy->threshold, err));
    AMS_TRY(read_weights(&sections, &m, policy->stored, &policy->net, err));
    policy->net.heads = policy->env.goal_heads ? policy->env.n_goals : 0;
out:
    if (status != AMS_OK) {
        ams_policy_file_fini(policy);
    }
    return status;
}

ams_status ams_policy_file_read(ams_policy_file *policy, const char *path, ams_error *err)
{
    *policy = (ams_policy_file){0};
    char *bytes = NULL;
    size_t size = 0;
    ams_status status = ams_read_file(path, LARGEST_FILE, &bytes, &size, err);
    if (status == AMS_OK) {
        status = ams_policy_file_parse(policy, bytes, size, path, err);
    }
    free(bytes);
    return status;
}
