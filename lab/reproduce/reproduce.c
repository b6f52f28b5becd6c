/* A reproduction's beginning and end. */
#include "lab/reproduce/reproduce.h"
#include "lab/reproduce/records.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A command line as one can type it. */
static ams_status step_text(const ams_recipe_step *step, char **text, ams_error *err)
{
    size_t size = 0;
    FILE *stream = open_memstream(text, &size);
    if (stream == NULL) {
        return ams_no_memory(err, 0, "a command");
    }
    fputs("ams", stream);
    for (size_t w = 0; w < step->n_words; w++) {
        bool plain = strpbrk(step->word[w], " \t\"'$&;|<>()*?[]\\#`") == NULL;
        fprintf(stream, plain ? " %s" : " '%s'", step->word[w]);
    }
    return fclose(stream) == 0 ? AMS_OK : ams_no_memory(err, size, "a command");
}

ams_status ams_reproduction_init(ams_reproduction *r, const ams_reproduction_options *options,
                                 ams_error *err)
{
    ams_status status = AMS_OK;
    *r = (ams_reproduction){
        .options = *options, .directory = options->recipe.out, .lock = -1, .step_lock = -1};
    AMS_TRY(ams_recipe_read(&r->recipe, &options->recipe, err));
    AMS_TRY(ams_alloc(&r->step, r->recipe.n_steps, sizeof *r->step, "steps", err));
    AMS_TRY(ams_alloc(&r->number, r->recipe.n_rows, sizeof *r->number, "numbers", err));
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        r->step[s].state = r->recipe.step[s].wanted ? AMS_STEP_WAITING : AMS_STEP_UNWANTED;
        AMS_TRY(step_text(&r->recipe.step[s], &r->step[s].text, err));
    }
out:
    if (status != AMS_OK) {
        ams_reproduction_fini(r);
    }
    return status;
}

void ams_reproduction_fini(ams_reproduction *r)
{
    for (size_t s = 0; r->step != NULL && s < r->recipe.n_steps; s++) {
        free(r->step[s].text);
        free(r->step[s].key);
    }
    ams_claims_close(r->claims);
    if (r->directory != NULL && r->lock >= 0) {
        ams_reproduction_unlock(r);
    }
    if (r->step_lock >= 0 && r->step != NULL) { /* nobody took it */
        close(r->step_lock);
    }
    free(r->step);
    free(r->number);
    free(r->argv);
    free(r->log);
    ams_recipe_fini(&r->recipe);
    *r = (ams_reproduction){.lock = -1, .step_lock = -1};
}

size_t ams_reproduction_count(const ams_reproduction *r, ams_step_state state)
{
    size_t count = 0;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        count += r->step[s].state == state;
    }
    return count;
}

bool ams_reproduction_has(const ams_reproduction *r, size_t step)
{
    return r->step[step].state == AMS_STEP_DONE || r->step[step].state == AMS_STEP_BEFORE;
}

ams_status ams_reproduction_seconds(const ams_reproduction *r, double *seconds, size_t *unknown,
                                    ams_error *err)
{
    bool *done = NULL;
    size_t n = r->recipe.n_steps;
    ams_status status = ams_alloc(&done, n, sizeof *done, "steps", err);
    if (status != AMS_OK) {
        return status;
    }
    for (size_t s = 0; s < n; s++) {
        done[s] = r->step[s].state != AMS_STEP_WAITING; /* or failed elsewhere */
    }
    *seconds = ams_recipe_seconds(&r->recipe, done, r->options.side_by_side, unknown);
    free(done);
    return AMS_OK;
}
