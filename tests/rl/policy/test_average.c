/* The mean of networks: its Q is the mean of the members' Q, whatever their shapes. */
#include "ams/average.h"
#include "rl/net/q.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 3, B = 9, F = 29, A = 7 };
/* Members of one mean may differ in width; heads and depth are the same. */
static const char *const hidden[][MEMBERS] = {
    {"17", "17", "17"}, {"5", "64", "1"}, {"70x33", "3x8", "16x16"}};
enum { SHAPES = sizeof hidden / sizeof *hidden };

static void random_net(ams_net *net, const char *shape, bool dueling, uint64_t seed)
{
    ck_assert_int_eq(ams_net_init(net, F, shape, dueling ? A + 1 : A, NULL), AMS_OK);
    net->dueling = dueling;
    ams_net_randomize(net, seed);
    for (uint32_t k = 0; k < net->n_layers; k++) {
        for (uint32_t j = 0; j < net->width[k + 1]; j++) {
            net->params[net->bias[k] + j] = 0.1F * (float)((j + seed) % 5) - 0.2F;
        }
    }
}

static void add_q(const ams_net *net, const ams_sparse *x, double scale, double *sum)
{
    ams_compute compute;
    ams_q q;
    ck_assert_int_eq(ams_compute_init(&compute, &ams_backend_cpu_sparse, NULL, B, F, NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_q_init(&q, net, B, false, NULL), AMS_OK);
    const float *value = ams_q_forward(&q, &compute, net, x);
    for (int i = 0; i < B * A; i++) {
        sum[i] += scale * value[i];
    }
    ams_q_fini(&q);
    ams_compute_fini(&compute);
}

START_TEST(mean_of_q)
{
    bool dueling = _i >= SHAPES;
    ams_net nets[MEMBERS];
    const ams_net *list[MEMBERS];
    ams_net mean;
    ams_sparse x;
    double expected[B * A] = {0};
    double found[B * A] = {0};
    random_states(&x, B, F, 6, true, 11);
    for (int i = 0; i < MEMBERS; i++) {
        random_net(&nets[i], hidden[_i % SHAPES][i], dueling, (uint64_t)i + 1);
        list[i] = &nets[i];
        add_q(&nets[i], &x, 1.0 / MEMBERS, expected);
    }
    ck_assert_int_eq(ams_net_average(&mean, list, MEMBERS, NULL), AMS_OK);
    ck_assert_uint_eq(mean.width[1], nets[0].width[1] + nets[1].width[1] + nets[2].width[1]);
    ck_assert_uint_eq(ams_net_actions(&mean), A);
    add_q(&mean, &x, 1.0, found);
    double largest = 0;
    for (int i = 0; i < B * A; i++) {
        largest = fmax(largest, fabs(expected[i]));
        ck_assert_double_eq_tol(found[i], expected[i], 2e-6);
    }
    ck_assert_double_gt(largest, 0.01); /* something was compared */
    for (int i = 0; i < MEMBERS; i++) {
        ams_net_fini(&nets[i]);
    }
    ams_net_fini(&mean);
    ams_sparse_fini(&x);
}
END_TEST

START_TEST(refuses_what_has_no_mean)
{
    ams_net first;
    ams_net deep;
    ams_net dueling;
    ams_net wide;
    ams_net mean;
    ams_error err = {0};
    random_net(&first, "8", false, 1);
    random_net(&deep, "8x8", false, 1);
    random_net(&dueling, "8", true, 1);
    random_net(&wide, "4096", false, 1);
    const struct {
        const ams_net *other;
        const char *says;
    } cases[] = {{&deep, "number 2 has 29 inputs, 7 outputs, 2 hidden layers"},
                 {&dueling, "1 hidden layers, dueling"},
                 {&wide, "has 4104 units in hidden layer 1; 4096 are the most"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ams_net *list[] = {&first, cases[i].other};
        ck_assert_int_eq(ams_net_average(&mean, list, 2, &err), AMS_USAGE);
        ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%s", err.text);
        ck_assert_ptr_null(mean.params);
    }
    ams_net_fini(&first);
    ams_net_fini(&deep);
    ams_net_fini(&dueling);
    ams_net_fini(&wide);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, mean_of_q, 0, 2 * SHAPES);
    tcase_add_test(tests, refuses_what_has_no_mean);
}

int main(void)
{
    return run_suite("rl/average", add);
}
