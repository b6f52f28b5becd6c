/* Successive halving (Jamieson and Talwalkar, AISTATS 2016; Li et al., Hyperband, JMLR 18,
 * 2018): all trials are trained a little, the best 1 / eta of them eta times as long, and so
 * on; the last rung is the whole training. */
#ifndef AMS_HALVING_H
#define AMS_HALVING_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_halving {
    uint64_t steps; /* updates of a whole training, > 0 */
    uint64_t
        multiple;    /* a rung but the last ends at a multiple of it: there, validations are */
    uint32_t trials; /* > 0 */
    uint32_t eta;    /* >= 2 */
    uint32_t finalists;  /* no rung has fewer, so that the last one compares some */
    double min_fraction; /* of `steps` in the first rung, at least; in (0, 1] */
} ams_halving;

typedef struct ams_rung {
    uint64_t updates; /* at which its trials are paused and compared */
    uint32_t trials;
} ams_rung;

enum { AMS_MOST_RUNGS = 64 }; /* eta 2 and 2^53 steps have 54 */

/* Rung i of R has ceil(trials / eta^i) trials and steps / eta^(R - 1 - i) updates, rounded to
 * the nearest multiple; those that rounding makes equal are one. Returns how many there are,
 * at least 1; updates ascend, the last ones are `steps`. */
uint32_t ams_halving_rungs(const ams_halving *halving, ams_rung rung[AMS_MOST_RUNGS]);

/* order (n) becomes the trials by ascending score, equal ones by number; those whose score is
 * not finite, which have failed, come last. Returns how many have not. */
uint32_t ams_halving_rank(const double *score, uint32_t n, uint32_t *order);

#ifdef __cplusplus
}
#endif
#endif
