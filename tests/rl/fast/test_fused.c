/* The fast path: rows that wait end where step after step would have led them; the weights are
 * those of the textbook backend within rounding, and the same bits for any number of threads
 * and after a restore. */
#include "ams/sections.h"
#include "rl/fast/flush.h"
#include "rl/fast/fused.h"
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"
#include "tests/rl/trainer_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static trainer_fixture fixture;

static ams_train_options fast_options(void)
{
    ams_train_options o;
    bare_options(&o);
    o.gamma = 0.9;
    o.end = 1;
    o.loss = AMS_LOSS_HUBER;
    o.reward = AMS_REWARD_GAIN;
    o.decide = AMS_DECIDE_Q_GREEDY;
    o.batch = 9;
    o.replay = 500;
    o.warmup = 100;
    o.envs = 5;
    o.target_every = 70;
    o.epsilon_end = 1; /* actions that no rounding can change */
    ck_assert_int_eq(ams_train_set(&o, "hidden", "128", NULL), AMS_OK);
    return o;
}

/* What goes beyond taken actions of one hidden layer: blocks of the first two layers, and what
 * follows them by layers. */
typedef struct setting {
    const char *agent, *hidden;
    double gamma, dropout, weight_decay, tau, beta2, clip;
    int targets, features, schedule;
} setting;

static const setting settings[] = {
    /* The recommended recipe, and each thing in which it differs from the papers'. */
    {"dqn", "128", 0, 0.1, 0.5, 0, 0.999, 0, AMS_TARGETS_ALL, AMS_FEATURES_CONF_MASK,
     AMS_LR_LINEAR},
    {"dqn", "64", 0.9, 0, 0.5, 0, 0.999, 0, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF,
     AMS_LR_COSINE},
    {"dqn", "128", 0, 0, 0, 0, 0.999, 0, AMS_TARGETS_ALL, AMS_FEATURES_LABELS, AMS_LR_CONSTANT},
    {"dqn", "64x32", 0.9, 0.1, 0, 0, 0.999, 0, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF,
     AMS_LR_COSINE},
    {"dueling", "64x40x24", 0.9, 0.1, 0.3, 0, 0.999, 0, AMS_TARGETS_ALL,
     AMS_FEATURES_LABELS_MASK, AMS_LR_CONSTANT},
    {"double-dueling", "64", 0.9, 0, 0, 0.01, 0.999, 0, AMS_TARGETS_TAKEN,
     AMS_FEATURES_LABELS_MASK, AMS_LR_CONSTANT},
    {"double", "128", 0.9, 0, 0.1, 0, 0.999, 0, AMS_TARGETS_ALL, AMS_FEATURES_LABELS,
     AMS_LR_CONSTANT},
    {"sarsa", "64x64", 0.9, 0, 0.1, 0.02, 0.9, 0, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF_MASK,
     AMS_LR_CONSTANT},
    /* Gradients are cut in about half of the updates, by each kind of update. */
    {"dqn", "128", 0, 0.1, 0.5, 0, 0.999, 0.02, AMS_TARGETS_ALL, AMS_FEATURES_CONF_MASK,
     AMS_LR_LINEAR},
    {"double", "64", 0.9, 0, 0, 0, 0.999, 0.1, AMS_TARGETS_TAKEN, AMS_FEATURES_LABELS,
     AMS_LR_CONSTANT},
    {"dueling", "64x32", 0.9, 0.1, 0, 0, 0.999, 0.05, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF,
     AMS_LR_COSINE},
    /* One slope per state, and dropout. */
    {"sarsa", "128", 0.9, 0.2, 0.5, 0, 0.999, 0, AMS_TARGETS_TAKEN, AMS_FEATURES_LABELS,
     AMS_LR_CONSTANT},
    /* HEADS of them with an output head per goal. */
    {"double", "64", 0.9, 0.1, 0, 0, 0.999, 0.05, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF,
     AMS_LR_CONSTANT},
    {"dqn", "128", 0, 0.1, 0.5, 0, 0.999, 0, AMS_TARGETS_ALL, AMS_FEATURES_CONF_MASK,
     AMS_LR_LINEAR},
    {"dqn", "64", 0.9, 0, 0, 0, 0.999, 0.1, AMS_TARGETS_TAKEN, AMS_FEATURES_LABELS,
     AMS_LR_CONSTANT},
    {"double", "64", 0.9, 0, 0.1, 0.01, 0.999, 0, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF,
     AMS_LR_CONSTANT},
    {"dqn", "64x32", 0.9, 0.1, 0.3, 0, 0.999, 0.05, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF_MASK,
     AMS_LR_CONSTANT},
};
enum {
    SETTINGS = sizeof settings / sizeof *settings,
    HEADS = 5,
    /* A thread sanitizer sees with three threads what it sees with two. */
    FEWEST_THREADS = SUITE_OF_THREADS ? 3 : 2,
    MOST_THREADS = SUITE_OF_THREADS  ? 3
                   : SUITE_SANITIZED ? 2
                                     : 4
};

static ams_train_options options_of(const setting *s)
{
    ams_train_options o = fast_options();
    o.agent = agent_named(s->agent);
    ck_assert_int_eq(ams_train_set(&o, "hidden", s->hidden, NULL), AMS_OK);
    o.gamma = s->gamma;
    o.dropout = s->dropout;
    o.weight_decay = s->weight_decay;
    o.tau = s->tau;
    o.adam_beta2 = s->beta2;
    o.targets = s->targets;
    o.features = s->features;
    o.lr_schedule = s->schedule;
    o.grad_clip = s->clip;
    if (s >= settings + SETTINGS - HEADS) {
        o.goal_input = AMS_GOAL_HEADS;
        o.reward = AMS_REWARD_TIME;
    }
    o.steps = 800;
    return o;
}

START_TEST(what_fits)
{
    ams_train_options o = fast_options();
    ck_assert(ams_fused_fits(&o));
    ck_assert(ams_fused_takes(&o));
    ck_assert_int_eq(ams_train_set(&o, "hidden", "100", NULL), AMS_OK);
    ck_assert(!ams_fused_fits(&o));
    ck_assert_int_eq(ams_train_set(&o, "hidden", "128x50", NULL), AMS_OK);
    ck_assert(ams_fused_fits(&o));
    ck_assert(!ams_fused_takes(&o));
    ck_assert_int_eq(ams_train_set(&o, "hidden", "4096x4096", NULL), AMS_OK);
    o.batch = 1024; /* 64 blocks, 1 GiB of shares */
    ck_assert(ams_fused_fits(&o));
    o.batch = 1025;
    ck_assert(!ams_fused_fits(&o));
    o.batch = 9;
    o.envs = 1025;
    ck_assert(!ams_fused_fits(&o));
    o = fast_options();
    o.backend = 1;
    ck_assert(!ams_fused_fits(&o));
    o = fast_options();
    o.dropout = 0.1;
    ck_assert(!ams_fused_takes(&o));
    o = fast_options();
    o.targets = AMS_TARGETS_ALL;
    ck_assert(!ams_fused_takes(&o));
    o = fast_options();
    o.agent = agent_named("dueling");
    ck_assert(ams_fused_fits(&o));
    ck_assert(!ams_fused_takes(&o));
    ck_assert(ams_idle_waits(&o));
    o.adam_beta2 = 0.9; /* e_j would vary by half while b^j still counts */
    ck_assert(!ams_idle_waits(&o));
    o = fast_options();
    o.adam_beta1 = 0.9999; /* the first moment would outlive the second */
    ck_assert(!ams_idle_waits(&o));
}
END_TEST

/* Against k steps of algorithm 1 of Kingma and Ba in double. */
START_TEST(waiting_in_closed_form)
{
    static const uint64_t ends[] = {1, 3, 40, 511, 512, 1000, 20000};
    static const double epsilons[] = {1e-8, 1e-3, 1};
    ams_train_options o = fast_options();
    o.steps = 20001;
    o.lr_schedule = _i % 2 == 0 ? AMS_LR_CONSTANT : AMS_LR_COSINE;
    o.adam_epsilon = epsilons[_i / 2];
    o.weight_decay = _i / 2 == 1 ? 3 : 0;
    const double weight = 7;
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
        const uint64_t t = ends[e];
        /* At the start rows wait for one step at most. */
        uint64_t most = t < 512 ? 1 : AMS_IDLE_MOST;
        double near = t < 1000 ? 1e-5 : 3e-6;
        ams_idle_clock clock;
        ams_idles idles;
        ams_idle_clock_init(&clock, &o, t);
        ck_assert_uint_eq(clock.t, t);
        ams_idle_table(&clock, &o, &idles);
        for (uint64_t k = 0; k <= most && k <= t; k++) {
            const ams_idle idle = ams_idle_of(&idles, (uint32_t)k);
            for (int size = -12; size <= 2; size++) { /* gradients of any size */
                double m = pow(10, size);
                double v = 1e-3 * m * m;
                double w = o.weight_decay > 0 ? weight : 0;
                double start = sqrt(v);
                for (uint64_t i = t - k + 1; i <= t; i++) {
                    double lr = ams_lr_at((ams_lr_schedule)o.lr_schedule, o.lr, i - 1, o.steps);
                    m *= o.adam_beta1;
                    v *= o.adam_beta2;
                    w *= (double)(float)(1 - lr * o.weight_decay);
                    w -= lr * m / (1 - pow(o.adam_beta1, (double)i)) /
                         (sqrt(v / (1 - pow(o.adam_beta2, (double)i))) + o.adam_epsilon);
                }
                double u = 1 / (start + (double)idle.e);
                double z = (double)idle.e * u;
                double found =
                    -pow(10, size) * (double)idle.move * u * (1 + (double)idle.spread * z * z);
                if (o.weight_decay > 0) { /* what is left of 7 is rounded to a float */
                    w -= weight * (double)idle.fade;
                    ck_assert_double_eq_tol(found, w, near * fabs(w) + 1e-6);
                } else {
                    ck_assert_float_eq(idle.fade, 1);
                    ck_assert_double_eq_tol(found, w, near * fabs(w) + 1e-30);
                }
                ck_assert_double_eq_tol((double)idle.keep1 * pow(10, size), m, 1e-6 * m);
                ck_assert_double_eq_tol((double)idle.keep2 * start * start, v, 1e-6 * v);
            }
        }
    }
}
END_TEST

/* Between begin and end, and nowhere else, what is no normal number counts as 0. */
START_TEST(subnormal_numbers_are_flushed)
{
    volatile float small = 1e-40F;
    volatile float factor = 0.999F;
    const unsigned before = ams_flush_begin();
    volatile float inside = small * factor;
    ams_flush_end(before);
    volatile float outside = small * factor;
#ifdef __SSE__
    ck_assert_float_eq(inside, 0);
#else
    (void)inside;
#endif
    ck_assert_float_gt(outside, 0);
}
END_TEST

/* 700 updates on the fast path and in the textbook backend: past the eager start and a few
 * settlings, with copies to the target. */
static void assert_textbook(ams_train_options o)
{
    trainer_fixture_init_waiting(&fixture, &o);
    ams_trainer *fast = trainer_fixture_trained(&fixture, &o, 700);
    ck_assert_ptr_nonnull(fast->fused);
    o.backend = 1;
    ams_trainer *dense = trainer_fixture_trained(&fixture, &o, 700);
    ck_assert_ptr_null(dense->fused);
    ams_trainer *fresh = trainer_fixture_trained(&fixture, &o, 0);
    const ams_net *x = ams_trainer_net(fast);
    const ams_net *y = ams_trainer_net(dense);
    double moved = 0;
    double apart = 0;
    for (uint64_t i = 0; i < x->n_params; i++) {
        double start = (double)y->params[i] - (double)fresh->online.params[i];
        moved += start * start;
        double off = (double)x->params[i] - (double)y->params[i];
        apart += off * off;
    }
    /* Both took 700 steps of up to 5e-4 a weight. Where a gradient is rounding alone, Adam
     * turns it into whole steps, so single weights may differ; the vector may not. */
    ck_assert_double_lt(sqrt(apart / (double)x->n_params), 1e-6);
    ck_assert_double_lt(apart, 1e-6 * moved);
    ams_train_stats a = ams_trainer_take_stats(fast);
    ams_train_stats b = ams_trainer_take_stats(dense);
    ck_assert_double_eq_tol(a.loss, b.loss, 1e-4 * b.loss);
    ck_assert_double_eq_tol(a.q_mean, b.q_mean, 1e-4);
    ams_trainer_destroy(fast);
    ams_trainer_destroy(dense);
    ams_trainer_destroy(fresh);
    trainer_fixture_fini(&fixture);
}

START_TEST(weights_of_the_textbook)
{
    static const char *const agents[] = {"dqn", "double", "sarsa"};
    ams_train_options o = fast_options();
    o.features = _i % 4;
    o.agent = agent_named(agents[_i % 3]);
    o.gamma = _i % 5 == 4 ? 0 : 0.9;
    o.nstep = 1 + (uint64_t)_i % 2;
    ck_assert_int_eq(ams_train_set(&o, "hidden", "64", NULL), AMS_OK);
    assert_textbook(o);
}
END_TEST

START_TEST(all_options_of_the_textbook)
{
    assert_textbook(options_of(&settings[_i]));
}
END_TEST

static void assert_equal(ams_trainer *a, ams_trainer *b)
{
    const ams_net *x = ams_trainer_net(a);
    const ams_net *y = ams_trainer_net(b);
    ck_assert_mem_eq(x->params, y->params, x->n_params * sizeof(float));
}

START_TEST(same_bits_for_any_threads)
{
    ams_train_options o = fast_options();
    o.features = _i;
    o.epsilon_end = 0.1;
    o.epsilon_steps = 100;
    trainer_fixture_init_waiting(&fixture, &o);
    ams_trainer *one = trainer_fixture_trained(&fixture, &o, 600);
    for (o.threads = FEWEST_THREADS; o.threads <= MOST_THREADS; o.threads++) {
        ams_trainer *more = trainer_fixture_trained(&fixture, &o, 600);
        assert_equal(one, more);
        ams_trainer_destroy(more);
    }
    ams_trainer_destroy(one);
    trainer_fixture_fini(&fixture);
}
END_TEST

/* Saved in the eager start, while rows wait, right at a settling; looking at the weights
 * changes nothing. */
START_TEST(restore_continues)
{
    static const int saves[] = {41, 600, 640, 653};
    ams_train_options o = fast_options();
    o.epsilon_end = 0.1;
    o.epsilon_steps = 100;
    o.agent = _i % 2 == 0 ? 0 : agent_named("double");
    ck_assert_int_eq(ams_train_set(&o, "hidden", "64", NULL), AMS_OK);
    trainer_fixture_init_waiting(&fixture, &o);
    ams_trainer *whole = trainer_fixture_trained(&fixture, &o, 700);
    ams_trainer *half = trainer_fixture_trained(&fixture, &o, saves[_i]);
    (void)ams_trainer_net(half);
    ams_blob blob = {0};
    ams_sections sections;
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(half, &blob, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_open(&sections, blob.data, blob.size, "TEST", "blob", NULL),
                     AMS_OK);
    ams_trainer *other = trainer_fixture_trained(&fixture, &o, 3);
    ck_assert_int_eq(ams_trainer_restore(other, &sections, NULL), AMS_OK);
    for (int i = saves[_i]; i < 700; i++) {
        ams_trainer_update(other);
        ams_trainer_update(half);
    }
    assert_equal(whole, other);
    assert_equal(whole, half);
    /* A row that is said to be ahead of the training is refused. */
    ams_error err = {{0}};
    half->reached[0] = 701;
    ams_fused_state state = {.online = half->online.params,
                             .target = half->target.params,
                             .moment1 = half->moment1,
                             .moment2 = half->moment2,
                             .reached = half->reached};
    ck_assert_int_eq(ams_fused_restore(half->fused, &state, 700, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "row 0"));
    ams_blob_fini(&blob);
    ams_trainer_destroy(whole);
    ams_trainer_destroy(half);
    ams_trainer_destroy(other);
    trainer_fixture_fini(&fixture);
}
END_TEST

/* Whoever was drawn in a row before: also a state that counts for nothing, after a terminal
 * step, stands among those of its own goal's head, whose product rounds by its rows. */
START_TEST(heads_of_next_states)
{
    ams_train_options o = options_of(&settings[SETTINGS - 1]);
    trainer_fixture_init_waiting(&fixture, &o);
    ams_trainer *t = trainer_fixture_trained(&fixture, &o, 50);
    const ams_minibatch *b = &t->batch;
    uint32_t terminal = 0;
    for (int i = 0; i < 20; i++) {
        memset(b->next.head, UINT8_MAX, o.batch);
        for (uint32_t p = 0; p < t->n_pieces; p++) {
            memset(t->piece[p].next.head, UINT8_MAX, AMS_DRAW_PIECE);
        }
        ams_trainer_update(t);
        for (uint32_t k = 0; k < b->unknown; k++) {
            const ams_transition *step = &b->transition[b->row[k]];
            terminal += b->terminal[k];
            ck_assert_uint_eq(b->next.head[k], ams_trainer_env(t, step)->goal_at);
        }
    }
    ck_assert_uint_gt(terminal, 0);
    ams_trainer_destroy(t);
    trainer_fixture_fini(&fixture);
}
END_TEST

static ams_blob saved(ams_trainer *t)
{
    ams_blob blob = {0};
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(t, &blob, NULL), AMS_OK);
    return blob;
}

static void assert_same_checkpoint(ams_trainer *a, ams_trainer *b)
{
    ams_blob x = saved(a);
    ams_blob y = saved(b);
    ck_assert_uint_eq(x.size, y.size);
    ck_assert_mem_eq(x.data, y.data, x.size);
    ams_blob_fini(&x);
    ams_blob_fini(&y);
    assert_equal(a, b);
}

/* Whole checkpoints, for any number of threads and restored, with priorities as well. */
START_TEST(all_options_for_any_threads)
{
    enum { UPDATES = 650, FIRST_SAVED = 601, APART = 3 };
    _Static_assert(FIRST_SAVED + APART * (SETTINGS - 1) < UPDATES,
                   "each is saved before its end");
    const int saved_after = FIRST_SAVED + _i * APART;
    ams_train_options o = options_of(&settings[_i]);
    o.epsilon_end = 0.1;
    o.epsilon_steps = 100;
    o.priority_alpha = 0.5;
    trainer_fixture_init_waiting(&fixture, &o);
    ams_trainer *one = trainer_fixture_trained(&fixture, &o, saved_after);
    ck_assert_ptr_nonnull(one->fused);
    ams_blob blob = saved(one);
    for (int i = saved_after; i < UPDATES; i++) {
        ams_trainer_update(one);
    }
    for (o.threads = FEWEST_THREADS; o.threads <= MOST_THREADS; o.threads++) {
        ams_trainer *more = trainer_fixture_trained(&fixture, &o, UPDATES);
        assert_same_checkpoint(one, more);
        ams_trainer_destroy(more);
    }
    o.threads = 1;
    ams_sections sections;
    ck_assert_int_eq(ams_sections_open(&sections, blob.data, blob.size, "TEST", "blob", NULL),
                     AMS_OK);
    ams_trainer *other = trainer_fixture_trained(&fixture, &o, 3);
    ck_assert_int_eq(ams_trainer_restore(other, &sections, NULL), AMS_OK);
    for (int i = saved_after; i < UPDATES; i++) {
        ams_trainer_update(other);
    }
    assert_same_checkpoint(one, other);
    ams_blob_fini(&blob);
    ams_trainer_destroy(one);
    ams_trainer_destroy(other);
    trainer_fixture_fini(&fixture);
}
END_TEST

static void add(TCase *tests)
{
    if (SUITE_OF_THREADS) {
        tcase_add_loop_test(tests, same_bits_for_any_threads, 0, 4);
        tcase_add_loop_test(tests, all_options_for_any_threads, 0, SETTINGS);
        return;
    }
    tcase_add_test(tests, what_fits);
    tcase_add_test(tests, subnormal_numbers_are_flushed);
    tcase_add_loop_test(tests, waiting_in_closed_form, 0, 6);
    tcase_add_loop_test(tests, weights_of_the_textbook, 0, 6);
    tcase_add_loop_test(tests, all_options_of_the_textbook, 0, SETTINGS);
    tcase_add_loop_test(tests, same_bits_for_any_threads, 0, 4);
    tcase_add_test(tests, heads_of_next_states);
    tcase_add_loop_test(tests, all_options_for_any_threads, 0, SETTINGS);
    tcase_add_loop_test(tests, restore_continues, 0, 4);
}

int main(void)
{
    return run_suite("rl/fused", add);
}
