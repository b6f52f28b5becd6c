/* Writes the policies of corpus/policy: tiny, small, without labels, dueling, two with rounded
 * weights, two with goal inputs, two with output heads, and two that answer for money. */
#include "ams/policy_file.h"
#include "online/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(ams_names *names, const char *name)
{
    uint32_t index = 0;
    if (ams_names_add(names, name, strlen(name), &index, NULL) != AMS_OK) {
        exit(1);
    }
}

enum { NONE, INPUTS, HEADS }; /* how goals are asked for */

static void write_policy(const char *path, uint32_t n_models, uint32_t n_labels,
                         const char *hidden, bool dueling, ams_stored stored, int goals)
{
    static float ones[AMS_MAX_MODELS];
    ams_policy_file policy = {
        .agent = "dqn", .label = "tiny", .seed = 3, .updates = 100, .env = ams_env_defaults()};
    ams_error err;
    char name[32];
    policy.env.features = AMS_FEATURES_LABELS_MASK;
    policy.time_ms = policy.mem_mb = policy.theta = ones;
    memset(policy.data_hash, '0', AMS_HASH_TEXT - 1);
    for (uint32_t m = 0; m < n_models; m++) {
        ones[m] = 1;
        snprintf(name, sizeof name, "m%u", m);
        add(&policy.model_name, name);
    }
    for (uint32_t l = 0; l < n_labels; l++) {
        snprintf(name, sizeof name, "task/%u", l);
        add(&policy.label_name, name);
    }
    policy.env.goal_input = goals != NONE;
    policy.env.goal_heads = goals == HEADS;
    const uint32_t heads = goals == HEADS ? policy.env.n_goals : 0;
    const uint32_t outputs = (n_models + (dueling ? 2 : 1)) * (heads > 0 ? heads : 1);
    policy.serves_ms[1] = 1;
    policy.serves_ms[2] = 2.5;
    uint32_t inputs = n_labels + n_models + ams_env_goal_inputs(&policy.env);
    if (ams_net_init(&policy.net, inputs, hidden, outputs, &err) != AMS_OK) {
        exit(1);
    }
    policy.net.dueling = dueling;
    policy.net.heads = heads;
    policy.stored = stored;
    ams_net_randomize(&policy.net, 3);
    if (ams_policy_file_write(&policy, path, &err) != AMS_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    ams_names_fini(&policy.model_name);
    ams_names_fini(&policy.label_name);
    ams_net_fini(&policy.net);
}

/* Two models and two labels, or with relative classes; docs/format.md has the sections. One
 * price calls nothing, the other both models. */
static void write_money(const char *path, uint32_t rule, bool relative)
{
    static float weight[4096];
    static float zero[4096];
    float call[4096] = {0};
    static const double cost[] = {1, 3};
    static const double prices[] = {0.5, 0,   0.5,
                                    4,   0.6, 0.9}; /* lambda, costs, scores of two */
    static const float threshold[] = {0, 0.5F};
    const uint32_t classes = ams_answers_classes(2, 2, relative);
    const uint32_t number[] = {2, 2, 2, rule, relative, 0};
    size_t answers = 0;
    size_t stops = 0;
    size_t calls = 0;
    char meta[144] = "exact";
    ams_blob blob = {0};
    ams_error err;
    snprintf(meta + 64, 16, "usd");
    memset(meta + 80, '0', AMS_HASH_TEXT - 1);
    memcpy(meta + 120, number, sizeof number);
    for (uint32_t set = 0; set < 4; set++) {
        const uint32_t models = (uint32_t)__builtin_popcount(set);
        const size_t row = ams_answers_value_features(models, classes);
        answers += (size_t)ams_answers_features(models, classes) * classes;
        stops += row * (rule == AMS_ANSWERS_LAST ? 2 : 1);
        calls += 2 * row * (2 - models);
    }
    for (size_t k = 0, set = 0; set < 4; set++) { /* the constant of each row */
        const uint32_t models = (uint32_t)__builtin_popcount((uint32_t)set);
        for (uint32_t m = models; m < 2; m++) {
            call[calls / 2 + k] = 1;
            k += ams_answers_value_features(models, classes);
        }
    }
    for (size_t k = 0; k < sizeof weight / sizeof *weight; k++) {
        weight[k] = (float)(k * 37 % 19) / 19 - 0.4F;
    }
    if (ams_blob_begin(&blob, "AMSBUD01", &err) != AMS_OK ||
        ams_blob_add(&blob, "meta", meta, sizeof meta, &err) != AMS_OK ||
        ams_blob_add(&blob, "models", "m0\0m1", 6, &err) != AMS_OK ||
        ams_blob_add(&blob, "labels", "task/0\0task/1", 14, &err) != AMS_OK ||
        ams_blob_add(&blob, "cost", cost, sizeof cost, &err) != AMS_OK ||
        ams_blob_add(&blob, "valuable", threshold, sizeof threshold, &err) != AMS_OK ||
        ams_blob_add(&blob, "prices", prices, sizeof prices, &err) != AMS_OK ||
        ams_blob_add(&blob, "answers", weight, answers * sizeof *weight, &err) != AMS_OK ||
        ams_blob_add(&blob, "stops", zero, stops * sizeof *zero, &err) != AMS_OK ||
        ams_blob_add(&blob, "calls", call, calls * sizeof *call, &err) != AMS_OK ||
        ams_blob_write(&blob, path, &err) != AMS_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    ams_blob_fini(&blob);
}

int main(int argc, char **argv)
{
    char path[4096];
    const char *folder = argc > 1 ? argv[1] : ".";
    static const struct {
        const char *name, *hidden;
        uint32_t n_models, n_labels;
        bool dueling;
        ams_stored stored;
        int goals;
    } kinds[] = {{"tiny", "1", 1, 1, false, AMS_STORED_FP32, NONE},
                 {"small", "4x3", 3, 5, false, AMS_STORED_FP32, NONE},
                 {"no-labels", "2", 2, 0, false, AMS_STORED_FP32, NONE},
                 {"dueling", "3", 3, 4, true, AMS_STORED_FP32, NONE},
                 {"fp16", "4x3", 2, 3, false, AMS_STORED_FP16, NONE},
                 {"int8", "4", 2, 3, true, AMS_STORED_INT8, NONE},
                 {"goals", "4", 3, 4, false, AMS_STORED_FP32, INPUTS},
                 {"goals-int8", "3x2", 2, 3, false, AMS_STORED_INT8, INPUTS},
                 {"heads", "4", 3, 4, false, AMS_STORED_FP32, HEADS},
                 {"heads-int8", "3x2", 2, 3, false, AMS_STORED_INT8, HEADS}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, kinds[i].name);
        write_policy(path, kinds[i].n_models, kinds[i].n_labels, kinds[i].hidden,
                     kinds[i].dueling, kinds[i].stored, kinds[i].goals);
    }
    snprintf(path, sizeof path, "%s/money", folder);
    write_money(path, AMS_ANSWERS_POSTERIOR, false);
    snprintf(path, sizeof path, "%s/money-last", folder);
    write_money(path, AMS_ANSWERS_LAST, true);
    return 0;
}
