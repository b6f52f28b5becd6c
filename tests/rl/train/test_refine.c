/* Refinement: one update against its definition in double precision; an order that no policy
 * which looks one execution ahead finds; the same bits for any number of threads and after a
 * restore; what is refused. */
#include "ams/train.h"
#include "base/rng.h"
#include "rl/policy/scorer.h"
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"
#include "tests/rl/trainer_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_table table;
static ams_env *env;

static ams_train_options refine_options(void)
{
    ams_train_options o;
    bare_options(&o);
    ck_assert_int_eq(ams_train_set(&o, "goals", "0.5,1", NULL), AMS_OK);
    ck_assert_int_eq(ams_train_set(&o, "hidden", "64", NULL), AMS_OK);
    o.targets = AMS_TARGETS_ALL;
    o.batch = 70;
    o.replay = 500;
    o.warmup = 100;
    o.envs = 5;
    o.epsilon_steps = 30;
    o.steps = 60;
    o.refine_updates = 20;
    o.refine_items = 3;
    o.refine_tries = 4;
    o.refine_temperature = 0.33;
    return o;
}

static void open_table(const ams_train_options *o)
{
    const ams_env_options env_options = ams_train_env_options(o);
    ck_assert_int_eq(ams_env_create(&env, &table, &env_options, NULL), AMS_OK);
}

static void close_table(void)
{
    ams_env_destroy(env);
    ams_table_fini(&table);
}

static ams_trainer *trained(const ams_train_options *o, uint64_t updates)
{
    ams_trainer *t = NULL;
    ams_error err = {{0}};
    ck_assert_msg(ams_trainer_create(&t, env, o, NULL, &err) == AMS_OK, "%s", err.text);
    for (uint64_t i = 0; i < updates; i++) {
        ams_trainer_update(t);
    }
    return t;
}

/* -- one update, by its definition -- */

enum { MODELS = 6, MOST_ORDERS = 2 * 3 * 4 };

/* What is drawn in the first update. */
typedef struct drawn_orders {
    uint32_t n, item[MOST_ORDERS], length[MOST_ORDERS];
    uint8_t model[MOST_ORDERS][MODELS];
    double advantage[MOST_ORDERS];
} drawn_orders;

static const ams_env *goal_env(const ams_trainer *t, uint32_t order)
{
    return t->goal_env == NULL ? t->env : &t->goal_env[order / (3 * 4)];
}

/* ln p (M) of the models left, from Q in double precision. */
static void log_probabilities(const ams_trainer *t, const ams_env *e, uint32_t item,
                              uint64_t mask, double *log_p)
{
    ams_sparse x;
    ck_assert_int_eq(
        ams_sparse_init(&x, 1, e->n_features, e->max_features, ams_env_binary(e), NULL),
        AMS_OK);
    ams_append_state(&x, e, item, mask);
    double *q = reference_q(&t->online, &x);
    double sum = 0;
    for (uint32_t m = 0; m < MODELS; m++) {
        const double score =
            q[m] - (t->options.decide == AMS_DECIDE_ODDS ? log((double)t->env->time_ms[m]) : 0);
        log_p[m] = score / t->options.refine_temperature;
        sum += (mask >> m & 1) != 0 ? 0 : exp(log_p[m]);
    }
    for (uint32_t m = 0; m < MODELS; m++) {
        log_p[m] -= log(sum);
    }
    free(q);
    ams_sparse_fini(&x);
}

/* The time that the execution costs: all of it for each goal of the episode that is not
 * reached, in shares of both. */
static double cost_of(const ams_trainer *t, const ams_env *e, uint32_t item, uint64_t mask,
                      uint32_t m)
{
    double open = 0;
    for (uint32_t g = 0; g < e->options.n_goals; g++) {
        open += ams_env_value(e, item, mask) < e->options.goal[g] * e->full[item] - 1e-9;
    }
    return open / e->options.n_goals * (double)t->env->time_ms[m] / t->env->total_time_ms;
}

static void draw_order(const ams_trainer *t, drawn_orders *d, uint32_t s, double *cost)
{
    const ams_env *e = goal_env(t, s);
    uint32_t words[4];
    uint64_t mask = 0;
    ams_philox(t->options.seed, AMS_STREAM_REFINE_ITEM, s / 4, words);
    d->item[s] = t->train_item[ams_below(words[0], t->n_train)];
    d->length[s] = 0;
    *cost = 0;
    for (uint32_t depth = 0; cost_of(t, e, d->item[s], mask, 0) > 0; depth++) {
        double log_p[MODELS];
        uint32_t m = 0;
        ams_philox(t->options.seed, AMS_STREAM_REFINE_ORDER, depth * d->n + s, words);
        log_probabilities(t, e, d->item[s], mask, log_p);
        double unit = ams_unit(words[0]);
        for (; m < MODELS; m++) {
            unit -= (mask >> m & 1) != 0 ? 0 : exp(log_p[m]);
            if (unit < 0) {
                break;
            }
        }
        ck_assert_uint_lt(m, MODELS);
        d->model[s][d->length[s]++] = (uint8_t)m;
        *cost += cost_of(t, e, d->item[s], mask, m);
        mask |= UINT64_C(1) << m;
    }
}

static void draw_orders(const ams_trainer *t, drawn_orders *d)
{
    const uint32_t goals = t->goal_env == NULL ? 1 : 2;
    double cost[MOST_ORDERS];
    d->n = goals * 3 * 4;
    for (uint32_t s = 0; s < d->n; s++) {
        draw_order(t, d, s, &cost[s]);
    }
    for (uint32_t s = 0; s < d->n; s++) {
        const double *of_goal = &cost[s - s % 12];
        const double *of_item = &cost[s - s % 4];
        const double others = (of_item[0] + of_item[1] + of_item[2] + of_item[3] - cost[s]) / 3;
        double mean = 0;
        for (uint32_t k = 0; k < 12; k++) {
            mean += of_goal[k] / 12;
        }
        d->advantage[s] = (cost[s] - others) / mean;
    }
}

/* The function whose gradient is followed, with the orders as they are. */
static double objective(const ams_trainer *t, const drawn_orders *d)
{
    double sum = 0;
    for (uint32_t s = 0; s < d->n; s++) {
        uint64_t mask = 0;
        for (uint32_t j = 0; j < d->length[s]; j++) {
            double log_p[MODELS];
            log_probabilities(t, goal_env(t, s), d->item[s], mask, log_p);
            sum += d->advantage[s] * log_p[d->model[s][j]] / d->n;
            mask |= UINT64_C(1) << d->model[s][j];
        }
    }
    return sum;
}

/* With an epsilon of 1 Adam's first step is lr g / (|g| + 1). _i: no goals, goals as inputs, as
 * heads; the rule. */
START_TEST(one_update_by_the_definition)
{
    random_table_options options = random_table_defaults(9);
    random_table(&table, &options);
    ams_train_options o = refine_options();
    o.goal_input = _i % 3;
    o.decide = _i / 3 == 1 ? AMS_DECIDE_Q_GREEDY : AMS_DECIDE_ODDS;
    o.loss = _i / 3 == 1 ? AMS_LOSS_HUBER : AMS_LOSS_LOGISTIC;
    ck_assert_int_eq(ams_train_set(&o, "hidden", "8", NULL), AMS_OK);
    o.steps = o.refine_updates = 5;
    o.adam_epsilon = 1;
    o.refine_lr = 0.5;
    open_table(&o);
    ams_trainer *t = trained(&o, 0);
    ams_trainer *after = trained(&o, 0);
    ams_rng rng = ams_rng_init(3, AMS_STREAM_TEST);
    for (uint64_t i = 0; i < t->online.n_params; i++) { /* no unit at the kink of its ReLU */
        t->online.params[i] += (float)(ams_rng_unit(&rng) - 0.5);
        after->online.params[i] = t->online.params[i];
    }
    ams_trainer_update(after);
    drawn_orders d;
    draw_orders(t, &d);
    double largest = 0;
    for (int i = 0; i < 150; i++) {
        const uint32_t n = (uint32_t)t->online.n_params;
        const uint32_t at = i < 15 ? n - 1 - (uint32_t)i : ams_rng_below(&rng, n);
        float *w = &t->online.params[at];
        const float kept = *w;
        *w = kept + 0x1p-14F;
        const double up = (double)*w;
        const double more = objective(t, &d);
        *w = kept - 0x1p-14F;
        const double g = (more - objective(t, &d)) / (up - (double)*w);
        *w = kept;
        const double stepped = (double)(after->online.params[at] - kept);
        ck_assert_double_eq_tol(stepped, -o.refine_lr * g / (fabs(g) + 1), 2e-5);
        largest = fabs(stepped) > largest ? fabs(stepped) : largest;
    }
    ck_assert_double_gt(largest, 0.01);
    ams_trainer_destroy(t);
    ams_trainer_destroy(after);
    close_table();
}
END_TEST

/* -- what it is for -- */

/* Time until all labels of item 0 are found. */
static double time_until_all(ams_trainer *t)
{
    ams_scorer *scorer = NULL;
    double time = 0;
    ck_assert_int_eq(ams_scorer_create(&scorer, env, ams_trainer_net(t), NULL), AMS_OK);
    ams_scorer_begin(scorer, 0);
    while (!ams_env_finished(env, 0, ams_scorer_mask(scorer))) {
        uint32_t best = 0;
        float most = -INFINITY;
        const float *q = ams_scorer_q(scorer);
        for (uint32_t m = 0; m < env->n_models; m++) {
            const float score = q[m] - env->log_time[m];
            if ((ams_scorer_mask(scorer) >> m & 1) == 0 && score > most) {
                most = score;
                best = m;
            }
        }
        ams_scorer_run(scorer, best);
        time += (double)env->time_ms[best];
    }
    ams_scorer_destroy(scorer);
    return time;
}

/* Model 0 has half of the labels in 10 ms, odds of 1 per 10 ms; model 1 has these and one more
 * in 20 ms; model 2 has the others in 20 ms. By odds per time 0 runs first, then 2, and 1 has
 * to follow: 50 ms. Without model 0 it is 40. */
START_TEST(finds_what_looking_ahead_finds)
{
    static const float time_ms[] = {10, 20, 20};
    given_output outputs[15];
    uint32_t n = 0;
    for (uint32_t l = 0; l < 5; l++) {
        outputs[n++] = (given_output){0, 0, l, 0.9F};
    }
    for (uint32_t l = 0; l < 6; l++) {
        outputs[n++] = (given_output){0, 1, l, 0.9F};
    }
    for (uint32_t l = 6; l < 10; l++) {
        outputs[n++] = (given_output){0, 2, l, 0.9F};
    }
    given_table(&table, 1, 3, 10, time_ms, outputs, n, AMS_TRAIN);
    ams_train_options o = refine_options();
    ck_assert_int_eq(ams_train_set(&o, "goals", "1", NULL), AMS_OK);
    ck_assert_int_eq(ams_train_set(&o, "hidden", "8", NULL), AMS_OK);
    o.lr = 0.01;
    o.refine_lr = 0.01;
    o.epsilon_end = 1;
    o.refine_temperature = 1;
    o.steps = 1100;
    o.refine_updates = 300;
    open_table(&o);
    ams_trainer *t = trained(&o, 800);
    ck_assert_double_eq(time_until_all(t), 50);
    ck_assert_int_eq(ams_trainer_advance(t, 300, NULL), AMS_OK);
    ck_assert_double_eq(time_until_all(t), 40);
    ck_assert_uint_eq(ams_trainer_updates(t), 1100);
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* -- bits -- */

/* Saved after `saved` updates and restored into a trainer that has done other things. */
static ams_trainer *resumed(const ams_train_options *o, uint64_t saved, uint64_t updates)
{
    ams_trainer *half = trained(o, saved);
    ams_trainer *other = trained(o, 3);
    trainer_fixture_restore(half, other);
    ck_assert_int_eq(ams_trainer_advance(other, updates - saved, NULL), AMS_OK);
    ams_trainer_destroy(half);
    return other;
}

/* _i: the fast path; by layers; with goals as inputs and heads. */
START_TEST(same_bits)
{
    random_table_options options = random_table_defaults(4);
    options.n_items = 60;
    random_table(&table, &options);
    ams_train_options o = refine_options();
    o.dropout = 0.2;
    o.weight_decay = 0.1;
    o.goal_input = _i < 2 ? 0 : _i - 1;
    o.lr_schedule = AMS_LR_LINEAR;
    if (_i == 1) {
        ck_assert_int_eq(ams_train_set(&o, "hidden", "24x8", NULL), AMS_OK);
    }
    open_table(&o);
    ams_trainer *whole = trained(&o, o.steps);
    static const uint64_t saved[] = {39, 40, 41, 55};
    for (size_t i = 0; i < 4; i++) {
        ams_trainer *other = resumed(&o, saved[i], o.steps);
        trainer_fixture_assert_same(whole, other);
        ams_trainer_destroy(other);
    }
    o.threads = 3;
    ams_trainer *threads = trained(&o, o.steps);
    trainer_fixture_assert_same(whole, threads);
    ams_trainer_destroy(threads);
    o.threads = 1;
    /* What comes before is a training without refinement. */
    ams_train_options learning = o;
    learning.steps = 40;
    learning.refine_updates = 0;
    ams_trainer *before = trained(&o, 40);
    ams_trainer *without = trained(&learning, 40);
    trainer_fixture_assert_same(before, without);
    ams_trainer_destroy(before);
    ams_trainer_destroy(without);
    ams_trainer_destroy(whole);
    close_table();
}
END_TEST

/* Weights that are no numbers any more end no update: a run finds them at its checkpoint. */
START_TEST(weights_that_are_none)
{
    random_table_options options = random_table_defaults(4);
    random_table(&table, &options);
    const ams_train_options o = refine_options();
    open_table(&o);
    ams_trainer *t = trained(&o, 45);
    for (uint64_t i = 0; i < t->online.n_params; i++) {
        t->online.params[i] = NAN;
    }
    ams_trainer_update(t);
    ck_assert_uint_eq(ams_trainer_updates(t), 46);
    ck_assert(isnan(ams_trainer_net(t)->params[0]));
    ams_trainer_destroy(t);
    close_table();
}
END_TEST

/* refine=auto: an eighth where goals are inputs and nothing refuses it. Resolved it is a
 * number, but the text stays. */
START_TEST(what_auto_means)
{
    static const char *const without[][2] = {{"goal_input", "off"},
                                             {"patience", "3"},
                                             {"device", "cuda"},
                                             {"reward", "gain"},
                                             {"refine", "0"}};
    ams_train_options o;
    ck_assert_int_eq(ams_train_defaults(&o, NULL), AMS_OK);
    ck_assert_int_eq(ams_train_set(&o, "steps", "805", NULL), AMS_OK);
    ck_assert_uint_eq(ams_train_refine(&o), 100);
    ck_assert_uint_eq(ams_train_learning(&o), 705);
    ams_train_resolve(&o);
    ck_assert_str_eq(o.refine, "auto");
    ck_assert_uint_eq(o.refine_updates, 100);
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        ck_assert_int_eq(ams_train_defaults(&o, NULL), AMS_OK);
        ck_assert_int_eq(ams_train_set(&o, without[i][0], without[i][1], NULL), AMS_OK);
        ck_assert_uint_eq(ams_train_refine(&o), 0);
        ck_assert_int_eq(ams_train_check(&o, NULL), AMS_OK);
        ams_train_resolve(&o);
        ck_assert_uint_eq(o.refine_updates, 0);
    }
    ams_error err;
    ck_assert_int_eq(ams_train_set(&o, "refine", "some", &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "a whole number of updates, or auto"));
    ck_assert_int_eq(ams_train_set(&o, "refine", "77", NULL), AMS_OK);
    ck_assert_uint_eq(ams_train_refine(&o), 77);
}
END_TEST

/* -- what is refused -- */

START_TEST(refused)
{
    static const struct {
        const char *key, *value, *says;
    } cases[] = {{"refine", "61", "at most steps=60"},
                 {"end", "on", "END reaches no goal"},
                 {"patience", "3", "expected 0 with refine=20"},
                 {"device", "cuda", "knows no refinement"},
                 {"refine_tries", "1", "whole number from 2 to"},
                 {"refine_items", "2000", "at most 4096 orders"}};
    ams_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ams_train_options o = refine_options();
        ams_status status = ams_train_set(&o, cases[i].key, cases[i].value, &err);
        status = status == AMS_OK ? ams_train_check(&o, &err) : status;
        ck_assert_msg(status == AMS_USAGE && strstr(err.text, cases[i].says) != NULL,
                      "%s=%s: %s", cases[i].key, cases[i].value, err.text);
    }
    ams_train_options o = refine_options();
    o.loss = AMS_LOSS_HUBER;
    o.decide = AMS_DECIDE_COST_Q;
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "decide=cost-q"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, one_update_by_the_definition, 0, 6);
    tcase_add_test(tests, finds_what_looking_ahead_finds);
    tcase_add_loop_test(tests, same_bits, 0, 4);
    tcase_add_test(tests, weights_that_are_none);
    tcase_add_test(tests, what_auto_means);
    tcase_add_test(tests, refused);
}

int main(void)
{
    return run_suite("rl_refine", add);
}
