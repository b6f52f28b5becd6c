/* Every operation of both CPU backends against double precision, at odd shapes. */
#include "tests/base/suite.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const ams_backend *const backends[] = {&ams_backend_cpu_sparse, &ams_backend_cpu_dense};
enum { BACKENDS = 2 };
/* Rounding of a float sum of up to a few hundred terms of size 1. */
static const double TOLERANCE = 2e-5;

/* B, F, H, ones: below, at and beyond the blocks of 64 units and 32 samples, and of 128 whose
 * gradients are added together, some rows in one piece alone. */
static const uint32_t shapes[][4] = {
    {1, 1, 1, 1},      {3, 7, 5, 2},   {8, 40, 64, 9},    {33, 100, 65, 20},
    {65, 37, 130, 37}, {9, 50, 63, 0}, {140, 400, 64, 2}, {129, 90, 100, 3},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct input_case {
    ams_compute compute;
    ams_sparse x;
    ams_rows rows;
    uint32_t b, f, h;
} input_case;

static void begin(input_case *c, int i)
{
    const uint32_t *shape = shapes[i / (BACKENDS * 2)];
    bool binary = i % 2 == 0;
    const ams_backend *ops = backends[i / 2 % BACKENDS];
    c->b = shape[0];
    c->f = shape[1];
    c->h = shape[2];
    random_states(&c->x, c->b, c->f, shape[3], binary, (uint64_t)i);
    ck_assert_int_eq(ams_compute_init(&c->compute, ops, NULL, c->b, c->f, NULL), AMS_OK);
    ck_assert_int_eq(ams_rows_init(&c->rows, c->f, (uint64_t)c->b * c->f, NULL), AMS_OK);
}

static void end(input_case *c)
{
    ams_compute_fini(&c->compute);
    ams_sparse_fini(&c->x);
    ams_rows_fini(&c->rows);
}

static double at(const ams_sparse *x, uint32_t place)
{
    return x->value == NULL ? 1.0 : (double)x->value[place];
}

START_TEST(input_forward)
{
    input_case c;
    begin(&c, _i);
    float *w = random_floats((size_t)c.f * c.h, 1);
    float *b = random_floats(c.h, 2);
    float *y = malloc((size_t)c.b * c.h * sizeof *y);
    memset(y, 0xFF, (size_t)c.b * c.h * sizeof *y); /* NaN: an element left out shows */
    c.compute.ops->input_forward(&c.compute, &c.x, w, b, c.h, y);
    for (uint32_t s = 0; s < c.b; s++) {
        for (uint32_t j = 0; j < c.h; j++) {
            double sum = (double)b[j];
            for (uint32_t p = c.x.ptr[s]; p < c.x.ptr[s + 1]; p++) {
                sum += at(&c.x, p) * (double)w[(size_t)c.x.index[p] * c.h + j];
            }
            ck_assert_double_eq_tol((double)y[(size_t)s * c.h + j], sum, TOLERANCE);
        }
    }
    free(w);
    free(b);
    free(y);
    end(&c);
}
END_TEST

START_TEST(input_backward)
{
    input_case c;
    begin(&c, _i);
    float *dy = random_floats((size_t)c.b * c.h, 3);
    float *dw = malloc((size_t)c.f * c.h * sizeof *dw);
    double *sum = calloc((size_t)c.f * c.h, sizeof *sum);
    for (uint32_t s = 0; s < c.b; s++) {
        for (uint32_t p = c.x.ptr[s]; p < c.x.ptr[s + 1]; p++) {
            for (uint32_t j = 0; j < c.h; j++) {
                sum[(size_t)c.x.index[p] * c.h + j] +=
                    at(&c.x, p) * (double)dy[(size_t)s * c.h + j];
            }
        }
    }
    /* Twice, so that what the first call leaves behind would show. */
    for (int turn = 0; turn < 2; turn++) {
        memset(dw, 0xFF, (size_t)c.f * c.h * sizeof *dw);
        c.compute.ops->input_backward(&c.compute, &c.x, dy, c.h, dw, &c.rows);
        for (uint32_t f = 0; f < c.f; f++) {
            for (uint32_t j = 0; j < c.h; j++) {
                double found = c.rows.now[f] ? (double)dw[(size_t)f * c.h + j] : 0;
                ck_assert_double_eq_tol(found, sum[(size_t)f * c.h + j], TOLERANCE);
            }
        }
    }
    free(dy);
    free(dw);
    free(sum);
    end(&c);
}
END_TEST

START_TEST(dense_layers)
{
    const uint32_t *shape = shapes[_i];
    const uint32_t bio[3] = {shape[0], shape[1], shape[2]};
    ams_compute c;
    ck_assert_int_eq(ams_compute_init(&c, &ams_backend_cpu_sparse, NULL, 1, 1, NULL), AMS_OK);
    float *x = random_floats((size_t)bio[0] * bio[1], 1);
    float *w = random_floats((size_t)bio[1] * bio[2], 2);
    float *b = random_floats(bio[2], 3);
    float *dy = random_floats((size_t)bio[0] * bio[2], 4);
    float *y = malloc((size_t)bio[0] * bio[2] * sizeof *y);
    float *dx = malloc((size_t)bio[0] * bio[1] * sizeof *dx);
    float *dw = malloc((size_t)bio[1] * bio[2] * sizeof *dw);
    float *db = malloc(bio[2] * sizeof *db);
    c.ops->dense_forward(&c, bio, x, w, b, y);
    c.ops->dense_backward(&c, bio, x, w, dy, dx, dw);
    c.ops->bias_backward(&c, bio[0], bio[2], dy, db);
    for (uint32_t s = 0; s < bio[0]; s++) {
        for (uint32_t o = 0; o < bio[2]; o++) {
            double sum = (double)b[o];
            for (uint32_t i = 0; i < bio[1]; i++) {
                sum += (double)x[s * bio[1] + i] * (double)w[i * bio[2] + o];
            }
            ck_assert_double_eq_tol((double)y[s * bio[2] + o], sum, TOLERANCE);
        }
        for (uint32_t i = 0; i < bio[1]; i++) {
            double sum = 0;
            for (uint32_t o = 0; o < bio[2]; o++) {
                sum += (double)dy[s * bio[2] + o] * (double)w[i * bio[2] + o];
            }
            ck_assert_double_eq_tol((double)dx[s * bio[1] + i], sum, TOLERANCE);
        }
    }
    for (uint32_t o = 0; o < bio[2]; o++) {
        double bias = 0;
        for (uint32_t s = 0; s < bio[0]; s++) {
            bias += (double)dy[s * bio[2] + o];
        }
        ck_assert_double_eq_tol((double)db[o], bias, TOLERANCE);
        for (uint32_t i = 0; i < bio[1]; i++) {
            double sum = 0;
            for (uint32_t s = 0; s < bio[0]; s++) {
                sum += (double)x[s * bio[1] + i] * (double)dy[s * bio[2] + o];
            }
            ck_assert_double_eq_tol((double)dw[i * bio[2] + o], sum, TOLERANCE);
        }
    }
    free(x);
    free(w);
    free(b);
    free(dy);
    free(y);
    free(dx);
    free(dw);
    free(db);
    ams_compute_fini(&c);
}
END_TEST

static const ams_loss HUBER_2 = {.kind = AMS_LOSS_HUBER, .delta = 2};

START_TEST(relu_and_loss)
{
    ams_compute c;
    ck_assert_int_eq(ams_compute_init(&c, &ams_backend_cpu_sparse, NULL, 1, 1, NULL), AMS_OK);
    float y[] = {-2, -0.0F, 0, 3, 1e-30F};
    float dx[] = {1, 2, 3, 4, 5};
    c.ops->relu_forward(&c, 5, y);
    c.ops->relu_backward(&c, 5, y, dx);
    const float positive[] = {0, 0, 0, 3, 1e-30F};
    const float passed[] = {0, 0, 0, 4, 5};
    for (int i = 0; i < 5; i++) {
        ck_assert_float_eq(y[i], positive[i]);
        ck_assert_float_eq(dx[i], passed[i]);
    }
    /* Errors 0.5, -3, 2 with delta 2: losses 0.125, 4, 2; slopes 0.5, -2, 2, over three
     * samples. */
    const float q[] = {9, 0.5F, 9, -3, 9, 2};
    const uint8_t action[] = {1, 1, 1};
    const float target[] = {0, 0, 0};
    const uint32_t ba[2] = {3, 2};
    float dq[6];
    double loss = c.ops->td_loss(&c, ba, q, action, target, HUBER_2, NULL, dq);
    ck_assert_double_eq_tol(loss, (0.125 + 4 + 2) / 3, 1e-7);
    const float slopes[] = {0, 0.5F / 3, 0, -2.0F / 3, 0, 2.0F / 3};
    for (int i = 0; i < 6; i++) {
        ck_assert_float_eq_tol(dq[i], slopes[i], 1e-7F);
    }
    /* Weighted: the slopes and losses of the states, not their errors. */
    const float weight[] = {1, 0.5F, 0.25F};
    float error[3];
    const ams_emphasis emphasis = {weight, error};
    loss = c.ops->td_loss(&c, ba, q, action, target, HUBER_2, &emphasis, dq);
    ck_assert_double_eq_tol(loss, (0.125 + 4 * 0.5 + 2 * 0.25) / 3, 1e-7);
    for (int i = 0; i < 3; i++) {
        ck_assert_float_eq_tol(dq[2 * i + 1], weight[i] * slopes[2 * i + 1], 1e-7F);
        ck_assert_float_eq(error[i], fabsf(q[2 * i + 1]));
    }
    /* Delta infinite is the squared loss: (0.25 + 9 + 4) / 2 / 3. */
    loss = c.ops->td_loss(&c, ba, q, action, target, (ams_loss){.kind = AMS_LOSS_SQUARED}, NULL,
                          dq);
    ck_assert_double_eq_tol(loss, 13.25 / 6, 1e-6);
    ck_assert_float_eq_tol(dq[3], -1.0F, 1e-7F);
    ams_compute_fini(&c);
}
END_TEST

/* Two states of three actions: model 1 and END are valid in the first, everything in the
 * second; each state counts the same. */
START_TEST(td_loss_all)
{
    const float q[] = {9, 1, 2, 0, 0, 3};
    const float target[] = {NAN, 0.5F, 2, 1, -3, 3};
    const uint64_t remaining[] = {0x2, 0x3};
    float dq[6];
    ams_compute c;
    ams_all_actions all = {.n = 2,
                           .n_models = 2,
                           .batch = 2,
                           .end_valid = true,
                           .remaining = remaining,
                           .target = target};
    ck_assert_int_eq(ams_compute_init(&c, backends[_i], NULL, 2, 1, NULL), AMS_OK);
    /* Errors 0.5, 0 and -1, 3, 0 with delta 2: (0.125 + 0) / 2 and (0.5 + 4 + 0) / 3. */
    double loss = c.ops->td_loss_all(&c, &all, q, HUBER_2, NULL, dq);
    ck_assert_double_eq_tol(loss, (0.0625 + 1.5) / 2, 1e-7);
    const float slopes[] = {0, 0.5F / 4, 0, -1.0F / 6, 2.0F / 6, 0};
    for (int i = 0; i < 6; i++) {
        ck_assert_float_eq_tol(dq[i], slopes[i], 1e-7F);
    }
    const float weight[] = {0.5F, 1};
    float error[2];
    const ams_emphasis emphasis = {weight, error};
    loss = c.ops->td_loss_all(&c, &all, q, HUBER_2, &emphasis, dq);
    ck_assert_double_eq_tol(loss, (0.03125 + 1.5) / 2, 1e-7);
    for (int i = 0; i < 6; i++) {
        ck_assert_float_eq_tol(dq[i], weight[i / 3] * slopes[i], 1e-7F);
    }
    ck_assert_float_eq_tol(error[0], 0.25F, 1e-7F);
    ck_assert_float_eq_tol(error[1], 4.0F / 3, 1e-6F);
    /* The second state alone, as a part of both. */
    double of_state[1];
    float part[3];
    const ams_emphasis second = {weight + 1, error};
    ams_all_actions one = all;
    one.n = 1;
    one.remaining = remaining + 1;
    one.target = target + 3;
    one.loss = of_state;
    loss = c.ops->td_loss_all(&c, &one, q + 3, HUBER_2, &second, part);
    ck_assert_double_eq_tol(of_state[0], 1.5, 1e-7);
    ck_assert_double_eq_tol(loss, 1.5 / 2, 1e-7);
    ck_assert_mem_eq(part, dq + 3, sizeof part);
    all.end_valid = false; /* 0.125 / 1 and 4.5 / 2 */
    loss = c.ops->td_loss_all(&c, &all, q, HUBER_2, NULL, dq);
    ck_assert_double_eq_tol(loss, (0.125 + 2.25) / 2, 1e-7);
    ck_assert_float_eq_tol(dq[1], 0.25F, 1e-7F);
    ams_compute_fini(&c);
}
END_TEST

/* Log-odds 0, 2 and -200 against shares 1, 0.25 and 0, by hand; the slope is that of the loss.
 */
START_TEST(logistic_loss)
{
    static const ams_loss logistic = {.kind = AMS_LOSS_LOGISTIC};
    const float q[] = {0, 9, 9, 2, -200, 9};
    const uint8_t action[] = {0, 1, 0};
    const float target[] = {1, 0.25F, 0};
    const uint32_t ba[2] = {3, 2};
    float dq[6];
    ams_compute c;
    ck_assert_int_eq(ams_compute_init(&c, backends[_i], NULL, 3, 1, NULL), AMS_OK);
    double loss = c.ops->td_loss(&c, ba, q, action, target, logistic, NULL, dq);
    ck_assert_double_eq_tol(loss, (log(2) + log(1 + exp(2)) - 0.5) / 3, 1e-6);
    const float slopes[] = {-0.5F / 3, 0, 0, (float)(1 / (1 + exp(-2)) - 0.25) / 3, 0, 0};
    for (int i = 0; i < 6; i++) {
        ck_assert_float_eq_tol(dq[i], slopes[i], 1e-7F);
    }
    for (int i = -40; i <= 40; i++) {
        double at = i / 4.0;
        double y = (double)(i & 7) / 7;
        double exact = at > 0 ? at + log1p(exp(-at)) : log1p(exp(at));
        ck_assert_double_eq_tol((double)ams_loss_value(logistic, (float)at, (float)y),
                                exact - at * y, 1e-5);
        ck_assert_double_eq_tol((double)ams_loss_slope(logistic, (float)at, (float)y),
                                1 / (1 + exp(-at)) - y, 1e-6);
    }
    ams_compute_fini(&c);
}
END_TEST

/* Algorithm 1 of Kingma and Ba in double. */
static void adam_reference(double g, uint64_t t, double *w, double *m, double *v)
{
    *m = 0.9 * *m + 0.1 * g;
    *v = 0.999 * *v + 0.001 * g * g;
    double m_hat = *m / (1 - pow(0.9, (double)t));
    double v_hat = *v / (1 - pow(0.999, (double)t));
    *w -= 0.01 * m_hat / (sqrt(v_hat) + 1e-8);
}

START_TEST(adam_over_steps)
{
    enum { N = 5000, STEPS = 20 }; /* more than one shard of parameters */
    ams_compute c;
    ck_assert_int_eq(ams_compute_init(&c, &ams_backend_cpu_sparse, NULL, 1, 1, NULL), AMS_OK);
    float *w = random_floats(N, 1);
    float *m = calloc(N, sizeof *m);
    float *v = calloc(N, sizeof *v);
    double *rw = calloc(N, sizeof *rw);
    double *rm = calloc(N, sizeof *rm);
    double *rv = calloc(N, sizeof *rv);
    for (int i = 0; i < N; i++) {
        rw[i] = (double)w[i];
    }
    for (uint64_t t = 1; t <= STEPS; t++) {
        float *g = random_floats(N, 100 + t);
        ams_adam adam = ams_adam_at(0.01, 0.9, 0.999, 1e-8, t);
        c.ops->adam(&c, &adam, N, g, w, m, v);
        for (int i = 0; i < N; i++) {
            adam_reference((double)g[i], t, &rw[i], &rm[i], &rv[i]);
        }
        free(g);
    }
    for (int i = 0; i < N; i++) {
        ck_assert_double_eq_tol((double)w[i], rw[i], 2e-5);
    }
    free(w);
    free(m);
    free(v);
    free(rw);
    free(rm);
    free(rv);
    ams_compute_fini(&c);
}
END_TEST

/* Skipping rows that were never written gives the bits of not skipping them. */
START_TEST(adam_rows_skip_exactly)
{
    enum { F = 70, H = 9 };
    ams_compute c;
    ams_rows rows;
    ck_assert_int_eq(ams_compute_init(&c, &ams_backend_cpu_sparse, NULL, 1, 1, NULL), AMS_OK);
    ck_assert_int_eq(ams_rows_init(&rows, F, F, NULL), AMS_OK);
    float *w = random_floats(F * H, 1);
    float *w_all = random_floats(F * H, 1);
    float *moments[4];
    for (int i = 0; i < 4; i++) {
        moments[i] = calloc(F * H, sizeof(float));
    }
    for (uint64_t t = 1; t <= 10; t++) {
        float *g = random_floats(F * H, t);
        for (uint32_t f = 0; f < F; f++) {
            rows.now[f] = (f * 7 + t) % 5 == 0 && f % 2 == 0;
            rows.ever[f] |= rows.now[f];
            if (!rows.now[f]) {
                memset(g + (size_t)f * H, 0, H * sizeof *g);
            }
        }
        ams_adam adam = ams_adam_at(0.01, 0.9, 0.999, 1e-8, t);
        const uint32_t fh[2] = {F, H};
        float *const wmv[3] = {w, moments[0], moments[1]};
        c.ops->adam_rows(&c, &adam, &rows, fh, g, wmv);
        c.ops->adam(&c, &adam, F * H, g, w_all, moments[2], moments[3]);
        free(g);
    }
    ck_assert_mem_eq(w, w_all, F * H * sizeof *w);
    for (int i = 0; i < 4; i++) {
        free(moments[i]);
    }
    free(w);
    free(w_all);
    ams_rows_fini(&rows);
    ams_compute_fini(&c);
}
END_TEST

/* Whether sample s of x holds feature f, and with which value. */
static bool holds(const ams_sparse *x, uint32_t s, uint32_t f, float *value)
{
    for (uint32_t place = x->ptr[s]; place < x->ptr[s + 1]; place++) {
        if (x->index[place] == f) {
            *value = x->value == NULL ? 1 : x->value[place];
            return true;
        }
    }
    return false;
}

/* Rows transposed, as lists. */
static void check_lists(const ams_rows *rows, const ams_sparse *x, uint32_t i)
{
    uint32_t place = rows->start[i];
    float value = 0;
    for (uint32_t s = 0; s < x->n; s++) {
        if (holds(x, s, rows->touched[i], &value)) {
            ck_assert_uint_lt(place, rows->start[i + 1]);
            if (x->value != NULL) {
                ck_assert_uint_eq(rows->one[place].sample, s);
                ck_assert_float_eq(rows->one[place].value, value);
            } else {
                ck_assert_uint_eq(rows->sample[place], s);
            }
            place++;
        }
    }
    ck_assert_uint_eq(place, rows->start[i + 1]);
}

static void check_marks(const ams_rows *rows, const ams_sparse *x, uint32_t i)
{
    float value = 0;
    for (uint32_t s = 0; s < 64; s++) {
        bool marked = (rows->marks[i] >> s & 1) != 0;
        ck_assert_int_eq(marked, s < x->n && holds(x, s, rows->touched[i], &value));
    }
}

/* Minibatches of up to 64 samples without values become bits, others lists, one after the other
 * in the same rows. */
START_TEST(rows_of_minibatches)
{
    enum { F = 130, MOST = 65 };
    static const uint32_t sizes[] = {64, 65, 1, 64, 63, 65, 64};
    const bool binary = _i == 0;
    ams_rows rows;
    ck_assert_int_eq(ams_rows_init(&rows, F, MOST * F, NULL), AMS_OK);
    for (uint64_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        ams_sparse x;
        random_states(&x, sizes[k], F, 5, binary, k);
        uint32_t features = 0;
        float value = 0;
        for (uint32_t f = 0; f < F; f++) {
            bool found = false;
            for (uint32_t s = 0; s < x.n && !found; s++) {
                found = holds(&x, s, f, &value);
            }
            features += found;
        }
        ams_rows_mark(&rows, &x);
        ck_assert_int_eq(rows.marked, binary && sizes[k] <= 64);
        ck_assert_uint_eq(rows.n_touched, features);
        for (uint32_t i = 0; i < rows.n_touched; i++) {
            ck_assert(rows.ever[rows.touched[i]]);
            (rows.marked ? check_marks : check_lists)(&rows, &x, i);
        }
        ams_rows_invert(&rows, &x);
        ck_assert(!rows.marked);
        ck_assert_uint_eq(rows.n_touched, features);
        for (uint32_t i = 0; i < rows.n_touched; i++) {
            check_lists(&rows, &x, i);
        }
        ams_sparse_fini(&x);
    }
    ams_rows_fini(&rows);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, input_forward, 0, SHAPES * BACKENDS * 2);
    tcase_add_loop_test(tests, input_backward, 0, SHAPES * BACKENDS * 2);
    tcase_add_loop_test(tests, dense_layers, 0, SHAPES);
    tcase_add_test(tests, relu_and_loss);
    tcase_add_loop_test(tests, td_loss_all, 0, BACKENDS);
    tcase_add_loop_test(tests, logistic_loss, 0, BACKENDS);
    tcase_add_test(tests, adam_over_steps);
    tcase_add_test(tests, adam_rows_skip_exactly);
    tcase_add_loop_test(tests, rows_of_minibatches, 0, 2);
}

int main(void)
{
    return run_suite("rl/backend", add);
}
