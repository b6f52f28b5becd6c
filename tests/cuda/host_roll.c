#include "tests/cuda/host_roll.h"

#include "cuda/rolls.h"
#include "tests/cuda/host_run.h"

#include <stdlib.h>
#include <string.h>

struct host_roller {
    uint32_t n, lanes;
    ams_roll *roll;         /* (n) */
    unsigned char *weights; /* of all */
};

static unsigned char *fill(const ams_roll_plan *plan, uint32_t n, ams_roll *roll)
{
    unsigned char *memory = calloc(1, plan->bytes + 1);
    host_must(memory != NULL);
    for (uint32_t i = 0; i < plan->n; i++) {
        const ams_roll_array *a = &plan->array[i];
        host_must(a->at + a->bytes <= plan->bytes);
        if (a->from != NULL && a->bytes > 0) {
            memcpy(memory + a->at, a->from, a->bytes);
        }
    }
    ams_roll_plan_point(plan, memory, n, roll);
    return memory;
}

/* Items from the last to the first, so that none can lean on one before it. */
void host_roll_items(const ams_roll *roll)
{
    ams_roll_scratch scratch;
    const uint64_t bytes = ams_roll_place(roll, &scratch, NULL);
    unsigned char *shared = malloc(bytes);
    host_must(shared != NULL);
    for (uint32_t i = roll->env.n_items; i-- > 0;) {
        if (roll->env.split[i] == roll->split) {
            memset(shared, 0xFF, bytes); /* NaN, and no index */
            ams_roll_place(roll, &scratch, shared);
            ams_roll_item(roll, i, &scratch);
        }
    }
    free(shared);
}

ams_status host_roller_create(host_roller **roller, const ams_cuda_policy *policy, uint32_t n,
                              uint32_t lanes, ams_error *err)
{
    ams_roll_plan plan;
    host_roller *r = malloc(sizeof *r);
    host_must(r != NULL);
    *r = (host_roller){.n = n, .lanes = lanes, .roll = calloc(n, sizeof *r->roll)};
    host_must(r->roll != NULL);
    ams_status status = ams_roll_plan_weights(&plan, policy, n, r->roll, err);
    host_must(status == AMS_OK);
    r->weights = fill(&plan, n, r->roll);
    ams_roll_plan_fini(&plan);
    *roller = r;
    return status;
}

ams_status host_roller_roll(host_roller *roller, const ams_env *const *env, ams_split split,
                            uint8_t *order, ams_error *err)
{
    ams_roll_plan plan;
    ams_status status =
        ams_roll_plan_window(&plan, env, roller->n, split, order, roller->roll, err);
    if (status != AMS_OK) {
        return status;
    }
    unsigned char *window = fill(&plan, roller->n, roller->roll);
    for (uint32_t i = 0; i < roller->n; i++) {
        roller->roll[i].lanes = roller->lanes;
        host_must((roller->roll[i].env.n_items > 0) == (env[i] != NULL));
        host_roll_items(&roller->roll[i]);
    }
    for (uint32_t i = 0; i < plan.n; i++) {
        const ams_roll_array *a = &plan.array[i];
        if (a->to != NULL) {
            memcpy(a->to, window + a->at, a->bytes);
        }
    }
    ams_roll_plan_fini(&plan);
    free(window);
    return status;
}

void host_roller_destroy(host_roller *roller)
{
    if (roller != NULL) {
        free(roller->weights);
        free(roller->roll);
    }
    free(roller);
}
