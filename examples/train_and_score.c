/* Trains an agent on a data set and scores it on the test items.
 *
 *   train_and_score photos.h5 [key=value ...]       keys as `ams list keys` prints them */
#include <ams/framework.h>

#include <stdio.h>

/* AMS_TRY leaves through `out` at the first call that fails; its message is then in err. */
static ams_status train_and_score(int argc, char **argv, ams_error *err)
{
    ams_table table = {0};
    ams_env *env = NULL;
    ams_trainer *trainer = NULL;
    ams_policy *policy = NULL;
    ams_scores scores = {0};
    ams_train_options options;
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_read(&table, argv[1], err));
    AMS_TRY(ams_train_defaults(&options, err));
    options.steps = 2000; /* few, for an example; the default is 20,000 */
    for (int i = 2; i < argc; i++) {
        AMS_TRY(ams_config_argument(&options, ams_train_keys, ams_n_train_keys, argv[i], err));
    }
    AMS_TRY(ams_train_check(&options, err));

    /* The environment: a table in which running a model is a look-up. */
    const ams_env_options env_options = ams_train_env_options(&options);
    AMS_TRY(ams_env_create(&env, &table, &env_options, err));

    /* The agent explores, and follows the rule that it will be used by when it does not. */
    AMS_TRY(ams_trainer_create(&trainer, env, &options, ams_decide_rules[options.decide], err));
    while (ams_trainer_updates(trainer) < options.steps) {
        ams_trainer_update(trainer);
    }

    /* What it has learned becomes a policy, which orders the models of each test item. */
    AMS_TRY(ams_policy_create_from_net(&policy, env, ams_trainer_net(trainer),
                                       (ams_decide)options.decide, err));
    const ams_eval_options how = {.split = AMS_TEST};
    AMS_TRY(ams_evaluate(&scores, policy, &table, &how, err));
    const ams_validation mean = ams_scores_validation(&scores);
    printf("%u test items: %.1f ms to recall 0.8, 0.9 and 1.0 on average; all models take %.1f "
           "ms\n",
           scores.n, mean.time_ms, env->total_time_ms);
out:
    ams_scores_fini(&scores);
    ams_policy_destroy(policy);
    ams_trainer_destroy(trainer);
    ams_env_destroy(env);
    ams_table_fini(&table);
    return status;
}

int main(int argc, char **argv)
{
    ams_error err = {.text = "expected the name of an outputs file"};
    const ams_status status = argc < 2 ? AMS_USAGE : train_and_score(argc, argv, &err);
    return status == AMS_OK ? 0 : (fprintf(stderr, "%s\n", err.text), (int)status);
}
