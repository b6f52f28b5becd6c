/* Roll-outs of the device on the host, lane by lane. */
#ifndef AMS_TESTS_CUDA_HOST_ROLL_H
#define AMS_TESTS_CUDA_HOST_ROLL_H

#include "cuda/rolls.h"

typedef struct host_roller host_roller;

/* As ams_cuda_roller_create, ams_cuda_roll and ams_cuda_roller_destroy, by `lanes` a warp; a
 * warp's memory is poisoned before. Without memory they end the program. */
ams_status host_roller_create(host_roller **roller, const ams_cuda_policy *policy, uint32_t n,
                              uint32_t lanes, ams_error *err);
ams_status host_roller_roll(host_roller *roller, const ams_env *const *env, ams_split split,
                            uint8_t *order, ams_error *err);
void host_roller_destroy(host_roller *roller);
/* The items of the policy's split, whose pointers are the host's. */
void host_roll_items(const ams_roll *roll);

#endif
