/* Policies that give an order of models, scored by right answers: what the rule answers after
 * the first k of the task's models. */
#include "lab/budget/study.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* A random policy's order of an item is one draw. */
enum { DRAW = 0 };

typedef struct orders_work {
    uint32_t place[AMS_MAX_MODELS]; /* of a table's model in the task; AMS_BUDGET_NONE */
    budget_policy after[AMS_BUDGET_MODELS + 1];
    void *worker; /* of the policy */
} orders_work;

static void put(budget_policy *after, const budget_study *s, uint32_t item, uint32_t set,
                uint32_t last)
{
    after->calls[item] = (uint8_t)set;
    after->last[item] = (uint8_t)last;
    after->score[item] =
        ams_budget_score(&s->answers, &s->data, s->options->rule, set, last, item);
}

/* What comes of the item after each number of models; an order that ends before all stays as
 * it ended. */
static void follow(orders_work *w, const budget_study *s, const ams_policy *policy,
                   uint32_t item)
{
    uint8_t order[AMS_MAX_MODELS];
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    const uint32_t n = kind->order(policy, w->worker, s->data.item[item], DRAW, order);
    uint32_t set = 0;
    uint32_t last = 0;
    uint32_t k = 0;
    put(&w->after[k], s, item, set, last);
    for (uint32_t j = 0; j < n; j++) {
        const uint32_t m = w->place[order[j]];
        if (m != AMS_BUDGET_NONE) {
            set |= 1U << m;
            last = m;
            put(&w->after[++k], s, item, set, last);
        }
    }
    while (k < s->data.n_models) {
        put(&w->after[++k], s, item, set, last);
    }
}

static ams_status add_one(budget_study *s, orders_work *w, const ams_policy *policy,
                          ams_error *err)
{
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    const char *label = ams_policy_label(policy);
    char *name = NULL; /* of all cuts: one line of a figure */
    budget_list list = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_format(&name, "a name", err, "%s-models", label));
    if (kind->worker_create != NULL) {
        AMS_TRY(kind->worker_create(policy, &w->worker, err));
    }
    for (uint32_t k = 0; k <= s->data.n_models; k++) {
        AMS_TRY(ams_budget_policy_init(&w->after[k], &s->data, err));
        w->after[k].rule = s->options->rule;
        w->after[k].lambda = (double)NAN;
    }
    for (uint32_t i = 0; i < s->data.n_items; i++) {
        follow(w, s, policy, i);
    }
    for (uint32_t k = 0; k <= s->data.n_models; k++) {
        ams_budget_policy_count(&w->after[k], &s->data);
        w->after[k].n_models = k;
        AMS_TRY(k == 0 ? AMS_OK : ams_budget_add_policy(s, name, &w->after[k], err));
    }
    for (uint32_t k = 0; k <= s->data.n_models; k++) {
        AMS_TRY(ams_budget_list_add(&list, &w->after[k], err));
    }
    ams_budget_list_hull(&list);
    status = ams_budget_add_list(s, label, &list, err);
out:
    if (w->worker != NULL) {
        kind->worker_destroy(w->worker);
        w->worker = NULL;
    }
    for (uint32_t k = 0; k <= s->data.n_models; k++) {
        ams_budget_policy_fini(&w->after[k]);
    }
    ams_budget_list_fini(&list);
    free(name);
    return status;
}

ams_status ams_budget_add_orders(budget_study *s, ams_error *err)
{
    const ams_budget_options *o = s->options;
    orders_work work = {.worker = NULL};
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < AMS_MAX_MODELS; m++) {
        work.place[m] = AMS_BUDGET_NONE;
    }
    for (uint32_t m = 0; m < s->data.n_models; m++) {
        work.place[s->data.model[m]] = m;
    }
    for (size_t p = 0; p < o->n_policies; p++) {
        ams_progress_update(o->progress, (double)p, (double)o->n_policies,
                            ams_policy_label(o->policy[p]));
        AMS_TRY(add_one(s, &work, o->policy[p], err));
    }
out:
    return status;
}
