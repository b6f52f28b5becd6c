/* What a number of the papers and one of ours say of each other. The rule was written down
 * before the numbers (docs/reproduce.md); this is its only place. */
#ifndef AMS_LAB_REPRODUCE_VERDICT_H
#define AMS_LAB_REPRODUCE_VERDICT_H

#include "ams/stats.h"

typedef enum ams_verdict {
    AMS_VERDICT_AGREES,
    AMS_VERDICT_DIRECTION, /* same sign of the effect */
    AMS_VERDICT_DIFFERS,
    AMS_VERDICT_NO_FIGURE, /* the papers give no number */
    AMS_VERDICTS
} ams_verdict;
extern const char *const ams_verdict_names[AMS_VERDICTS];
/* The rule in words. */
extern const char ams_verdict_rule[];

/* Share of the papers' number by which our interval is widened on either side. */
#define AMS_VERDICT_TOLERANCE 0.03

/* What the papers say: a number (low = high), a range, at least `low` (high is INFINITY), at
 * most `high` (low is -INFINITY); both infinite: nothing. */
typedef struct ams_claim {
    double low, high;
    double neutral; /* the value of no effect; NAN: the number is no effect of anything */
} ams_claim;

/* ours: low = high = mean where there is no interval. */
ams_verdict ams_verdict_of(const ams_claim *paper, const ams_interval *ours);

#endif
