/* The steps of a reproduction: processes, some at a time, each after those that it needs. */
#include "lab/reproduce/records.h"
#include "lab/reproduce/shared.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a step without a recorded time is assumed to take. */
static double expected_seconds(const ams_recipe_step *step)
{
    return step->seconds > 0 ? step->seconds : 1;
}

/* -- order -- */

static void rank_steps(ams_reproduction *r)
{
    for (size_t s = r->recipe.n_steps; s-- > 0;) {
        const ams_recipe_step *step = &r->recipe.step[s];
        /* On top of the longest chain that needs it. */
        r->step[s].rank += step->wanted ? expected_seconds(step) : 0;
        for (size_t k = 0; k < step->n_needs; k++) {
            double *rank = &r->step[step->need[k]].rank;
            *rank = r->step[s].rank > *rank ? r->step[s].rank : *rank;
        }
    }
}

/* The step that can begin and has the longest chain after it; AMS_NO_STEP if none can. */
static size_t choose(const ams_reproduction *r)
{
    size_t best = AMS_NO_STEP;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_recipe_step *step = &r->recipe.step[s];
        bool ready = r->step[s].state == AMS_STEP_WAITING;
        for (size_t k = 0; k < step->n_needs && ready; k++) {
            ready = ams_reproduction_has(r, step->need[k]);
        }
        if (ready && (best == AMS_NO_STEP || r->step[s].rank > r->step[best].rank) &&
            ams_steps_is_free(r, s)) {
            best = s;
        }
    }
    return best;
}

/* The step to begin, which is ours; AMS_NO_STEP if there is none now. */
static ams_status take_step(ams_reproduction *r, size_t *step, ams_error *err)
{
    ams_claim_state found = AMS_CLAIM_BUSY;
    ams_status status = AMS_OK;
    *step = choose(r);
    while (r->claims != NULL && *step != AMS_NO_STEP) {
        AMS_TRY(ams_steps_claim(r, *step, &found, err));
        if (found == AMS_CLAIM_MINE) {
            break;
        }
        /* Of others, so that it is not chosen again; or ours, but not to be begun yet. */
        *step = found == AMS_CLAIM_FREE ? AMS_NO_STEP : choose(r);
    }
out:
    return status;
}

/* -- a step begins -- */

static ams_status next_step(void *context, ams_child *child, bool *found, ams_error *err)
{
    static char program[] = "ams";
    ams_reproduction *r = context;
    size_t s = AMS_NO_STEP;
    ams_status status = take_step(r, &s, err);
    *found = status == AMS_OK && s != AMS_NO_STEP;
    if (!*found) {
        return status;
    }
    const ams_recipe_step *step = &r->recipe.step[s];
    free(r->log);
    free(r->argv);
    r->log = NULL;
    r->argv = NULL;
    AMS_TRY(ams_step_path(r, s, "logs", "log", &r->log, err));
    AMS_TRY(ams_alloc(&r->argv, step->n_words + 2, sizeof *r->argv, "arguments", err));
    r->argv[0] = program;
    memcpy(r->argv + 1, step->word, step->n_words * sizeof *r->argv);
    *child = (ams_child){.key = s,
                         .name = step->name,
                         .argv = r->argv,
                         .log = r->log,
                         .handed = r->claims == NULL ? NULL : &r->step_lock};
    AMS_TRY(r->options.spawn(r->options.context, step, child, err));
    r->step[s].begun = ams_seconds();
    r->step[s].state = AMS_STEP_RUNNING;
out:
    return status;
}

/* -- a step ends -- */

static void skip_what_needs(ams_reproduction *r, size_t failed)
{
    for (size_t s = failed + 1; s < r->recipe.n_steps; s++) {
        const ams_recipe_step *step = &r->recipe.step[s];
        for (size_t k = 0; k < step->n_needs && r->step[s].state == AMS_STEP_WAITING; k++) {
            ams_step_state need = r->step[step->need[k]].state;
            if (need == AMS_STEP_FAILED || need == AMS_STEP_SKIPPED) {
                r->step[s].state = AMS_STEP_SKIPPED;
                snprintf(r->step[s].message, sizeof r->step[s].message, "it needs %s",
                         r->recipe.step[step->need[k]].name);
            }
        }
    }
}

static ams_status note_failure(ams_reproduction *r, const ams_child_end *end, ams_error *err)
{
    ams_step *step = &r->step[end->key];
    char *log = NULL;
    ams_status status = AMS_OK;
    step->state = AMS_STEP_FAILED;
    step->code = end->code;
    if (end->signal > 0) {
        ams_child_signal_text(end->signal, step->message, sizeof step->message);
    } else {
        AMS_TRY(ams_step_path(r, end->key, "logs", "log", &log, err));
        if (!ams_child_last_line(log, step->message, sizeof step->message)) {
            snprintf(step->message, sizeof step->message, "exit code %d, no message",
                     step->code);
        }
    }
    ams_notice(&r->options.progress, "step %s failed: %s", r->recipe.step[end->key].name,
               step->message);
    skip_what_needs(r, end->key);
out:
    free(log);
    return status;
}

static ams_status note_end(ams_reproduction *r, const ams_child_end *end, ams_error *err)
{
    ams_step *step = &r->step[end->key];
    step->seconds = end->seconds;
    step->cpu_seconds = end->cpu_seconds;
    step->peak_mb = end->peak_mb;
    if (end->stopping) {
        /* Also where it ended well: a sweep does when it is stopped. */
        step->state = AMS_STEP_STOPPED;
        return AMS_OK;
    }
    if (end->code == 0) {
        step->state = AMS_STEP_DONE;
        snprintf(step->commit, sizeof step->commit, "%s", r->options.commit);
        return ams_step_record(r, end->key, err);
    }
    return note_failure(r, end, err);
}

static ams_status step_ended(void *context, const ams_child_end *end, ams_error *err)
{
    ams_reproduction *r = context;
    ams_status status = note_end(r, end, err);
    return status == AMS_OK && r->claims != NULL ? ams_steps_told(r, end->key, err) : status;
}

/* -- others -- */

static ams_status hear(ams_reproduction *r, ams_error *err)
{
    bool failed = false;
    ams_status status = ams_steps_hear(r, &failed, err);
    for (size_t s = 0; s < r->recipe.n_steps && failed; s++) {
        if (r->step[s].state == AMS_STEP_FAILED) {
            skip_what_needs(r, s);
        }
    }
    return status;
}

static double wait_for_others(void *context)
{
    const ams_reproduction *r = context;
    return r->claims == NULL || r->options.join.leave || ams_reproduction_left(r) == 0
               ? 0
               : ams_claims_wait(r->claims) + 0.005;
}

/* -- all -- */

static ams_status show(void *context, ams_error *err)
{
    ams_reproduction *r = context;
    ams_status status = r->claims == NULL ? AMS_OK : hear(r, err);
    char note[256];
    double done = 0;
    double total = 0;
    double now = ams_seconds();
    size_t finished =
        ams_reproduction_count(r, AMS_STEP_DONE) + ams_reproduction_count(r, AMS_STEP_BEFORE);
    size_t wanted = r->recipe.n_steps - ams_reproduction_count(r, AMS_STEP_UNWANTED);
    size_t used =
        (size_t)snprintf(note, sizeof note, "%zu of %zu steps done", finished, wanted);
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_step *step = &r->step[s];
        double seconds = expected_seconds(&r->recipe.step[s]);
        if (step->state == AMS_STEP_UNWANTED || step->state == AMS_STEP_BEFORE) {
            continue;
        }
        total += seconds;
        if (step->state == AMS_STEP_RUNNING) {
            double passed = now - step->begun;
            done += passed < seconds ? passed : seconds;
            if (used < sizeof note) {
                used += (size_t)snprintf(note + used, sizeof note - used, ", %s",
                                         r->recipe.step[s].name);
            }
        } else if (step->state != AMS_STEP_WAITING) {
            done += seconds;
        }
    }
    ams_progress_update(&r->options.progress, done, total, note);
    return status;
}

ams_status ams_reproduction_open(ams_reproduction *r, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_records_open(r, err));
    /* Claims first: a step that ends in between is then found to be done, or heard of later.
     * The other way round it would have an end by its claim, and no record yet. */
    AMS_TRY(r->options.join.on ? ams_steps_join(r, err) : AMS_OK);
    AMS_TRY(ams_records_find(r, err));
    if (r->claims != NULL) {
        ams_steps_repeat(r);
        status = hear(r, err);
    }
out:
    return status;
}

ams_status ams_reproduction_run(ams_reproduction *r, int *stopped, ams_error *err)
{
    const double most = r->options.join.seconds;
    const ams_children children = {.context = r,
                                   .next = next_step,
                                   .ended = step_ended,
                                   .tick = show,
                                   .wait = wait_for_others,
                                   .until = most > 0 ? ams_seconds() + most : 0};
    sigset_t mask;
    rank_steps(r);
    ams_children_hold_signals(&mask);
    ams_status status =
        ams_children_run(&children, r->options.side_by_side, &mask, stopped, err);
    ams_children_release_signals(&mask);
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == AMS_STEP_RUNNING) { /* after an error: it was stopped */
            r->step[s].state = AMS_STEP_STOPPED;
        }
    }
    return status;
}
