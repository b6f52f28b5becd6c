/* Links that abstain: per target an accept rule whose error is at most alpha, for all targets
 * together with 95 % confidence.
 *
 * A linked output is wrong where its set is not exactly the true one. It is accepted where its
 * score, the distance of its nearest decision to the threshold, is at least a level; else the
 * model runs. Levels are found by learn-then-test (Angelopoulos et al. 2021): a sequence of
 * levels is fixed on one half of the validation split, and tested on the other half by exact
 * binomial tests (Clopper and Pearson 1934) until one fails. As many rules as there are linked
 * targets are found at once: each is tested at its share of 5 % (Bonferroni). */
#ifndef AMS_LINK_GUARANTEE_H
#define AMS_LINK_GUARANTEE_H

#include "ams/frame.h"
#include "ams/link_session.h"

#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Scores and errors of items. */
typedef struct ams_accept_sample {
    uint32_t n;
    const double *score;  /* (n), borrowed */
    const uint8_t *wrong; /* (n) 0 or 1 */
} ams_accept_sample;

/* P(Binomial(n, alpha) <= errors): at most delta exactly where the upper Clopper-Pearson bound
 * of the error at confidence 1 - delta is at most alpha. */
double ams_accept_p_value(uint32_t n, uint32_t errors, double alpha);

/* The level of accepted scores: the error among them is at most alpha, except with probability
 * delta over the samples. INFINITY: nothing is accepted. */
double ams_accept_level(const ams_accept_sample *tuning, const ams_accept_sample *calibration,
                        double alpha, double delta);

/* Whether a score is accepted. Nothing is at level INFINITY, not even a prediction that nothing
 * could change. */
static inline bool ams_accepts(double level, double score)
{
    return score >= level && level < (double)INFINITY;
}

/* Rules of one set. */
typedef struct ams_link_guarantee {
    double alpha;
    uint64_t set;
    double level[AMS_MAX_MODELS]; /* INFINITY: it always runs; of the set -INFINITY */
    /* On the measured items: */
    double time_ms, without_ms; /* mean per item: set and models that links abstained for; set
                                   alone */
    double accepted;            /* share of the (item, target) pairs outside the set */
    double error;               /* of the accepted pairs together; 0 where there is none */
    double f1;                  /* of all outputs */
    uint32_t targets, over;     /* that accept something; of these with an error over alpha */
} ams_link_guarantee;

/* One result per alpha (n). Links are refitted to the set (or constants: the floor); their
 * thresholds are tuned on the tuning half, which `seed` draws.
 * @return AMS_BAD_DATA where the validation split has under 4 items, AMS_BACKEND. */
ams_status ams_link_guarantee_run(ams_link_guarantee *result, const double *alpha, uint32_t n,
                                  const ams_link_session *session, uint64_t set,
                                  ams_link_filling filling, uint64_t seed, ams_error *err);

/* -- several splits of the data -- */

/* Links that are refitted to the chosen set, and constants, at every budget and alpha. */
typedef struct ams_link_guarantee_study {
    const ams_link_budget *budget; /* (n_budgets), borrowed */
    const double *alpha;           /* (n_alphas), borrowed */
    const uint64_t *seed;          /* (n_seeds), borrowed: one per split */
    uint32_t n_budgets, n_alphas;
    size_t n_seeds;
    ams_link_method method; /* how the models that always run are chosen */
    /* Private. */
    double total_time_ms, total_mem_mb;
    char cost_unit[AMS_COST_UNIT_MAX + 1];
    ams_link_guarantee *row; /* (seeds, budgets, 2 fillings, alphas) */
} ams_link_guarantee_study;

/* The fields above "private" are set. @return AMS_BACKEND. */
ams_status ams_link_guarantee_study_init(ams_link_guarantee_study *study,
                                         const ams_link_session *session, ams_error *err);
/* Results of one seed, whose split the session has: once for each.
 * @return as ams_link_session_choose and ams_link_guarantee_run. */
ams_status ams_link_guarantee_study_run(ams_link_guarantee_study *study,
                                        const ams_link_session *session, size_t seed,
                                        ams_error *err);
void ams_link_guarantee_study_fini(ams_link_guarantee_study *study);
/* Frames "rows", a row per seed, budget, filling and alpha, and "means" over seeds, by budget,
 * alpha and filling. */
ams_status ams_link_guarantee_study_result(const ams_link_guarantee_study *study,
                                           ams_result *result, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
