/* Metrics by hand, and by sets written out; thresholds against trying every one. */
#include "tests/base/suite.h"
#include "tests/links/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One model, labels 0 to 3; on item 0 it outputs 0 (0.9), 1 (0.6), 2 (0.3), on item 1 nothing.
 * Items 2 and 3 give every label its column but label 3, which is valuable on item 0 alone in
 * the second test. */
static void by_hand(links_fixture *f, float fourth)
{
    static const float time_ms[] = {1};
    given_output outputs[] = {
        {0, 0, 0, 0.9F}, {0, 0, 1, 0.6F}, {0, 0, 2, 0.3F}, {0, 0, 3, fourth}, {2, 0, 0, 0.9F},
        {2, 0, 1, 0.9F}, {2, 0, 2, 0.9F}, {3, 0, 0, 0.9F}, {3, 0, 1, 0.9F},   {3, 0, 2, 0.9F}};
    ams_link_options o = ams_link_defaults();
    ams_error err;
    static uint32_t item[] = {0, 1, 2, 3};
    *f = (links_fixture){.item = NULL};
    o.min_count = 2;
    given_table(&f->table, 4, 1, 4, time_ms, outputs, 10, AMS_TRAIN);
    ck_assert_int_eq(ams_link_space_init(&f->space, &f->table, item, 4, &o, &err), AMS_OK);
    ck_assert_int_eq(ams_link_items_init(&f->items, &f->space, &f->table, item, 4, &err),
                     AMS_OK);
}

START_TEST(metrics_by_hand)
{
    links_fixture f;
    double s[AMS_LINK_METRICS];
    by_hand(&f, 0.55F);
    /* Columns 0, 1, 2 and OTHER: label 3 is valuable on one item only. */
    ck_assert_uint_eq(f.space.n_columns, 4);
    ck_assert_uint_eq(f.space.label[3], AMS_LINK_OTHER);
    /* O = {0, 1, 3}; P = {0, 2}: one in common; OTHER never enters. */
    const float p[] = {0.6F, 0.2F, 0.8F, 0.99F};
    ams_link_score_all(&f.space, &f.items, 0, 0, p, 0.5, s);
    ck_assert_double_eq_tol(s[AMS_LINK_F1], 2.0 / 5, 1e-12);
    ck_assert_double_eq(s[AMS_LINK_EXACT], 0);
    ck_assert_double_eq_tol(s[AMS_LINK_RECALL], 0.9 / (0.9 + 0.6 + 0.55), 1e-6);
    ck_assert_double_eq(s[AMS_LINK_TOP1], 0);
    ck_assert_double_eq(s[AMS_LINK_COUNT], 0);
    /* A label without a column is missed by whatever is predicted. */
    const float q[] = {0.8F, 0.7F, 0.1F, 0};
    ams_link_score_all(&f.space, &f.items, 0, 0, q, 0.5, s);
    ck_assert_double_eq_tol(s[AMS_LINK_F1], 4.0 / 5, 1e-12);
    ck_assert_double_eq(s[AMS_LINK_EXACT], 0);
    ck_assert_double_eq(s[AMS_LINK_TOP1], 1);
    /* Nothing is right where nothing is, and wrong where something is predicted. */
    const float none[] = {0, 0, 0, 0};
    ams_link_score_all(&f.space, &f.items, 1, 0, none, 0.5, s);
    for (uint32_t k = 0; k < AMS_LINK_METRICS; k++) {
        ck_assert_double_eq(s[k], 1);
    }
    ams_link_score_all(&f.space, &f.items, 1, 0, q, 0.5, s);
    ck_assert_double_eq(s[AMS_LINK_F1], 0);
    ck_assert_double_eq(s[AMS_LINK_RECALL], 1);
    ck_assert_double_eq(s[AMS_LINK_TOP1], 0);
    links_fixture_fini(&f);
}
END_TEST

/* One label at most, confidences of at most 1 in all: `single`, with a column for none. */
START_TEST(one_distribution_predicts_one_label)
{
    static const float time_ms[] = {1};
    static const given_output outputs[] = {
        {0, 0, 0, 0.7F}, {0, 0, 1, 0.2F}, {1, 0, 1, 0.6F}, {2, 0, 0, 0.3F}, {2, 0, 1, 0.3F}};
    static const uint32_t item[] = {0, 1, 2};
    links_fixture f = {.item = NULL};
    ams_error err;
    double s[AMS_LINK_METRICS];
    ams_link_options o = ams_link_defaults();
    o.min_count = 1;
    o.find_single = true;
    given_table(&f.table, 3, 1, 2, time_ms, outputs, 5, AMS_TRAIN);
    ck_assert_int_eq(ams_link_space_init(&f.space, &f.table, item, 3, &o, &err), AMS_OK);
    ck_assert_int_eq(ams_link_items_init(&f.items, &f.space, &f.table, item, 3, &err), AMS_OK);
    ck_assert_uint_eq(f.space.kind[0], AMS_LINK_SINGLE);
    ck_assert_uint_eq(f.space.n_columns, 4);
    ck_assert_uint_eq(f.space.label[3], AMS_LINK_NONE);
    const ams_link_entry *last = &f.items.entry[f.items.start[3] - 1];
    ck_assert_uint_eq(last->column, 3);
    ck_assert_float_eq_tol(last->target, 0.4F, 1e-6);
    /* Both exceed tau: only the larger one is predicted. */
    const float p[] = {0.6F, 0.55F, 0, 0};
    ams_link_score_all(&f.space, &f.items, 0, 0, p, 0.5, s);
    ck_assert_double_eq(s[AMS_LINK_EXACT], 1);
    /* None is the most probable: nothing is predicted, though a label exceeds tau. */
    const float q[] = {0.6F, 0, 0, 0.7F};
    ams_link_score_all(&f.space, &f.items, 2, 0, q, 0.5, s);
    ck_assert_double_eq(s[AMS_LINK_EXACT], 1);
    links_fixture_fini(&f);
}
END_TEST

static const random_table_options many = {
    .seed = 9, .n_items = 80, .n_models = 5, .n_labels = 15, .n_tasks = 5, .empty = 0.3};

/* F1 by sets of labels, from the table and the predictions alone. */
static double naive_f1(const links_fixture *f, uint32_t item, uint32_t target, const float *p,
                       double tau)
{
    const ams_table *t = &f->table;
    const uint64_t row = (uint64_t)item * t->n_models + target;
    uint32_t predicted = 0;
    uint32_t truth = 0;
    uint32_t common = 0;
    for (uint32_t l = 0; l < t->n_labels; l++) {
        bool has = false;
        bool says = false;
        for (uint64_t at = t->indptr[row]; at < t->indptr[row + 1]; at++) {
            has = has || (t->label[at] == l && t->conf[at] > ams_table_threshold(t, target));
        }
        for (uint32_t c = f->space.first[target]; c < f->space.first[target + 1]; c++) {
            says = says || (f->space.label[c] == l && p[c] > tau);
        }
        predicted += says;
        truth += has;
        common += says && has;
    }
    return predicted + truth == 0 ? 1 : 2.0 * common / (predicted + truth);
}

static double naive_mean(const links_fixture *f, const ams_link_map *map, uint32_t target,
                         double tau)
{
    float p[128];
    double sum = 0;
    for (uint32_t i = 0; i < f->items.n; i++) {
        ams_link_predict(map, &f->items, i, 0, p);
        sum += naive_f1(f, i, target, p, tau);
    }
    return sum / f->items.n;
}

/* `own`: each model has its own valuable threshold. */
static void check_tuned(bool own)
{
    random_table_options table = many;
    links_fixture f;
    ams_error err;
    ams_link_map map;
    const ams_link_options o = ams_link_defaults();
    table.meaning = own;
    links_fixture_init(&f, &table, &o);
    ck_assert_int_eq(ams_link_fit(&map, &f.space, &f.gram, 3, &err), AMS_OK);
    ck_assert_int_eq(ams_link_rate_map(&map, &f.space, &f.items, false, &err), AMS_OK);
    for (uint32_t j = 2; j < 5; j++) {
        const double t = own ? (double)f.table.threshold[j] : 0.5;
        ck_assert_double_eq(map.tau[j], t);
        ck_assert_double_eq_tol(map.quality[j], naive_mean(&f, &map, j, t), 1e-12);
    }
    ck_assert_int_eq(ams_link_rate_map(&map, &f.space, &f.items, true, &err), AMS_OK);
    ck_assert_double_eq(map.quality[0], 1);
    for (uint32_t j = 2; j < 5; j++) {
        double best = 0;
        for (uint32_t k = 0; k < AMS_LINK_TAUS; k++) {
            best = fmax(best, naive_mean(&f, &map, j, ams_link_tau(&f.space, j, k)));
        }
        ck_assert_double_eq_tol(map.quality[j], best, 1e-12);
        ck_assert_double_eq_tol(naive_mean(&f, &map, j, map.tau[j]), best, 1e-12);
        for (uint32_t k = 0; k < AMS_LINK_TAUS; k++) { /* no equal one is nearer to 0.5 */
            if (fabs(naive_mean(&f, &map, j, ams_link_tau(&f.space, j, k)) - best) < 1e-13) {
                const float tau = (float)ams_link_tau(&f.space, j, k);
                const float level = ams_link_level(&f.space, j, tau);
                const float tuned = ams_link_level(&f.space, j, (float)map.tau[j]);
                ck_assert_float_ge(fabsf(level - 0.5F) + 1e-6F, fabsf(tuned - 0.5F));
            }
        }
    }
    ams_link_map_fini(&map);
    links_fixture_fini(&f);
}

START_TEST(tuned_thresholds_are_the_best_of_the_grid)
{
    check_tuned(false);
    check_tuned(true);
}
END_TEST

START_TEST(accuracy_is_the_mean_over_items_and_models)
{
    links_fixture f;
    ams_error err;
    ams_link_map map;
    ams_link_accuracy a;
    double item[80];
    double sum = 0;
    const ams_link_options o = ams_link_defaults();
    const ams_link_ran ran = {.set = 3};
    links_fixture_init(&f, &many, &o);
    ck_assert_int_eq(ams_link_fit(&map, &f.space, &f.gram, 3, &err), AMS_OK);
    const ams_link_predictor predictor = ams_link_map_predictor(&map);
    ck_assert_int_eq(
        ams_link_measure(&predictor, map.tau, &f.space, &f.items, &ran, &a, item, &err),
        AMS_OK);
    for (uint32_t j = 2; j < 5; j++) {
        sum += naive_mean(&f, &map, j, 0.5);
    }
    ck_assert_double_eq_tol(a.mean[AMS_LINK_F1], (2 + sum) / 5, 1e-12);
    sum = 0;
    for (uint32_t i = 0; i < f.items.n; i++) {
        sum += item[i] / f.items.n;
    }
    ck_assert_double_eq_tol(a.mean[AMS_LINK_F1], sum, 1e-12);
    ck_assert_double_eq_tol(ams_link_skill(0.9, 0.6), 0.75, 1e-12);
    ck_assert_double_eq(ams_link_skill(1, 1), 0);
    ams_link_map_fini(&map);
    links_fixture_fini(&f);
}
END_TEST

/* F1 over all outcomes of independent labels: the labels of a target with p (n), and `other`.
 */
static double loss_over_outcomes(const float *p, uint32_t n, double tau)
{
    double loss = 0;
    for (uint32_t outcome = 0; outcome < 1U << n; outcome++) {
        double chance = 1;
        double common = 0;
        double all = 0;
        for (uint32_t c = 0; c < n; c++) {
            const bool is = outcome >> c & 1;
            const bool said = c + 1 < n && p[c] > tau; /* the last one is OTHER */
            chance *= is ? p[c] : 1 - p[c];
            common += is && said;
            all += is + said;
        }
        loss += chance * (1 - (all > 0 ? 2 * common / all : 1));
    }
    return loss;
}

START_TEST(what_a_prediction_says_of_its_loss)
{
    static const float sure[] = {1, 0, 1, 0};
    static const float none[] = {0.3F, 0.2F, 0.1F, 0.4F};
    static const float some[][4] = {
        {0.9F, 0.8F, 0.1F, 0}, {0.6F, 0.2F, 0.1F, 0.3F}, {0.7F, 0.6F, 0.55F, 0.1F}};
    links_fixture f;
    by_hand(&f, 0.55F);
    ck_assert_double_eq_tol(ams_link_expected_loss(&f.space, 0, sure, 0.5), 0, 1e-9);
    /* Exact where nothing is predicted, near it elsewhere: a quotient of two means. */
    ck_assert_double_eq_tol(ams_link_expected_loss(&f.space, 0, none, 0.5),
                            loss_over_outcomes(none, 4, 0.5), 1e-6);
    for (int k = 0; k < 3; k++) {
        ck_assert_double_eq_tol(ams_link_expected_loss(&f.space, 0, some[k], 0.5),
                                loss_over_outcomes(some[k], 4, 0.5), 0.08);
    }
    links_fixture_fini(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, what_a_prediction_says_of_its_loss);
    tcase_add_test(tests, metrics_by_hand);
    tcase_add_test(tests, one_distribution_predicts_one_label);
    tcase_add_test(tests, tuned_thresholds_are_the_best_of_the_grid);
    tcase_add_test(tests, accuracy_is_the_mean_over_items_and_models);
}

int main(void)
{
    return run_suite("score", add);
}
