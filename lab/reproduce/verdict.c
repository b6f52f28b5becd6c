/* The rule of verdicts. */
#include "lab/reproduce/verdict.h"

#include <math.h>

const char *const ams_verdict_names[AMS_VERDICTS] = {"agrees", "same direction", "differs",
                                                     "no figure"};

const char ams_verdict_rule[] =
    "agrees: our 95 % interval, widened on either side by 3 % of the papers' number, meets the "
    "papers' number or range; same direction: it does not, but our number and all of our "
    "interval lie on the papers' side of no effect; differs: neither; no figure: the papers "
    "give no number";

static bool meets(const ams_claim *paper, const ams_interval *ours)
{
    /* An open end is met by everything; of a half-open range the tolerance is of its number. */
    double above = isinf(paper->high) ? 0 : AMS_VERDICT_TOLERANCE * fabs(paper->high);
    double below = isinf(paper->low) ? 0 : AMS_VERDICT_TOLERANCE * fabs(paper->low);
    return ours->low - above <= paper->high && ours->high + below >= paper->low;
}

/* Which side of no effect a number is on: -1, 0, 1. */
static int side(double value, double neutral)
{
    return (value > neutral) - (value < neutral);
}

static bool same_direction(const ams_claim *paper, const ams_interval *ours)
{
    if (isnan(paper->neutral)) {
        return false;
    }
    int low = side(paper->low, paper->neutral);
    int high = side(paper->high, paper->neutral);
    /* A range from no effect on has the direction of its other end. */
    int papers = low == 0 ? high : (high == 0 || high == low ? low : 0);
    return papers != 0 && side(ours->mean, paper->neutral) == papers &&
           side(ours->low, paper->neutral) == papers &&
           side(ours->high, paper->neutral) == papers;
}

ams_verdict ams_verdict_of(const ams_claim *paper, const ams_interval *ours)
{
    if (isinf(paper->low) && isinf(paper->high)) {
        return AMS_VERDICT_NO_FIGURE;
    }
    if (meets(paper, ours)) {
        return AMS_VERDICT_AGREES;
    }
    return same_direction(paper, ours) ? AMS_VERDICT_DIRECTION : AMS_VERDICT_DIFFERS;
}
