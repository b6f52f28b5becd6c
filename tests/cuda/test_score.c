/* Roll-outs on a GPU: the orders of the CPU's scorer but for ties within rounding, the same
 * every time, and several policies and tables one after the other. Exit code 77 where there is
 * no device. */
#include "tests/base/suite.h"
#include "tests/cuda/roll_case.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *room_for(const ams_env *env)
{
    uint8_t *order = malloc((size_t)env->n_items * env->n_models);
    ck_assert_ptr_nonnull(order);
    return order;
}

START_TEST(orders_as_the_scorer)
{
    const roll_setting *s = &roll_settings[_i];
    roll_case c;
    ams_cuda_roller *roller = NULL;
    ams_error err = {{0}};
    roll_open(&c, s, true);
    const ams_env *env = c.env;
    const ams_cuda_policy policy = {&c.net, c.decide};
    uint8_t *order = room_for(env);
    uint8_t *again = room_for(env);
    ams_status status = ams_cuda_roller_create(&roller, 0, &policy, 1, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    for (int split = AMS_TRAIN; split <= AMS_TEST; split++) {
        status = ams_cuda_roll(roller, &env, (ams_split)split, order, &err);
        ck_assert_msg(status == AMS_OK, "%s", err.text);
        roll_compare(&c, order, (ams_split)split, s->name);
        ck_assert_int_eq(ams_cuda_roll(roller, &env, (ams_split)split, again, &err), AMS_OK);
        ck_assert_mem_eq(order, again, (size_t)env->n_items * env->n_models);
    }
    ams_cuda_roller_destroy(roller);
    free(order);
    free(again);
    roll_close(&c);
}
END_TEST

/* As the host does with the same steps, where no sum ties within rounding. */
START_TEST(as_the_host)
{
    enum { TWO = 2 };
    roll_case c;
    ams_cuda_roller *roller = NULL;
    roll_open(&c, &roll_settings[_i], true);
    const ams_env *env[TWO] = {c.env, c.env};
    const ams_cuda_policy policy[TWO] = {{&c.net, AMS_DECIDE_Q_GREEDY},
                                         {&c.net, AMS_DECIDE_COST_Q}};
    const size_t rows = (size_t)c.env->n_items * c.env->n_models;
    uint8_t *host = malloc(TWO * rows);
    uint8_t *device = malloc(TWO * rows);
    uint32_t same = 0;
    ck_assert_ptr_nonnull(host);
    ck_assert_ptr_nonnull(device);
    roll_on_host(policy, env, TWO, AMS_TEST, 32, host);
    ck_assert_int_eq(ams_cuda_roller_create(&roller, 0, policy, TWO, NULL), AMS_OK);
    ck_assert_int_eq(ams_cuda_roll(roller, env, AMS_TEST, device, NULL), AMS_OK);
    for (size_t i = 0; i < TWO * rows; i += c.env->n_models) {
        same += memcmp(host + i, device + i, c.env->n_models) == 0;
    }
    ck_assert_uint_ge(same, (uint32_t)(TWO * c.env->n_items) * 9 / 10);
    ams_cuda_roller_destroy(roller);
    free(host);
    free(device);
    roll_close(&c);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, orders_as_the_scorer, 0, roll_n_settings);
    tcase_add_loop_test(tests, as_the_host, 0, roll_n_settings);
}

int main(void)
{
    ams_cuda_device device;
    ams_error err = {{0}};
    if (ams_cuda_find(0, &device, &err) != AMS_OK) {
        fprintf(stderr, "skipped: %s\n", err.text);
        return 77;
    }
    /* A CUDA context does not outlive a fork: every test runs in this process. */
    if (setenv("CK_FORK", "no", 1) != 0) {
        perror("CK_FORK");
        return 1;
    }
    return run_suite("cuda_score", add);
}
