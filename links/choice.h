/* What the methods of selection share. Private to links/. */
#ifndef AMS_LINKS_CHOICE_H
#define AMS_LINKS_CHOICE_H

#include "ams/link_select.h"

/* What gains are divided by: the cost of one limit, else the sum of cost / budget. */
double ams_choice_price(const ams_choice_problem *problem, uint32_t model);

/* Qualities reached by target when a set has run, for gain 0. */
typedef struct ams_choice_cover {
    double at[AMS_MAX_MODELS]; /* (M) */
    double value;              /* their mean */
} ams_choice_cover;
void ams_cover_begin(const ams_choice_problem *problem, ams_choice_cover *cover);
void ams_cover_add(const ams_choice_problem *problem, ams_choice_cover *cover, uint32_t model);
double ams_cover_gain(const ams_choice_problem *problem, const ams_choice_cover *cover,
                      uint32_t model);
/* At most this can be gained over the cover by the models of `rest` within what `set` leaves of
 * every budget: the fractional knapsack of their gains, least over the limits. gain (M) holds
 * their gains. */
double ams_cover_bound(const ams_choice_problem *problem, uint64_t set, uint64_t rest,
                       const double *gain);
/* Goes on from `set` by the greatest gain per price; bound: least over the steps. */
void ams_cover_greedy(const ams_choice_problem *problem, uint64_t set, ams_choice *choice);

/* Branch and bound, whatever the number of models; gain is taken for 0. */
void ams_choose_branch(const ams_choice_problem *problem, uint64_t nodes, ams_choice *choice);

#endif
