/* Planners: what to start now so that the whole time left is used well, where Algorithms 1 and
 * 2 look at one rate. Header-only, no allocation, no I/O, no state, as limits.h. Plan, start,
 * wait for an output, plan again: the values of the next call include what the output showed.
 *
 * M models. overlap (M, M): overlap[a * M + b] is the share of b's value that is expected to be
 * gone once a was executed; NULL: none. */
#ifndef AMS_ONLINE_PLAN_H
#define AMS_ONLINE_PLAN_H

#include "online/limits.h"

/* Steps that the time left is cut into. An execution takes its time rounded up, so that a plan
 * always fits; 256 steps waste under half a percent of the time per execution. */
enum { AMS_PLAN_STEPS = 256 };

/* 0/1 knapsack by dynamic programming over the time left: the candidates of largest summed
 * value whose times fit it. value (M) > 0 for those in `candidates`. About 3 KB of stack; 30
 * candidates take 30 x 256 steps. */
static inline uint64_t ams_plan_knapsack(const float *value, const float *time_ms,
                                         uint64_t candidates, double left_ms)
{
    float best[AMS_PLAN_STEPS + 1] = {0};
    uint64_t set[AMS_PLAN_STEPS + 1] = {0};
    for (uint64_t bits = candidates; bits != 0; bits &= bits - 1) {
        uint32_t m = (uint32_t)__builtin_ctzll(bits);
        double share = (double)time_ms[m] / left_ms * AMS_PLAN_STEPS;
        if (share > AMS_PLAN_STEPS) {
            continue; /* also where hardly any time is left and the share is past all integers
                       */
        }
        uint32_t steps = (uint32_t)share;
        steps += (double)steps < share;
        steps = steps == 0 ? 1 : steps;
        for (uint32_t t = AMS_PLAN_STEPS; t >= steps; t--) {
            float with = best[t - steps] + value[m];
            if (with > best[t]) {
                best[t] = with;
                set[t] = set[t - steps] | (bits & -bits);
            }
        }
    }
    return set[AMS_PLAN_STEPS];
}

/* Remaining models with a positive value that fit, as far as the options let them. */
static inline uint64_t ams_plan_positive(const ams_moment *at, uint64_t candidates)
{
    uint64_t positive = 0;
    for (uint64_t bits = candidates; bits != 0; bits &= bits - 1) {
        positive |= at->value[__builtin_ctzll(bits)] > 0 ? bits & -bits : 0;
    }
    return positive;
}

/* One model at a time: of the knapsack's set the largest value per time first, which matters if
 * the rest is planned again. The time that the plan leaves goes to Algorithm 1. */
static inline uint64_t ams_plan_serial(const ams_moment *at, const ams_limit_options *o)
{
    if (at->running != 0 || ams_should_stop(at, o)) {
        return 0;
    }
    uint64_t candidates = ams_startable(at, o, at->remaining, 0);
    if (candidates == 0) {
        return 0;
    }
    double left_ms = at->deadline_ms - at->now_ms;
    uint64_t positive = ams_plan_positive(at, candidates);
    double all_ms = 0;
    for (uint64_t bits = positive; bits != 0; bits &= bits - 1) {
        all_ms += (double)at->time_ms[__builtin_ctzll(bits)];
    }
    if (all_ms > left_ms) {
        uint64_t set = ams_plan_knapsack(at->value, at->time_ms, positive, left_ms);
        candidates = set != 0 ? set : candidates;
    }
    return UINT64_C(1) << ams_limit_best(at, o, candidates, AMS_COST_TIME);
}

/* The values that are left once `started` were executed. */
static inline void ams_plan_discount(const ams_moment *at, uint64_t started, float *value)
{
    for (uint64_t bits = at->overlap == NULL ? 0 : started; bits != 0; bits &= bits - 1) {
        const float *gone = at->overlap + (uint64_t)__builtin_ctzll(bits) * at->n_models;
        for (uint32_t m = 0; m < at->n_models; m++) {
            value[m] *= value[m] > 0 ? 1 - gone[m] : 1;
        }
    }
}

/* A plan while it is made. */
typedef struct ams_plan {
    ams_moment at;
    float value[64];
    double end_ms[64];
    uint64_t first; /* what it starts now */
    double worth;   /* sum of the positive values of all it executes */
} ams_plan;

static inline void ams_plan_start(ams_plan *plan, uint64_t models, bool now)
{
    ams_moment *at = &plan->at;
    plan->first |= now ? models : 0;
    for (uint64_t bits = models; bits != 0; bits &= bits - 1) {
        uint32_t m = (uint32_t)__builtin_ctzll(bits);
        plan->end_ms[m] = at->now_ms + (double)at->time_ms[m];
        plan->worth += plan->value[m] > 0 ? (double)plan->value[m] : 0;
        at->used_mb += (double)at->mem_mb[m];
        at->running |= bits & -bits;
        at->remaining &= ~(bits & -bits);
        ams_plan_discount(at, bits & -bits, plan->value);
    }
}

/* On to the next expected end. */
static inline void ams_plan_wait(ams_plan *plan)
{
    ams_moment *at = &plan->at;
    double next = 0;
    for (uint64_t bits = at->running; bits != 0; bits &= bits - 1) {
        uint32_t m = (uint32_t)__builtin_ctzll(bits);
        next = bits == at->running || plan->end_ms[m] < next ? plan->end_ms[m] : next;
    }
    at->now_ms = next > at->now_ms ? next : at->now_ms; /* an execution may be late already */
    for (uint64_t bits = at->running; bits != 0; bits &= bits - 1) {
        uint32_t m = (uint32_t)__builtin_ctzll(bits);
        if (plan->end_ms[m] <= next) {
            at->used_mb -= (double)at->mem_mb[m];
            at->running &= ~(bits & -bits);
        }
    }
}

/* How a whole plan picks its executions. */
typedef enum ams_plan_rule {
    AMS_PLAN_AREA,
    AMS_PLAN_TIME,
    AMS_PLAN_MEMORY,
    AMS_PLAN_VALUE,
    AMS_PLAN_ALGORITHM_2,
    AMS_PLAN_RULES
} ams_plan_rule;

/* One model per call, so that each start discounts the next. */
static inline uint64_t ams_plan_pick(const ams_moment *at, const ams_limit_options *o,
                                     ams_plan_rule rule)
{
    static const ams_cost cost[] = {AMS_COST_AREA, AMS_COST_TIME, AMS_COST_MEMORY,
                                    AMS_COST_NONE};
    if (rule == AMS_PLAN_ALGORITHM_2) {
        return ams_algorithm_2(at, o);
    }
    uint64_t candidates = ams_startable(at, o, at->remaining, at->used_mb);
    return candidates == 0 ? 0 : UINT64_C(1) << ams_limit_best(at, o, candidates, cost[rule]);
}

/* first: models to start before the rule is asked. */
static inline void ams_plan_make(ams_plan *plan, const ams_moment *at,
                                 const ams_limit_options *o, ams_plan_rule rule, uint64_t first)
{
    *plan = (ams_plan){.at = *at};
    for (uint32_t m = 0; m < at->n_models; m++) {
        plan->value[m] = at->value[m];
        plan->end_ms[m] = at->end_ms == NULL ? 0 : at->end_ms[m];
    }
    plan->at.value = plan->value;
    ams_plan_discount(at, at->running, plan->value);
    ams_plan_start(plan, first, true);
    bool now = true;
    while (true) {
        uint64_t models = ams_plan_pick(&plan->at, o, rule);
        while (models != 0) {
            ams_plan_start(plan, models, now);
            models = ams_plan_pick(&plan->at, o, rule);
        }
        if (plan->at.running == 0) {
            return;
        }
        ams_plan_wait(plan);
        now = false;
    }
}

/* The AMS_PLAN_FIRST candidates of largest value. */
enum { AMS_PLAN_FIRST = 8 };

static inline uint64_t ams_plan_firsts(const ams_moment *at, uint64_t candidates)
{
    uint64_t chosen = 0;
    for (int k = 0; k < AMS_PLAN_FIRST && candidates != 0; k++) {
        uint32_t best = (uint32_t)__builtin_ctzll(candidates);
        for (uint64_t bits = candidates; bits != 0; bits &= bits - 1) {
            uint32_t m = (uint32_t)__builtin_ctzll(bits);
            best = at->value[m] > at->value[best] ? m : best;
        }
        chosen |= UINT64_C(1) << best;
        candidates &= ~(UINT64_C(1) << best);
    }
    return chosen;
}

/* Side by side under a memory budget: whole schedules of the time left, one by each rule, and
 * one by each rule that begins with each of the most valuable models that fit, since every rule
 * may begin with what blocks the rest. The one of largest summed value says what starts now.
 * Models of no value are not planned; if there are no others, Algorithm 2 decides. */
static inline uint64_t ams_plan_parallel(const ams_moment *at, const ams_limit_options *o)
{
    ams_limit_options inner = *o;
    uint64_t best = 0;
    double worth = 0;
    uint64_t candidates =
        ams_should_stop(at, o) ? 0 : ams_startable(at, o, at->remaining, at->used_mb);
    uint64_t firsts = ams_plan_firsts(at, ams_plan_positive(at, candidates));
    ams_plan plan;
    inner.stop = AMS_STOP_NEVER;
    if (candidates == 0) {
        return 0;
    }
    if (firsts == 0) {
        return ams_algorithm_2(at, &inner);
    }
    inner.negative = AMS_NEGATIVE_SKIP;
    for (int rule = 0; rule < AMS_PLAN_RULES; rule++) {
        ams_plan_make(&plan, at, &inner, (ams_plan_rule)rule, 0);
        best = plan.worth > worth ? plan.first : best;
        worth = plan.worth > worth ? plan.worth : worth;
        for (uint64_t bits = firsts; bits != 0 && rule < AMS_PLAN_ALGORITHM_2;
             bits &= bits - 1) {
            ams_plan_make(&plan, at, &inner, (ams_plan_rule)rule, bits & -bits);
            best = plan.worth > worth ? plan.first : best;
            worth = plan.worth > worth ? plan.worth : worth;
        }
    }
    return best;
}

#endif
