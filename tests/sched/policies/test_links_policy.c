/* `links:FILE` against its rule, with predictions made anew in each state. */
#include "ams/link_file.h"
#include "ams/policy.h"
#include "tests/base/suite.h"
#include "tests/links/fixture.h"

#include <math.h>
#include <stdio.h>

static const random_table_options small = {.seed = 21,
                                           .n_items = 60,
                                           .n_models = 5,
                                           .n_labels = 14,
                                           .n_tasks = 5,
                                           .empty = 0.4,
                                           .distinct = true};

/* p where the model's threshold is 0.5: a straight line below it, another one above. */
static double level(const ams_table *t, uint32_t model, double p)
{
    const double threshold = (double)ams_table_threshold(t, model);
    return p > threshold ? 0.5 + 0.5 * (p - threshold) / (1 - threshold) : 0.5 * p / threshold;
}

/* The best odds per time of a label that no model of `ran` has found. */
static uint32_t best_model(const links_fixture *f, const ams_link_map *map, uint32_t item,
                           uint64_t ran)
{
    const ams_table *t = &f->table;
    float p[128];
    double best_rate = -1;
    uint32_t best = 0;
    ams_link_predict(map, &f->items, item, ran, p);
    for (uint32_t m = 0; m < t->n_models; m++) {
        double top = 0.001;
        if (ran >> m & 1) {
            continue;
        }
        for (uint32_t c = f->space.first[m]; c < f->space.first[m + 1]; c++) {
            bool found = false;
            for (uint32_t k = 0; k < t->n_models; k++) {
                const uint64_t row = (uint64_t)item * t->n_models + k;
                for (uint64_t at = t->indptr[row]; at < t->indptr[row + 1]; at++) {
                    found =
                        found || ((ran >> k & 1) && t->conf[at] > ams_table_threshold(t, k) &&
                                  t->label[at] == f->space.label[c]);
                }
            }
            top = found ? top : fmax(top, level(t, m, p[c]));
        }
        top = fmin(top, 0.999);
        if (top / (1 - top) / t->time_ms[m] > best_rate * (1 + 1e-5)) {
            best_rate = top / (1 - top) / t->time_ms[m];
            best = m;
        }
    }
    return best;
}

static void check_order(bool own)
{
    random_table_options table = small;
    links_fixture f;
    ams_error err;
    ams_link_map any;
    ams_env *env = NULL;
    ams_policy *policy = NULL;
    void *worker = NULL;
    static const char hash[AMS_HASH_TEXT] = "";
    const ams_link_options o = ams_link_defaults();
    const ams_env_options options = ams_env_defaults();
    const ams_link_map *const map = &any;
    table.meaning = own;
    links_fixture_init(&f, &table, &o);
    ck_assert_int_eq(ams_link_fit_any(&any, &f.space, &f.gram, &err), AMS_OK);
    ck_assert_int_eq(ams_link_file_write("l.ams", &f.table, hash, &f.space, &map, 1,
                                         AMS_LINK_NOT_CHOSEN, &err),
                     AMS_OK);
    ck_assert_int_eq(ams_env_create(&env, &f.table, &options, &err), AMS_OK);
    ck_assert_msg(ams_policy_create(&policy, "links:l.ams", &f.table, env, &err) == AMS_OK,
                  "%s", err.text);
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    ck_assert_int_eq(kind->worker_create(policy, &worker, &err), AMS_OK);
    for (uint32_t i = 0; i < f.items.n; i++) {
        uint8_t order[AMS_MAX_MODELS];
        uint64_t ran = 0;
        ck_assert_uint_eq(kind->order(policy, worker, i, 0, order), small.n_models);
        for (uint32_t k = 0; k < small.n_models; k++) {
            ck_assert_uint_eq(order[k], best_model(&f, &any, i, ran));
            ran |= UINT64_C(1) << order[k];
        }
    }
    kind->worker_destroy(worker);
    ams_policy_destroy(policy);
    ams_env_destroy(env);
    ams_link_map_fini(&any);
    links_fixture_fini(&f);
}

START_TEST(the_order_is_that_of_the_rule)
{
    check_order(false);
    check_order(true); /* each model has its own valuable threshold */
}
END_TEST

START_TEST(links_of_a_chosen_set_are_refused)
{
    links_fixture f;
    ams_error err;
    ams_link_map pair;
    ams_env *env = NULL;
    ams_policy *policy = NULL;
    static const char hash[AMS_HASH_TEXT] = "";
    const ams_link_options o = ams_link_defaults();
    const ams_env_options options = ams_env_defaults();
    const ams_link_map *const map = &pair;
    links_fixture_init(&f, &small, &o);
    ck_assert_int_eq(ams_link_fit(&pair, &f.space, &f.gram, 3, &err), AMS_OK);
    ck_assert_int_eq(ams_link_file_write("c.ams", &f.table, hash, &f.space, &map, 1, 0, &err),
                     AMS_OK);
    ck_assert_int_eq(ams_env_create(&env, &f.table, &options, &err), AMS_OK);
    ck_assert_int_eq(ams_policy_create(&policy, "links:c.ams", &f.table, env, &err), AMS_USAGE);
    ck_assert_int_eq(ams_policy_create(&policy, "links", &f.table, env, &err), AMS_USAGE);
    ck_assert_int_eq(ams_policy_create(&policy, "links:no.ams", &f.table, env, &err), AMS_IO);
    ams_env_destroy(env);
    ams_link_map_fini(&pair);
    links_fixture_fini(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, the_order_is_that_of_the_rule);
    tcase_add_test(tests, links_of_a_chosen_set_are_refused);
}

int main(void)
{
    return run_suite("links_policy", add);
}
