#include "ams/link_guarantee.h"

#include <math.h>

/* Levels that a sequence may have. */
enum { LEVELS = 64 };

double ams_accept_p_value(uint32_t n, uint32_t errors, double alpha)
{
    double sum = 0;
    for (uint32_t k = 0; k <= errors && k <= n; k++) {
        const double ways =
            lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
        sum += exp(ways + k * log(alpha) + (n - k) * log1p(-alpha));
    }
    return sum < 1 ? sum : 1;
}

/* Accepted items of a sample at a level, and those of them that are wrong. */
static double p_value_at(const ams_accept_sample *sample, double level, double alpha)
{
    uint32_t n = 0;
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < sample->n; i++) {
        if (sample->score[i] >= level) {
            n++;
            wrong += sample->wrong[i];
        }
    }
    return ams_accept_p_value(n, wrong, alpha);
}

/* Evenly spaced quantiles of the scores, descending: about the k-th share is accepted. */
static void place_levels(const ams_accept_sample *sample, double level[LEVELS])
{
    for (uint32_t k = 0; k < LEVELS; k++) {
        const uint32_t accepted = (uint32_t)((uint64_t)sample->n * (k + 1) / LEVELS);
        level[k] = (double)INFINITY;
        /* The greatest score that at least so many have: few levels, few scores. */
        for (uint32_t i = 0; i < sample->n; i++) {
            uint32_t above = 0;
            const double score = sample->score[i];
            for (uint32_t j = 0; j < sample->n; j++) {
                above += sample->score[j] >= score;
            }
            if (above >= accepted && (isinf(level[k]) || score > level[k])) {
                level[k] = score;
            }
        }
    }
}

double ams_accept_level(const ams_accept_sample *tuning, const ams_accept_sample *calibration,
                        double alpha, double delta)
{
    double level[LEVELS];
    double least = 2;
    uint32_t first = 0;
    double found = (double)INFINITY;
    if (tuning->n == 0) {
        return found;
    }
    place_levels(tuning, level);
    for (uint32_t k = 0; k < LEVELS; k++) {
        const double p = p_value_at(tuning, level[k], alpha);
        if (p < least) {
            least = p;
            first = k;
        }
    }
    /* From the surest level to looser ones: the order is of the tuning half alone. */
    for (uint32_t k = first; k < LEVELS && p_value_at(calibration, level[k], alpha) <= delta;
         k++) {
        found = level[k];
    }
    return found;
}
