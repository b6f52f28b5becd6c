/* Results of link studies from rows that are made here: means worked out by hand. */
#include "ams/link_guarantee.h"
#include "ams/link_simulation.h"
#include "ams/link_stream.h"
#include "tests/base/suite.h"

static ams_error err;

static double real(const ams_frame *frame, size_t row, const char *column)
{
    const ams_cell *cell = ams_frame_cell(frame, row, column);
    ck_assert_msg(cell != NULL && cell->kind == AMS_CELL_REAL, "no number: %s", column);
    return cell->as.real;
}

static uint64_t count(const ams_frame *frame, size_t row, const char *column)
{
    const ams_cell *cell = ams_frame_cell(frame, row, column);
    ck_assert_msg(cell != NULL && cell->kind == AMS_CELL_COUNT, "no count: %s", column);
    return cell->as.count;
}

/* Two seeds, one budget, two alphas; rows: seed by seed, refit before constant. */
START_TEST(guarantees)
{
    static const double alpha[] = {0.1, 0.2};
    static const uint64_t seed[] = {4, 9};
    static const ams_link_budget budget = {50, (double)INFINITY};
    ams_link_guarantee row[8];
    ams_link_guarantee_study s = {.budget = &budget,
                                  .alpha = alpha,
                                  .seed = seed,
                                  .n_budgets = 1,
                                  .n_alphas = 2,
                                  .n_seeds = 2,
                                  .total_time_ms = 200,
                                  .row = row};
    ams_result result = {.n = 0};
    for (uint32_t k = 0; k < 8; k++) {
        row[k] = (ams_link_guarantee){.alpha = alpha[k % 2],
                                      .time_ms = 10 * (k + 1),
                                      .accepted = 0.1 * k,
                                      .error = 0.04 * k,
                                      .f1 = 1 - 0.1 * k,
                                      .targets = k,
                                      .over = k / 2};
    }
    ck_assert_int_eq(ams_link_guarantee_study_result(&s, &result, &err), AMS_OK);
    const ams_frame *rows = ams_result_frame(&result, "rows");
    const ams_frame *means = ams_result_frame(&result, "means");
    ck_assert_uint_eq(rows->n_rows, 8);
    for (size_t k = 0; k < 8; k++) {
        ck_assert_uint_eq(count(rows, k, "seed"), seed[k / 4]);
        ck_assert_str_eq(ams_frame_cell(rows, k, "fill")->as.text,
                         k % 4 < 2 ? "refit" : "constant");
        ck_assert_double_eq(real(rows, k, "alpha"), alpha[k % 2]);
        ck_assert_double_eq(real(rows, k, "time_ms"), 10 * (double)(k + 1));
        ck_assert_int_eq(ams_frame_cell(rows, k, "mem_budget_mb")->kind, AMS_CELL_NONE);
    }
    /* Means by alpha, then filling: alpha 0.1 refit is rows 0 and 4, constant 2 and 6; 0.2
     * refit 1 and 5, constant 3 and 7. */
    ck_assert_uint_eq(means->n_rows, 4);
    static const uint32_t first[] = {0, 2, 1, 3};
    static const uint64_t kept[] = {1, 1, 2, 1}; /* errors: 0 .16, .08 .24, .04 .2, .12 .28 */
    for (size_t k = 0; k < 4; k++) {
        const double a = first[k];
        const double b = a + 4;
        ck_assert_double_eq_tol(real(means, k, "time_ms"), 5 * (a + b + 2), 1e-12);
        ck_assert_double_eq_tol(real(means, k, "time_share"), (a + b + 2) / 40, 1e-12);
        ck_assert_double_eq_tol(real(means, k, "accepted"), 0.05 * (a + b), 1e-12);
        ck_assert_double_eq_tol(real(means, k, "error"), 0.02 * (a + b), 1e-12);
        ck_assert_double_eq_tol(real(means, k, "worst"), 0.04 * b, 1e-12);
        ck_assert_double_eq_tol(real(means, k, "f1"), 1 - 0.05 * (a + b), 1e-12);
        ck_assert_double_eq_tol(real(means, k, "over"),
                                (double)(first[k] / 2 + (first[k] + 4) / 2) / (a + b), 1e-12);
        ck_assert_uint_eq(count(means, k, "kept"), kept[k]);
        ck_assert_uint_eq(count(means, k, "seeds"), 2);
    }
    ams_result_fini(&result);
}
END_TEST

/* Two strategies on two segments. */
START_TEST(streams)
{
    ams_link_segment none[] = {
        {.n = 10, .profiled = 2, .accuracy = 0.6, .unrun = 0.5, .floor = 0.4, .time_ms = 30},
        {.n = 10, .profiled = 2, .accuracy = 0.8, .unrun = 0.7, .floor = 0.4, .time_ms = 50}};
    ams_link_segment oracle[] = {{.n = 10,
                                  .profiled = 2,
                                  .labelled = 1,
                                  .accuracy = 0.9,
                                  .unrun = 0.8,
                                  .floor = 0.5,
                                  .time_ms = 60},
                                 {.n = 20,
                                  .profiled = 2,
                                  .labelled = 2,
                                  .accuracy = 0.9,
                                  .unrun = 0.8,
                                  .floor = 0.3,
                                  .time_ms = 60}};
    ams_link_stream s = {.n = 30, .warm_up = 3, .n_segments = 2, .total_time_ms = 100};
    ams_result result = {.n = 0};
    s.segment[AMS_LINK_LABEL_NONE] = none;
    s.segment[AMS_LINK_LABEL_ORACLE] = oracle;
    ck_assert_int_eq(ams_link_stream_result(&s, &result, &err), AMS_OK);
    const ams_frame *labels = ams_result_frame(&result, "labels");
    ck_assert_uint_eq(labels->n_rows, 2);
    ck_assert_uint_eq(ams_result_fact(&result, "warm_up")->as.count, 3);
    ck_assert_str_eq(ams_frame_cell(labels, 1, "labels")->as.text, "oracle");
    ck_assert_double_eq_tol(real(labels, 0, "time_share"), 0.4, 1e-12);
    ck_assert_double_eq_tol(real(labels, 0, "accuracy"), 0.7, 1e-12);
    ck_assert_double_eq_tol(real(labels, 0, "unrun"), 0.6, 1e-12);
    ck_assert_double_eq_tol(real(labels, 0, "skill"), (0.6 - 0.4) / 0.6, 1e-12);
    ck_assert_double_eq_tol(real(labels, 1, "labelled"), (0.3 + 0.2) / 2, 1e-12);
    ck_assert_double_eq_tol(real(labels, 1, "floor"), 0.4, 1e-12);
    /* Paired differences per segment: 0.3 and 0.1. */
    ck_assert_double_eq_tol(real(labels, 0, "difference"), 0, 1e-12);
    ck_assert_double_eq_tol(real(labels, 1, "difference"), 0.2, 1e-12);
    ck_assert_double_ge_tol(real(labels, 1, "ci_low"), 0.1, 1e-9);
    ck_assert_double_le_tol(real(labels, 1, "ci_high"), 0.3, 1e-9);
    ck_assert_uint_eq(ams_result_frame(&result, "reuse")->n_rows, AMS_LINK_REUSES);
    ams_result_fini(&result);
}
END_TEST

/* Panels 0 and 2 have normal costs, 1 and 3 others. */
START_TEST(simulation_summary)
{
    ams_simulation s = {.draws = 1};
    double mean = 0;
    double lowest = 0;
    for (uint32_t panel = 0; panel < AMS_SIMULATION_PANELS; panel++) {
        for (uint32_t b = 0; b < AMS_SIMULATION_BUDGETS; b++) {
            s.point[panel][b].mean[AMS_SIMULATED_GREEDY] = panel + 0.1 * b;
            s.point[panel][b].low[AMS_SIMULATED_GREEDY] = 0.5 + 0.1 * panel - 0.01 * b;
        }
    }
    ams_simulation_summary(&s, AMS_DRAWN_NORMAL, AMS_SIMULATED_GREEDY, &mean, &lowest);
    ck_assert_double_eq_tol(mean, 1.2, 1e-12); /* of 0 and 2, plus 0.2 */
    ck_assert_double_eq_tol(lowest, 0.46, 1e-12);
    ams_simulation_summary(&s, AMS_DRAWN_BETA, AMS_SIMULATED_GREEDY, &mean, &lowest);
    ck_assert_double_eq_tol(mean, 2.2, 1e-12);
    ck_assert_double_eq_tol(lowest, 0.56, 1e-12);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, guarantees);
    tcase_add_test(tests, streams);
    tcase_add_test(tests, simulation_summary);
}

int main(void)
{
    return run_suite("lab/links tables", add);
}
