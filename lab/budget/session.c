/* The policies of a scoring session, by right answers. */
#include "ams/budget.h"
#include "base/team.h"

ams_status ams_budget_score_session(ams_budget *budget, const ams_score_session *session,
                                    ams_budget_options options, ams_error *err)
{
    *budget = (ams_budget){0};
    if (!ams_team_leads(session->options.team)) {
        return AMS_HELPED;
    }
    options.split = session->options.split;
    options.seed = session->options.seed;
    options.draws = session->options.bootstrap_draws;
    options.policy = session->policy;
    options.n_policies = session->n_policies;
    options.progress = session->options.progress;
    return ams_budget_run(budget, &session->table, &options, err);
}
