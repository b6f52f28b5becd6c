/* The entries of an environment against a search of the table for every label of every item,
 * where items have few outputs and many; and entries that a second environment borrows. */
#include "ams/env.h"

#include "env/beside.h"
#include "tests/base/suite.h"
#include "tests/env/random_table.h"

enum { FORMS = 4 };

static ams_env *make_env(const ams_table *table, const ams_env_options *options,
                         const ams_env *other)
{
    ams_env *env = NULL;
    ams_error err = {0};
    ck_assert_msg(ams_env_create_beside(&env, table, options, other, &err) == AMS_OK, "%s",
                  err.text);
    return env;
}

/* Which models output the label above `least`, and how surely. */
static uint64_t search(const ams_table *t, uint32_t item, uint32_t label, float least,
                       float conf[AMS_MAX_MODELS])
{
    uint64_t models = 0;
    for (uint32_t m = 0; m < t->n_models; m++) {
        const uint64_t row = (uint64_t)item * t->n_models + m;
        for (uint64_t at = t->indptr[row]; at < t->indptr[row + 1]; at++) {
            if (t->label[at] == label && t->conf[at] > least) {
                models |= UINT64_C(1) << m;
                conf[m] = t->conf[at];
            }
        }
    }
    return models;
}

static void expect_entries(const ams_env *env, const ams_table *t, float threshold)
{
    const float least = ams_env_binary(env) ? threshold : 0;
    uint64_t e = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        ck_assert_uint_eq(env->entry[i], e);
        for (uint32_t label = 0; label < t->n_labels; label++) {
            float conf[AMS_MAX_MODELS] = {0};
            const uint64_t seen = search(t, i, label, least, conf);
            if (seen == 0) {
                continue;
            }
            ck_assert_uint_eq(env->label[e], label);
            ck_assert_uint_eq(env->seen[e], seen);
            ck_assert_uint_eq(env->makers[e], search(t, i, label, threshold, conf));
            uint64_t at = env->conf_at[e];
            for (uint32_t m = 0; m < t->n_models; m++) {
                if ((seen >> m & 1) != 0) {
                    ck_assert(env->conf[at++] == conf[m]);
                }
            }
            ck_assert_uint_eq(env->conf_at[++e], at);
        }
    }
    ck_assert_uint_eq(env->entry[t->n_items], e);
}

/* 20 labels of 6 models in 3 tasks; 700 of 24 in 2: more than are put in order one by one. */
static void make_table(ams_table *table, bool many)
{
    random_table_options o = random_table_defaults(many ? 3 : 4);
    if (many) {
        o.n_models = 24;
        o.n_labels = 700;
        o.n_tasks = 2;
        o.n_items = 40;
    }
    random_table(table, &o);
    const uint64_t first = table->indptr[table->n_models];
    ck_assert((first > 200) == many);
}

START_TEST(entries_are_those_of_a_search)
{
    ams_table table;
    ams_env_options options = ams_env_defaults();
    float threshold[AMS_MAX_MODELS];
    make_table(&table, _i % 2 == 1);
    options.features = _i / 2 == 0 ? AMS_FEATURES_LABELS : AMS_FEATURES_CONF_MASK;
    for (uint32_t m = 0; m < table.n_models; m++) {
        threshold[m] = 0.45F;
    }
    options.threshold = threshold;
    ams_env *env = make_env(&table, &options, NULL);
    expect_entries(env, &table, 0.45F);
    ams_env_destroy(env);
    ams_table_fini(&table);
}
END_TEST

START_TEST(entries_are_borrowed_where_they_are_the_same)
{
    static const ams_feature_mode modes[FORMS] = {AMS_FEATURES_LABELS, AMS_FEATURES_LABELS_MASK,
                                                  AMS_FEATURES_CONF, AMS_FEATURES_CONF_MASK};
    ams_table table;
    make_table(&table, false);
    for (int a = 0; a < FORMS; a++) {
        for (int b = 0; b < FORMS; b++) {
            ams_env_options options = ams_env_defaults();
            options.features = modes[a];
            ams_env *first = make_env(&table, &options, NULL);
            options.features = modes[b];
            ams_env *beside = make_env(&table, &options, first);
            ams_env *alone = make_env(&table, &options, NULL);
            ck_assert((beside->label == first->label) == (a / 2 == b / 2));
            ck_assert_uint_eq(beside->n_features, alone->n_features);
            ck_assert_uint_eq(beside->max_features, alone->max_features);
            expect_entries(beside, &table, ams_table_threshold(&table, 0));
            for (uint32_t i = 0; i < table.n_items; i++) {
                ck_assert(beside->full[i] == alone->full[i]);
            }
            ams_env_destroy(alone);
            ams_env_destroy(beside);
            ams_env_destroy(first);
        }
    }
    ams_table_fini(&table);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, entries_are_those_of_a_search, 0, FORMS);
    tcase_add_test(tests, entries_are_borrowed_where_they_are_the_same);
}

int main(void)
{
    return run_suite("entries", add);
}
