/* The dynamic program over sets of models on several machines: lists of end times per reward,
 * pruned by dominance. Schemble (ICDE 2023), Algorithm 1; docs/streams.md. */
#include "stream/planner.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

#define NO_NODE UINT32_MAX

/* What is planned, and where its rows are. */
typedef struct sets_plan {
    ams_planner *p;
    const ams_plan_job *job;
    uint32_t n, machines;
    bool lists;      /* machines are equal: end times ascend, parts go to the first one */
    double base_ms;  /* the earliest t0 */
    size_t *row;     /* (n + 2) first node of each row */
    uint32_t levels; /* of the row that is made */
    size_t n_candidates;
} sets_plan;

static float sum_of(const planner_node *node, uint32_t machines)
{
    float sum = 0;
    for (uint32_t v = 0; v < machines; v++) {
        sum += node->end_ms[v];
    }
    return sum;
}

static bool dominates(const planner_node *a, const planner_node *b, uint32_t machines)
{
    for (uint32_t v = 0; v < machines; v++) {
        if (a->end_ms[v] > b->end_ms[v]) {
            return false;
        }
    }
    return true;
}

/* One machine is free from end_ms on, in place of the first one. */
static void free_later(planner_node *node, uint32_t machines, float end_ms)
{
    uint32_t v = 0;
    for (; v + 1 < machines && node->end_ms[v + 1] < end_ms; v++) {
        node->end_ms[v] = node->end_ms[v + 1];
    }
    node->end_ms[v] = end_ms;
}

/* Adds what the option takes to the end times; false: not all of it ends in time. */
static bool place(const sets_plan *s, const ams_plan_option *o, float limit, planner_node *node)
{
    for (uint32_t v = 0; s->lists && v < AMS_STREAM_SETS && o->time_ms[v] > 0; v++) {
        const float end_ms = node->end_ms[0] + o->time_ms[v];
        if (end_ms > limit) {
            return false;
        }
        free_later(node, s->machines, end_ms);
    }
    for (uint32_t v = 0; !s->lists && v < s->machines; v++) {
        node->end_ms[v] += o->time_ms[v];
        if (o->time_ms[v] > 0 && node->end_ms[v] > limit) {
            return false;
        }
    }
    return true;
}

static ams_status add_candidate(sets_plan *s, uint32_t parent, uint32_t k, float limit,
                                ams_error *err)
{
    ams_planner *p = s->p;
    const planner_node *before = &p->node[parent];
    const ams_plan_option *o = &s->job->option[k];
    planner_node made = {
        .level = before->level + o->reward, .parent = parent, .option = k, .next = NO_NODE};
    ams_status status = AMS_OK;
    memcpy(made.end_ms, before->end_ms, sizeof made.end_ms);
    if (!place(s, o, limit, &made)) {
        return AMS_OK;
    }
    AMS_TRY(ams_grow(&p->candidate, &p->candidate_capacity, s->n_candidates + 1, sizeof made,
                     "a plan's candidates", err));
    made.next = p->head[made.level];
    p->head[made.level] = (uint32_t)s->n_candidates;
    p->candidate[s->n_candidates++] = made;
out:
    return status;
}

static ams_status make_candidates(sets_plan *s, uint32_t i, ams_error *err)
{
    ams_planner *p = s->p;
    const ams_plan_job *job = s->job;
    const float limit = ams_planner_limit(job->deadline_ms - s->base_ms);
    uint32_t largest = 0;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < job->n; k++) {
        largest = job->option[k].reward > largest ? job->option[k].reward : largest;
    }
    s->levels += largest;
    s->n_candidates = 0;
    AMS_TRY(ams_grow(&p->head, &p->head_capacity, s->levels, sizeof *p->head, "levels", err));
    memset(p->head, 0xff, s->levels * sizeof *p->head);
    for (size_t parent = s->row[i]; parent < s->row[i + 1]; parent++) {
        for (uint32_t k = 0; k < job->n; k++) {
            AMS_TRY(add_candidate(s, (uint32_t)parent, k, limit, err));
        }
    }
out:
    return status;
}

/* The candidate of the level with the least sum of end times, then the first option; it is
 * taken off its list. */
static planner_node take_least(sets_plan *s, uint32_t level)
{
    ams_planner *p = s->p;
    uint32_t *best = &p->head[level];
    for (uint32_t *at = best; *at != NO_NODE; at = &p->candidate[*at].next) {
        const planner_node *a = &p->candidate[*at];
        const planner_node *b = &p->candidate[*best];
        const float sum_a = sum_of(a, s->machines);
        const float sum_b = sum_of(b, s->machines);
        if (sum_a < sum_b || (sum_a == sum_b && a->option < b->option)) {
            best = at;
        }
    }
    const planner_node taken = p->candidate[*best];
    *best = taken.next;
    return taken;
}

static bool is_dominated(const sets_plan *s, const planner_node *node, size_t first, size_t end)
{
    for (size_t k = first; k < end; k++) {
        if (dominates(&s->p->node[k], node, s->machines)) {
            return true;
        }
    }
    return false;
}

/* Removes from the level's list what the row's nodes from `first` on dominate. */
static void prune_list(sets_plan *s, uint32_t level, size_t first, size_t end)
{
    ams_planner *p = s->p;
    uint32_t *at = &p->head[level];
    while (*at != NO_NODE) {
        const planner_node *node = &p->candidate[*at];
        if (is_dominated(s, node, first, end)) {
            *at = node->next;
        } else {
            at = &p->candidate[*at].next;
        }
    }
}

/* From the highest level down, so that whatever dominates a node is there before it. */
static ams_status keep_undominated(sets_plan *s, uint32_t i, ams_error *err)
{
    ams_planner *p = s->p;
    size_t end = s->row[i + 1];
    ams_status status = AMS_OK;
    for (uint32_t level = s->levels; level-- > 0;) {
        /* On one machine ends fall from node to node: the last one dominates if any does. */
        const bool last_only = s->machines == 1 && end > s->row[i + 1];
        uint32_t in_cell = 0;
        prune_list(s, level, last_only ? end - 1 : s->row[i + 1], end);
        while (p->head[level] != NO_NODE) {
            const planner_node node = take_least(s, level);
            if (in_cell == p->cell) {
                p->dropped++;
                continue;
            }
            AMS_TRY(ams_grow(&p->node, &p->node_capacity, end + 1, sizeof node, "a plan", err));
            p->node[end++] = node;
            in_cell++;
            prune_list(s, level, end - 1, end);
        }
    }
    s->row[i + 2] = end;
out:
    return status;
}

/* The largest level stands first in its row; of equal ones the least sum of end times. */
static void walk_back(const sets_plan *s, uint32_t *choice, uint64_t *value)
{
    size_t at = s->row[s->n];
    *value = s->p->node[at].level;
    for (uint32_t i = s->n; i-- > 0;) {
        choice[i] = s->p->node[at].option;
        at = s->p->node[at].parent;
    }
}

static ams_status solve(ams_planner *p, sets_plan s, const ams_plan_job *job,
                        const double *t0_ms, uint32_t *choice, uint64_t *value, ams_error *err)
{
    const uint32_t n = s.n;
    const uint32_t machines = s.machines;
    planner_node first = {.parent = NO_NODE, .next = NO_NODE};
    ams_status status = AMS_OK;
    s.p = p;
    s.base_ms = t0_ms[0];
    s.levels = 1;
    p->kept = 0;
    AMS_TRY(ams_grow(&p->start, &p->start_capacity, n + 2, sizeof *p->start, "rows", err));
    AMS_TRY(ams_grow(&p->node, &p->node_capacity, 1, sizeof first, "a plan", err));
    for (uint32_t v = 1; v < machines; v++) {
        s.base_ms = t0_ms[v] < s.base_ms ? t0_ms[v] : s.base_ms;
    }
    for (uint32_t v = 0; v < machines; v++) {
        first.end_ms[v] = (float)(t0_ms[v] - s.base_ms);
    }
    s.row = p->start;
    s.row[0] = 0;
    s.row[1] = 1;
    p->node[0] = first;
    for (uint32_t i = 0; i < n; i++) {
        s.job = &job[i];
        AMS_TRY(make_candidates(&s, i, err));
        AMS_TRY(keep_undominated(&s, i, err));
        if (s.row[i + 2] == s.row[i + 1]) { /* every job may add nothing */
            status = ams_fail(err, AMS_USAGE, "job %u of a plan has no option that fits", i);
            goto out;
        }
    }
    p->rows += n;
    walk_back(&s, choice, value);
out:
    return status;
}

ams_status ams_plan_sets(ams_planner *p, const ams_plan_job *job, uint32_t n, uint32_t machines,
                         const double *t0_ms, uint32_t *choice, uint64_t *value, ams_error *err)
{
    return solve(p, (sets_plan){.n = n, .machines = machines}, job, t0_ms, choice, value, err);
}

ams_status ams_plan_lists(ams_planner *p, const ams_plan_job *job, uint32_t n,
                          uint32_t machines, const double *t0_ms, uint32_t *choice,
                          uint64_t *value, ams_error *err)
{
    double sorted_ms[AMS_STREAM_SETS] = {0};
    for (uint32_t v = 0; v < machines; v++) {
        uint32_t at = v;
        for (; at > 0 && sorted_ms[at - 1] > t0_ms[v]; at--) {
            sorted_ms[at] = sorted_ms[at - 1];
        }
        sorted_ms[at] = t0_ms[v];
    }
    return solve(p, (sets_plan){.n = n, .machines = machines, .lists = true}, job, sorted_ms,
                 choice, value, err);
}
