/* The per-element arithmetic of the environment, compiled for the host and for a CUDA device
 * alike. Each function is a formula of docs/definitions.md, "Environment". */
#ifndef AMS_ENV_MATH_H
#define AMS_ENV_MATH_H

#include "base/device.h"

#include <math.h>
#include <stdint.h>

/* Number of ones. */
AMS_HOST_DEVICE static inline uint32_t ams_ones(uint64_t mask)
{
#ifdef __CUDA_ARCH__
    return (uint32_t)__popcll(mask);
#else
    return (uint32_t)__builtin_popcountll(mask);
#endif
}

/* Index of the lowest one; mask is not 0. */
AMS_HOST_DEVICE static inline uint32_t ams_lowest(uint64_t mask)
{
#ifdef __CUDA_ARCH__
    return (uint32_t)__ffsll((long long)mask) - 1;
#else
    return (uint32_t)__builtin_ctzll(mask);
#endif
}

/* How many of mask's ones are below `bit` (a single one): where an entry keeps the confidence
 * of a model among those that saw the label. */
AMS_HOST_DEVICE static inline uint32_t ams_rank(uint64_t mask, uint64_t bit)
{
    return ams_ones(mask & (bit - 1));
}

/* Reward `paper`: conf_sum is the sum of the model's confidences of the labels that are new.
 * Valuable confidences are positive, so a sum of 0 means that none is new. */
AMS_HOST_DEVICE static inline float ams_reward_paper(double theta, double conf_sum)
{
    return conf_sum > 0 ? (float)log(theta * conf_sum + 1) : -1.0F;
}

/* Reward `gain`: the share of the item's full value that the execution adds. */
AMS_HOST_DEVICE static inline float ams_reward_gain(double gain, double full)
{
    return full > 0 ? (float)(gain / full) : 0.0F;
}

/* Reward `gain-rate`: the same per time, in units of the models' mean time. */
AMS_HOST_DEVICE static inline float ams_reward_rate(double gain, double full, double time_ms,
                                                    double mean_time_ms)
{
    return full > 0 ? (float)(gain / full / (time_ms / mean_time_ms)) : 0.0F;
}

/* A required recall is reached within this much value of it (definitions.md, "Recall"). */
#define AMS_VALUE_TOLERANCE 1e-6

AMS_HOST_DEVICE static inline int ams_goal_reached(double goal, double value, double full)
{
    return value >= goal * full - AMS_VALUE_TOLERANCE;
}

/* Reward `remaining`: of what S (worth `value`) lacks to a goal, the share that `gain` more
 * adds; 0 for goals that are reached. Mean over the n goals. */
AMS_HOST_DEVICE static inline float ams_reward_remaining(const double *goal, uint32_t n,
                                                         double gain, double value, double full)
{
    double sum = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (ams_goal_reached(goal[k], value, full)) {
            continue;
        }
        sum +=
            ams_goal_reached(goal[k], value + gain, full) ? 1 : gain / (goal[k] * full - value);
    }
    return (float)(sum / n);
}

/* Reward `time`: without a discount an episode's sum is -(mean over goals of the time to reach
 * the goal), in units of the time of all models. */
AMS_HOST_DEVICE static inline float
ams_reward_time(const double *goal, uint32_t n, double time_share, double value, double full)
{
    uint32_t open = 0;
    for (uint32_t k = 0; k < n; k++) {
        open += !ams_goal_reached(goal[k], value, full);
    }
    return (float)(-time_share * open / n);
}

#endif
