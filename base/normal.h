/* The normal distribution as a table: libm's functions differ between machines, so what has to
 * be the same bits everywhere draws from this. */
#ifndef AMS_BASE_NORMAL_H
#define AMS_BASE_NORMAL_H

#include "base/rng.h"

enum {
    AMS_NORMAL_STEPS = 64,
    AMS_NORMAL_REACH = 5,
    AMS_NORMAL_CELLS = 2 * AMS_NORMAL_REACH * AMS_NORMAL_STEPS
};
typedef struct ams_normal {
    double below[AMS_NORMAL_CELLS + 1]; /* P(x < -REACH + k / STEPS), 0 and 1 at the ends */
    uint16_t guide[257];                /* last cell that starts at or below j / 256 */
} ams_normal;
void ams_normal_init(ams_normal *normal);
/* Mean 0, deviation 1, within -5 and 5; one word. */
double ams_normal_draw(const ams_normal *normal, ams_rng *rng);

#endif
