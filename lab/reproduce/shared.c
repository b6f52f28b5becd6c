#include "lab/reproduce/shared.h"
#include "lab/reproduce/records.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* What others have made of a step that waits here. */
static ams_status hear_one(ams_reproduction *r, size_t s, bool *failed, ams_error *err)
{
    ams_step *step = &r->step[s];
    const ams_piece claim = ams_claims_state(r->claims, step->key);
    ams_status status = AMS_OK;
    if (claim.attempt == step->repeats) {
        return AMS_OK; /* nobody has tried, or it is to be done again */
    }
    if (claim.state == AMS_CLAIM_DONE) {
        AMS_TRY(ams_step_find(r, s, err));
    } else if (claim.state == AMS_CLAIM_FAILED) {
        step->state = AMS_STEP_FAILED;
        ams_claims_failure(r->claims, step->key, &step->code, step->message,
                           sizeof step->message);
        *failed = true;
    }
out:
    return status;
}

ams_status ams_steps_join(ams_reproduction *r, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_claims_open(&r->claims, r->directory, r->options.join.patience, err));
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        ams_step *step = &r->step[s];
        AMS_TRY(ams_format(&step->key, "a claim", err, "%.180s+%016llx", r->recipe.step[s].name,
                           (unsigned long long)XXH3_64bits(step->text, strlen(step->text))));
        const ams_piece claim = ams_claims_state(r->claims, step->key);
        const bool lost = claim.state == AMS_CLAIM_DONE && step->state == AMS_STEP_WAITING;
        const bool failed = claim.state == AMS_CLAIM_FAILED && r->options.join.failed;
        step->repeats = lost || failed ? claim.attempt : 0;
    }
out:
    return status;
}

ams_status ams_steps_claim(ams_reproduction *r, size_t step, bool *mine, ams_error *err)
{
    ams_piece claim = {.state = AMS_CLAIM_BUSY};
    ams_status status =
        ams_claims_take(r->claims, r->step[step].key, r->step[step].repeats, &claim, err);
    *mine = claim.state == AMS_CLAIM_MINE;
    return status;
}

ams_status ams_steps_told(ams_reproduction *r, size_t step, ams_error *err)
{
    const ams_step *s = &r->step[step];
    const ams_claim_state end = s->state == AMS_STEP_DONE     ? AMS_CLAIM_DONE
                                : s->state == AMS_STEP_FAILED ? AMS_CLAIM_FAILED
                                                              : AMS_CLAIM_FREE;
    return ams_claims_end(r->claims, s->key, end, s->code, s->message, err);
}

ams_status ams_steps_hear(ams_reproduction *r, bool *failed, ams_error *err)
{
    ams_status status = AMS_OK;
    *failed = false;
    AMS_TRY(ams_claims_look(r->claims, err));
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == AMS_STEP_WAITING) {
            AMS_TRY(hear_one(r, s, failed, err));
        }
    }
out:
    return status;
}

/* -- the end -- */

size_t ams_reproduction_left(const ams_reproduction *r)
{
    return ams_reproduction_count(r, AMS_STEP_WAITING) +
           ams_reproduction_count(r, AMS_STEP_STOPPED);
}

ams_status ams_reproduction_finish(ams_reproduction *r,
                                   ams_status (*work)(void *context, ams_error *err),
                                   void *context, int *stopped, bool *done, ams_error *err)
{
    char key[64];
    uint64_t hash = 0;
    sigset_t mask;
    *done = r->claims == NULL || (*stopped == 0 && ams_reproduction_left(r) == 0);
    if (r->claims == NULL) {
        return work(context, err);
    }
    if (!*done) {
        return AMS_OK;
    }
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_piece claim = ams_claims_state(r->claims, r->step[s].key);
        const uint32_t outcome[] = {claim.attempt, ams_reproduction_has(r, s)};
        hash = XXH3_64bits_withSeed(outcome, sizeof outcome, hash);
    }
    snprintf(key, sizeof key, "tables+%016llx", (unsigned long long)hash);
    const ams_piece before = ams_claims_state(r->claims, key);
    ams_children_hold_signals(&mask);
    const ams_status status = ams_claims_once(r->claims, key, work, context, stopped, err);
    ams_children_release_signals(&mask);
    *done = before.state != AMS_CLAIM_DONE;
    return status;
}
