/* Items with several right labels: scores against a second, naive computation and the worked
 * example of docs/definitions.md; and what the study makes of a made-up table of such items. */
#include "ams/answer_scores.h"
#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"
#include "tests/lab/budget/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_error err;

/* ---- scores ---- */

START_TEST(test_example)
{
    enum { CAT, DOG, BIRD };
    static const uint32_t right[3][2] = {{CAT, DOG}, {DOG}, {BIRD}};
    static const uint32_t answer[3][2] = {{CAT}, {DOG}, {DOG, BIRD}};
    static const uint32_t n_right[] = {2, 1, 1};
    static const uint32_t n_answer[] = {1, 1, 2};
    static const float conf[] = {0.8F, 0.4F, 0, 0, 0.9F, 0.7F, 0, 0.6F, 0.7F};
    static const uint8_t is[] = {1, 1, 0, 0, 1, 0, 0, 0, 1};
    double f1 = 0;
    double exact = 0;
    double map = 0;
    for (int i = 0; i < 3; i++) {
        f1 += ams_answer_f1(answer[i], n_answer[i], right[i], n_right[i]) / 3;
        exact += ams_answer_exact(answer[i], n_answer[i], right[i], n_right[i]) / 3.0;
    }
    ck_assert_int_eq(ams_answer_map(&map, conf, is, 3, 3, &err), AMS_OK);
    ck_assert_double_lt(fabs(f1 - 7.0 / 9), 1e-9);
    ck_assert_double_lt(fabs(exact - 1.0 / 3), 1e-9);
    ck_assert_double_lt(fabs(map - (5.0 / 6 + 1 + 0.5) / 3), 1e-9);
    ck_assert_double_eq(ams_answer_f1(NULL, 0, NULL, 0), 1);
    ck_assert_double_eq(ams_answer_f1(NULL, 0, right[0], 2), 0);
}
END_TEST

/* Average precision item by item: each right item's precision is that of all items that are as
 * sure or surer; summed over right items this is the sum over steps. */
static double naive_map(const float *conf, const uint8_t *right, uint32_t n, uint32_t labels)
{
    double sum = 0;
    uint32_t counted = 0;
    for (uint32_t c = 0; c < labels; c++) {
        double precision = 0;
        uint32_t hits = 0;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t above = 0;
            uint32_t good = 0;
            if (!right[i * labels + c]) {
                continue;
            }
            for (uint32_t k = 0; k < n; k++) {
                const bool counts = conf[k * labels + c] >= conf[i * labels + c];
                above += counts;
                good += counts && right[k * labels + c];
            }
            precision += (double)good / above;
            hits++;
        }
        counted += hits > 0;
        sum += hits > 0 ? precision / hits : 0;
    }
    return counted > 0 ? sum / counted : 0;
}

START_TEST(test_naive)
{
    enum { N = 40, C = 7 };
    float conf[N * C];
    uint8_t right[N * C];
    double map = 0;
    ams_rng rng = ams_rng_init((uint64_t)_i, AMS_STREAM_TEST);
    for (int k = 0; k < N * C; k++) {
        conf[k] = (float)ams_rng_below(&rng, _i % 2 == 0 ? 5 : 1000) / 1000;
        right[k] = k % C != 3 && ams_rng_below(&rng, 4) == 0; /* label 3 is never right */
    }
    ck_assert_int_eq(ams_answer_map(&map, conf, right, N, C, &err), AMS_OK);
    ck_assert_double_lt(fabs(map - naive_map(conf, right, N, C)), 1e-12);
    for (int k = 0; k < 200; k++) {
        uint32_t list[2][C];
        uint32_t n[2] = {0, 0};
        const uint32_t bits[2] = {ams_rng_below(&rng, 1 << C), ams_rng_below(&rng, 1 << C)};
        for (uint32_t c = 0; c < C; c++) {
            for (int a = 0; a < 2; a++) {
                if ((bits[a] >> c & 1) != 0) {
                    list[a][n[a]++] = c;
                }
            }
        }
        const double both = __builtin_popcount(bits[0] & bits[1]);
        const double precision = n[0] == 0 ? 0 : both / n[0];
        const double recall = n[1] == 0 ? 0 : both / n[1];
        const double harmonic =
            both > 0 ? 2 * precision * recall / (precision + recall) : n[0] + n[1] == 0;
        ck_assert_double_lt(fabs(ams_answer_f1(list[0], n[0], list[1], n[1]) - harmonic),
                            1e-12);
        ck_assert_int_eq(ams_answer_exact(list[0], n[0], list[1], n[1]), bits[0] == bits[1]);
    }
}
END_TEST

/* ---- a study ---- */

enum { ITEMS = 900, MODELS = 3, LABELS = 6 };

/* Half of the items train. Model m names a right label with probability 0.5 + 0.15 m, surely,
 * and any other with 0.15, less surely. */
static void make(ams_table *table)
{
    static const float cost[] = {1, 2, 4};
    static given_output outputs[ITEMS * MODELS * LABELS];
    static ams_answer answers[ITEMS * LABELS];
    ams_rng rng = ams_rng_init(11, AMS_STREAM_TEST);
    uint32_t at = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < ITEMS; i++) {
        bool right[LABELS] = {false};
        right[ams_rng_below(&rng, LABELS)] = true;
        right[ams_rng_below(&rng, LABELS)] = true;
        for (uint32_t c = 0; c < LABELS; c++) {
            if (right[c]) {
                answers[n++] = (ams_answer){i, c};
            }
        }
        for (uint32_t m = 0; m < MODELS; m++) {
            for (uint32_t c = 0; c < LABELS; c++) {
                if (ams_rng_unit(&rng) < (right[c] ? 0.5 + 0.15 * m : 0.15)) {
                    const float conf =
                        (right[c] ? 0.4F : 0.1F) + 0.6F * (float)ams_rng_unit(&rng);
                    outputs[at++] = (given_output){i, m, c, conf > 1 ? 1 : conf};
                }
            }
        }
    }
    given_table(table, ITEMS, MODELS, LABELS, cost, outputs, at, AMS_TRAIN);
    for (uint32_t i = 1; i < ITEMS; i += 2) {
        table->split[i] = AMS_TEST;
    }
    ck_assert_int_eq(ams_table_set_truth(table, answers, n, &err), AMS_OK);
}

/* A model's own labels above its threshold, from the table. */
static void single(const ams_table *t, uint32_t m, double *f1, double *exact, double *map)
{
    static float conf[ITEMS * LABELS];
    static uint8_t right[ITEMS * LABELS];
    uint32_t n = 0;
    memset(conf, 0, sizeof conf);
    memset(right, 0, sizeof right);
    *f1 = *exact = 0;
    for (uint32_t i = 1; i < ITEMS; i += 2, n++) {
        const uint32_t *truth = NULL;
        const uint32_t n_truth = ams_table_truth(t, i, &truth);
        double hits = 0;
        double said = 0;
        for (uint32_t k = 0; k < n_truth; k++) {
            right[n * LABELS + truth[k]] = 1;
        }
        const size_t row = (size_t)i * MODELS + m;
        for (uint64_t k = t->indptr[row]; k < t->indptr[row + 1]; k++) {
            conf[n * LABELS + t->label[k]] = t->conf[k];
            if (t->conf[k] > ams_table_threshold(t, m)) {
                said++;
                hits += right[n * LABELS + t->label[k]];
            }
        }
        *f1 += 2 * hits / (said + n_truth);
        *exact += said == n_truth && hits == said;
    }
    *f1 /= n;
    *exact /= n;
    *map = naive_map(conf, right, n, LABELS);
}

START_TEST(test_study)
{
    static const double budgets[] = {2, 4, 6};
    static const ams_answer_rule rules[] = {AMS_ANSWER_POSTERIOR, AMS_ANSWER_VOTE,
                                            AMS_ANSWER_LAST, AMS_ANSWER_CONFIDENT};
    ams_table table;
    double f1 = 0;
    double exact = 0;
    double map = 0;
    double posterior = 0;
    make(&table);
    for (int k = 0; k < 5; k++) {
        ams_budget b;
        ams_budget_options o = ams_budget_defaults();
        o.budget = budgets;
        o.n_budgets = 3;
        o.draws = 20;
        o.rule = rules[k % 4];
        o.exact = k == 4;
        ck_assert_msg(ams_budget_run(&b, &table, &o, &err) == AMS_OK, "%s", err.text);
        ck_assert(b.several);
        for (uint32_t m = 0; m < MODELS; m++) {
            char name[32] = "single:m0";
            name[8] = (char)('0' + m);
            const ams_budget_point *p = budget_point(&b, name, (double)NAN);
            single(&table, m, &f1, &exact, &map);
            ck_assert_double_lt(fabs(p->f1 - f1), 1e-6);
            ck_assert_double_lt(fabs(p->exact - exact), 1e-6);
            ck_assert_double_lt(fabs(p->map - map), 1e-6);
            ck_assert_double_lt(fabs(p->score.mean - (o.exact ? exact : f1)), 1e-6);
        }
        const ams_budget_point *p = budget_point(&b, "exact", 6);
        ck_assert_double_lt(p->cost.mean, 6.2);
        ck_assert_double_lt(fabs(p->score.mean - (o.exact ? p->exact : p->f1)), 1e-6);
        if (k == 0) {
            posterior = p->f1;
            ck_assert_double_gt(p->f1, f1 + 0.05); /* than the best single model */
            ck_assert_double_gt(p->map, map + 0.05);
            ck_assert_double_gt(p->f1, budget_point(&b, "cascade", 6)->f1);
            ck_assert_double_gt(p->f1, budget_point(&b, "exact", 2)->f1 + 0.03);
        } else if (k < 4) {
            ck_assert_double_gt(posterior, p->f1 - 0.01);
        }
        ams_budget_fini(&b);
    }
    ams_table_fini(&table);
}
END_TEST

/* A row that counts three times is three rows. */
START_TEST(test_weights)
{
    enum { ROWS = 5 };
    uint64_t start[ROWS + 3] = {0};
    uint32_t index[2 * (ROWS + 2)];
    float value[2 * (ROWS + 2)];
    uint32_t label[] = {0, 1, 1, 0, 1, 1, 1};
    float weight[] = {1, 1, 1, 1, 3};
    float w[2][2 * 8] = {{0}};
    for (uint32_t i = 0; i < ROWS + 2; i++) {
        index[2 * i] = 0;
        index[2 * i + 1] = 1;
        value[2 * i] = 1;
        value[2 * i + 1] = i < ROWS ? (float)i : (float)(ROWS - 1);
        start[i + 1] = 2 * ((uint64_t)i + 1);
    }
    for (int k = 0; k < 2; k++) {
        const budget_rows rows = {k == 0 ? ROWS : ROWS + 2, start, index, value,
                                  k == 0 ? weight : NULL};
        budget_softmax model = {2, 2, 8, w[k]};
        ck_assert_int_eq(ams_budget_softmax_fit(&model, &rows, label, NULL, 0.5, 200, &err),
                         AMS_OK);
    }
    for (int k = 0; k < 16; k++) {
        ck_assert_double_lt(fabs((double)(w[0][k] - w[1][k])), 1e-3);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_example);
    tcase_add_loop_test(tests, test_naive, 0, 10);
    tcase_add_test(tests, test_study);
    tcase_add_test(tests, test_weights);
}

int main(void)
{
    return run_suite("budget_several", add);
}
