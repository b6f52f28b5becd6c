/* The required recall as inputs of a network that was trained for several (docs/definitions.md,
 * "Goal inputs"). Header-only and free of dependencies. */
#ifndef AMS_ONLINE_GOALS_H
#define AMS_ONLINE_GOALS_H

#include <stdint.h>

/* Which of the G goal inputs are on, and how much; n = 0: none. */
typedef struct ams_goal_inputs {
    uint32_t n; /* 0, 1 or 2 */
    uint32_t at[2];
    float share[2]; /* they add up to 1 */
} ams_goal_inputs;

/* goal (n) ascending, n > 0. A trained goal has its own input; one between two trained goals
 * divides itself between their inputs, linearly; one outside is served by the nearest. */
static inline ams_goal_inputs ams_goal_inputs_of(const double *goal, uint32_t n, double wanted)
{
    ams_goal_inputs inputs = {.n = 1, .share = {1, 0}};
    uint32_t above = 0;
    while (above < n && goal[above] < wanted) {
        above++;
    }
    if (above == n || above == 0 || goal[above] <= wanted) {
        inputs.at[0] = above == n ? n - 1 : above;
        return inputs;
    }
    const double share = (wanted - goal[above - 1]) / (goal[above] - goal[above - 1]);
    inputs.n = 2;
    inputs.at[0] = above - 1;
    inputs.at[1] = above;
    inputs.share[0] = (float)(1 - share);
    inputs.share[1] = (float)share;
    return inputs;
}

#endif
