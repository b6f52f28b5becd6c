/* What outputs say of further stages, against dense normal equations solved by elimination. */
#include "lab/stream/outputs.h"
#include "tests/base/elimination.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 90, STAGES = 3, MOST = 512 };
static ams_error err;

static void open_data(ams_stream_data *data, ams_table *table, bool sets)
{
    random_table_options o = random_table_defaults(5);
    const ams_stream_data_options from = {.path = "data.h5", .sets = sets, .split = AMS_TEST};
    o.n_items = ITEMS;
    o.n_models = STAGES;
    random_table(table, &o);
    ck_assert_int_eq(ams_table_write(table, "data.h5", NULL), AMS_OK);
    ck_assert_msg(ams_stream_data_open(data, &from, &err) == AMS_OK, "%s", err.text);
}

/* Labels that at least 8 training items have, in the table's order. */
static uint32_t frequent(const ams_stream_data *d, uint32_t *label)
{
    const ams_table *t = &d->table;
    uint32_t n = 0;
    for (uint32_t l = 0; l < t->n_labels; l++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < t->n_items; i++) {
            for (uint64_t k = t->indptr[i * STAGES]; k < t->indptr[(i + 1) * STAGES]; k++) {
                count += t->split[i] == AMS_TRAIN && t->label[k] == l;
            }
        }
        if (count >= 8) {
            label[n++] = l;
        }
    }
    return n;
}

static double conf_of(const ams_table *t, uint32_t item, uint32_t model, uint32_t label)
{
    for (uint64_t k = t->indptr[item * STAGES + model];
         k < t->indptr[item * STAGES + model + 1]; k++) {
        if (t->label[k] == label) {
            return (double)t->conf[k];
        }
    }
    return 0;
}

/* The columns in an order of this test's own. */
static uint32_t columns(const ams_table *t, const uint32_t *label, uint32_t n_labels,
                        uint32_t item, uint32_t state, double *x)
{
    uint32_t n = 0;
    x[n++] = 1;
    for (uint32_t back = 1; back <= 2 && back <= state; back++) {
        const uint32_t model = state - back;
        double sorted[2] = {0, 0};
        double entropy = 0;
        for (uint32_t l = 0; l < t->n_labels; l++) {
            const double p = conf_of(t, item, model, l);
            entropy += p > 0 ? -p * log(p) : 0;
            if (p > sorted[0]) {
                sorted[1] = sorted[0];
                sorted[0] = p;
            } else if (p > sorted[1]) {
                sorted[1] = p;
            }
        }
        for (uint32_t l = 0; l < n_labels; l++) {
            const double p = conf_of(t, item, model, label[l]);
            x[n++] = p;
            if (back == 1) {
                x[n++] = p * p;
            }
        }
        x[n++] = sorted[0];
        x[n++] = sorted[0] * sorted[0];
        if (back == 1) {
            x[n++] = sorted[1];
            x[n++] = entropy;
        }
    }
    return n;
}

/* weight (n): of the score in state `to`, as seen from `from`. */
static void fit(const ams_stream_data *d, const uint32_t *label, uint32_t n_labels,
                uint32_t from, uint32_t to, double *weight)
{
    static double a[MOST * MOST];
    static double x[MOST];
    const ams_workload *w = &d->work[0];
    const uint32_t n = columns(&d->table, label, n_labels, d->item[0][0], from, x);
    ck_assert_uint_lt(n, MOST);
    memset(a, 0, sizeof a);
    memset(weight, 0, n * sizeof *weight);
    for (uint32_t i = 0; i < w->n_items; i++) {
        (void)columns(&d->table, label, n_labels, d->item[0][i], from, x);
        for (uint32_t r = 0; r < n; r++) {
            for (uint32_t c = 0; c < n; c++) {
                a[r * n + c] += x[r] * x[c];
            }
            weight[r] += x[r] * (double)w->score[i * (STAGES + 1) + to];
        }
    }
    for (uint32_t r = 0; r < n; r++) {
        a[r * n + r] += r == 0 ? 1e-6 : 3;
    }
    solve_densely(n, a, weight);
}

START_TEST(test_regressions_of_every_state)
{
    ams_table table;
    ams_stream_data data;
    ams_stream_outputs *outputs = NULL;
    uint32_t *label = NULL;
    double weight[STAGES + 1][MOST];
    double x[MOST];
    float u[STAGES + 1];
    open_data(&data, &table, false);
    label = calloc(table.n_labels, sizeof *label);
    ck_assert_ptr_nonnull(label);
    const uint32_t n_labels = frequent(&data, label);
    ck_assert_uint_gt(n_labels, 0);
    ck_assert_uint_lt(n_labels, table.n_labels); /* some are left out */
    ck_assert_msg(ams_stream_outputs_create(&outputs, &data, &err) == AMS_OK, "%s", err.text);
    for (uint32_t from = 0; from <= STAGES; from++) {
        for (uint32_t to = from; to <= STAGES; to++) {
            fit(&data, label, n_labels, from, to, weight[to]);
        }
        for (uint32_t part = 1; part < 3; part++) {
            const ams_predictor p = ams_stream_outputs_predictor(outputs, part);
            for (uint32_t i = 0; i < data.work[part].n_items; i++) {
                const ams_stream_job job = {.item = i, .done = ams_stream_mask(false, from)};
                const uint32_t n =
                    columns(&table, label, n_labels, data.item[part][i], from, x);
                double least = 0;
                p.predict(p.state, &job, u);
                for (uint32_t to = from; to <= STAGES; to++) {
                    double sum = 0;
                    for (uint32_t c = 0; c < n; c++) {
                        sum += x[c] * weight[to][c];
                    }
                    least = fmin(1, fmax(least, sum));
                    ck_assert_double_lt(fabs((double)u[to] - least), 1e-5);
                }
            }
        }
    }
    free(label);
    ams_stream_outputs_destroy(outputs);
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

/* What a job says when its stage ends, as a client of the server names it. */
static void say(ams_job_outputs *said, const ams_stream_data *d, uint32_t item, uint32_t stage)
{
    const ams_table *t = &d->table;
    const uint64_t row = (uint64_t)item * t->n_models + d->model[stage];
    const char **label = calloc(t->n_labels, sizeof *label);
    ck_assert_ptr_nonnull(label);
    const uint64_t first = t->indptr[row];
    const size_t n = t->indptr[row + 1] - first;
    for (size_t k = 0; k < n; k++) {
        label[k] = ams_names_get(&t->label_name, t->label[first + k]);
    }
    ck_assert_int_eq(ams_job_outputs_add(said, 2, stage, label, t->conf + first, n, NULL),
                     AMS_OK);
    free(label);
}

/* Through a file, by what a job says as its stages end: the same bits. */
START_TEST(test_what_is_served_is_what_is_simulated)
{
    ams_table table;
    ams_stream_data data;
    ams_stream_outputs *outputs = NULL;
    ams_job_outputs *said = NULL;
    ams_saved_predictor saved;
    open_data(&data, &table, false);
    ck_assert_int_eq(ams_stream_outputs_create(&outputs, &data, NULL), AMS_OK);
    ck_assert_msg(ams_stream_data_write_predictor(&data, "outputs", "p.tsv", &err) == AMS_OK,
                  "%s", err.text);
    ck_assert_msg(ams_saved_predictor_read(&saved, "p.tsv", &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_eq(saved.model.count, STAGES);
    ck_assert_int_eq(ams_job_outputs_create(&said, saved.regressions, NULL), AMS_OK);
    const ams_predictor a = ams_stream_outputs_predictor(outputs, 2);
    const ams_predictor b = ams_job_outputs_predictor(said);
    ck_assert_uint_gt(data.work[2].n_items, 10);
    for (uint32_t i = 0; i < data.work[2].n_items; i++) {
        for (uint32_t s = 0; s <= STAGES; s++) {
            float u[2][STAGES + 1] = {{0}};
            const ams_stream_job job = {
                .item = i, .slot = 2, .done = ams_stream_mask(false, s)};
            if (s > 0) {
                say(said, &data, data.item[2][i], s - 1);
            }
            a.predict(a.state, &job, u[0]);
            b.predict(b.state, &job, u[1]);
            ck_assert_mem_eq(u[0], u[1], sizeof u[0]);
        }
    }
    ck_assert_int_eq(ams_stream_data_write_predictor(&data, "exp", "q.tsv", &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "found exp"));
    ams_job_outputs_destroy(said);
    ams_saved_predictor_fini(&saved);
    ams_stream_outputs_destroy(outputs);
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

START_TEST(test_sets_are_refused)
{
    ams_table table;
    ams_stream_data data;
    ams_stream_outputs *outputs = NULL;
    open_data(&data, &table, true);
    ck_assert_int_eq(ams_stream_outputs_create(&outputs, &data, &err), AMS_USAGE);
    ck_assert_ptr_null(outputs);
    ck_assert_ptr_nonnull(strstr(err.text, "follows stages"));
    ams_stream_data_fini(&data);
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_regressions_of_every_state);
    tcase_add_test(tests, test_what_is_served_is_what_is_simulated);
    tcase_add_test(tests, test_sets_are_refused);
}

int main(void)
{
    return run_suite("stream_outputs", add);
}
