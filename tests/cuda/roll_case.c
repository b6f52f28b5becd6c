#include "tests/cuda/roll_case.h"

#include "online/rules.h"
#include "rl/policy/scorer.h"
#include "tests/cuda/host_roll.h"

#include <check.h>
#include <math.h>

const roll_setting roll_settings[] = {
    {"one model", "5", 1, 3, .end = 0},
    {"two models, dueling", "3x2", 2, 3, .dueling = 1, .decide = 1},
    {"labels", "48", 6, 20, .end = 1},
    {"labels, deep", "37x21", 6, 20, .decide = 1},
    {"mask", "33", 7, 40, .features = 1, .decide = 2, .end = 1},
    {"confidences, deeper", "29x13x7", 5, 33, .features = 2, .decide = 1},
    {"confidences and mask, dueling", "64x6", 9, 70, .dueling = 1, .features = 3, .decide = 2},
    {"64 models", "50", 64, 130, .features = 1, .end = 1},
    {"64 models, dueling", "31x35", 64, 300, .dueling = 1, .features = 3, .decide = 1},
    {"64 models, odds", "257", 64, 64, .decide = 2},
};
const int roll_n_settings = (int)(sizeof roll_settings / sizeof *roll_settings);

void roll_open(roll_case *c, const roll_setting *setting, bool distinct)
{
    random_table_options shape = random_table_defaults(11);
    ams_env_options options = ams_env_defaults();
    shape.n_models = setting->n_models;
    shape.n_labels = setting->n_labels;
    shape.distinct = distinct;
    options.features = (ams_feature_mode)setting->features;
    options.end = setting->end;
    random_table(&c->table, &shape);
    ck_assert_int_eq(ams_env_create(&c->env, &c->table, &options, NULL), AMS_OK);
    c->decide = (ams_decide)setting->decide;
    ck_assert_int_eq(ams_net_init(&c->net, c->env->n_features, setting->hidden,
                                  c->env->n_actions + (setting->dueling ? 1 : 0), NULL),
                     AMS_OK);
    c->net.dueling = setting->dueling;
    ams_net_randomize(&c->net, 5);
    for (uint64_t i = 0; i < c->net.n_params; i++) {
        /* Biases too; coarse weights make sums that are equal, unless they are to be distinct.
         */
        float w = c->net.params[i] * 10 + 0.01F * (float)(i % 7) - 0.02F;
        c->net.params[i] = distinct ? w : roundf(w * 8) / 8;
    }
}

void roll_close(roll_case *c)
{
    ams_net_fini(&c->net);
    ams_env_destroy(c->env);
    ams_table_fini(&c->table);
}

void roll_on_host(const ams_cuda_policy *policy, const ams_env *const *env, uint32_t n,
                  ams_split split, uint32_t lanes, uint8_t *order)
{
    host_roller *roller = NULL;
    ams_error err = {{0}};
    ck_assert_int_eq(host_roller_create(&roller, policy, n, lanes, &err), AMS_OK);
    ams_status status = host_roller_roll(roller, env, split, order, &err);
    ck_assert_msg(status == AMS_OK, "%s", err.text);
    host_roller_destroy(roller);
}

static double score_of(const roll_case *c, const float *q, uint32_t m)
{
    switch (c->decide) {
    case AMS_DECIDE_Q_GREEDY:
        return (double)q[m];
    case AMS_DECIDE_COST_Q:
        return (double)ams_rule_cost_score(q[m], c->env->time_ms[m]);
    case AMS_DECIDE_ODDS:
        break;
    }
    return (double)(q[m] - c->env->log_time[m]);
}

/* Returns whether the item's order leaves the scorer's. */
static bool compare_item(const roll_case *c, ams_scorer *scorer, const uint8_t *order,
                         uint32_t item, const char *name)
{
    uint64_t left = c->env->all_models;
    ams_scorer_begin(scorer, item);
    for (uint32_t k = 0; k < c->env->n_models; k++) {
        const float *q = ams_scorer_q(scorer);
        uint32_t m = ams_decide_rules[c->decide](q, c->env, left);
        if (m != order[k]) {
            ck_assert_msg(order[k] < c->env->n_models && (left >> order[k] & 1) != 0,
                          "%s: item %u runs model %u at place %u", name, item, order[k], k);
            double best = score_of(c, q, m);
            double other = score_of(c, q, order[k]);
            ck_assert_msg(fabs(best - other) <= 1e-5 * fmax(1, fabs(best)),
                          "%s: item %u, place %u: %u (%.9g) in place of %u (%.9g)", name, item,
                          k, order[k], other, m, best);
            return true;
        }
        left &= ~(UINT64_C(1) << m);
        ams_scorer_run(scorer, m);
    }
    return false;
}

uint32_t roll_compare(const roll_case *c, const uint8_t *order, ams_split split,
                      const char *name)
{
    ams_scorer *scorer = NULL;
    uint32_t leave = 0;
    ck_assert_int_eq(ams_scorer_create(&scorer, c->env, &c->net, NULL), AMS_OK);
    for (uint32_t i = 0; i < c->env->n_items; i++) {
        if (c->env->split[i] == split) {
            leave += compare_item(c, scorer, order + (size_t)i * c->env->n_models, i, name);
        }
    }
    ams_scorer_destroy(scorer);
    return leave;
}
