/* A policy of one's own, the cheapest models first, scored beside ours: own_policy photos.h5 */
#include <ams/framework.h>

#include <stdio.h>
#include <stdlib.h>

/* Writes the order in which the models run on `item`, at which this one does not look. */
static uint32_t cheapest_first(const ams_policy *policy, void *worker, uint32_t item,
                               uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    const ams_env *env = ams_policy_env(policy);
    (void)worker, (void)item, (void)draw;
    for (uint32_t m = 0; m < env->n_models; m++) {
        uint32_t at = m; /* sorted by insertion */
        for (; at > 0 && env->time_ms[order[at - 1]] > env->time_ms[m]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = (uint8_t)m;
    }
    return env->n_models;
}

static const ams_policy_kind cheapest = {
    .name = "cheapest", .draws = 1, .order = cheapest_first};

static void check(ams_status status, const ams_error *err)
{
    if (status != AMS_OK) {
        fprintf(stderr, "%s\n", err->text);
        exit((int)status);
    }
}

int main(int argc, char **argv)
{
    static const char *const ours[] = {"random", "fixed", "oracle"};
    const ams_env_options options = ams_env_defaults();
    const ams_eval_options how = {.split = AMS_TEST};
    ams_error err = {.text = "expected the name of an outputs file"};
    ams_table table;
    ams_env *env;
    check(argc == 2 ? AMS_OK : AMS_USAGE, &err);
    check(ams_table_read(&table, argv[1], &err), &err);
    check(ams_env_create(&env, &table, &options, &err), &err);
    for (size_t p = 0; p <= sizeof ours / sizeof *ours; p++) {
        ams_policy *policy;
        ams_scores scores;
        check(p == 0 ? ams_policy_fit(&policy, &cheapest, NULL, &table, env, NULL, &err)
                     : ams_policy_create(&policy, ours[p - 1], &table, env, &err),
              &err);
        check(ams_evaluate(&scores, policy, &table, &how, &err), &err);
        printf("%-10s %7.1f ms\n", scores.label, ams_scores_validation(&scores).time_ms);
        ams_scores_fini(&scores);
        ams_policy_destroy(policy);
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
}
