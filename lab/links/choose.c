#include "ams/link_session.h"

#include <math.h>

const char *const ams_link_methods[] = {"constant", "cheapest", "papers", "facility",
                                        "triples",  "exact",    "refit",  NULL};

static ams_status refitted(const void *context, uint64_t set, double *value, ams_error *err)
{
    const ams_link_session *s = context;
    ams_link_map map = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_link_fit(&map, &s->space, &s->gram, set, err));
    AMS_TRY(
        ams_link_rate_map(&map, &s->space, &s->validation, !s->options.papers_threshold, err));
    *value = 0;
    for (uint32_t j = 0; j < s->space.n_models; j++) {
        *value += map.quality[j] / s->space.n_models;
    }
out:
    ams_link_map_fini(&map);
    return status;
}

ams_status ams_link_session_choose(const ams_link_session *s, ams_link_method method,
                                   const ams_link_budget *budget, ams_choice *choice,
                                   ams_error *err)
{
    ams_choice_problem problem = {
        .n = s->space.n_models, .p = s->p, .p0 = s->p0, .never = s->never};
    if (isfinite(budget->time_ms)) {
        problem.cost[problem.n_costs] = s->time_ms;
        problem.budget[problem.n_costs++] = budget->time_ms;
    }
    if (isfinite(budget->mem_mb)) {
        problem.cost[problem.n_costs] = s->mem_mb;
        problem.budget[problem.n_costs++] = budget->mem_mb;
    }
    if (problem.n_costs == 0) {
        return ams_fail(err, AMS_USAGE, "expected a limit on time, on memory or on both");
    }
    switch (method) {
    case AMS_CHOOSE_CONSTANT:
        return ams_choose_constant(&problem, AMS_LINK_NODES, choice, err);
    case AMS_CHOOSE_CHEAPEST:
        ams_choose_cheapest(&problem, false, choice);
        return AMS_OK;
    case AMS_CHOOSE_PAPERS:
        ams_choose_papers(&problem, false, choice);
        return AMS_OK;
    case AMS_CHOOSE_FACILITY:
        ams_choose_facility(&problem, choice);
        return AMS_OK;
    case AMS_CHOOSE_TRIPLES:
        ams_choose_triples(&problem, choice);
        return AMS_OK;
    case AMS_CHOOSE_EXACT:
        return ams_choose_exact(&problem, AMS_LINK_NODES, choice, err);
    default:
        return ams_choose_greedy(&problem, refitted, s, choice, err);
    }
}
