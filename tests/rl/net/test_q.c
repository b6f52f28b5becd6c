/* The whole network: forward against double precision, backward against finite differences. */
#include "rl/net/q.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const hidden[] = {"17", "70x33", "8x6x5"};
static const ams_backend *const backends[] = {&ams_backend_cpu_sparse, &ams_backend_cpu_dense};
enum { NETS = 3, BACKENDS = 2, B = 13, F = 29, A = 7, G = 3 };

typedef struct fixture {
    ams_compute compute;
    ams_net net;
    ams_q q;
    ams_rows rows;
    ams_sparse x;
    uint8_t action[B];
    float *target;
} fixture;

static void begin(fixture *f, int i)
{
    bool dueling = i / NETS / BACKENDS == 1;
    bool heads = i / NETS / BACKENDS == 2;
    ck_assert_int_eq(ams_net_init(&f->net, F, hidden[i % NETS],
                                  heads     ? G * A
                                  : dueling ? A + 1
                                            : A,
                                  NULL),
                     AMS_OK);
    f->net.dueling = dueling;
    f->net.heads = heads ? G : 0;
    ams_net_randomize(&f->net, 5);
    /* Biases away from 0, so that their gradients are tested where it matters. */
    for (uint32_t k = 0; k < f->net.n_layers; k++) {
        for (uint32_t j = 0; j < f->net.width[k + 1]; j++) {
            f->net.params[f->net.bias[k] + j] = 0.05F * (float)(j % 5);
        }
    }
    const ams_backend *ops = backends[i / NETS % BACKENDS];
    ck_assert_int_eq(ams_compute_init(&f->compute, ops, NULL, B, F, NULL), AMS_OK);
    ck_assert_int_eq(ams_q_init(&f->q, &f->net, B, true, NULL), AMS_OK);
    ck_assert_int_eq(ams_rows_init(&f->rows, F, (uint64_t)B * F, NULL), AMS_OK);
    random_states(&f->x, B, F, 6, i % 2 == 0, 11);
    for (int b = 0; b < B; b++) {
        f->action[b] = (uint8_t)(b * 3 % A);
        f->x.head[b] = (uint8_t)(b * b % G); /* 0 and 1: nobody asks head 2 */
    }
    f->target = random_floats(B, 12);
}

static void end(fixture *f)
{
    ams_compute_fini(&f->compute);
    ams_net_fini(&f->net);
    ams_q_fini(&f->q);
    ams_rows_fini(&f->rows);
    ams_sparse_fini(&f->x);
    free(f->target);
}

START_TEST(forward)
{
    fixture f;
    begin(&f, _i);
    const float *q = ams_q_forward(&f.q, &f.compute, &f.net, &f.x);
    double *expected = reference_q(&f.net, &f.x);
    for (int i = 0; i < B * A; i++) {
        ck_assert_double_eq_tol((double)q[i], expected[i], 1e-5);
    }
    free(expected);
    end(&f);
}
END_TEST

/* Central differences of the double-precision loss; a step over a ReLU's kink is recognised by
 * the two one-sided differences, and left out. */
START_TEST(gradient)
{
    fixture f;
    begin(&f, _i);
    const uint32_t ba[2] = {B, A};
    const ams_loss huber = {.kind = AMS_LOSS_HUBER, .delta = 0.5F};
    const float *q = ams_q_forward(&f.q, &f.compute, &f.net, &f.x);
    f.compute.ops->td_loss(&f.compute, ba, q, f.action, f.target, huber, NULL, f.q.dq);
    float *gradient = calloc(f.net.n_params, sizeof *gradient);
    ams_q_backward(&f.q, &f.compute, &f.net, &f.x, gradient, &f.rows);
    int compared = 0;
    int nonzero = 0;
    double here = reference_loss(&f.net, &f.x, f.action, f.target, (double)huber.delta);
    const uint64_t stride = SUITE_SANITIZED ? 7 : 1;
    for (uint64_t p = 0; p < f.net.n_params; p += stride) {
        float kept = f.net.params[p];
        f.net.params[p] = kept - 0x1p-9F;
        double before = reference_loss(&f.net, &f.x, f.action, f.target, (double)huber.delta);
        f.net.params[p] = kept + 0x1p-9F;
        double after = reference_loss(&f.net, &f.x, f.action, f.target, (double)huber.delta);
        f.net.params[p] = kept;
        double left = (here - before) * 512;
        double right = (after - here) * 512;
        if (fabs(left - right) > 1e-2 * (fabs(left) + fabs(right)) + 2e-3) {
            continue;
        }
        ck_assert_double_eq_tol((double)gradient[p], (left + right) / 2, 2e-3);
        compared++;
        nonzero += fabs(left) > 1e-6;
    }
    ck_assert_int_gt(compared, (int)(f.net.n_params * 9 / 10 / stride));
    ck_assert_int_gt(nonzero, (int)(f.net.n_params / 20 / stride));
    free(gradient);
    end(&f);
}
END_TEST

/* Of a head that no state asks the gradient is exactly 0; of the others it is not. */
START_TEST(heads_learn_alone)
{
    fixture f;
    begin(&f, _i);
    const uint32_t ba[2] = {B, A};
    const ams_loss huber = {.kind = AMS_LOSS_HUBER, .delta = 0.5F};
    const float *q = ams_q_forward(&f.q, &f.compute, &f.net, &f.x);
    f.compute.ops->td_loss(&f.compute, ba, q, f.action, f.target, huber, NULL, f.q.dq);
    float *gradient = calloc(f.net.n_params, sizeof *gradient);
    ams_q_backward(&f.q, &f.compute, &f.net, &f.x, gradient, &f.rows);
    const uint32_t last = f.net.n_layers - 1;
    int learns[G] = {0};
    for (uint32_t j = 0; j <= f.net.width[last]; j++) { /* the last row: the biases */
        const float *row = j == f.net.width[last]
                               ? gradient + f.net.bias[last]
                               : gradient + f.net.weight[last] + (size_t)j * G * A;
        for (int k = 0; k < G * A; k++) {
            learns[k / A] += row[k] != 0;
        }
    }
    ck_assert_int_gt(learns[0], 0);
    ck_assert_int_gt(learns[1], 0);
    ck_assert_int_eq(learns[2], 0);
    free(gradient);
    end(&f);
}
END_TEST

START_TEST(widths)
{
    ams_net net;
    ams_error err = {{0}};
    static const char *const bad[] = {"", "0", "x", "256x", "-3", "5000", "8x8x8x8", "8,8"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(ams_net_init(&net, 3, bad[i], 2, &err), AMS_USAGE);
        ck_assert_ptr_nonnull(strstr(err.text, "hidden: expected"));
    }
    /* The paper's network has 290,847 parameters (ams-paper.md, Agent). */
    ck_assert_int_eq(ams_net_init(&net, 1104, "256", 31, NULL), AMS_OK);
    uint64_t count = 0;
    for (uint32_t k = 0; k < net.n_layers; k++) {
        count += (uint64_t)net.width[k] * net.width[k + 1] + net.width[k + 1];
    }
    ck_assert_uint_eq(count, 290847);
    ams_net_randomize(&net, 1);
    float first = net.params[0];
    ams_net_randomize(&net, 2);
    ck_assert_float_ne(net.params[0], first);
    ams_net_randomize(&net, 1);
    ck_assert_float_eq(net.params[0], first);
    ams_net_fini(&net);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, forward, 0, 3 * NETS * BACKENDS);
    tcase_add_loop_test(tests, gradient, 0, 3 * NETS * BACKENDS);
    tcase_add_loop_test(tests, heads_learn_alone, 2 * NETS * BACKENDS, 3 * NETS * BACKENDS);
    tcase_add_test(tests, widths);
}

int main(void)
{
    return run_suite("rl/q", add);
}
