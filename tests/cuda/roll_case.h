/* Tables with policies for roll-outs on the device, and what these are held against: the CPU's
 * scorer. Odd shapes on purpose: no multiple of a warp or of four chains. */
#ifndef AMS_TESTS_CUDA_ROLL_CASE_H
#define AMS_TESTS_CUDA_ROLL_CASE_H

#include "ams/cuda.h"
#include "ams/policy.h"
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

/* The orders of all the policies on the host, by `lanes` a warp. */
void roll_on_host(const ams_cuda_policy *policy, const ams_env *const *env, uint32_t n,
                  ams_split split, uint32_t lanes, uint8_t *order);

/* That `order` (N, M) is the scorer's in the rows of `split`, or leaves it where two models
 * score the same within rounding; returns how many rows leave it. */
uint32_t roll_compare(const roll_case *c, const uint8_t *order, ams_split split,
                      const char *name);

#endif
