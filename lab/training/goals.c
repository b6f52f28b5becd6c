/* Which goal of a network with goal inputs serves which deadline, by the validation split. */
#include "ams/evaluate.h"
#include "lab/training/state.h"

typedef double serve_curve[AMS_CURVE]; /* mean recall by t = total time x k / (AMS_CURVE - 1) */

static ams_status mean_curve(const ams_training *t, const ams_policy *policy, serve_curve curve,
                             ams_error *err)
{
    const ams_eval_options eval = {.split = AMS_VALIDATION, .pool = t->how.pool};
    ams_scores scores = {0};
    ams_status status = ams_evaluate(&scores, policy, t->table, &eval, err);
    for (uint32_t k = 0; status == AMS_OK && k < AMS_CURVE; k++) {
        curve[k] = 0;
        for (uint32_t i = 0; i < scores.n; i++) {
            curve[k] += (double)scores.recall_time[(size_t)i * AMS_CURVE + k] / scores.n;
        }
    }
    ams_scores_fini(&scores);
    return status;
}

/* first[g]: from which point on goal g or a higher one serves. Of all ways in which the goal
 * never falls as time grows, the one of the largest summed recall; ties to the higher goal. */
static void divide(serve_curve *curve, uint32_t n, uint32_t *first)
{
    double sum[AMS_MAX_GOALS] = {0}; /* up to the point before, which g served */
    uint8_t from[AMS_CURVE][AMS_MAX_GOALS] = {{0}};
    for (uint32_t k = 0; k < AMS_CURVE; k++) {
        for (uint32_t g = n; g-- > 0;) { /* those below are still of the point before */
            uint32_t best = g;
            for (uint32_t lower = g; lower-- > 0;) {
                best = sum[lower] > sum[best] ? lower : best;
            }
            from[k][g] = (uint8_t)best;
            sum[g] = sum[best] + curve[g][k];
        }
    }
    uint32_t g = n - 1;
    for (uint32_t lower = n - 1; lower-- > 0;) {
        g = sum[lower] > sum[g] ? lower : g;
    }
    for (uint32_t k = 0; k < n; k++) {
        first[k] = AMS_CURVE - 1;
    }
    for (uint32_t k = AMS_CURVE; k-- > 0;) {
        for (uint32_t lower = 0; lower <= g; lower++) {
            first[lower] = k;
        }
        g = from[k][g];
    }
}

ams_status ams_training_goal_deadlines(const ams_training *t, ams_policy *policy,
                                       const double *goal, uint32_t n, double *serves_ms,
                                       ams_error *err)
{
    serve_curve curve[AMS_MAX_GOALS];
    uint32_t first[AMS_MAX_GOALS];
    ams_status status = AMS_OK;
    for (uint32_t g = 0; g < n; g++) {
        AMS_TRY(ams_policy_set_goal(policy, goal[g], err));
        AMS_TRY(mean_curve(t, policy, curve[g], err));
    }
    divide(curve, n, first);
    for (uint32_t g = 0; g < n; g++) {
        serves_ms[g] = t->env->total_time_ms * first[g] / (AMS_CURVE - 1);
    }
out:
    return status;
}

ams_status ams_training_serve(void *training, const ams_net *net,
                              double serves_ms[AMS_MAX_GOALS], ams_error *err)
{
    const ams_training *t = training;
    ams_policy *policy = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_policy_create_from_net(&policy, t->env, net, (ams_decide)t->train.decide, err));
    status = ams_training_goal_deadlines(t, policy, t->env->options.goal, t->env->n_goals,
                                         serves_ms, err);
out:
    ams_policy_destroy(policy);
    return status;
}
