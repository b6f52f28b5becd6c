/* Policies of one label are the seeds of one policy. */
#ifndef AMS_LAB_SCORE_GROUPS_H
#define AMS_LAB_SCORE_GROUPS_H

#include <stdint.h>

/* Puts n labels into groups, in the order in which each label first appears; within a group the
 * order given stays. member (n): places of the labels, group after group. first (n + 1): group
 * g is member[first[g]] to member[first[g + 1] - 1]. Returns the number of groups. */
uint32_t ams_score_group(const char *const *label, uint32_t n, uint32_t *member,
                         uint32_t *first);

/* order (n): the places of the values, lowest first; equal ones in the order given. */
void ams_score_rank(const double *value, uint32_t n, uint32_t *order);

#endif
