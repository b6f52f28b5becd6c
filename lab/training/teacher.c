/* The policy file that a training learns from: docs/definitions.md, "Distillation". */
#include "base/file.h"
#include "lab/training/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { LARGEST_FILE = 1 << 30 };

static bool same_goals(const ams_env_options *a, const ams_env_options *b)
{
    return a->goal_input == b->goal_input &&
           (!a->goal_input || (a->n_goals == b->n_goals &&
                               memcmp(a->goal, b->goal, a->n_goals * sizeof *a->goal) == 0));
}

static bool same_thresholds(const ams_policy_file *policy, const ams_env *env)
{
    bool same = true;
    for (uint32_t m = 0; m < env->n_models; m++) {
        same = same && ams_policy_file_threshold(policy, m) == env->threshold[m];
    }
    return same;
}

/* In what the teacher differs from what learns from it; NULL: in nothing that matters. */
static const char *difference(const ams_training *t, const ams_label_map *map)
{
    const ams_policy_file *policy = &t->teacher;
    const ams_env_options *env = &t->env->options;
    return map->unknown > 0 || map->missing > 0     ? "labels"
           : policy->env.features != env->features  ? "features"
           : !same_thresholds(policy, t->env)       ? "thresholds"
           : policy->env.value != env->value        ? "values of labels"
           : !same_goals(&policy->env, env)         ? "goal inputs"
           : (int)policy->decide != t->train.decide ? "decision rules"
                                                    : NULL;
}

ams_status ams_training_read_teacher(ams_training *t, ams_error *err)
{
    char *path = NULL;
    char *bytes = NULL;
    size_t size = 0;
    ams_label_map map;
    ams_status status = AMS_OK;
    if (t->train.teacher[0] == '\0') {
        return AMS_OK;
    }
    AMS_TRY(ams_policy_file_path(&path, t->train.teacher, err));
    AMS_TRY(ams_read_file(path, LARGEST_FILE, &bytes, &size, err));
    AMS_TRY(ams_policy_file_parse(&t->teacher, bytes, size, path, err));
    const XXH128_hash_t hash = XXH3_128bits(bytes, size);
    snprintf(t->teacher_hash, sizeof t->teacher_hash, "%016llx%016llx",
             (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    AMS_TRY(ams_policy_file_map(&t->teacher, t->table, &map, err));
    const char *what = difference(t, &map);
    if (what != NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "expected a policy with the labels, features, goals and decision "
                          "rule of this training; found other %s",
                          what);
    }
out:
    if (status != AMS_OK) {
        ams_error_prefix(err, "teacher=%s", t->train.teacher);
    }
    free(path);
    free(bytes);
    return status;
}
