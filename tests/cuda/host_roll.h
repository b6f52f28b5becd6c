/* Roll-outs of the device on the host, lane by lane, and what they are held against: the CPU's
 * scorer. Odd shapes on purpose: no multiple of a warp or of four chains. */
#ifndef AMS_TESTS_CUDA_HOST_ROLL_H
#define AMS_TESTS_CUDA_HOST_ROLL_H

#include "cuda/cuda.h"
#include "sched/policy.h"
#include "tests/env/random_table.h"

typedef struct roll_setting {
    const char *name, *hidden;
    uint32_t n_models, n_labels;
    int dueling, features, decide, end;
} roll_setting;

extern const roll_setting roll_settings[];
extern const int roll_n_settings;

/* One table with a policy for it. */
typedef struct roll_case {
    ams_table table;
    ams_env *env;
    ams_net net;
    ams_decide decide;
} roll_case;

/* These stop the test on failure. Weights and times have ties unless `distinct`. */
void roll_open(roll_case *c, const roll_setting *setting, bool distinct);
void roll_close(roll_case *c);

/* What ams_cuda_roller_create and ams_cuda_roll do, by `lanes` a warp; a warp's memory is
 * poisoned before. */
void host_roll(const ams_cuda_policy *policy, const ams_env *const *env, uint32_t n,
               ams_split split, uint32_t lanes, uint8_t *order);

/* That `order` (N, M) is the scorer's in the rows of `split`, or leaves it where two models
 * score the same within rounding; returns how many rows leave it. */
uint32_t roll_compare(const roll_case *c, const uint8_t *order, ams_split split,
                      const char *name);

#endif
