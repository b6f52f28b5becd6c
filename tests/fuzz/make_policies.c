/* Writes the policies of corpus/policy: tiny, small, without labels, dueling, two with rounded
 * weights, and two with goal inputs. */
#include "ams/policy_file.h"

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

static void write_policy(const char *path, uint32_t n_models, uint32_t n_labels,
                         const char *hidden, bool dueling, ams_stored stored, bool goals)
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
    uint32_t outputs = n_models + (dueling ? 2 : 1);
    policy.env.goal_input = goals;
    policy.serves_ms[1] = 1;
    policy.serves_ms[2] = 2.5;
    uint32_t inputs = n_labels + n_models + (goals ? policy.env.n_goals : 0);
    if (ams_net_init(&policy.net, inputs, hidden, outputs, &err) != AMS_OK) {
        exit(1);
    }
    policy.net.dueling = dueling;
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

int main(int argc, char **argv)
{
    char path[4096];
    const char *folder = argc > 1 ? argv[1] : ".";
    static const struct {
        const char *name, *hidden;
        uint32_t n_models, n_labels;
        bool dueling;
        ams_stored stored;
        bool goals;
    } kinds[] = {{"tiny", "1", 1, 1, false, AMS_STORED_FP32, false},
                 {"small", "4x3", 3, 5, false, AMS_STORED_FP32, false},
                 {"no-labels", "2", 2, 0, false, AMS_STORED_FP32, false},
                 {"dueling", "3", 3, 4, true, AMS_STORED_FP32, false},
                 {"fp16", "4x3", 2, 3, false, AMS_STORED_FP16, false},
                 {"int8", "4", 2, 3, true, AMS_STORED_INT8, false},
                 {"goals", "4", 3, 4, false, AMS_STORED_FP32, true},
                 {"goals-int8", "3x2", 2, 3, false, AMS_STORED_INT8, true}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, kinds[i].name);
        write_policy(path, kinds[i].n_models, kinds[i].n_labels, kinds[i].hidden,
                     kinds[i].dueling, kinds[i].stored, kinds[i].goals);
    }
    return 0;
}
