/* A session's work, shared by the processes of a team: windows of a file, or rows of a policy.
 */
#include "base/memory.h"
#include "lab/score/parts.h"
#include "sched/eval_rows.h"

#include <stdlib.h>

/* Rows of an errand: with 64 of them an item takes as long as with thousands, and a policy that
 * is slow is still divided. */
enum { ROWS = 512 };

/* The errands of a file that is in memory: every member's rows, member after member. */
struct ams_score_errands {
    ams_team_errand *errand; /* the leader's list */
    ams_team_loop loop;
    ams_eval own; /* of the policy whose rows this process scored last: made once per policy */
};

static ams_eval_options eval_options(const ams_score_session *s)
{
    return (ams_eval_options){.split = s->options.split,
                              .recorded_times = s->options.recorded_times,
                              .pool = s->pool};
}

static uint32_t rows_from(const ams_score_session *s, uint64_t first)
{
    const uint32_t left = s->n_items - (uint32_t)first;
    return left < ROWS ? left : ROWS;
}

static ams_status need_errands(ams_score_session *s, ams_error *err)
{
    return s->errands != NULL ? AMS_OK
                              : ams_alloc(&s->errands, 1, sizeof *s->errands, "errands", err);
}

static ams_status score_rows(ams_score_session *s, const ams_team_errand *errand,
                             ams_bytes *result, ams_error *err)
{
    const ams_eval_options options = eval_options(s);
    const ams_policy *policy = s->policy[errand->a];
    const uint32_t first = (uint32_t)errand->b;
    ams_status status = AMS_OK;
    AMS_TRY(need_errands(s, err));
    ams_eval *own = &s->errands->own;
    if (own->policy != policy) {
        ams_eval_fini(own);
        AMS_TRY(ams_eval_begin(own, policy, &s->table, &options, err));
    }
    AMS_TRY(ams_eval_score(own, first, rows_from(s, first), err));
    status = ams_eval_put(own, first, rows_from(s, first), result, err);
out:
    return status;
}

ams_status ams_score_work(void *context, const ams_team_errand *errand, ams_bytes *result,
                          ams_error *err)
{
    ams_score_session *s = context;
    if (errand->kind == AMS_SCORE_WINDOW && s->in_windows &&
        errand->a + errand->b <= s->n_policies) {
        return ams_score_window(s, errand, result, err);
    }
    if (errand->kind == AMS_SCORE_ROWS && errand->a < s->n_policies && errand->b < s->n_items) {
        return score_rows(s, errand, result, err);
    }
    return ams_team_unknown(errand, err);
}

static ams_status list_errands(ams_score_session *s, ams_error *err)
{
    const uint32_t blocks = s->n_items / ROWS + (s->n_items % ROWS != 0);
    const uint64_t n = (uint64_t)blocks * s->n_policies;
    ams_status status = AMS_OK;
    AMS_TRY(need_errands(s, err));
    struct ams_score_errands *t = s->errands;
    AMS_TRY(ams_alloc(&t->errand, n, sizeof *t->errand, "errands", err));
    for (uint64_t k = 0; k < n; k++) {
        t->errand[k] = (ams_team_errand){
            .kind = AMS_SCORE_ROWS, .a = s->member[k / blocks], .b = k % blocks * ROWS};
    }
    status =
        ams_team_loop_init(&t->loop, s->options.team, t->errand, n, ams_score_work, s, err);
out:
    return status;
}

ams_status ams_score_next_rows(ams_score_session *s, ams_error *err)
{
    const uint32_t p = s->member[s->n_done++];
    const ams_eval_options options = eval_options(s);
    ams_eval eval;
    ams_status status = AMS_OK;
    if (ams_team_size(s->options.team) == 1) {
        return ams_evaluate(&s->scored[p].scores, s->policy[p], &s->table, &options, err);
    }
    if (s->errands == NULL) {
        AMS_TRY(list_errands(s, err));
    }
    AMS_TRY(ams_eval_begin(&eval, s->policy[p], &s->table, &options, err));
    for (uint64_t first = 0; first < s->n_items && status == AMS_OK; first += ROWS) {
        ams_bytes *result = NULL;
        status = ams_team_loop_next(&s->errands->loop, &result, err);
        if (status == AMS_OK) {
            status = ams_eval_get(&eval, result, err);
        }
    }
    if (status == AMS_OK) {
        ams_eval_finish(&eval, &s->scored[p].scores);
    } else {
        ams_eval_fini(&eval);
    }
out:
    return status;
}

void ams_score_end_rows(ams_score_session *s)
{
    if (s->errands != NULL) {
        ams_team_loop_fini(&s->errands->loop);
        ams_eval_fini(&s->errands->own);
        free(s->errands->errand);
    }
    free(s->errands);
    s->errands = NULL;
}
