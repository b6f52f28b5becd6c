/* Prioritised replay against linear scans: the tree and its draws, the weights by their
 * formula, and what an update makes of the priorities. */
#include "base/rng.h"
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void fill(ams_priority *p, uint64_t n)
{
    ck_assert_int_eq(ams_priority_init(p, n, NULL), AMS_OK);
}

/* Sums of every node, recomputed: the same bits. */
static void assert_sums(const ams_priority *p)
{
    for (uint32_t k = 0; k + 1 < p->n_levels; k++) {
        for (uint64_t i = 0; i < p->width[k] / AMS_TREE_CHILDREN; i++) {
            double sum = 0;
            for (uint64_t c = 0; c < AMS_TREE_CHILDREN; c++) {
                sum += p->level[k][i * AMS_TREE_CHILDREN + c];
            }
            ck_assert(sum == p->level[k + 1][i]);
        }
    }
    long double total = 0;
    for (uint64_t i = 0; i < p->n; i++) {
        total += (long double)p->level[0][i];
    }
    ck_assert_double_eq_tol(ams_priority_total(p) / (double)total, 1, 1e-13);
}

/* The slot's interval of the running sum holds `at`, to rounding. */
static void assert_found(const ams_priority *p, double at)
{
    uint64_t slot = ams_priority_find(p, at);
    ck_assert_uint_lt(slot, p->n);
    ck_assert(p->level[0][slot] > 0);
    long double before = 0;
    for (uint64_t i = 0; i < slot; i++) {
        before += (long double)p->level[0][i];
    }
    double tolerance = 1e-12 * ams_priority_total(p);
    ck_assert_double_ge(at, (double)before - tolerance);
    ck_assert_double_le(at, (double)before + p->level[0][slot] + tolerance);
}

START_TEST(tree)
{
    static const uint64_t sizes[] = {1, 2, 7, 8, 9, 63, 64, 65, 100, 513, 1000};
    uint64_t n = sizes[_i];
    ams_priority p;
    fill(&p, n);
    ck_assert(ams_priority_total(&p) == 0);
    ams_rng rng = ams_rng_init(n, AMS_STREAM_TEST);
    for (int i = 0; i < 5000; i++) {
        /* Magnitudes apart, some exactly 0. */
        double value = ams_rng_unit(&rng) < 0.2 ? 0 : pow(10, 6 * ams_rng_unit(&rng) - 3);
        ams_priority_set(&p, ams_rng_below(&rng, (uint32_t)n), value);
    }
    ams_priority_set(&p, n / 2, 1);
    assert_sums(&p);
    double total = ams_priority_total(&p);
    for (int i = 0; i < 2000; i++) {
        assert_found(&p, ams_rng_unit(&rng) * total);
    }
    assert_found(&p, 0);
    assert_found(&p, nextafter(total, 0));
    assert_found(&p, total); /* what rounding could ask for */
    /* Alone among zeros. */
    for (uint64_t i = 0; i < n; i++) {
        ams_priority_set(&p, i, i == n - 1 ? 1e-3 : 0);
    }
    ck_assert(ams_priority_total(&p) == 1e-3);
    ck_assert_uint_eq(ams_priority_find(&p, 0), n - 1);
    ck_assert_uint_eq(ams_priority_find(&p, 1e-3), n - 1);
    ams_priority_fini(&p);
}
END_TEST

/* Slots are drawn in proportion: chi-squared with 8 degrees of freedom, 99.9 % point 26.1, for
 * draws one by one and for parts of a minibatch, which come closer than chance. */
START_TEST(frequencies)
{
    static const double priority[10] = {1, 2, 3, 0, 5, 0.5, 7, 8, 0.25, 4};
    enum { DRAWS = 32000 };
    const uint32_t batch = _i == 0 ? 1 : 32;
    ams_priority p;
    fill(&p, 100);
    for (uint64_t i = 0; i < 10; i++) {
        ams_priority_set(&p, i * 11, priority[i]);
    }
    double total = ams_priority_total(&p);
    ck_assert(total == 30.75);
    int count[10] = {0};
    for (uint64_t t = 0; t < DRAWS / batch; t++) {
        uint64_t slot[32];
        ams_priority_sample(&p, 4, t, batch, slot);
        for (uint32_t i = 0; i < batch; i++) {
            ck_assert_uint_eq(slot[i] % 11, 0);
            count[slot[i] / 11]++;
            ck_assert(i == 0 || slot[i] >= slot[i - 1]); /* parts in ascending order */
        }
    }
    double chi2 = 0;
    for (int i = 0; i < 10; i++) {
        double expected = DRAWS * priority[i] / total;
        if (expected == 0) {
            ck_assert_int_eq(count[i], 0);
        } else {
            chi2 += (count[i] - expected) * (count[i] - expected) / expected;
        }
    }
    ck_assert_double_lt(chi2, 26.1);
    ams_priority_fini(&p);
}
END_TEST

/* w = (1 / (N P))^beta over the largest of the batch. */
START_TEST(weights)
{
    enum { N = 20, BATCH = 6 };
    static const double betas[] = {0, 0.4, 1};
    static const uint64_t slot[BATCH] = {3, 17, 3, 0, 9, 12};
    const double beta = betas[_i];
    ams_priority p;
    fill(&p, N);
    double total = 0;
    for (uint64_t i = 0; i < N; i++) {
        ams_priority_set(&p, i, 0.1 + (double)(i * i % 13));
        total += 0.1 + (double)(i * i % 13);
    }
    double raw[BATCH];
    double most = 0;
    for (int i = 0; i < BATCH; i++) {
        raw[i] = pow(1 / (N * (p.level[0][slot[i]] / total)), beta);
        most = raw[i] > most ? raw[i] : most;
    }
    float weight[BATCH];
    ams_priority_weights(&p, beta, BATCH, slot, weight);
    for (int i = 0; i < BATCH; i++) {
        ck_assert_double_eq_tol((double)weight[i], raw[i] / most, 1e-6);
    }
    ams_priority_fini(&p);
}
END_TEST

START_TEST(learning)
{
    static const uint64_t slot[] = {2, 5, 2};
    static const float error[] = {3, 0, 0.5F};
    ams_priority p;
    fill(&p, 9);
    ck_assert(p.top == 1);
    ams_priority_learn(&p, 0.5, 0.01, 3, slot, error);
    ck_assert_double_eq_tol(p.level[0][5], 0.1, 1e-12);
    ck_assert_double_eq_tol(p.level[0][2], sqrt(0.51), 1e-12); /* the later one */
    ck_assert_double_eq_tol(p.top, sqrt(3.01), 1e-12);
    assert_sums(&p);
    /* beta: 0.4 at first, half of the way, 1 at the end and after it. */
    ck_assert_double_eq(ams_beta_at(0, 0.4, 100), 0.4);
    ck_assert_double_eq_tol(ams_beta_at(50, 0.4, 100), 0.7, 1e-15);
    ck_assert_double_eq(ams_beta_at(100, 0.4, 100), 1);
    ck_assert_double_eq(ams_beta_at(300, 0.4, 100), 1);
    ams_priority_fini(&p);
}
END_TEST

START_TEST(rebuilt)
{
    ams_priority p;
    ams_error err = {{0}};
    fill(&p, 75);
    p.top = 9;
    for (uint64_t i = 0; i < 75; i++) {
        p.level[0][i] = (double)(i % 10);
    }
    ck_assert_int_eq(ams_priority_rebuild(&p, 70, NULL), AMS_OK);
    assert_sums(&p);
    ck_assert(ams_priority_total(&p) == 7 * 45);
    static const double bad[] = {-1, NAN, INFINITY, 9.5};
    for (int i = 0; i < 4; i++) {
        p.level[0][30] = bad[i];
        ck_assert_int_eq(ams_priority_rebuild(&p, 70, &err), AMS_BAD_DATA);
        ck_assert_ptr_nonnull(strstr(err.text, "priorities"));
    }
    ck_assert_int_eq(ams_priority_rebuild(&p, 0, NULL), AMS_BAD_DATA); /* nothing to draw */
    ams_priority_fini(&p);
}
END_TEST

/* -- in training -- */

static ams_table table;
static ams_env *env;

static ams_trainer *make_trainer(int kind)
{
    static const char *const agents[] = {"dqn", "sarsa", "double-dueling", "dqn", "dueling"};
    ams_train_options o;
    value_options(&o);
    o.agent = agent_named(agents[kind % 5]);
    o.targets = kind % 5 >= 3;
    o.nstep = o.targets == AMS_TARGETS_ALL ? 1 : 1 + (uint64_t)(kind % 3);
    o.backend = kind / 5;
    o.gamma = 0.8;
    o.end = kind % 2;
    o.batch = 24;
    o.envs = 7;
    o.warmup = 60;
    o.replay = 150; /* turns over, and is no multiple of envs */
    o.lr = 0.003;
    o.steps = 80;
    o.priority_alpha = 0.7;
    o.priority_beta = 0.5;
    o.priority_eps = 0.02;
    ck_assert_int_eq(ams_train_set(&o, "hidden", "20", NULL), AMS_OK);
    random_table_options options = random_table_defaults(3);
    random_table(&table, &options);
    ams_env_options env_options = ams_train_env_options(&o);
    ck_assert_int_eq(ams_env_create(&env, &table, &env_options, NULL), AMS_OK);
    ams_trainer *t = NULL;
    ck_assert_int_eq(ams_trainer_create(&t, env, &o, NULL, NULL), AMS_OK);
    return t;
}

/* |Q - y| of a state, its mean over the actions that learn, in double precision. */
static double error_of(const ams_trainer *t, uint32_t i, const double *q)
{
    const uint32_t m = t->env->n_models;
    const ams_transition *tr = &t->batch.transition[i];
    if (t->options.targets == AMS_TARGETS_TAKEN) {
        return fabs(q[tr->action] - (double)t->batch.target[i]);
    }
    double sum = 0;
    int valid = 0;
    for (uint32_t a = 0; a <= m; a++) {
        if (a == m ? t->env->options.end : (tr->mask >> a & 1) == 0) {
            sum += fabs(q[a] - (double)t->batch.target[(size_t)i * (m + 1) + a]);
            valid++;
        }
    }
    return sum / valid;
}

/* Never to be drawn: the newest `envs` of an agent that has to know the next action. */
static void assert_drawable(const ams_trainer *t)
{
    uint64_t newest = t->agent->wants_next ? t->options.envs : 0;
    for (uint64_t k = 1; k <= t->replay.size; k++) {
        uint64_t slot = (t->replay.head + t->replay.capacity - k) % t->replay.capacity;
        ck_assert_int_eq(t->priority.level[0][slot] > 0, k > newest);
        ck_assert_double_le(t->priority.level[0][slot], t->priority.top);
    }
    assert_sums(&t->priority);
}

/* Before the ring turns over and after, every agent, taken and all, n-step, both backends. */
START_TEST(trains)
{
    ams_trainer *t = make_trainer(_i);
    bool moved = false;
    for (int i = 0; i < 60; i++) {
        ams_trainer_update(t);
        assert_drawable(t);
    }
    ck_assert_uint_eq(t->replay.size, t->replay.capacity);
    ams_trainer_draw(t); /* what the next learn draws, too */
    uint32_t n = (uint32_t)t->options.batch;
    double *old = calloc(t->replay.capacity, sizeof *old);
    double *q = reference_q(&t->online, &t->batch.state);
    memcpy(old, t->priority.level[0], t->replay.capacity * sizeof *old);
    uint64_t again[24];
    ams_priority_sample(&t->priority, 0, 60, n, again);
    ck_assert_mem_eq(again, t->batch.slot, sizeof again);
    float weight[24];
    ams_priority_weights(&t->priority, 0.5 + 0.5 * 60 / 80, n, again, weight);
    ck_assert_mem_eq(weight, t->batch.weight, sizeof weight);
    ams_trainer_learn(t, false);
    for (uint32_t i = 0; i < n; i++) {
        double error = error_of(t, i, q + (size_t)i * env->n_actions);
        double should = pow(error + 0.02, 0.7);
        uint64_t slot = t->batch.slot[i];
        ck_assert_double_eq_tol(t->priority.level[0][slot], should, 1e-4);
        moved = moved || fabs(old[slot] - should) > 1e-3;
        old[slot] = t->priority.level[0][slot];
    }
    ck_assert(moved);
    /* Nothing else has changed. */
    ck_assert_mem_eq(old, t->priority.level[0], t->replay.capacity * sizeof *old);
    assert_drawable(t);
    free(old);
    free(q);
    ams_trainer_destroy(t);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, tree, 0, 11);
    tcase_add_loop_test(tests, frequencies, 0, 2);
    tcase_add_loop_test(tests, weights, 0, 3);
    tcase_add_test(tests, learning);
    tcase_add_test(tests, rebuilt);
    tcase_add_loop_test(tests, trains, 0, 10);
}

int main(void)
{
    return run_suite("rl/priority", add);
}
