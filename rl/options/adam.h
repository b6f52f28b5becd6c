/* The optimizer's numbers, from the options of a training. */
#ifndef AMS_RL_OPTIONS_ADAM_H
#define AMS_RL_OPTIONS_ADAM_H

#include "ams/options.h"
#include "rl/net/backend.h"

/* Adam's step number t, from 1 on, at its learning rate. */
ams_adam ams_train_adam(const ams_train_options *options, uint64_t t);
/* What its decay leaves of each weight before that step (Loshchilov and Hutter 2019, algorithm
 * 2); biases do not decay. */
float ams_train_keep(const ams_train_options *options, uint64_t t);

#endif
