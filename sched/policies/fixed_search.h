/* The constant order of models whose mean time until a required recall is least, as far as a
 * local search finds it (`fixed:GOAL`, fixed_goal.c). n items, M models. */
#ifndef AMS_SCHED_POLICIES_FIXED_SEARCH_H
#define AMS_SCHED_POLICIES_FIXED_SEARCH_H

#include "ams/env.h"

typedef struct ams_fixed_search ams_fixed_search;

/* env and item (n), items with f > 0, must live as long. AMS_BACKEND where there is no
 * memory. */
ams_status ams_fixed_search_create(ams_fixed_search **search, const ams_env *env,
                                   const uint32_t *item, uint32_t n, ams_error *err);

void ams_fixed_search_destroy(ams_fixed_search *search); /* NULL: nothing */

/* order (M): where the search begins; then what it found. */
void ams_fixed_search_improve(ams_fixed_search *search, double goal, uint8_t *order);

#endif
