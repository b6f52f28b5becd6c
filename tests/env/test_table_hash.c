/* The content hash against one of the bytes that define it; what it must not depend on. */
#include "ams/table.h"

#include "base/rng.h"
#include "tests/base/suite.h"
#include "tests/env/bytes.h"
#include "tests/env/random_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

typedef struct hash_text {
    char text[AMS_HASH_TEXT];
} hash_text;

static hash_text hash_of(const ams_table *t)
{
    hash_text hash;
    ams_error err = {0};
    ck_assert_msg(ams_table_check(t, ams_table_outputs(t), &err) == AMS_OK &&
                      ams_table_hash(t, hash.text, &err) == AMS_OK,
                  "%s", err.text);
    return hash;
}

/* The name that follows `last` in byte order, or none. */
static uint32_t next_name(const ams_names *names, const char *last)
{
    uint32_t best = AMS_NO_NAME;
    for (uint32_t i = 0; i < names->count; i++) {
        const char *name = ams_names_get(names, i);
        if ((last == NULL || strcmp(name, last) > 0) &&
            (best == AMS_NO_NAME || strcmp(name, ams_names_get(names, best)) < 0)) {
            best = i;
        }
    }
    return best;
}

static bool used(const ams_table *t, uint32_t label)
{
    const uint64_t answers = t->truth_indptr == NULL ? 0 : t->truth_indptr[t->n_items];
    bool found = false;
    for (uint64_t k = 0; k < answers + ams_table_outputs(t) && !found; k++) {
        found = (k < answers ? t->truth[k] : t->label[k - answers]) == label;
    }
    return found;
}

/* order: the labels in use, by name. */
static void put_run(bytes *b, const ams_table *t, uint64_t row, const uint32_t *order,
                    uint32_t n)
{
    put_u32(b, (uint32_t)(t->indptr[row + 1] - t->indptr[row]));
    for (uint32_t r = 0; r < n; r++) {
        for (uint64_t k = t->indptr[row]; k < t->indptr[row + 1]; k++) {
            if (t->label[k] == order[r]) {
                put_u32(b, r);
                put_float(b, t->conf[k]);
            }
        }
    }
    if (t->run_time_ms != NULL) {
        put_float(b, t->run_time_ms[row]);
    }
}

static void put_truth(bytes *b, const ams_table *t, uint32_t item, const uint32_t *order,
                      uint32_t n)
{
    const uint64_t *bound = t->truth_indptr + item;
    put_u32(b, (uint32_t)(bound[1] - bound[0]));
    for (uint32_t r = 0; r < n; r++) {
        for (uint64_t k = bound[0]; k < bound[1]; k++) {
            if (t->truth[k] == order[r]) {
                put_u32(b, r);
            }
        }
    }
}

static void put_table(bytes *b, const ams_table *t)
{
    uint32_t *order = calloc(t->n_labels + 1, sizeof *order);
    uint32_t n = 0;
    for (uint32_t l = next_name(&t->label_name, NULL); l != AMS_NO_NAME;
         l = next_name(&t->label_name, ams_names_get(&t->label_name, l))) {
        if (used(t, l)) {
            order[n++] = l;
        }
    }
    put_text(b, "ams-outputs 1");
    put_u32(b, t->n_items);
    put_u32(b, t->n_models);
    put_u32(b, n);
    put_u32(b, t->run_time_ms != NULL);
    for (uint32_t m = 0; m < t->n_models; m++) {
        put_text(b, ams_names_get(&t->model_name, m));
        put_text(b, ams_names_get(&t->task_name, t->model_task[m]));
        put_float(b, t->theta[m]);
        put_float(b, t->time_ms[m]);
        put_float(b, t->mem_mb[m]);
    }
    if (t->threshold != NULL) { /* never that of all models by default */
        put_text(b, "threshold");
        for (uint32_t m = 0; m < t->n_models; m++) {
            put_float(b, t->threshold[m]);
        }
    }
    if (t->cost_unit != NULL) {
        put_text(b, "cost_unit");
        put_text(b, t->cost_unit);
    }
    if (ams_table_has_kinds(t)) {
        put_text(b, "kind");
        memcpy(b->at + b->used, t->kind, t->n_models);
        b->used += t->n_models;
    }
    if (ams_table_has_exits(t)) {
        put_text(b, "exits");
        for (uint32_t m = 0; m < t->n_models; m++) {
            const bool is_exit = t->exits.stage[m] > 0;
            put_text(b, is_exit ? ams_names_get(&t->exits.network, t->exits.of[m]) : "");
            put_u32(b, t->exits.stage[m]);
        }
    }
    if (t->truth_indptr != NULL) {
        put_text(b, "truth");
    }
    for (uint32_t r = 0; r < n; r++) {
        put_text(b, ams_names_get(&t->label_name, order[r]));
    }
    for (uint32_t i = next_name(&t->item_id, NULL); i != AMS_NO_NAME;
         i = next_name(&t->item_id, ams_names_get(&t->item_id, i))) {
        put_text(b, ams_names_get(&t->item_id, i));
        put_text(b, ams_names_get(&t->group_name, t->item_group[i]));
        put_u32(b, t->split[i]);
        if (t->truth_indptr != NULL) {
            put_truth(b, t, i, order, n);
        }
        for (uint32_t m = 0; m < t->n_models; m++) {
            put_run(b, t, (uint64_t)i * t->n_models + m, order, n);
        }
    }
    free(order);
}

/* Both ways of computing it agree. */
static void assert_defined(const ams_table *t)
{
    char text[AMS_HASH_TEXT];
    bytes b = {malloc(1 << 20), 0};
    put_table(&b, t);
    XXH128_hash_t hash = XXH3_128bits(b.at, b.used);
    snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
    ck_assert_str_eq(hash_of(t).text, text);
    free(b.at);
}

/* ---- the same content stored in another order ---- */

static void copy_names(ams_names *to, const ams_names *from, const uint32_t *order)
{
    ams_names_fini(to);
    for (uint32_t i = 0; i < from->count; i++) {
        const char *name = ams_names_get(from, order == NULL ? i : order[i]);
        uint32_t index;
        ck_assert_int_eq(ams_names_add(to, name, strlen(name), &index, NULL), AMS_OK);
        ck_assert_uint_eq(index, i);
    }
}

/* Of the table made by `shape`: item i is its item item[i], label l its label label[l]. */
static void reordered(ams_table *to, const random_table_options *shape, const uint32_t *item,
                      const uint32_t *label)
{
    ams_table from;
    random_table(&from, shape);
    random_table(to, shape);
    copy_names(&to->item_id, &from.item_id, item);
    copy_names(&to->label_name, &from.label_name, label);
    ams_answer answers[3 * 24];
    size_t n_answers = 0;
    for (uint32_t i = 0; i < to->n_items; i++) {
        const uint32_t *right;
        const uint32_t count = ams_table_truth(&from, item[i], &right);
        for (uint32_t l = 0; l < 20 * count; l++) {
            if (label[l % 20] == right[l / 20]) {
                answers[n_answers++] = (ams_answer){i, l % 20};
            }
        }
    }
    ck_assert_int_eq(ams_table_set_truth(to, answers, n_answers, NULL), AMS_OK);
    uint64_t at = 0;
    for (uint32_t i = 0; i < to->n_items; i++) {
        to->split[i] = from.split[item[i]];
        to->item_group[i] = from.item_group[item[i]];
        for (uint32_t m = 0; m < to->n_models; m++) {
            uint64_t source = (uint64_t)item[i] * to->n_models + m;
            uint64_t row = (uint64_t)i * to->n_models + m;
            for (uint32_t l = 0; l < to->n_labels; l++) {
                for (uint64_t k = from.indptr[source]; k < from.indptr[source + 1]; k++) {
                    if (from.label[k] == label[l]) {
                        to->label[at] = l;
                        to->conf[at++] = from.conf[k];
                    }
                }
            }
            to->indptr[row + 1] = at;
            if (to->run_time_ms != NULL) {
                to->run_time_ms[row] = from.run_time_ms[source];
            }
        }
    }
    ck_assert_uint_eq(at, ams_table_outputs(&from));
    ams_table_fini(&from);
}

START_TEST(test_definition_and_order)
{
    uint32_t item[24];
    uint32_t label[20];
    random_table_options shape = random_table_defaults((uint64_t)_i);
    shape.recorded = _i % 2 != 0;
    shape.distinct = _i % 3 != 0;
    shape.meaning = _i % 4 == 3;
    shape.truth = _i % 5 >= 3;
    ams_rng rng = ams_rng_init((uint64_t)_i, AMS_STREAM_TEST);
    for (uint32_t i = 0; i < 24; i++) {
        item[i] = i;
        label[i % 20] = i % 20;
    }
    ams_table t;
    random_table(&t, &shape);
    assert_defined(&t);
    ams_rng_shuffle(&rng, item, 24);
    ams_rng_shuffle(&rng, label, 20);
    ams_table other;
    reordered(&other, &shape, item, label);
    assert_defined(&other);
    ck_assert_str_eq(hash_of(&t).text, hash_of(&other).text);
    ams_table_fini(&t);
    ams_table_fini(&other);
}
END_TEST

/* What counts. */
typedef enum field {
    THETA,
    TIME,
    MEMORY,
    THRESHOLD,
    COST_UNIT,
    TRUTH,
    TASK,
    GROUP,
    SPLIT,
    CONF,
    LABEL,
    RUN_TIME,
    MODEL_NAME,
    TASK_NAME,
    LABEL_NAME,
    ITEM_ID,
    GROUP_NAME,
    FIELDS
} field;

static void rename_one(ams_names *names, uint32_t which)
{
    ams_names old = *names;
    *names = (ams_names){0};
    for (uint32_t i = 0; i < old.count; i++) {
        char text[80];
        uint32_t index;
        const char *name = ams_names_get(&old, i);
        int length = snprintf(text, sizeof text, "%s%s", name, i == which ? "+" : "");
        ck_assert_int_eq(ams_names_add(names, text, (size_t)length, &index, NULL), AMS_OK);
    }
    ams_names_fini(&old);
}

/* Changes element `at` (modulo its length) of the field. */
static void change(ams_table *t, field which, uint64_t at)
{
    const uint32_t m = (uint32_t)at % t->n_models;
    const uint32_t i = (uint32_t)at % t->n_items;
    const uint64_t k = at % ams_table_outputs(t);
    switch (which) {
    case THETA:
        t->theta[m] *= 1.0000002F;
        break;
    case TIME:
        t->time_ms[m] *= 1.0000002F;
        break;
    case MEMORY:
        t->mem_mb[m] += 0.001F;
        break;
    case THRESHOLD: {
        char text[40];
        snprintf(text, sizeof text, "m%u=%.9g", m, (double)(at + 1) / 257);
        ck_assert_int_eq(ams_table_set_threshold(t, text, NULL), AMS_OK);
        break;
    }
    case COST_UNIT:
        ck_assert_int_gt(asprintf(&t->cost_unit, "u%u", (unsigned)at), 0);
        break;
    case TRUTH: {
        ams_answer answer = {i, (uint32_t)at % t->n_labels};
        ck_assert_int_eq(ams_table_set_truth(t, &answer, 1, NULL), AMS_OK);
        break;
    }
    case TASK: /* a model of no output may be of any task */
        t->model_task[m] = (t->model_task[m] + 1) % t->task_name.count;
        break;
    case GROUP:
        t->item_group[i] ^= 1;
        break;
    case SPLIT:
        t->split[i] = (uint8_t)((t->split[i] + 1) % 3);
        break;
    case CONF:
        t->conf[k] += t->conf[k] > 0.5F ? -0.000001F : 0.000001F;
        break;
    case LABEL: /* the last of the row, which one of the same task may replace */
        t->label[k] += t->task_name.count;
        break;
    case RUN_TIME:
        t->run_time_ms[at % ((uint64_t)t->n_items * t->n_models)] += 0.25F;
        break;
    case MODEL_NAME:
        rename_one(&t->model_name, m);
        break;
    case TASK_NAME:
        rename_one(&t->task_name, 0);
        break;
    case LABEL_NAME:
        rename_one(&t->label_name, t->label[k]);
        break;
    case ITEM_ID:
        rename_one(&t->item_id, i);
        break;
    case GROUP_NAME:
        rename_one(&t->group_name, 0);
        break;
    case FIELDS:
        break;
    }
}

/* Each element of each field, alone; all hashes that come of it differ. */
START_TEST(test_every_field_counts)
{
    enum { ELEMENTS = 200 };
    bool changed = false;
    char seen[ELEMENTS][AMS_HASH_TEXT];
    random_table_options shape = random_table_defaults(4);
    shape.recorded = true;
    shape.distinct = true;
    shape.n_tasks = 2;
    for (int at = 0; at < ELEMENTS; at++) {
        ams_table t;
        random_table(&t, &shape);
        uint32_t group;
        ck_assert_int_eq(ams_names_add(&t.group_name, "h", 1, &group, NULL), AMS_OK);
        ams_error err = {0};
        ck_assert_int_eq(ams_table_hash(&t, seen[at], &err), AMS_OK);
        char before[AMS_HASH_TEXT];
        memcpy(before, seen[at], sizeof before);
        change(&t, (field)_i, (uint64_t)at);
        uint64_t nnz = ams_table_outputs(&t);
        /* Some changed labels or tasks break a rule: no table, no hash. */
        if (ams_table_check(&t, nnz, &err) == AMS_OK) {
            ck_assert_int_eq(ams_table_hash(&t, seen[at], &err), AMS_OK);
            ck_assert_str_ne(before, seen[at]);
            changed = true;
        } else {
            ck_assert(_i == LABEL || _i == TASK || _i == TASK_NAME);
        }
        ams_table_fini(&t);
    }
    ck_assert(changed || _i == TASK || _i == TASK_NAME);
    int distinct = 0;
    for (int a = 0; a < ELEMENTS; a++) {
        bool again = false;
        for (int b = 0; b < a; b++) {
            again = again || strcmp(seen[a], seen[b]) == 0;
        }
        distinct += !again;
    }
    static const int least[FIELDS] = {
        [THETA] = 6,       [TIME] = 6,        [MEMORY] = 6,   [GROUP] = 24,
        [SPLIT] = 24,      [CONF] = 150,      [LABEL] = 20,   [RUN_TIME] = 144,
        [MODEL_NAME] = 6,  [LABEL_NAME] = 10, [ITEM_ID] = 24, [GROUP_NAME] = 1,
        [THRESHOLD] = 200, [COST_UNIT] = 200, [TRUTH] = 120};
    ck_assert_int_ge(distinct, least[_i]);
}
END_TEST

START_TEST(test_tasks_count)
{
    static const float times[] = {10, 20};
    static const given_output outputs[] = {{0, 0, 0, 0.5F}};
    ams_table t;
    given_table(&t, 1, 2, 1, times, outputs, 1, AMS_TRAIN);
    hash_text before = hash_of(&t);
    uint32_t task;
    ck_assert_int_eq(ams_names_add(&t.task_name, "another", 7, &task, NULL), AMS_OK);
    ck_assert_str_eq(before.text, hash_of(&t).text);
    t.model_task[1] = task;
    ck_assert_str_ne(before.text, hash_of(&t).text);
    ams_table_fini(&t);
}
END_TEST

/* An output moves to the next model; two models swap places; times are recorded. */
START_TEST(test_structure_counts)
{
    static const float times[] = {10, 10};
    static const given_output a[] = {{0, 0, 0, 0.5F}, {0, 0, 1, 0.5F}, {0, 1, 2, 0.5F}};
    static const given_output b[] = {{0, 0, 0, 0.5F}, {0, 1, 1, 0.5F}, {0, 1, 2, 0.5F}};
    static const uint32_t order[] = {1, 0};
    ams_names swapped = {0};
    ams_table one;
    ams_table two;
    given_table(&one, 1, 2, 3, times, a, 3, AMS_TEST);
    given_table(&two, 1, 2, 3, times, b, 3, AMS_TEST);
    hash_text before = hash_of(&one);
    ck_assert_str_ne(before.text, hash_of(&two).text);
    copy_names(&swapped, &one.model_name, order);
    ams_names_fini(&one.model_name);
    one.model_name = swapped;
    ck_assert_str_ne(before.text, hash_of(&one).text);
    before = hash_of(&two);
    two.run_time_ms = malloc(2 * sizeof *two.run_time_ms);
    two.run_time_ms[0] = two.run_time_ms[1] = 10;
    ck_assert_str_ne(before.text, hash_of(&two).text);
    ams_table_fini(&one);
    ams_table_fini(&two);
}
END_TEST

START_TEST(test_what_does_not_count)
{
    static const float times[] = {10, 20};
    static const given_output outputs[] = {{0, 0, 1, 0.0F}, {0, 1, 3, 0.5F}};
    ams_table t;
    given_table(&t, 2, 2, 4, times, outputs, 2, AMS_TRAIN);
    hash_text before = hash_of(&t);
    rename_one(&t.label_name, 0);
    rename_one(&t.label_name, 2);
    ck_assert_str_eq(before.text, hash_of(&t).text);
    uint32_t index;
    ck_assert_int_eq(ams_names_add(&t.label_name, "t/0first", 8, &index, NULL), AMS_OK);
    t.n_labels++;
    ck_assert_str_eq(before.text, hash_of(&t).text);
    ck_assert_int_eq(ams_names_add(&t.group_name, "of nobody", 9, &index, NULL), AMS_OK);
    free(t.name);
    t.name = strdup("another");
    t.conf[0] = -0.0F;
    t.cost_unit = strdup("ms"); /* the defaults, said aloud */
    ck_assert_int_eq(ams_table_set_threshold(&t, "0.5", NULL), AMS_OK);
    ck_assert_str_eq(before.text, hash_of(&t).text);
    ams_table_fini(&t);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_definition_and_order, 0, 12);
    tcase_add_loop_test(tests, test_every_field_counts, 0, FIELDS);
    tcase_add_test(tests, test_tasks_count);
    tcase_add_test(tests, test_structure_counts);
    tcase_add_test(tests, test_what_does_not_count);
}

int main(void)
{
    return run_suite("table_hash", add);
}
