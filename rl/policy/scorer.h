/* Greedy decisions while an item is scheduled: the first layer is kept as a running sum, so a
 * decision adds the rows of newly found features and multiplies the small output layer. */
#ifndef AMS_RL_POLICY_SCORER_H
#define AMS_RL_POLICY_SCORER_H

#include "ams/policy_file.h"
#include "online/goals.h"

typedef struct ams_scorer ams_scorer;

/* Borrows env and net (F = env->n_features, A = env->n_actions), whose weights stay as they
 * are. One scorer per thread. */
ams_status ams_scorer_create(ams_scorer **scorer, const ams_env *env, const ams_net *net,
                             ams_error *err);
void ams_scorer_destroy(ams_scorer *scorer);
/* From here on decisions are for these goals, as inputs or by their output heads; n = 0, as
 * after create: for none, of heads for the highest. False: they were that before. */
bool ams_scorer_aim(ams_scorer *scorer, const ams_goal_inputs *goals);
void ams_scorer_begin(ams_scorer *scorer, uint32_t item);
/* Q values of the current state: (A), valid until the next call. */
const float *ams_scorer_q(ams_scorer *scorer);
/* The model ran: the state gains it and its labels. */
void ams_scorer_run(ams_scorer *scorer, uint32_t model);
uint64_t ams_scorer_mask(const ams_scorer *scorer);

#endif
