#include "lab/reproduce/shared.h"
#include "lab/reproduce/records.h"

#include "base/lock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
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
    }
out:
    return status;
}

void ams_steps_repeat(ams_reproduction *r)
{
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        ams_step *step = &r->step[s];
        const ams_piece claim = ams_claims_state(r->claims, step->key);
        const bool lost = claim.state == AMS_CLAIM_DONE && step->state == AMS_STEP_WAITING;
        const bool failed = claim.state == AMS_CLAIM_FAILED && r->options.join.failed;
        step->repeats = lost || failed ? claim.attempt : 0;
    }
}

/* -- a step's lock -- */

/* CLAIMS/STEP.lock: its process has it until it ends, also where the one that started it was
 * killed before. */
static ams_status lock_path(const ams_reproduction *r, size_t step, char **path, ams_error *err)
{
    return ams_step_path(r, step, "claims", "lock", path, err);
}

bool ams_steps_is_free(const ams_reproduction *r, size_t step)
{
    char *path = NULL;
    if (r->claims == NULL) {
        return true;
    }
    const ams_piece claim = ams_claims_state(r->claims, r->step[step].key);
    const bool ended = claim.state == AMS_CLAIM_DONE || claim.state == AMS_CLAIM_FAILED;
    if (claim.state != AMS_CLAIM_FREE && !(ended && claim.attempt == r->step[step].repeats)) {
        return false;
    }
    if (lock_path(r, step, &path, NULL) != AMS_OK) {
        return true; /* the start says what is wrong */
    }
    if (claim.taken_over) {
        ams_lock_forget(path); /* of a machine that was given up */
    }
    const bool locked = ams_lock_in_use(path);
    free(path);
    return !locked;
}

ams_status ams_steps_claim(ams_reproduction *r, size_t step, ams_claim_state *found,
                           ams_error *err)
{
    const char *key = r->step[step].key;
    ams_piece claim = {.state = AMS_CLAIM_BUSY};
    ams_lock lock = {.state = AMS_LOCK_TAKEN};
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_claims_take(r->claims, key, r->step[step].repeats, &claim, err));
    *found = claim.state;
    if (claim.state == AMS_CLAIM_MINE) {
        AMS_TRY(lock_path(r, step, &path, err));
        AMS_TRY(ams_lock_open(&r->step_lock, path, false, &lock, err));
    }
    if (lock.state == AMS_LOCK_IN_USE) {
        status = ams_claims_end(r->claims, key, AMS_CLAIM_FREE, 0, "", err);
        *found = AMS_CLAIM_FREE;
    }
out:
    free(path);
    return status;
}

ams_status ams_steps_told(ams_reproduction *r, size_t step, ams_error *err)
{
    const ams_step *s = &r->step[step];
    char *path = NULL;
    const ams_claim_state end = s->state == AMS_STEP_DONE     ? AMS_CLAIM_DONE
                                : s->state == AMS_STEP_FAILED ? AMS_CLAIM_FAILED
                                                              : AMS_CLAIM_FREE;
    if (lock_path(r, step, &path, NULL) == AMS_OK) {
        ams_lock_forget(path); /* its process has ended, and cannot do so itself */
    }
    free(path);
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

/* What is done once, and whether this process did it. */
typedef struct finish_work {
    ams_status (*work)(void *context, ams_error *err);
    void *context;
    bool done;
} finish_work;

static ams_status do_work(void *context, ams_error *err)
{
    finish_work *w = context;
    const ams_status status = w->work(w->context, err);
    w->done = status == AMS_OK;
    return status;
}

ams_status ams_reproduction_finish(ams_reproduction *r,
                                   ams_status (*work)(void *context, ams_error *err),
                                   void *context, int *stopped, ams_finish *finish,
                                   ams_error *err)
{
    finish_work once = {.work = work, .context = context};
    char key[64];
    uint64_t hash = 0;
    sigset_t mask;
    *finish = AMS_FINISH_NOT_YET;
    if (r->claims == NULL) {
        *finish = AMS_FINISH_HERE;
        return work(context, err);
    }
    if (*stopped != 0 || ams_reproduction_left(r) > 0) {
        return AMS_OK;
    }
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_piece claim = ams_claims_state(r->claims, r->step[s].key);
        const uint32_t outcome[] = {claim.attempt, ams_reproduction_has(r, s)};
        hash = XXH3_64bits_withSeed(outcome, sizeof outcome, hash);
    }
    snprintf(key, sizeof key, "tables+%016llx", (unsigned long long)hash);
    ams_children_hold_signals(&mask);
    const ams_status status = ams_claims_once(r->claims, key, do_work, &once, stopped, err);
    ams_children_release_signals(&mask);
    if (status == AMS_OK && (once.done || *stopped == 0)) {
        *finish = once.done ? AMS_FINISH_HERE : AMS_FINISH_ELSEWHERE;
    }
    return status;
}
