/* Fig. 10 against numbers of another implementation with another generator (numpy). */
#include "ams/link_simulation.h"

#include "tests/base/suite.h"

#include <math.h>

/* optimum, standalone, papers, cheapest, greedy at 10, 20, 30, 50, 70 % of all costs. */
static const double expected[4][5][5] = {{{.669, .819, .889, .962, .992},
                                          {.151, .288, .398, .590, .749},
                                          {.945, .962, .968, .976, .982},
                                          {.933, .953, .959, .971, .979},
                                          {.996, .984, .989, .994, .996}},
                                         {{.821, .894, .932, .975, .994},
                                          {.330, .449, .535, .675, .795},
                                          {.985, .983, .983, .984, .988},
                                          {.982, .980, .980, .981, .986},
                                          {.991, .993, .994, .996, .998}},
                                         {{.747, .932, .983, 1, 1},
                                          {.153, .287, .398, .591, .748},
                                          {.927, .952, .966, .990, .998},
                                          {.888, .929, .953, .985, .996},
                                          {.996, .982, .990, .999, 1}},
                                         {{.912, .974, .993, 1, 1},
                                          {.338, .453, .540, .678, .795},
                                          {.980, .980, .984, .994, .999},
                                          {.974, .976, .981, .991, .997},
                                          {.991, .993, .996, 1, 1}}};

START_TEST(figure_10_agrees)
{
    static ams_simulation s;
    ams_error err;
    ck_assert_int_eq(ams_simulate_choices(&s, 1000, 0, &err), AMS_OK);
    for (uint32_t panel = 0; panel < AMS_SIMULATION_PANELS; panel++) {
        for (uint32_t b = 0; b < AMS_SIMULATION_BUDGETS; b++) {
            const ams_simulation_point *p = &s.point[panel][b];
            const double found[5] = {p->optimum, p->standalone, p->mean[AMS_SIMULATED_PAPERS],
                                     p->mean[AMS_SIMULATED_CHEAPEST],
                                     p->mean[AMS_SIMULATED_GREEDY]};
            for (int k = 0; k < 5; k++) {
                const double off = fabs(found[k] - expected[panel][k][b]);
                ck_assert_msg(off < 0.005, "panel %u, budget %u, column %d: %f and %f", panel,
                              b, k, found[k], expected[panel][k][b]);
            }
        }
    }
}
END_TEST

/* No function of libm and no contraction is in it: these are the bits of every machine. */
START_TEST(the_bits_are_those_of_any_machine)
{
    static const double bits[4][2] = {{0.82266256697682261, 0.94225061323072734},
                                      {0.89139778323670926, 0.97065701628541234},
                                      {0.93431096218066501, 0.9464929568834366},
                                      {0.97075608826441373, 0.97417499518728301}};
    static ams_simulation s;
    ams_error err;
    ck_assert_int_eq(ams_simulate_choices(&s, 20, 7, &err), AMS_OK);
    for (int panel = 0; panel < 4; panel++) {
        ck_assert(s.point[panel][1].optimum == bits[panel][0]);
        ck_assert(s.point[panel][1].mean[AMS_SIMULATED_PAPERS] == bits[panel][1]);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, figure_10_agrees);
    tcase_add_test(tests, the_bits_are_those_of_any_machine);
}

int main(void)
{
    return run_suite("simulation", add);
}
