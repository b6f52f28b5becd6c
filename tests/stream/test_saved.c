/* Regressions against sums written out, what jobs have said, and predictors in files. */
#include "ams/stream_predict.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/stream/fixture.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { STAGES = 3, STATES = STAGES + 1, LABELS = 4, MOST = 8, SLOTS = 5 };
static const char *const label_name[] = {"t/a", "t/b", "t/c", "t/d", "t/other", "t/more"};
static fixture data; /* too large for a stack */
static ams_error err;

static double draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 40) / (1 << 24);
}

static ams_regressions *make(uint64_t seed)
{
    ams_regressions *r = NULL;
    ams_names label = {.count = 0};
    for (int l = 0; l < LABELS; l++) {
        uint32_t index = 0;
        ck_assert_int_eq(
            ams_names_add(&label, label_name[l], strlen(label_name[l]), &index, NULL), AMS_OK);
    }
    ck_assert_int_eq(ams_regressions_create(&r, STAGES, &label, NULL), AMS_OK);
    ck_assert_uint_eq(label.count, 0);
    for (uint32_t s = 0; s < STATES; s++) {
        for (uint32_t c = 0; c < ams_regressions_columns(r, s); c++) {
            for (uint32_t to = s; to < STATES; to++) {
                r->weight[s][c * STATES + to] = draw(&seed) * 0.4 - 0.1;
            }
        }
    }
    return r;
}

/* What a stage says: labels that the regressions know, and others. */
typedef struct said {
    const char *label[MOST];
    uint32_t place[MOST];
    float confidence[MOST];
    size_t n;
} said;

static said say(uint64_t *seed)
{
    said s = {.n = 0};
    for (uint32_t l = 0; l < LABELS + 2; l++) {
        if (draw(seed) < 0.5) {
            s.label[s.n] = label_name[l];
            s.place[s.n] = l < LABELS ? l : AMS_NO_NAME;
            s.confidence[s.n++] = (float)draw(seed);
        }
    }
    return s;
}

/* By the definition in docs/streams.md, column for column in the order of the weights. */
static void expect(const ams_regressions *r, uint32_t state, const said *last,
                   const said *before, double *score)
{
    double x[64] = {1};
    uint32_t n = 1;
    for (uint32_t back = 1; back <= 2 && back <= state; back++) {
        const said *of = back == 1 ? last : before;
        double conf[LABELS] = {0};
        double first = 0;
        double second = 0;
        double entropy = 0;
        for (size_t k = 0; k < of->n; k++) {
            const double p = (double)of->confidence[k];
            if (of->place[k] != AMS_NO_NAME) {
                conf[of->place[k]] = p;
            }
            entropy -= p > 0 ? p * log(p) : 0;
            second = p > first ? first : fmax(second, p);
            first = fmax(first, p);
        }
        for (int l = 0; l < LABELS; l++) {
            x[n++] = conf[l];
        }
        x[n++] = first;
        x[n++] = first * first;
        for (int l = 0; l < LABELS && back == 1; l++) {
            x[n++] = conf[l] * conf[l];
        }
        if (back == 1) {
            x[n++] = second;
            x[n++] = entropy;
        }
    }
    ck_assert_uint_eq(n, ams_regressions_columns(r, state));
    double least = 0;
    for (uint32_t to = state; to < STATES; to++) {
        double sum = 0;
        for (uint32_t c = 0; c < n; c++) {
            sum += x[c] * r->weight[state][c * STATES + to];
        }
        least = fmin(1, fmax(least, sum));
        score[to] = least;
    }
}

/* Jobs in several slots take turns; slots are used again, and none sees another's outputs. */
START_TEST(jobs_are_predicted_by_what_they_said)
{
    uint64_t seed = 11;
    ams_regressions *r = make(3);
    ams_job_outputs *o = NULL;
    said of[SLOTS][2];
    uint32_t done[SLOTS] = {0};
    ck_assert_int_eq(ams_job_outputs_create(&o, r, NULL), AMS_OK);
    const ams_predictor p = ams_job_outputs_predictor(o);
    ck_assert_str_eq(p.name, "outputs");
    for (int k = 0; k < 4000; k++) {
        const uint32_t slot = (uint32_t)(draw(&seed) * SLOTS);
        double score[STATES];
        float u[STATES];
        if (done[slot] == STAGES || draw(&seed) < 0.1) {
            done[slot] = 0; /* another job */
        } else {
            said *now = &of[slot][done[slot] % 2];
            *now = say(&seed);
            ck_assert_int_eq(ams_job_outputs_add(o, slot, done[slot], now->label,
                                                 now->confidence, now->n, NULL),
                             AMS_OK);
            done[slot]++;
        }
        const ams_stream_job job = {.slot = slot, .done = ams_stream_mask(false, done[slot])};
        expect(r, done[slot], &of[slot][(done[slot] + 1) % 2], &of[slot][done[slot] % 2],
               score);
        p.predict(p.state, &job, u);
        for (uint32_t s = done[slot]; s < STATES; s++) {
            ck_assert_double_eq_tol((double)u[s], score[s], 1e-6);
        }
    }
    ams_job_outputs_destroy(o);
    ams_regressions_destroy(r);
}
END_TEST

START_TEST(a_label_that_comes_twice_counts_with_its_largest_confidence)
{
    ams_regressions *r = make(4);
    ams_job_outputs *o = NULL;
    float u[2][STATES];
    const char *const twice[] = {"t/b", "t/other", "t/b", "t/b"};
    const float confidence[] = {0.25F, 0.125F, 0.75F, 0.5F};
    const char *const once[] = {"t/b", "t/other"};
    const float largest[] = {0.75F, 0.125F};
    ck_assert_int_eq(ams_job_outputs_create(&o, r, NULL), AMS_OK);
    const ams_predictor p = ams_job_outputs_predictor(o);
    ck_assert_int_eq(ams_job_outputs_add(o, 0, 0, twice, confidence, 4, NULL), AMS_OK);
    ck_assert_int_eq(ams_job_outputs_add(o, 7, 0, once, largest, 2, NULL), AMS_OK);
    for (uint32_t k = 0; k < 2; k++) {
        const ams_stream_job job = {.slot = 7 * k, .done = 1};
        p.predict(p.state, &job, u[k]);
    }
    ck_assert_mem_eq(u[0] + 1, u[1] + 1, STAGES * sizeof(float));
    /* What nobody said: as before any stage. */
    const ams_stream_job unknown = {.slot = 5, .done = 1};
    const ams_stream_job none = {.slot = 5, .done = 0};
    p.predict(p.state, &unknown, u[0]);
    p.predict(p.state, &none, u[1]);
    ck_assert_mem_eq(u[0] + 1, u[1] + 1, STAGES * sizeof(float));
    ams_job_outputs_destroy(o);
    ams_regressions_destroy(r);
}
END_TEST

static ams_saved_predictor named(bool sets, uint32_t n)
{
    ams_saved_predictor saved = {.sets = sets, .n_models = n};
    for (uint32_t m = 0; m < n; m++) {
        char text[32];
        uint32_t index = 0;
        snprintf(text, sizeof text, "model %u", m);
        ck_assert_int_eq(ams_names_add(&saved.model, text, strlen(text), &index, NULL), AMS_OK);
    }
    return saved;
}

static ams_saved_predictor outputs(uint64_t seed)
{
    ams_saved_predictor saved = named(false, STAGES);
    saved.regressions = make(seed);
    return saved;
}

static void read_back(ams_saved_predictor *read, const ams_saved_predictor *saved)
{
    ck_assert_msg(ams_saved_predictor_write(saved, "p.tsv", &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_saved_predictor_read(read, "p.tsv", &err) == AMS_OK, "%s", err.text);
    ck_assert_str_eq(ams_saved_predictor_name(read), ams_saved_predictor_name(saved));
    ck_assert(read->sets == saved->sets && read->n_models == saved->n_models);
    ck_assert_uint_eq(read->model.count, saved->n_models);
    for (uint32_t m = 0; m < saved->n_models; m++) {
        ck_assert_str_eq(ams_names_get(&read->model, m), ams_names_get(&saved->model, m));
    }
}

START_TEST(regressions_are_read_as_they_were_written)
{
    ams_saved_predictor saved = outputs(5);
    ams_saved_predictor read;
    const ams_regressions *a = saved.regressions;
    a->weight[1][3 * STATES + 2] = 1.0 / 3 * 1e-300;
    read_back(&read, &saved);
    const ams_regressions *b = read.regressions;
    ck_assert_uint_eq(b->label.count, LABELS);
    for (uint32_t l = 0; l < LABELS; l++) {
        ck_assert_str_eq(ams_names_get(&b->label, l), label_name[l]);
    }
    for (uint32_t s = 0; s < STATES; s++) {
        const size_t n = (size_t)ams_regressions_columns(a, s) * STATES;
        ck_assert_mem_eq(a->weight[s], b->weight[s], n * sizeof(double));
    }
    ams_saved_predictor_fini(&read);
    ams_saved_predictor_fini(&saved);
}
END_TEST

static void same_predictions(const ams_fitted *a, const ams_fitted *b, uint32_t states,
                             bool sets)
{
    const ams_predictor of[] = {ams_fitted_predictor(a), ams_fitted_predictor(b)};
    ck_assert_str_eq(of[0].name, of[1].name);
    for (uint32_t i = 0; i < FIXTURE_ITEMS; i++) {
        for (uint32_t s = 0; s < states; s++) {
            float u[2][8] = {{0}};
            const ams_stream_job job = {.item = i,
                                        .done = ams_stream_mask(sets, s),
                                        .observed = data.observed[states * i + s]};
            for (int k = 0; k < 2; k++) {
                of[k].predict(of[k].state, &job, u[k]);
            }
            for (uint32_t to = s; to < states; to++) {
                ck_assert(u[0][to] == u[1][to] || (sets && (s & ~to) != 0));
            }
        }
    }
}

/* Of stages and of sets; tables of before models were named, too. */
START_TEST(means_are_read_as_they_were_written)
{
    const char *const name[] = {"mean", "calibrated", "mean"};
    const bool sets = _i == 2;
    ams_saved_predictor saved = named(sets, 3);
    ams_saved_predictor read;
    fixture_init(&data, sets, 3);
    ck_assert_int_eq(
        ams_fitted_create(&saved.fitted, name[_i], &data.workload, &data.workload, 0, NULL),
        AMS_OK);
    read_back(&read, &saved);
    same_predictions(saved.fitted, read.fitted, sets ? 8 : 4, sets);
    ams_saved_predictor_fini(&read);
    ck_assert_int_eq(system("awk -F '\\t' -v OFS='\\t' '{ NF -= 3; print }' p.tsv > old.tsv"),
                     0);
    ck_assert_msg(ams_saved_predictor_read(&read, "old.tsv", &err) == AMS_OK, "%s", err.text);
    ck_assert(read.model.count == 0 && read.n_models == 3 && read.sets == sets);
    ck_assert_str_eq(ams_saved_predictor_name(&read), "mean");
    ams_saved_predictor_fini(&read);
    ams_saved_predictor_fini(&saved);
}
END_TEST

START_TEST(other_predictors_and_models_without_names_are_not_saved)
{
    ams_saved_predictor saved = named(false, 3);
    fixture_init(&data, false, 3);
    ck_assert_int_eq(
        ams_fitted_create(&saved.fitted, "exp", &data.workload, &data.workload, 0, NULL),
        AMS_OK);
    ck_assert_int_eq(ams_saved_predictor_write(&saved, "none.tsv", &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "found exp"));
    ams_saved_predictor_fini(&saved);
    saved = outputs(6);
    saved.n_models = 2;
    ck_assert_int_eq(ams_saved_predictor_write(&saved, "none.tsv", &err), AMS_USAGE);
    saved.n_models = 3;
    saved.regressions->weight[0][0] = (double)NAN;
    ck_assert_int_eq(ams_saved_predictor_write(&saved, "none.tsv", &err), AMS_BAD_DATA);
    saved.regressions->weight[0][0] = 0;
    ck_assert_int_eq(ams_saved_predictor_write(&saved, "nowhere/p.tsv", &err), AMS_IO);
    struct stat info;
    ck_assert_int_ne(stat("none.tsv", &info), 0);
    ams_saved_predictor_fini(&saved);
}
END_TEST

/* The text with the first `from` of it made `to`. */
static void write_changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    FILE *file = fopen("bad.tsv", "w");
    ck_assert_ptr_nonnull(at);
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    ck_assert_int_eq(fclose(file), 0);
}

static void refused(const char *says)
{
    ams_saved_predictor read;
    ck_assert_int_eq(ams_saved_predictor_read(&read, "bad.tsv", &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s lacks %s", err.text, says);
    ck_assert(read.fitted == NULL && read.regressions == NULL && read.model.count == 0);
}

START_TEST(files_that_are_not_as_written_are_refused_with_their_line)
{
    const struct {
        const char *from, *to, *says;
    } bad[] = {
        {"outputs\t1\t-\t0", "output\t1\t-\t0", "bad.tsv:2: expected the predictor mean"},
        {"outputs\t1\t-\t0", "outputs\t2\t-\t0", "bad.tsv:2: expected version 1"},
        {"outputs\t1\t-\t0", "outputs\tone\t-\t0", "bad.tsv:2"},
        {"version\tmodel", "version\tmodle", "model"},
        {"score_3", "score_4", "expected"},
        {"label\tscore_0", "lable\tscore_0", "label"},
        {"last\tconfidence\tt/b", "last\tconfidence\tt/a", "expected each label once"},
        {"last\tconfidence_squared\tt/b", "last\tconfidence_squared\tt/c", "expected 't/b'"},
        {"before\tgreatest\t", "before\tgratest\t", "expected 'greatest'"},
        {"model 1\t2", "model 0\t2", "another model than before"},
        {"model 1\t2\tlast", "model 2\t2\tlast", "expected 'model 1'"},
    };
    const char *const numbers[] = {"nan", "inf", "1e400", "1e10", "-1e10", "", "0.5 "};
    ams_saved_predictor saved = outputs(7);
    char *text = NULL;
    size_t size = 0;
    saved.regressions->weight[1][STATES + 1] = 0.123;
    ck_assert_int_eq(ams_saved_predictor_write(&saved, "p.tsv", NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file("p.tsv", 1 << 20, &text, &size, NULL), AMS_OK);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_changed(text, bad[k].from, bad[k].to);
        refused(bad[k].says);
    }
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        write_changed(text, "0.123", numbers[k]);
        refused("bad.tsv:4");
    }
    /* Cut at every line, and within the last one. */
    for (const char *end = strchr(text, '\n'); end != NULL && end[1] != '\0';
         end = strchr(end + 1, '\n')) {
        write_changed(text, end + 1, "");
        refused("bad.tsv");
    }
    write_changed(text, text, "");
    refused("empty file");
    free(text);
    ams_saved_predictor read;
    ck_assert_int_eq(ams_saved_predictor_read(&read, "absent.tsv", &err), AMS_IO);
    ck_assert_int_eq(ams_saved_predictor_read(&read, ".", &err), AMS_IO);
    ams_saved_predictor_fini(&saved);
}
END_TEST

START_TEST(tables_of_means_that_do_not_fit_are_refused)
{
    const struct {
        const char *from, *to, *says;
    } bad[] = {{"bin", "bins", "bin"},
               {"utility_3", "utility_4", "bad.tsv:"},
               {"stages", "set", "bad.tsv:"},
               {"\n0\t0\t", "\n0\t1\t", "bad.tsv:2: expected 0 in column 'bin'"},
               {"\n1\t0\t", "\n2\t0\t", "bad.tsv:12: expected 1 in column 'stages'"},
               {"mean\t1\tmodel 0", "calibrated\t1\tmodel 0", "bad.tsv:12"},
               {"model 2", "model 0", "another model"},
               {"\t0\t", "\t2\t", "bad.tsv:2"}};
    ams_saved_predictor saved = named(false, 3);
    char *text = NULL;
    size_t size = 0;
    fixture_init(&data, false, 3);
    ck_assert_int_eq(
        ams_fitted_create(&saved.fitted, "mean", &data.workload, &data.workload, 0, NULL),
        AMS_OK);
    ck_assert_int_eq(ams_saved_predictor_write(&saved, "p.tsv", NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file("p.tsv", 1 << 20, &text, &size, NULL), AMS_OK);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_changed(text, bad[k].from, bad[k].to);
        refused(bad[k].says);
    }
    free(text);
    ams_saved_predictor_fini(&saved);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, jobs_are_predicted_by_what_they_said);
    tcase_add_test(tests, a_label_that_comes_twice_counts_with_its_largest_confidence);
    tcase_add_test(tests, regressions_are_read_as_they_were_written);
    tcase_add_loop_test(tests, means_are_read_as_they_were_written, 0, 3);
    tcase_add_test(tests, other_predictors_and_models_without_names_are_not_saved);
    tcase_add_test(tests, files_that_are_not_as_written_are_refused_with_their_line);
    tcase_add_test(tests, tables_of_means_that_do_not_fit_are_refused);
}

int main(void)
{
    return run_suite("stream_saved", add);
}
