/* What callers do wrong gets a code and changes nothing; late, failing and unasked-for models
 * are part of the day. */
#include "tests/online/fixture.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static ams_item *begin(const online_fixture *f, const ams_item_limits *limits)
{
    ams_item *item = NULL;
    ck_assert_int_eq(ams_item_begin(&item, f->online, limits, f->room, f->room_size),
                     AMS_ONLINE_OK);
    return item;
}

static void make_small(online_fixture *f)
{
    online_shape shape = online_defaults(7);
    shape.n_items = 6;
    shape.n_models = 5;
    shape.features = AMS_FEATURES_CONF_MASK;
    online_make(f, &shape);
}

START_TEST(every_misuse_has_its_code_and_changes_nothing)
{
    online_fixture f;
    make_small(&f);
    ams_item *item = begin(&f, NULL);
    ams_item *before = malloc(f.room_size);
    ams_item_step step;
    const uint32_t labels[] = {0, 90};
    const char *const names[] = {"t/none", NULL};
    const float bad[] = {0.5F, 1.5F};
    const float nan[] = {NAN};
    ck_assert_int_eq(ams_item_next(item, 10, &step), AMS_ONLINE_OK);
    ck_assert_int_eq(ams_item_started(item, 1, 10), AMS_ONLINE_OK);
    memcpy(before, f.room, f.room_size);
    ck_assert_int_eq(ams_item_next(item, 9.9, &step), AMS_ONLINE_BAD_TIME);
    ck_assert_int_eq(ams_item_next(item, NAN, &step), AMS_ONLINE_BAD_TIME);
    ck_assert_int_eq(ams_item_next(item, INFINITY, &step), AMS_ONLINE_BAD_TIME);
    ck_assert_int_eq(ams_item_next(NULL, 11, &step), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_next(item, 11, NULL), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_started(item, 1, 11), AMS_ONLINE_BAD_ORDER);
    ck_assert_int_eq(ams_item_started(item, 5, 11), AMS_ONLINE_NO_MODEL);
    ck_assert_int_eq(ams_item_started(item, AMS_ONLINE_NONE, 11), AMS_ONLINE_NO_MODEL);
    ck_assert_int_eq(ams_item_started(item, 0, 9), AMS_ONLINE_BAD_TIME);
    ck_assert_int_eq(ams_item_started(NULL, 0, 9), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_failed(item, 0, 11), AMS_ONLINE_BAD_ORDER);
    ck_assert_int_eq(ams_item_failed(item, 1, 9), AMS_ONLINE_BAD_TIME);
    ck_assert_int_eq(ams_item_failed(NULL, 1, 9), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_finished(item, 2, 11, NULL, NULL, 0), AMS_ONLINE_BAD_ORDER);
    ck_assert_int_eq(ams_item_finished(item, 64, 11, NULL, NULL, 0), AMS_ONLINE_NO_MODEL);
    ck_assert_int_eq(ams_item_finished(item, 1, 9, NULL, NULL, 0), AMS_ONLINE_BAD_TIME);
    ck_assert_int_eq(ams_item_finished(item, 1, 11, NULL, NULL, 1), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_finished(item, 1, 11, labels, NULL, 2), AMS_ONLINE_NO_LABEL);
    ck_assert_int_eq(ams_item_finished(item, 1, 11, labels, nan, 1), AMS_ONLINE_BAD_CONFIDENCE);
    ck_assert_int_eq(ams_item_finished_named(item, 1, 11, names, bad, 1), AMS_ONLINE_OK);
    memcpy(f.room, before, f.room_size); /* that one was right */
    ck_assert_int_eq(ams_item_finished_named(item, 1, 11, names, NULL, 2),
                     AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_finished_named(item, 1, 11, NULL, NULL, 1),
                     AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_finished_named(item, 1, 11, names, bad + 1, 1),
                     AMS_ONLINE_BAD_CONFIDENCE);
    ck_assert_int_eq(ams_item_results(item, NULL), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_item_values(item, NULL), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_mem_eq(before, f.room, f.room_size);
    ck_assert_int_eq(ams_item_finished(item, 1, 11, labels, NULL, 1), AMS_ONLINE_OK);
    ck_assert_int_eq(ams_item_finished(item, 1, 11, labels, NULL, 1), AMS_ONLINE_BAD_ORDER);
    ck_assert_int_eq(ams_item_failed(item, 1, 11), AMS_ONLINE_BAD_ORDER);
    free(before);
    online_drop(&f);
}
END_TEST

START_TEST(limits_that_cannot_be)
{
    online_fixture f;
    make_small(&f);
    const float zero[] = {1, 1, 0, 1, 1};
    const float low[] = {1, 1, -1, 1, 1};
    const float endless[] = {1, 1, INFINITY, 1, 1};
    ams_item_limits none = ams_item_limits_none();
    ams_item_limits bad[14];
    for (size_t i = 0; i < 14; i++) {
        bad[i] = none;
    }
    bad[0].deadline_ms = -1;
    bad[1].deadline_ms = NAN;
    bad[2].memory_mb = NAN;
    bad[3].memory_mb = -1;
    bad[4].rule = AMS_ITEM_ALGORITHM_2_AGAIN + 1;
    bad[5].rule = -1;
    bad[6].late = 3;
    bad[7].negative = 3;
    bad[8].stop = 4;
    bad[9].stop_below = NAN;
    bad[10].time_ms = zero;
    bad[11].mem_mb = low;
    bad[12].priority = endless;
    bad[13].rule = AMS_ITEM_ODDS; /* its Q-values are no log-odds */
    ams_item *item = NULL;
    for (size_t i = 0; i < 14; i++) {
        ck_assert_int_eq(ams_item_begin(&item, f.online, &bad[i], f.room, f.room_size),
                         AMS_ONLINE_BAD_ARGUMENT);
    }
    ck_assert_int_eq(ams_item_begin(&item, f.online, &none, f.room, f.room_size - 1),
                     AMS_ONLINE_SMALL);
    ck_assert_int_eq(ams_item_begin(&item, NULL, &none, f.room, f.room_size),
                     AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_ptr_null(item);
    online_drop(&f);
    online_shape shape = online_defaults(7);
    shape.decide = AMS_DECIDE_ODDS;
    online_make(&f, &shape);
    none.rule = AMS_ITEM_COST_Q;
    ck_assert_int_eq(ams_item_begin(&item, f.online, &none, f.room, f.room_size),
                     AMS_ONLINE_BAD_ARGUMENT);
    online_drop(&f);
}
END_TEST

START_TEST(damaged_policies)
{
    online_fixture f;
    make_small(&f);
    size_t size = 0;
    ams_online *online = NULL;
    unsigned char *bytes = f.bytes;
    void *memory = NULL;
    ck_assert_int_eq(ams_online_size(bytes, f.n_bytes, &size), AMS_ONLINE_OK);
    memory = malloc(size);
    ck_assert_int_eq(ams_online_open(&online, bytes, f.n_bytes, memory, size - 1),
                     AMS_ONLINE_SMALL);
    ck_assert_int_eq(ams_online_open(&online, NULL, 0, memory, size), AMS_ONLINE_BAD_ARGUMENT);
    ck_assert_int_eq(ams_online_open(&online, bytes, 5, memory, size), AMS_ONLINE_NO_POLICY);
    for (size_t n = 9; n < f.n_bytes; n += 97) { /* cut short in a header or a section */
        ck_assert_int_eq(ams_online_open(&online, bytes, n, memory, size), AMS_ONLINE_DAMAGED);
    }
    for (size_t i = 8; i < f.n_bytes; i += 61) {
        bytes[i] ^= 4;
        ck_assert_int_ne(ams_online_open(&online, bytes, f.n_bytes, memory, size),
                         AMS_ONLINE_OK);
        ck_assert_ptr_null(online);
        bytes[i] ^= 4;
    }
    ck_assert_int_eq(ams_online_open(&online, bytes, f.n_bytes, memory, size), AMS_ONLINE_OK);
    free(memory);
    for (int code = AMS_ONLINE_OK; code <= AMS_ONLINE_BAD_ORDER; code++) {
        ck_assert_str_ne(ams_online_text(code), ams_online_text(-1));
    }
    online_drop(&f);
}
END_TEST

START_TEST(names_and_numbers_of_a_policy)
{
    online_fixture f;
    make_small(&f);
    ck_assert_uint_eq(ams_online_models(f.online), 5);
    ck_assert_uint_eq(ams_online_labels(f.online), 90);
    for (uint32_t m = 0; m < 5; m++) {
        ck_assert_uint_eq(ams_online_model(f.online, ams_online_model_name(f.online, m)), m);
        ck_assert_str_eq(ams_online_model_name(f.online, m),
                         ams_names_get(&f.table.model_name, m));
        ck_assert(ams_online_model_ms(f.online, m) == f.table.time_ms[m]);
        ck_assert(ams_online_model_mb(f.online, m) == f.table.mem_mb[m]);
    }
    ck_assert_ptr_null(ams_online_model_name(f.online, 5));
    ck_assert_ptr_null(ams_online_label_name(f.online, 90));
    ck_assert_uint_eq(ams_online_label(f.online, "no/such"), AMS_ONLINE_NONE);
    ck_assert_uint_eq(ams_online_label(f.online, NULL), AMS_ONLINE_NONE);
    ck_assert_uint_eq(ams_online_model(f.online, NULL), AMS_ONLINE_NONE);
    online_drop(&f);
}
END_TEST

/* A failure frees its memory, is not tried again, and teaches the policy nothing. */
START_TEST(failed_models)
{
    online_fixture f;
    make_small(&f);
    ams_item_limits limits = ams_item_limits_none();
    limits.rule = AMS_ITEM_ALGORITHM_1;
    ams_item *item = begin(&f, &limits);
    ams_item_step step;
    ams_item_result result;
    float before[6];
    float after[6];
    uint64_t tried = 0;
    ams_item_values(item, before);
    for (uint32_t k = 0; k < 5; k++) {
        ck_assert_int_eq(ams_item_next(item, k, &step), AMS_ONLINE_OK);
        ck_assert_int_eq(step.answer, AMS_ITEM_START);
        ck_assert_uint_eq(tried >> step.model[0] & 1, 0);
        const uint32_t model = step.model[0];
        tried |= UINT64_C(1) << model;
        ck_assert_int_eq(ams_item_started(item, model, k), AMS_ONLINE_OK);
        ck_assert_int_eq(ams_item_next(item, k, &step), AMS_ONLINE_OK);
        ck_assert_int_eq(step.answer, AMS_ITEM_WAIT);
        ck_assert_int_eq(ams_item_failed(item, model, k + 0.5), AMS_ONLINE_OK);
    }
    ams_item_values(item, after);
    ck_assert_mem_eq(before, after, sizeof before);
    ck_assert_int_eq(ams_item_next(item, 6, &step), AMS_ONLINE_OK);
    ck_assert_int_eq(step.answer, AMS_ITEM_DONE);
    ams_item_results(item, &result);
    ck_assert_uint_eq(result.failed, 31);
    ck_assert_uint_eq(result.untouched | result.finished | result.cut | result.running, 0);
    ck_assert_double_eq_tol(result.busy_ms, 2.5, 1e-12);
    online_drop(&f);
}
END_TEST

/* Runs that pass the deadline: the item is done with them, and their labels do not count. */
START_TEST(late_models)
{
    online_fixture f;
    make_small(&f);
    ams_item_limits limits = ams_item_limits_none();
    limits.rule = AMS_ITEM_ALGORITHM_2;
    limits.deadline_ms = 1e6;
    ams_item *item = begin(&f, &limits);
    ams_item_step step;
    ams_item_result result;
    const uint32_t label[] = {3, 1, 3};
    const float conf[] = {0.6F, 0.4F, 0.9F};
    uint32_t found[4] = {0};
    ck_assert_int_eq(ams_item_next(item, 0, &step), AMS_ONLINE_OK);
    ck_assert_double_eq(step.wake_ms, 1e6);
    for (uint32_t m = 0; m < 4; m++) {
        ck_assert_int_eq(ams_item_started(item, m, 0), AMS_ONLINE_OK); /* all at once */
    }
    ck_assert_int_eq(ams_item_finished(item, 0, 5, label, conf, 3), AMS_ONLINE_OK);
    ck_assert_uint_eq(ams_item_labels(item, found, 4), 1); /* 1 is under the threshold */
    ck_assert_uint_eq(found[0], 3);
    ck_assert_int_eq(ams_item_finished(item, 1, 1e6, NULL, NULL, 0), AMS_ONLINE_OK);
    ck_assert_int_eq(ams_item_next(item, 1e6, &step), AMS_ONLINE_OK);
    ck_assert_int_eq(step.answer, AMS_ITEM_DONE);
    ck_assert_int_eq(ams_item_finished(item, 2, 1e6 + 1, label + 1, NULL, 1), AMS_ONLINE_OK);
    ams_item_results(item, &result);
    ck_assert_uint_eq(result.finished, 3);
    ck_assert_uint_eq(result.cut, 12); /* ended late; still runs */
    ck_assert_uint_eq(result.untouched, 16);
    ck_assert_uint_eq(result.labels, 1);
    ck_assert_double_eq(result.saved_ms, (double)f.table.time_ms[4]);
    online_drop(&f);
}
END_TEST

START_TEST(priorities_and_times_of_ones_own)
{
    online_fixture f;
    make_small(&f);
    float times[5] = {100, 100, 100, 100, 100};
    float value[6];
    float weighed[6];
    ams_item_limits limits = ams_item_limits_none();
    ams_item_step step;
    limits.rule = AMS_ITEM_ALGORITHM_1;
    limits.deadline_ms = 150;
    limits.time_ms = times;
    ams_item *item = begin(&f, &limits);
    ams_item_values(item, value);
    for (uint32_t m = 0; m < 5; m++) {
        float priority[5] = {1, 1, 1, 1, 1};
        priority[m] = 1e6F;
        limits.priority = priority;
        item = begin(&f, &limits);
        ams_item_values(item, weighed);
        ck_assert(weighed[m] == (value[m] >= 0 ? value[m] * 1e6F : value[m] / 1e6F));
        ck_assert_int_eq(ams_item_next(item, 0, &step), AMS_ONLINE_OK);
        ck_assert_int_eq(step.answer, AMS_ITEM_START);
        ck_assert(value[m] <= 0 || step.model[0] == m);
        times[m] = 151; /* never fits */
        item = begin(&f, &limits);
        ck_assert_int_eq(ams_item_next(item, 0, &step), AMS_ONLINE_OK);
        ck_assert_uint_ne(step.model[0], m);
        times[m] = 100;
    }
    online_drop(&f);
}
END_TEST

/* Models named but not started are judged anew when time has passed. */
START_TEST(a_start_that_came_too_late_is_taken_back)
{
    online_fixture f;
    make_small(&f);
    const float times[5] = {100, 100, 100, 100, 100};
    ams_item_limits limits = ams_item_limits_none();
    ams_item_step step;
    limits.deadline_ms = 150;
    limits.time_ms = times;
    ams_item *item = begin(&f, &limits);
    ck_assert_int_eq(ams_item_next(item, 0, &step), AMS_ONLINE_OK);
    ck_assert_int_eq(step.answer, AMS_ITEM_START);
    ck_assert_int_eq(ams_item_next(item, 20, &step), AMS_ONLINE_OK);
    ck_assert_int_eq(step.answer, AMS_ITEM_START);
    ck_assert_int_eq(ams_item_next(item, 51, &step), AMS_ONLINE_OK);
    ck_assert_int_eq(step.answer, AMS_ITEM_DONE);
    online_drop(&f);
}
END_TEST

static void random_call(ams_item *item, ams_rng *rng, double *now)
{
    uint32_t label[4];
    float conf[4];
    ams_item_step step;
    uint32_t m = ams_rng_below(rng, 7);
    *now += ams_rng_below(rng, 8) == 0 ? -1 : (double)ams_rng_below(rng, 20);
    for (size_t i = 0; i < 4; i++) {
        label[i] = ams_rng_below(rng, 92);
        conf[i] = (float)ams_rng_unit(rng) * 1.01F;
    }
    switch (ams_rng_below(rng, 4)) {
    case 0:
        ams_item_next(item, *now, &step);
        break;
    case 1:
        ams_item_started(item, m, *now);
        break;
    case 2:
        ams_item_failed(item, m, *now);
        break;
    default:
        ams_item_finished(item, m, *now, label, conf, ams_rng_below(rng, 5));
    }
}

START_TEST(any_calls_in_any_order)
{
    online_fixture f;
    make_small(&f);
    ams_rng rng = ams_rng_init((uint64_t)_i, AMS_STREAM_TEST);
    for (int round = 0; round < 200; round++) {
        ams_item_limits limits = ams_item_limits_none();
        limits.rule = (int[]){0, 1, 2, 3, 5, 6, 7, 8}[ams_rng_below(&rng, 8)];
        limits.deadline_ms = ams_rng_below(&rng, 3) == 0 ? INFINITY : ams_rng_below(&rng, 300);
        limits.memory_mb = ams_rng_below(&rng, 1500);
        limits.late = (int)ams_rng_below(&rng, 3);
        ams_item *item = begin(&f, &limits);
        double now = 0;
        for (int k = 0; k < 60; k++) {
            ams_item_result r;
            random_call(item, &rng, &now);
            online_need(ams_item_results(item, &r) == AMS_ONLINE_OK);
            /* Each model is in one set. */
            online_need((r.finished ^ r.failed ^ r.cut ^ r.running ^ r.untouched) == 31);
            online_need((r.finished | r.failed | r.cut | r.running | r.untouched) == 31);
            now = r.now_ms;
        }
    }
    online_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, every_misuse_has_its_code_and_changes_nothing);
    tcase_add_test(tests, limits_that_cannot_be);
    tcase_add_test(tests, damaged_policies);
    tcase_add_test(tests, names_and_numbers_of_a_policy);
    tcase_add_test(tests, failed_models);
    tcase_add_test(tests, late_models);
    tcase_add_test(tests, priorities_and_times_of_ones_own);
    tcase_add_test(tests, a_start_that_came_too_late_is_taken_back);
    tcase_add_loop_test(tests, any_calls_in_any_order, 0, 4);
}

int main(void)
{
    return run_suite("online/misuse", add);
}
