// The framework in C++: the units of a data set, and a message for what is not there.
#include <ams/framework.h>

#include <cstdio>
#include <cstring>

int main(int argc, char **argv)
{
    ams_error err;
    ams_table table;
    if (argc != 2 || ams_table_read(&table, argv[1], &err) != AMS_OK) {
        return 1;
    }
    const ams_env_options options = ams_env_defaults();
    ams_env *env = nullptr;
    ams_policy *policy = nullptr;
    ams_scores scores = {};
    ams_eval_options how = {};
    how.split = AMS_TEST;
    bool fine = ams_env_create(&env, &table, &options, &err) == AMS_OK &&
                ams_policy_create(&policy, "fixed", &table, env, &err) == AMS_OK &&
                ams_evaluate(&scores, policy, &table, &how, &err) == AMS_OK;
    std::printf("%s: %u items, %.1f ms\n", scores.label, scores.n,
                ams_scores_validation(&scores).time_ms);
    ams_table none;
    fine = fine && ams_table_read(&none, "no-such-file.h5", &err) == AMS_IO &&
           std::strstr(err.text, "no-such-file.h5") != nullptr;
    ams_scores_fini(&scores);
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_table_fini(&table);
    return fine ? 0 : 1;
}
