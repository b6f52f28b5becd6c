/* Dropout, clipping, weight decay, learning rate schedules and soft target updates: each
 * against what it says it does. */
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *ones(size_t n)
{
    float *y = malloc(n * sizeof *y);
    for (size_t i = 0; i < n; i++) {
        y[i] = 1;
    }
    return y;
}

/* One in four of 70 x 203 units is left out, within four standard deviations; what decides is
 * seed, update and unit, not the threads. */
START_TEST(dropout_bits)
{
    enum { B = 70, H = 203, N = B * H };
    ams_pool *pool = NULL;
    ams_compute c;
    ck_assert_int_eq(ams_pool_create(&pool, 3, NULL), AMS_OK);
    const ams_dropout drop = {.rate = 0.25, .seed = 5, .update = 1000};
    float *y[5];
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(
            ams_compute_init(&c, &ams_backend_cpu_sparse, i == 1 ? pool : NULL, B, 1, NULL),
            AMS_OK);
        ams_dropout d = drop;
        d.update += i == 2;
        d.seed += i == 3;
        y[i] = ones(N);
        c.ops->dropout(&c, &d, i == 4 ? 1 : 0, B, H, y[i]);
        ams_compute_fini(&c);
    }
    int left_out = 0;
    for (int i = 0; i < N; i++) {
        left_out += y[0][i] == 0;
        ck_assert(y[0][i] == 0 || y[0][i] == (float)(1 / 0.75));
    }
    ck_assert_double_eq_tol((double)left_out, N * 0.25, 4 * sqrt(N * 0.25 * 0.75));
    ck_assert_mem_eq(y[0], y[1], N * sizeof(float));
    for (int i = 2; i < 5; i++) {
        int same = 0;
        for (int j = 0; j < N; j++) {
            same += (y[0][j] == 0) == (y[i][j] == 0);
        }
        double expected = N * (0.25 * 0.25 + 0.75 * 0.75);
        ck_assert_double_eq_tol((double)same, expected, 4 * sqrt(expected));
    }
    for (int i = 0; i < 5; i++) {
        free(y[i]);
    }
    ams_pool_destroy(pool);
}
END_TEST

/* Central differences through the same units. A kink of a ReLU is recognised by one-sided ones.
 */
START_TEST(dropout_gradient)
{
    enum { B = 9, F = 15, A = 4 };
    ams_compute c;
    ams_net net;
    ams_q q;
    ams_rows rows;
    ams_sparse x;
    uint8_t action[B] = {0, 1, 2, 3, 0, 1, 2, 3, 0};
    const uint32_t ba[2] = {B, A};
    float *target = random_floats(B, 12);
    ck_assert_int_eq(ams_net_init(&net, F, "21x10", A, NULL), AMS_OK);
    ams_net_randomize(&net, 5);
    ck_assert_int_eq(ams_compute_init(&c, &ams_backend_cpu_sparse, NULL, B, F, NULL), AMS_OK);
    ck_assert_int_eq(ams_q_init(&q, &net, B, true, NULL), AMS_OK);
    ck_assert_int_eq(ams_rows_init(&rows, F, B * F, NULL), AMS_OK);
    random_states(&x, B, F, 6, true, 11);
    float *gradient = calloc(net.n_params, sizeof *gradient);
    q.dropout = (ams_dropout){.rate = 0.4, .seed = 1, .update = 7};
    const ams_loss squared = {.kind = AMS_LOSS_SQUARED};
    double here = c.ops->td_loss(&c, ba, ams_q_forward(&q, &c, &net, &x), action, target,
                                 squared, NULL, q.dq);
    ams_q_backward(&q, &c, &net, &x, gradient, &rows);
    int compared = 0;
    for (uint64_t p = 0; p < net.n_params; p++) {
        float kept = net.params[p];
        double side[2];
        for (int s = 0; s < 2; s++) {
            net.params[p] = kept + (s == 0 ? -0x1p-8F : 0x1p-8F);
            const float *value = ams_q_forward(&q, &c, &net, &x);
            double loss = c.ops->td_loss(&c, ba, value, action, target, squared, NULL, q.dq);
            side[s] = (s == 0 ? here - loss : loss - here) * 256;
        }
        net.params[p] = kept;
        if (fabs(side[0] - side[1]) < 1e-2 * fabs(side[0] + side[1]) + 2e-3) {
            ck_assert_double_eq_tol((double)gradient[p], (side[0] + side[1]) / 2, 2e-3);
            compared++;
        }
    }
    ck_assert_int_gt(compared, (int)(net.n_params * 8 / 10));
    free(gradient);
    free(target);
    ams_sparse_fini(&x);
    ams_rows_fini(&rows);
    ams_q_fini(&q);
    ams_net_fini(&net);
    ams_compute_fini(&c);
}
END_TEST

START_TEST(rates)
{
    for (uint64_t t = 0; t <= 120; t += 10) {
        ck_assert_double_eq(ams_lr_at(AMS_LR_CONSTANT, 0.5, t, 100), 0.5);
    }
    ck_assert_double_eq(ams_lr_at(AMS_LR_LINEAR, 0.5, 0, 100), 0.5);
    ck_assert_double_eq_tol(ams_lr_at(AMS_LR_LINEAR, 0.5, 25, 100), 0.375, 1e-12);
    ck_assert_double_eq(ams_lr_at(AMS_LR_LINEAR, 0.5, 100, 100), 0);
    ck_assert_double_eq(ams_lr_at(AMS_LR_LINEAR, 0.5, 120, 100), 0);
    ck_assert_double_eq(ams_lr_at(AMS_LR_COSINE, 0.5, 0, 100), 0.5);
    ck_assert_double_eq_tol(ams_lr_at(AMS_LR_COSINE, 0.5, 50, 100), 0.25, 1e-12);
    ck_assert_double_eq_tol(ams_lr_at(AMS_LR_COSINE, 0.5, 25, 100), 0.25 + sqrt(2) / 8, 1e-12);
    ck_assert_double_eq_tol(ams_lr_at(AMS_LR_COSINE, 0.5, 100, 100), 0, 1e-12);
}
END_TEST

/* -- in the trainer: a plain one beside one with the setting -- */

typedef struct pair {
    ams_table table;
    ams_env *env;
    ams_train_options options;
    ams_trainer *plain, *other;
    float *start; /* weights before the first update */
} pair;

static void open_pair(pair *p)
{
    random_table_options options = random_table_defaults(4);
    random_table(&p->table, &options);
    value_options(&p->options);
    p->options.gamma = 0.9;
    p->options.batch = 5; /* some features of the first layer stay out of the first update */
    p->options.lr = 0.01;
    ck_assert_int_eq(ams_train_set(&p->options, "hidden", "20x8", NULL), AMS_OK);
    ams_env_options env_options = ams_train_env_options(&p->options);
    ck_assert_int_eq(ams_env_create(&p->env, &p->table, &env_options, NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_create(&p->plain, p->env, &p->options, NULL, NULL), AMS_OK);
    size_t bytes = p->plain->online.n_params * sizeof(float);
    p->start = malloc(bytes);
    memcpy(p->start, p->plain->online.params, bytes);
}

/* The other one begins as p->options say now; both do one update. */
static void update_both(pair *p)
{
    ck_assert_int_eq(ams_trainer_create(&p->other, p->env, &p->options, NULL, NULL), AMS_OK);
    ams_trainer_update(p->plain);
    ams_trainer_update(p->other);
}

static void close_pair(pair *p)
{
    ams_trainer_destroy(p->plain);
    ams_trainer_destroy(p->other);
    ams_env_destroy(p->env);
    ams_table_fini(&p->table);
    free(p->start);
}

static double length_of_gradient(const ams_trainer *t)
{
    const ams_net *net = &t->online;
    double sum = 0;
    for (uint64_t i = 0; i < net->n_params; i++) {
        bool row = i < net->bias[0];
        if (!row || t->rows.now[i / net->width[1]]) {
            sum += (double)t->gradient[i] * (double)t->gradient[i];
        }
    }
    return sqrt(sum);
}

START_TEST(clipping)
{
    pair p;
    open_pair(&p);
    p.options.backend = _i / 2;
    p.options.grad_clip = _i % 2 == 0 ? 0.001 : 1000;
    update_both(&p);
    double before = length_of_gradient(p.plain);
    ck_assert_double_gt(before, 0.001);
    ck_assert_double_lt(before, 1000);
    double factor = _i % 2 == 0 ? 0.001 / before : 1;
    ck_assert_double_eq_tol(length_of_gradient(p.other), factor * before, 1e-6 * before);
    for (uint64_t i = p.plain->online.bias[0]; i < p.plain->online.n_params; i++) {
        ck_assert_double_eq_tol((double)p.other->gradient[i],
                                factor * (double)p.plain->gradient[i], 1e-7);
    }
    close_pair(&p);
}
END_TEST

START_TEST(decay)
{
    pair p;
    open_pair(&p);
    p.options.weight_decay = 2;
    update_both(&p);
    const ams_net *net = &p.plain->online;
    for (uint32_t k = 0; k < net->n_layers; k++) {
        uint64_t n = (uint64_t)net->width[k] * net->width[k + 1];
        for (uint64_t i = net->weight[k]; i < net->weight[k] + n; i++) {
            float expected = net->params[i] - 0.01F * 2 * p.start[i];
            ck_assert_float_eq_tol(p.other->online.params[i], expected, 1e-6F);
        }
        ck_assert_mem_eq(net->params + net->bias[k], p.other->online.params + net->bias[k],
                         net->width[k + 1] * sizeof(float));
    }
    close_pair(&p);
}
END_TEST

/* On a line to 0 within one update, nothing is learnt afterwards. */
START_TEST(schedule)
{
    pair p;
    open_pair(&p);
    p.options.lr_schedule = 1 + _i;
    p.options.steps = 1;
    update_both(&p);
    size_t bytes = p.plain->online.n_params * sizeof(float);
    ck_assert_mem_eq(p.plain->online.params, p.other->online.params, bytes);
    ams_trainer_update(p.other);
    ck_assert_mem_eq(p.plain->online.params, p.other->online.params, bytes);
    close_pair(&p);
}
END_TEST

START_TEST(soft_target)
{
    pair p;
    open_pair(&p);
    p.options.tau = 0.25;
    update_both(&p);
    const ams_net *net = &p.other->online;
    ck_assert_mem_eq(p.plain->target.params, p.start, net->n_params * sizeof(float));
    for (uint64_t i = 0; i < net->n_params; i++) {
        float expected = 0.75F * p.start[i] + 0.25F * net->params[i];
        ck_assert_float_eq_tol(p.other->target.params[i], expected, 1e-6F);
    }
    close_pair(&p);
}
END_TEST

/* Only learning leaves units out: the same draw, the same targets, another gradient. */
START_TEST(dropout_in_learning_alone)
{
    pair p;
    open_pair(&p);
    p.options.dropout = 0.5;
    update_both(&p);
    ck_assert_mem_eq(p.plain->batch.target, p.other->batch.target,
                     p.options.batch * sizeof(float));
    ck_assert_mem_ne(p.plain->gradient, p.other->gradient,
                     p.plain->online.n_params * sizeof(float));
    close_pair(&p);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, dropout_bits);
    tcase_add_test(tests, dropout_gradient);
    tcase_add_test(tests, rates);
    tcase_add_loop_test(tests, clipping, 0, 4);
    tcase_add_test(tests, decay);
    tcase_add_loop_test(tests, schedule, 0, 2);
    tcase_add_test(tests, soft_target);
    tcase_add_test(tests, dropout_in_learning_alone);
}

int main(void)
{
    return run_suite("rl/regular", add);
}
