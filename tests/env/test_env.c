/* Value, reward and features against a dense double-precision implementation that shares no
 * code with env.c, and a small table worked out by hand. */
#include "ams/env.h"

#include "base/memory.h"
#include "base/rng.h"
#include "env/outlook.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>

static ams_env *make_env(const ams_table *table, const ams_env_options *options)
{
    ams_env *env = NULL;
    ams_error err = {0};
    ck_assert_msg(ams_env_create(&env, table, options, &err) == AMS_OK, "%s", err.text);
    return env;
}

/* Dense confidence of an execution; 0 where it did not output the label. */
static double dense(const ams_table *t, uint32_t item, uint32_t m, uint32_t l)
{
    uint64_t row = (uint64_t)item * t->n_models + m;
    for (uint64_t at = t->indptr[row]; at < t->indptr[row + 1]; at++) {
        if (t->label[at] == l) {
            return t->conf[at];
        }
    }
    return 0;
}

static bool in(uint64_t mask, uint32_t m)
{
    return (mask >> m & 1) != 0;
}

static double largest(const ams_table *t, uint32_t item, uint64_t mask, uint32_t l)
{
    double best = 0;
    for (uint32_t m = 0; m < t->n_models; m++) {
        best = in(mask, m) ? fmax(best, dense(t, item, m, l)) : best;
    }
    return best;
}

/* The model's confidence of the label where it is above the model's threshold, else 0. */
static double counted(const ams_table *t, const ams_env_options *o, uint32_t item, uint32_t m,
                      uint32_t l)
{
    const float *own = o->threshold != NULL ? o->threshold : t->threshold;
    double conf = dense(t, item, m, l);
    return conf > (own == NULL ? 0.5 : (double)own[m]) ? conf : 0;
}

static double best_counted(const ams_table *t, const ams_env_options *o, uint32_t item,
                           uint64_t mask, uint32_t l)
{
    double best = 0;
    for (uint32_t m = 0; m < t->n_models; m++) {
        best = in(mask, m) ? fmax(best, counted(t, o, item, m, l)) : best;
    }
    return best;
}

static double oracle_value(const ams_table *t, const ams_env_options *o, uint32_t item,
                           uint64_t mask)
{
    double value = 0;
    for (uint32_t l = 0; l < t->n_labels; l++) {
        double best = best_counted(t, o, item, mask, l);
        if (best > 0) {
            value += o->value == AMS_VALUE_COUNT  ? 1
                     : o->value == AMS_VALUE_BEST ? best
                                                  : best_counted(t, o, item, UINT64_MAX, l);
        }
    }
    return value;
}

static double oracle_reward(const ams_table *t, const ams_env_options *o, uint32_t item,
                            uint64_t mask, uint32_t m)
{
    if (o->reward == AMS_REWARD_PAPER) {
        double sum = 0;
        for (uint32_t l = 0; l < t->n_labels; l++) {
            sum += best_counted(t, o, item, mask, l) > 0 ? 0 : counted(t, o, item, m, l);
        }
        return sum > 0 ? log((double)t->theta[m] * sum + 1) : -1;
    }
    double full = oracle_value(t, o, item, UINT64_MAX);
    if (full == 0) {
        return 0;
    }
    uint64_t after = mask | UINT64_C(1) << m;
    double gain = (oracle_value(t, o, item, after) - oracle_value(t, o, item, mask)) / full;
    double mean = 0;
    for (uint32_t k = 0; k < t->n_models; k++) {
        mean += (double)t->time_ms[k] / t->n_models;
    }
    double time = (double)t->time_ms[m] / mean;
    if (o->reward == AMS_REWARD_GAIN || o->reward == AMS_REWARD_GAIN_RATE) {
        return o->reward == AMS_REWARD_GAIN ? gain : gain / time;
    }
    double recall = oracle_value(t, o, item, mask) / full;
    double left = 0;
    double open = 0;
    for (uint32_t k = 0; k < o->n_goals; k++) {
        double lacks = o->goal[k] - recall;
        if (lacks > 1e-6 / full) {
            left += fmin(1, gain / lacks) / o->n_goals;
            open += 1.0 / o->n_goals;
        }
    }
    return o->reward == AMS_REWARD_REMAINING ? left : -time / t->n_models * open;
}

static void check_features(const ams_env *env, const ams_table *t, const ams_env_options *o,
                           uint32_t item, uint64_t mask, uint32_t *index, float *value)
{
    uint32_t n = ams_env_features(env, item, mask, index, value);
    ck_assert_uint_le(n, env->max_features);
    bool conf = !ams_env_binary(env);
    uint32_t at = 0;
    for (uint32_t l = 0; l < t->n_labels; l++) {
        double best = largest(t, item, mask, l);
        if (conf ? best > 0 : best_counted(t, o, item, mask, l) > 0) {
            ck_assert_uint_lt(at, n);
            ck_assert_uint_eq(index[at], l);
            ck_assert(value[at] == (conf ? (float)best : 1.0F));
            at++;
        }
    }
    bool bits = env->options.features == AMS_FEATURES_LABELS_MASK ||
                env->options.features == AMS_FEATURES_CONF_MASK;
    ck_assert_uint_eq(env->n_features, t->n_labels + (bits ? t->n_models : 0));
    for (uint32_t m = 0; bits && m < t->n_models; m++) {
        if (in(mask, m)) {
            ck_assert_uint_lt(at, n);
            ck_assert_uint_eq(index[at], t->n_labels + m);
            ck_assert(value[at] == 1.0F);
            at++;
        }
    }
    ck_assert_uint_eq(at, n);
}

static void check_state(const ams_env *env, const ams_table *t, const ams_env_options *o,
                        uint32_t item, uint64_t mask)
{
    double value = oracle_value(t, o, item, mask);
    ck_assert_double_eq_tol(ams_env_value(env, item, mask), value, 1e-12);
    double gain[AMS_MAX_MODELS];
    ams_env_gains(env, item, mask, gain);
    float reward[AMS_MAX_MODELS];
    ams_env_rewards(env, item, mask, reward);
    for (uint32_t m = 0; m < t->n_models; m++) {
        ck_assert_double_eq(gain[m], ams_env_gain(env, item, mask, m));
        double after = oracle_value(t, o, item, mask | UINT64_C(1) << m);
        ck_assert_double_eq_tol(ams_env_gain(env, item, mask, m), after - value, 1e-12);
        ck_assert_float_eq(reward[m], in(mask, m) ? 0 : ams_env_reward(env, item, mask, m));
        if (!in(mask, m)) {
            ck_assert_double_eq_tol((double)ams_env_reward(env, item, mask, m),
                                    oracle_reward(t, o, item, mask, m), 1e-6);
        }
    }
    ck_assert(ams_env_reward(env, item, mask, t->n_models) == 0.0F);
    float outlook[AMS_MAX_MODELS + 1];
    ck_assert_double_eq(ams_env_outlook(env, item, mask, outlook),
                        ams_env_value(env, item, mask));
    ck_assert(outlook[t->n_models] == 0.0F);
    ck_assert(ams_env_finished_at(env, item, mask, ams_env_value(env, item, mask)) ==
              ams_env_finished(env, item, mask));
    for (uint32_t m = 0; m < t->n_models; m++) {
        ck_assert_float_eq(outlook[m], reward[m]);
        if (o->reward == AMS_REWARD_TIME && !in(mask, m)) {
            ck_assert_float_eq(
                ams_env_time_reward(env, item, m, ams_env_value(env, item, mask)), reward[m]);
        }
    }
    ck_assert_uint_eq(ams_env_remaining(env, mask) | mask, env->all_models);
}

static void check_table(const ams_table *t, const ams_env_options *options)
{
    ams_env *env = make_env(t, options);
    uint32_t *index = calloc(env->max_features + 1, sizeof *index);
    float *value = calloc(env->max_features + 1, sizeof *value);
    ams_rng rng = ams_rng_init(options->reward, AMS_STREAM_TEST);
    for (uint32_t i = 0; i < t->n_items; i++) {
        ck_assert_double_eq_tol(env->full[i], oracle_value(t, options, i, UINT64_MAX), 1e-12);
        for (int draw = 0; draw < 5; draw++) {
            uint64_t mask = ((uint64_t)ams_rng_next(&rng) << 32 | ams_rng_next(&rng));
            mask = draw == 0 ? 0 : draw == 1 ? env->all_models : mask & env->all_models;
            check_state(env, t, options, i, mask);
            check_features(env, t, options, i, mask, index, value);
        }
    }
    free(index);
    free(value);
    ams_env_destroy(env);
}

START_TEST(test_all_modes)
{
    static const uint32_t models[] = {1, 6, 31, 64};
    random_table_options shape = random_table_defaults((uint64_t)_i);
    shape.n_models = models[_i];
    shape.n_items = 6;
    shape.meaning = _i % 2 == 1; /* thresholds of the table; others in place of them below */
    ams_table table;
    float low[AMS_MAX_MODELS];
    random_table(&table, &shape);
    for (int m = 0; m < AMS_MAX_MODELS; m++) {
        low[m] = m % 3 == 2 ? 0.65F : 0.3F;
    }
    for (int v = AMS_VALUE_CONF; v <= AMS_VALUE_BEST; v++) {
        for (int r = AMS_REWARD_PAPER; r <= AMS_REWARD_TIME; r++) {
            for (int f = AMS_FEATURES_LABELS; f <= AMS_FEATURES_CONF_MASK; f++) {
                ams_env_options options = ams_env_defaults();
                options.value = (ams_value_mode)v;
                options.reward = (ams_reward_mode)r;
                options.features = (ams_feature_mode)f;
                options.threshold = f % 2 ? low : NULL;
                check_table(&table, &options);
            }
        }
    }
    ams_table_fini(&table);
}
END_TEST

/* Item 0: m0 says a 0.9, b 0.5 (not above the threshold); m1 says a 0.6, c 0.8; m2 says
 * nothing. Item 1: nobody says anything above the threshold. */
static const given_output hand_outputs[] = {
    {0, 0, 0, 0.9F}, {0, 0, 1, 0.5F}, {0, 1, 0, 0.6F}, {0, 1, 2, 0.8F}, {1, 2, 1, 0.4F}};
static const float hand_times[] = {100, 50, 150};

static void hand_table(ams_table *table)
{
    given_table(table, 2, 3, 3, hand_times, hand_outputs, 5, AMS_TEST);
}

START_TEST(test_hand_computed)
{
    ams_table table;
    hand_table(&table);
    ams_env_options options = ams_env_defaults();
    ams_env *env = make_env(&table, &options);
    ck_assert_double_eq(env->total_time_ms, 300);
    ck_assert_double_eq(env->mean_time_ms, 100);
    ck_assert_uint_eq(env->all_models, 7);
    /* a is worth 0.9 whoever finds it. */
    ck_assert_double_eq_tol(env->full[0], 1.7, 1e-7);
    ck_assert_double_eq(env->full[1], 0);
    ck_assert_double_eq_tol(ams_env_value(env, 0, 1), 0.9, 1e-7);
    ck_assert_double_eq_tol(ams_env_value(env, 0, 2), 1.7, 1e-7);
    ck_assert_double_eq_tol(ams_env_gain(env, 0, 1, 1), 0.8, 1e-7);
    ck_assert_double_eq(ams_env_gain(env, 0, 2, 0), 0);
    /* ln(0.6 + 0.8 + 1); after m0 only c is new. */
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 0, 1), log(2.4), 1e-6);
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 1, 1), log(1.8), 1e-6);
    ck_assert(ams_env_reward(env, 0, 2, 0) == -1.0F);
    ck_assert(ams_env_reward(env, 0, 0, 2) == -1.0F);
    ck_assert(ams_env_reward(env, 0, 0, 3) == 0.0F);
    ams_env_destroy(env);

    options.value = AMS_VALUE_BEST;
    options.reward = AMS_REWARD_GAIN_RATE;
    env = make_env(&table, &options);
    ck_assert_double_eq_tol(ams_env_value(env, 0, 2), 1.4, 1e-7);
    ck_assert_double_eq_tol(ams_env_gain(env, 0, 2, 0), 0.3, 1e-7);
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 0, 1), 1.4 / 1.7 / 0.5, 1e-6);
    ck_assert(ams_env_reward(env, 1, 0, 2) == 0.0F);
    ams_env_destroy(env);

    /* m0 finds 0.9 of 1.7, which is recall 0.53; m1 finds everything. */
    options = ams_env_defaults();
    options.reward = AMS_REWARD_REMAINING;
    options.goal[0] = 0.5;
    options.goal[1] = 0.8;
    env = make_env(&table, &options);
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 0, 0),
                            (1 + 0.9 / (0.8 * 1.7) + 0.9 / 1.7) / 3, 1e-6);
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 0, 1), 1, 1e-6);
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 1, 1), 2.0 / 3, 1e-6);
    ck_assert(ams_env_reward(env, 0, 2, 0) == 0.0F);
    ck_assert(ams_env_reward(env, 1, 0, 2) == 0.0F);
    ams_env_destroy(env);
    options.reward = AMS_REWARD_TIME;
    env = make_env(&table, &options);
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 0, 1), -50.0 / 300, 1e-6);
    ck_assert_double_eq_tol((double)ams_env_reward(env, 0, 1, 1), -50.0 / 300 * 2 / 3, 1e-6);
    ck_assert(ams_env_reward(env, 0, 2, 0) == 0.0F);
    ck_assert(ams_env_reward(env, 1, 0, 2) == 0.0F);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_create_refuses)
{
    ams_table table;
    hand_table(&table);
    ams_env *env = NULL;
    ams_error err = {0};
    ams_env_options options = ams_env_defaults();
    static const float no_number[] = {0.5F, 0.5F, NAN};
    static const float large[] = {0.5F, 1.5F, 0.5F};
    options.threshold = no_number;
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_USAGE);
    ck_assert_ptr_null(env);
    options.threshold = large;
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_USAGE);
    options.threshold = NULL;
    static const double goals[][3] = {{0.5, 0.5, 1}, {0, 0.5, 1}, {0.5, 0.9, 1.1}, {NAN, 1, 1}};
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
        memcpy(options.goal, goals[i], sizeof goals[i]);
        ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "goals"));
    }
    options.n_goals = 0;
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_USAGE);
    options = ams_env_defaults();
    table.n_models = 65;
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_BAD_DATA);
    ck_assert_ptr_null(env);
    table.n_models = 3;
    ams_env_destroy(NULL);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_episodes)
{
    ams_table table;
    hand_table(&table);
    ams_env_options options = ams_env_defaults();
    ams_env *env = make_env(&table, &options);
    ams_episodes episodes;
    ams_error err = {0};
    float reward[2];
    ck_assert_int_eq(ams_episodes_init(&episodes, env, 2, &err), AMS_OK);
    /* Before a reset there is nothing to step. */
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){0, 0}, reward, &err), AMS_USAGE);
    ams_episodes_reset(&episodes, 0, 0);
    ams_episodes_reset(&episodes, 1, 1);
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){1, 2}, reward, &err), AMS_OK);
    ck_assert_double_eq_tol((double)reward[0], log(2.4), 1e-6);
    ck_assert(reward[1] == -1.0F);
    ck_assert_uint_eq(episodes.mask[0], 2);
    ck_assert_uint_eq(episodes.mask[1], 4);
    /* One bad action leaves both slots as they were. */
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){0, 2}, reward, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "episode 1: model 2 was executed already"));
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){0, 4}, reward, &err), AMS_USAGE);
    ck_assert_uint_eq(episodes.mask[0], 2);
    /* END ends slot 0 with reward 0. */
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){3, 0}, reward, &err), AMS_OK);
    ck_assert(reward[0] == 0.0F);
    ck_assert_uint_eq(episodes.done[0], 1);
    ck_assert_uint_eq(episodes.done[1], 0);
    ck_assert_uint_eq(episodes.mask[0], 2);
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){0, 1}, reward, &err), AMS_USAGE);
    ams_episodes_reset(&episodes, 0, 1);
    /* Slot 1 ends when its last model has run. */
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){0, 1}, reward, &err), AMS_OK);
    ck_assert_uint_eq(episodes.done[0], 0);
    ck_assert_uint_eq(episodes.done[1], 1);
    ams_episodes_fini(&episodes);
    ams_env_destroy(env);

    options.end = false;
    env = make_env(&table, &options);
    ck_assert_int_eq(ams_episodes_init(&episodes, env, 1, &err), AMS_OK);
    ams_episodes_reset(&episodes, 0, 0);
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){3}, reward, &err), AMS_USAGE);
    ams_episodes_fini(&episodes);
    ams_env_destroy(env);

    /* With until_goals an episode ends at recall 0.9: by m0 (0.53) not, by m1 at once. */
    options.until_goals = true;
    options.n_goals = 2;
    env = make_env(&table, &options);
    ck_assert(!ams_env_finished(env, 0, 0));
    ck_assert(ams_env_finished(env, 1, 0)); /* nothing to find */
    ck_assert_int_eq(ams_episodes_init(&episodes, env, 2, &err), AMS_OK);
    ams_episodes_reset(&episodes, 0, 0);
    ams_episodes_reset(&episodes, 1, 0);
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){0, 1}, reward, &err), AMS_OK);
    ck_assert_uint_eq(episodes.done[0], 0);
    ck_assert_uint_eq(episodes.done[1], 1);
    ams_episodes_fini(&episodes);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_sixty_four_models_and_end)
{
    random_table_options shape = random_table_defaults(9);
    shape.n_models = 64;
    ams_table table;
    random_table(&table, &shape);
    ams_env_options options = ams_env_defaults();
    ams_env *env = make_env(&table, &options);
    ams_episodes episodes;
    ams_error err = {0};
    float reward = 0;
    ck_assert_uint_eq(env->all_models, UINT64_MAX);
    ck_assert_uint_eq(env->n_actions, 65);
    ck_assert_int_eq(ams_episodes_init(&episodes, env, 1, &err), AMS_OK);
    ams_episodes_reset(&episodes, 0, 0);
    for (uint32_t m = 0; m < 64; m++) {
        ck_assert_uint_eq(episodes.done[0], 0);
        uint8_t action = (uint8_t)(63 - m);
        ck_assert_int_eq(ams_episodes_step(&episodes, &action, &reward, &err), AMS_OK);
    }
    ck_assert_uint_eq(episodes.done[0], 1);
    ams_episodes_reset(&episodes, 0, 0);
    ck_assert_int_eq(ams_episodes_step(&episodes, (uint8_t[]){64}, &reward, &err), AMS_OK);
    ck_assert_uint_eq(episodes.done[0], 1);
    ck_assert_uint_eq(episodes.mask[0], 0);
    ams_episodes_fini(&episodes);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

/* Rewards where sets have a worth of their own: every mask and model, against the difference.
 */
START_TEST(test_worth)
{
    ams_table table;
    ams_env *env = NULL;
    ams_error err = {0};
    float reward[6];
    random_table_options shape = random_table_defaults(3);
    random_table(&table, &shape);
    float *worth = calloc((size_t)table.n_items << 6, sizeof *worth);
    for (uint32_t k = 0; k < table.n_items << 6; k++) {
        worth[k] = (float)(k * 2654435761U % 1000) / 1000;
    }
    ams_env_options options = ams_env_defaults();
    options.worth = worth;
    options.price = 0.001;
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_OK);
    for (uint32_t i = 0; i < table.n_items; i++) {
        for (uint64_t mask = 0; mask < 64; mask++) {
            ams_env_rewards(env, i, mask, reward);
            ck_assert_float_eq(ams_env_reward(env, i, mask, 6), 0);
            for (uint32_t m = 0; m < 6; m++) {
                const double net = (double)worth[(i << 6) + (mask | 1U << m)] -
                                   (double)worth[(i << 6) + mask] -
                                   0.001 * (double)table.time_ms[m];
                const bool ran = (mask >> m & 1) != 0;
                ck_assert_double_lt(fabs((double)reward[m] - (ran ? 0 : net)), 1e-6);
                ck_assert(ran || ams_env_reward(env, i, mask, m) == reward[m]);
            }
        }
    }
    ams_env_destroy(env);
    ams_table_fini(&table);
    shape.n_models = 17;
    random_table(&table, &shape);
    ck_assert_int_eq(ams_env_create(&env, &table, &options, &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "worth of sets: expected at most 16 models, found 17");
    ams_table_fini(&table);
    free(worth);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_all_modes, 0, 4);
    tcase_add_test(tests, test_hand_computed);
    tcase_add_test(tests, test_create_refuses);
    tcase_add_test(tests, test_episodes);
    tcase_add_test(tests, test_worth);
    tcase_add_test(tests, test_sixty_four_models_and_end);
}

int main(void)
{
    return run_suite("env", add);
}
