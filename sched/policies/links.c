/* `links:FILE`: links as predictors of what an execution would add.
 *
 * FILE has a link of any subset (`ams links train`). After each execution the link adds what
 * its outputs say of the others. The chance that model m outputs something valuable and new is
 * the largest predicted confidence among its labels that nobody has found, `other` included;
 * without it, models of many labels look worthless. Confidences are taken on a scale on which
 * the model's valuable threshold is 0.5. The value is the odds, p / (1 - p), and the largest
 * value per time runs next. */
#include "sched/policies/kinds.h"

#include "ams/link_file.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float LEAST = 0.001F, MOST = 0.999F;

typedef struct links_state {
    ams_link_file file;
    const ams_link_map *map;
    ams_link_items items; /* all of the table, since links see confidences below 0.5, too */
} links_state;

typedef struct links_scratch {
    float *p;       /* (D) */
    uint8_t *found; /* (L) */
} links_scratch;

static void fini_links(ams_policy *policy)
{
    links_state *s = policy->state;
    if (s != NULL) {
        ams_link_items_fini(&s->items);
        ams_link_file_fini(&s->file);
    }
    free(s);
    policy->state = NULL;
}

static ams_status fit_links(ams_policy *policy, ams_error *err)
{
    links_state *s = NULL;
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, "links", err));
    policy->state = s;
    AMS_TRY(ams_link_file_read(&s->file, policy->path, err));
    AMS_TRY(ams_link_file_fit_table(&s->file, policy->table, err));
    s->map = ams_link_file_any(&s->file);
    if (s->map == NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "%s: expected links of any set, as `ams links train` writes them; "
                          "these are of a chosen set",
                          policy->path);
        goto out;
    }
    AMS_TRY(ams_alloc(&item, policy->table->n_items, sizeof *item, "items", err));
    for (uint32_t i = 0; i < policy->table->n_items; i++) {
        item[i] = i;
    }
    status = ams_link_items_init(&s->items, &s->file.space, policy->table, item,
                                 policy->table->n_items, err);
out:
    free(item);
    if (status != AMS_OK) {
        fini_links(policy);
    }
    return status;
}

static void destroy_scratch(void *worker)
{
    links_scratch *w = worker;
    if (w != NULL) {
        free(w->p);
        free(w->found);
    }
    free(w);
}

static ams_status create_scratch(const ams_policy *policy, void **worker, ams_error *err)
{
    const links_state *s = policy->state;
    links_scratch *w = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&w, 1, sizeof *w, "a worker", err));
    AMS_TRY(ams_alloc(&w->p, s->file.space.n_columns, sizeof *w->p, "a worker", err));
    AMS_TRY(ams_alloc(&w->found, policy->env->n_labels, sizeof *w->found, "a worker", err));
    *worker = w;
out:
    if (status != AMS_OK) {
        destroy_scratch(w);
    }
    return status;
}

static void begin_links(const ams_policy *policy, void *worker, uint32_t item)
{
    const links_state *s = policy->state;
    links_scratch *w = worker;
    (void)item;
    memcpy(w->p, s->map->bias, s->map->n_columns * sizeof *w->p);
    memset(w->found, 0, policy->env->n_labels);
}

static void values_links(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                         float value[AMS_MAX_MODELS + 1])
{
    const links_state *s = policy->state;
    const links_scratch *w = worker;
    const ams_link_space *space = &s->file.space;
    (void)item;
    (void)mask;
    for (uint32_t m = 0; m < space->n_models; m++) {
        float best = LEAST;
        for (uint32_t c = space->first[m]; c < space->first[m + 1]; c++) {
            const uint32_t label = space->label[c];
            const bool known = label < policy->env->n_labels && w->found[label];
            const float p = ams_link_level(space, m, w->p[c]);
            best = !known && label != AMS_LINK_NONE && p > best ? p : best;
        }
        best = best < MOST ? best : MOST;
        value[m] = best / (1 - best);
    }
    value[space->n_models] = -(float)INFINITY;
}

static void ran_links(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                      uint32_t model)
{
    const links_state *s = policy->state;
    const ams_env *env = policy->env;
    links_scratch *w = worker;
    (void)mask;
    ams_link_add(s->map, &s->items, item, model, w->p);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        if (env->makers[e] >> model & 1) {
            w->found[env->label[e]] = 1;
        }
    }
}

const ams_policy_kind ams_policy_links = {
    .name = "links",
    .help = "links:FILE: links of `ams links train`; the best odds of something new per time",
    .draws = 1,
    .takes_path = true,
    .keeps_items = true,
    .fit = fit_links,
    .fini = fini_links,
    .worker_create = create_scratch,
    .worker_destroy = destroy_scratch,
    .order = ams_policy_order_by_rate,
    .begin = begin_links,
    .values = values_links,
    .ran = ran_links};
