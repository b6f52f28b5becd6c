/* Runs that end before their last update, out of patience or paused where somebody asked, and
 * how refinement begins. */
#include "ams/sections.h"
#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/rl/run_fixture.h"

#include <stdlib.h>
#include <string.h>

/* The update after which `patience` validations in a row were no better, as the metrics of a
 * run without patience tell; column: 5 area, 6 time. *best: update of the best one. */
static uint64_t early_end(const char *folder, int column, bool higher, uint64_t patience,
                          uint64_t *best)
{
    size_t size = 0;
    char *metrics = contents(folder, "metrics.tsv", &size);
    double top = 0;
    uint64_t stale = 0;
    uint64_t end = 0;
    *best = 0;
    for (char *row = strchr(metrics, '\n') + 1; *row != '\0' && end == 0;
         row = strchr(row, '\n') + 1) {
        char *cell = row;
        for (int i = 0; i < column; i++) {
            cell = strchr(cell, '\t') + 1;
        }
        if (*cell == '-') {
            continue;
        }
        double value = strtod(cell, NULL) * (higher ? 1 : -1);
        bool better = *best == 0 || value > top;
        stale = better ? 0 : stale + 1;
        if (better) {
            top = value;
            *best = strtoull(row, NULL, 10);
        }
        end = stale == patience ? strtoull(row, NULL, 10) : 0;
    }
    free(metrics);
    return end;
}

/* Patience cuts the run that would have gone on; what is left of it equals the whole one's. */
START_TEST(patience_ends_it)
{
    kind = PATIENT;
    char *whole = fresh_folder();
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, whole);
    f.train.best_by = _i == 0 ? AMS_BEST_AREA : AMS_BEST_TIME;
    f.train.patience = 0;
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert(!f.result.early);
    ck_assert_uint_eq(f.result.updates, 300);
    uint64_t best = 0;
    uint64_t end = early_end(whole, _i == 0 ? 5 : 6, _i == 0, 4, &best);
    ck_assert_uint_gt(end, 0);
    ck_assert_uint_lt(end, 300);
    f.run.directory = folder;
    f.train.patience = 4;
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert(f.result.early);
    ck_assert_uint_eq(f.result.updates, end);
    ck_assert_uint_eq(f.result.best_updates, best);
    size_t n[2];
    char *all = contents(whole, "metrics.tsv", &n[0]);
    char *part = contents(folder, "metrics.tsv", &n[1]);
    ck_assert_uint_lt(n[1], n[0]);
    ck_assert_mem_eq(all, part, n[1]);
    ck_assert_str_eq(part + n[1] - 3, "\t4\n");
    free(all);
    free(part);
    char *manifest = contents(folder, "manifest.json", &n[0]);
    ck_assert_ptr_nonnull(strstr(manifest, "\"stopped_early\": true"));
    ck_assert_ptr_nonnull(strstr(manifest, "\"status\": \"finished\""));
    free(manifest);
    /* Again: done. Killed before policy.ams was there: written, and nothing trained. */
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_ALREADY);
    char *policy = contents(folder, "policy.ams", &n[0]);
    char path[600];
    snprintf(path, sizeof path, "%s/policy.ams", folder);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(f.result.resumed_at, end);
    ck_assert_uint_eq(f.result.updates, end);
    char *again = contents(folder, "policy.ams", &n[1]);
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(policy, again, n[0]);
    free(policy);
    free(again);
    fixture_fini(&f);
    remove_folder(whole);
    remove_folder(folder);
}
END_TEST

START_TEST(patience_refused)
{
    kind = PATIENT;
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    f.run.validate = NULL;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "patience=4"));
    ck_assert_ptr_nonnull(strstr(f.err.text, "validation split"));
    f.run.validate = validate;
    f.train.best_by = AMS_BEST_LAST;
    ck_assert_int_eq(train(&f), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(f.err.text, "best_by=last"));
    fixture_fini(&f);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing was written */
    free(folder);
}
END_TEST

START_TEST(paused_and_continued)
{
    char *expected = whole_run();
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    /* On a validation and off one; the third is after the checkpoint and does nothing. */
    static const uint64_t until[] = {60, 137, 60};
    static const uint64_t resumed_at[] = {0, 60, 137};
    for (size_t i = 0; i < 3; i++) {
        f.run.until = until[i];
        ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
        ck_assert_int_eq(f.result.outcome, AMS_RUN_PAUSED);
        ck_assert_uint_eq(f.result.resumed_at, resumed_at[i]);
    }
    f.run.until = f.train.steps;
    ck_assert_int_eq(train(&f), AMS_OK);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(f.result.resumed_at, 137);
    fixture_fini(&f);
    assert_same_runs_and_remove(expected, folder);
}
END_TEST

/* The first validation is the best. */
static ams_status worse_and_worse(void *context, const ams_net *net, const uint8_t *order,
                                  ams_validation *v, ams_error *err)
{
    int *calls = context;
    (void)net;
    (void)order;
    (void)err;
    v->time_ms = 10 + ++*calls;
    v->area = 1 / v->time_ms;
    return AMS_OK;
}

/* The weights of a section of the last checkpoint; owned by the caller. */
static float *weights_of(const char *folder, const char *section, size_t *n)
{
    size_t size = 0;
    char *bytes = contents(folder, "checkpoints/last", &size);
    ams_sections sections;
    const uint8_t *data = NULL;
    ck_assert_int_eq(ams_sections_open(&sections, bytes, size, "AMSCKPT1", folder, NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_sections_get(&sections, section, &data, n, NULL), AMS_OK);
    float *weights = malloc(*n);
    ck_assert_ptr_nonnull(weights);
    memcpy(weights, data, *n);
    free(bytes);
    return weights;
}

/* With a learning rate of 0 the last weights are those that refinement began with: the best, of
 * update 30, though 200 had learned. */
START_TEST(refines_from_the_best)
{
    kind = REFINING;
    char *folder = fresh_folder();
    int calls = 0;
    fixture f;
    fixture_init(&f, folder);
    f.train.refine_lr = 0;
    f.run.validate = worse_and_worse;
    f.run.validate_context = &calls;
    f.run.until = 199;
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    size_t n[2];
    float *before = weights_of(folder, "online", &n[0]);
    float *best = weights_of(folder, "best", &n[1]);
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert(memcmp(before, best, n[0]) != 0);
    f.run.until = 0;
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert_uint_eq(f.result.best_updates, 30);
    ck_assert_int_eq(calls, 11); /* every 30 updates and after 200 */
    float *last = weights_of(folder, "online", &n[1]);
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(last, best, n[0]);
    free(before);
    free(best);
    free(last);
    fixture_fini(&f);
    remove_folder(folder);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, refines_from_the_best);
    tcase_add_loop_test(tests, patience_ends_it, 0, 2);
    tcase_add_test(tests, patience_refused);
    tcase_add_test(tests, paused_and_continued);
}

int main(void)
{
    return run_suite("rl/run_ends", add);
}
