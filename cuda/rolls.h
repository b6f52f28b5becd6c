/* Which arrays roll-outs need on the device: plain C. The device's memory is allocated, filled
 * and read back by these lists; so are the host's copies in tests.
 *
 * P policies, N items, M models. */
#ifndef AMS_CUDA_ROLLS_H
#define AMS_CUDA_ROLLS_H

#include "ams/cuda.h"
#include "cuda/roll.h"

typedef struct ams_roll_array {
    size_t member;        /* where the views have their pointer */
    size_t at, bytes;     /* from the memory's beginning; bytes may be 0 */
    const void *from;     /* NULL: zeros */
    void *to;             /* where it goes back to; NULL: nowhere */
    uint32_t first;       /* the policy it is of */
    const ams_env *share; /* NULL, or: all policies whose environment is like it have it */
} ams_roll_array;

typedef struct ams_roll_plan {
    ams_roll_array *array;
    uint32_t n;
    size_t bytes; /* to allocate */
} ams_roll_plan;

/* roll (P): the numbers of each network; policies: the weights' arrays. */
ams_status ams_roll_plan_weights(ams_roll_plan *plan, const ams_cuda_policy *policy, uint32_t n,
                                 ams_roll *roll, ams_error *err);
/* roll (P): the numbers of each environment, env (P), all of one table; environments that turn
 * it into the same entries share their arrays. NULL: a policy without items now. order: (N, M)
 * for each of the others.
 * @return AMS_BAD_DATA where a network does not fit its environment. */
ams_status ams_roll_plan_window(ams_roll_plan *plan, const ams_env *const *env, uint32_t n,
                                ams_split split, uint8_t *order, ams_roll *roll,
                                ams_error *err);
/* The weights of a training run as they are now, on its own environment, into view.order. */
void ams_roll_of_view(const ams_view *view, ams_split split, ams_roll *roll);
/* Lets the views' pointers be into `base` (plan->bytes, aligned to 256). */
void ams_roll_plan_point(const ams_roll_plan *plan, unsigned char *base, uint32_t n,
                         ams_roll *roll);
void ams_roll_plan_fini(ams_roll_plan *plan);

/* AMS_BACKEND: how much was needed for `what`, how much there is, which option asks for less.
 */
ams_status ams_roll_no_room(size_t bytes, size_t free_bytes, const char *what,
                            const char *option, ams_error *err);

#endif
