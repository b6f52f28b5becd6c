/* A stream worked out by hand: what one model says of another turns round after some items. */
#include "ams/link_stream.h"

#include "tests/base/suite.h"
#include "tests/env/random_table.h"

#include <math.h>
#include <string.h>

/* Items of the stream, its first segment's first item, and the first one after the turn. */
enum { ITEMS = 220, WARM_UP = 22, SEGMENT = 20, SEGMENTS = 9, TURN = WARM_UP + SEGMENT };

/* Model 0 takes 1 ms and says label 0 or 1 in turn. Model 1 takes 9 ms and says 2 or 3: the
 * same as model 0 at first, and from item TURN on the other. Groups change every 10 items. */
static void write_stream(const char *path)
{
    static const float time_ms[] = {1, 9};
    static given_output outputs[2 * ITEMS];
    ams_table table;
    ams_error err;
    uint32_t group = 0;
    for (uint32_t i = 0; i < ITEMS; i++) {
        const uint32_t turned = i >= TURN;
        outputs[2 * i] = (given_output){i, 0, i % 2, 0.9F};
        outputs[2 * i + 1] = (given_output){i, 1, 2 + (i + turned) % 2, 0.9F};
    }
    given_table(&table, ITEMS, 2, 4, time_ms, outputs, 2 * ITEMS, AMS_TRAIN);
    ams_names_fini(&table.group_name);
    ck_assert_int_eq(ams_names_add(&table.group_name, "b", 1, &group, &err), AMS_OK);
    ck_assert_int_eq(ams_names_add(&table.group_name, "a", 1, &group, &err), AMS_OK);
    for (uint32_t i = 0; i < ITEMS; i++) {
        table.item_group[i] = i / 10 % 2;
    }
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    ams_table_fini(&table);
}

static ams_link_stream_options options_of(const char *path)
{
    ams_link_stream_options o = ams_link_stream_defaults();
    o.data_path = path;
    o.segment = SEGMENT;
    o.window = 64;
    o.label_share = 0.5;
    o.time_share = 0.2;
    return o;
}

START_TEST(labels_follow_a_turn)
{
    ams_link_stream s;
    ams_error err;
    ams_link_stream_options o = options_of("turn.h5");
    o.label_share = 0.55; /* every second item would always have the same labels */
    write_stream("turn.h5");
    ck_assert_int_eq(ams_link_stream_run(&s, &o, (1U << AMS_LINK_LABELS) - 1, &err), AMS_OK);
    ck_assert_uint_eq(s.warm_up, WARM_UP);
    ck_assert_uint_eq(s.n_segments, SEGMENTS);
    for (uint32_t l = 0; l < AMS_LINK_LABELS; l++) {
        uint32_t labelled = 0;
        for (uint32_t k = 0; k < SEGMENTS; k++) {
            const ams_link_segment *g = &s.segment[l][k];
            const uint32_t full = g->labelled + g->profiled;
            ck_assert_uint_eq(g->set, 1);
            ck_assert_uint_eq(g->profiled, 2);
            ck_assert_double_eq_tol(g->time_ms, (full * 10.0 + (SEGMENT - full)) / SEGMENT,
                                    1e-9);
            ck_assert_double_eq_tol(g->accuracy, (full + (SEGMENT - full) * g->unrun) / SEGMENT,
                                    1e-9);
            labelled += g->labelled;
        }
        ck_assert_uint_le(labelled,
                          l == AMS_LINK_LABEL_NONE ? 0 : SEGMENTS * SEGMENT * 11 / 20);
        /* Right before the turn. After it nobody can know: each item is scored before anything
         * is learned from it, and what was learned before outweighs the first labels, so model
         * 1 is wrong on all of the next segment. */
        ck_assert_double_eq_tol(s.segment[l][0].unrun, 1, 1e-9);
        ck_assert_double_eq_tol(s.segment[l][0].predicted, 1, 1e-9);
        ck_assert_double_eq_tol(s.segment[l][1].unrun, 0.5, 1e-9);
        ck_assert_double_eq_tol(s.segment[l][1].predicted, 0.5, 1e-9);
        /* In the end links have learned, but for those that never do. */
        ck_assert_double_eq_tol(s.segment[l][SEGMENTS - 1].unrun,
                                l == AMS_LINK_LABEL_NONE ? 0.5 : 1, 1e-9);
    }
    ams_link_stream_fini(&s);
}
END_TEST

/* All models on every second item: model 0 is never the same as before, model 1 likewise. */
START_TEST(reuse_copies_the_last_outputs)
{
    ams_link_stream s;
    ams_error err;
    const ams_link_stream_options o = options_of("turn.h5");
    write_stream("turn.h5");
    ck_assert_int_eq(ams_link_stream_run(&s, &o, 0, &err), AMS_OK);
    for (uint32_t k = 0; k < AMS_LINK_REUSES; k++) {
        const ams_link_reuse *r = &s.reuse[k];
        if (r->every == 0) { /* the cheapest model's set changes every time */
            ck_assert_double_eq_tol(r->run_share, 1, 1e-9);
            ck_assert_double_eq_tol(r->accuracy, 1, 1e-9);
        } else if (r->every == 2) {
            ck_assert_double_eq_tol(r->run_share, 0.5, 1e-9);
            ck_assert_double_eq_tol(r->time_ms, 5, 1e-9);
            /* But once, where the turn falls between an item and its copy, which it does not:
             * TURN - WARM_UP is even. So half of the items are wrong in both models. */
            ck_assert_double_eq_tol(r->accuracy, 0.5, 1e-9);
        }
    }
    ams_link_stream_fini(&s);
}
END_TEST

/* Two topics in turn, 100 items each. In the first model 0 says label 0 on every item, and
 * model 1 says 1; in the second they do so on every other item alone, but model 1 says 2. */
static void write_topics(const char *path)
{
    static const float time_ms[] = {1, 9};
    static given_output outputs[2 * 1200];
    uint32_t n = 0;
    ams_table table;
    ams_error err;
    for (uint32_t i = 0; i < 1200; i++) {
        const uint32_t second = i / 100 % 2;
        if (!second || i % 2 == 0) {
            outputs[n++] = (given_output){i, 0, 0, 0.9F};
            outputs[n++] = (given_output){i, 1, 1 + second, 0.9F};
        }
    }
    given_table(&table, 1200, 2, 3, time_ms, outputs, n, AMS_TRAIN);
    ck_assert_int_eq(ams_table_write(&table, path, &err), AMS_OK);
    ams_table_fini(&table);
}

static double mean_from(const ams_link_segment *segment, uint32_t first, uint32_t n)
{
    double sum = 0;
    for (uint32_t k = first; k < n; k++) {
        sum += segment[k].predicted / (n - first);
    }
    return sum;
}

/* A topic that was seen before is recognised by what ran, without labels. */
START_TEST(changes_are_noticed)
{
    ams_link_stream s;
    ams_error err;
    ams_link_stream_options o = options_of("topics.h5");
    double predicted[2][AMS_LINK_LABELS];
    write_topics("topics.h5");
    o.segment = 60; /* topics change at any place in a segment */
    o.label_share = 0.05;
    for (int watch = 0; watch < 2; watch++) {
        o.watch = watch == 1;
        ck_assert_int_eq(ams_link_stream_run(&s, &o, (1U << AMS_LINK_LABELS) - 1, &err),
                         AMS_OK);
        for (uint32_t l = 0; l < AMS_LINK_LABELS; l++) {
            uint32_t labelled = 0;
            for (uint32_t k = 0; k < s.n_segments; k++) {
                labelled += s.segment[l][k].labelled;
            }
            ck_assert_double_le(labelled, 0.05 * 60 * s.n_segments);
            predicted[watch][l] = mean_from(s.segment[l], 6, s.n_segments);
        }
        ams_link_stream_fini(&s);
    }
    /* 20 of 100 items pass before a change can be noticed, and model 1 is half of the outputs.
     */
    ck_assert_double_ge(predicted[0][AMS_LINK_LABEL_UNCERTAIN], 0.85);
    ck_assert_double_ge(predicted[0][AMS_LINK_LABEL_UNCERTAIN],
                        predicted[0][AMS_LINK_LABEL_PERIODIC] + 0.02);
    ck_assert_double_ge(predicted[1][AMS_LINK_LABEL_PERIODIC],
                        predicted[0][AMS_LINK_LABEL_PERIODIC] + 0.02);
}
END_TEST

static void check_order(ams_link_order order, const char *const *group, size_t n_groups,
                        uint32_t every, const uint32_t *expected, uint32_t n)
{
    ams_link_stream s;
    ams_error err;
    ams_link_stream_options o = options_of("turn.h5");
    o.order = order;
    o.group = group;
    o.n_groups = n_groups;
    o.every = every;
    ck_assert_int_eq(ams_link_stream_run(&s, &o, 0, &err), AMS_OK);
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_uint_eq(s.item[i], expected[i]);
    }
    ams_link_stream_fini(&s);
}

START_TEST(items_come_in_the_order_that_is_asked_for)
{
    static const char *const one[] = {"b"};
    static const char *const both[] = {"b", "a"};
    static const char *const none[] = {"c"};
    /* Group b has items 0 to 9, 20 to 29, ...; a, which is first by name, 10 to 19, 30 to 39.
     */
    static const uint32_t by_group[] = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30, 31};
    static const uint32_t in_turn[] = {0, 1, 2, 10, 11, 12, 3, 4, 5, 13};
    static const uint32_t alone[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21};
    ams_link_stream s;
    ams_error err;
    ams_link_stream_options o = options_of("turn.h5");
    write_stream("turn.h5");
    check_order(AMS_LINK_ORDER_GROUPS, NULL, 0, 0, by_group, 12);
    check_order(AMS_LINK_ORDER_ROTATE, both, 2, 3, in_turn, 10);
    check_order(AMS_LINK_ORDER_GROUPS, one, 1, 0, alone, 12);
    o.group = none;
    o.n_groups = 1;
    ck_assert_int_eq(ams_link_stream_run(&s, &o, 0, &err), AMS_USAGE);
    o.group = one;
    o.order = AMS_LINK_ORDER_LINEAR;
    ck_assert_int_eq(ams_link_stream_run(&s, &o, 0, &err), AMS_USAGE);
    o.group = both;
    o.n_groups = 2;
    ck_assert_int_eq(ams_link_stream_run(&s, &o, 0, &err), AMS_OK);
    uint32_t of_a[2] = {0, 0}; /* in the first and second half of the stream */
    for (uint32_t i = 0; i < s.n; i++) {
        of_a[2 * i >= s.n] += s.item[i] / 10 % 2;
    }
    ck_assert_uint_lt(of_a[0], of_a[1] / 2 + 15);
    ams_link_stream_fini(&s);
    o.segment = 150;
    ck_assert_int_eq(ams_link_stream_run(&s, &o, 0, &err), AMS_BAD_DATA);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, labels_follow_a_turn);
    tcase_add_test(tests, changes_are_noticed);
    tcase_add_test(tests, reuse_copies_the_last_outputs);
    tcase_add_test(tests, items_come_in_the_order_that_is_asked_for);
}

int main(void)
{
    return run_suite("stream", add);
}
