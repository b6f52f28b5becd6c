/* The Q network in double precision, written as the equations read: the oracle of every
 * backend. */
#ifndef AMS_TESTS_RL_REFERENCE_H
#define AMS_TESTS_RL_REFERENCE_H

#include "ams/net.h"
#include "ams/options.h"
#include "rl/net/backend.h"

/* Q (B, A) of the batch; free() it. */
double *reference_q(const ams_net *net, const ams_sparse *x);
/* Mean Huber loss of Q(b, action[b]) against target[b]. */
double reference_loss(const ams_net *net, const ams_sparse *x, const uint8_t *action,
                      const float *target, double delta);
/* A batch of random states: about `ones` features each, ascending; values if not binary. */
void random_states(ams_sparse *x, uint32_t batch, uint32_t columns, uint32_t ones, bool binary,
                   uint64_t seed);
/* n floats in [-1, 1); free() them. */
float *random_floats(size_t n, uint64_t seed);

/* The defaults, but for what regularises and for goals as inputs: constant learning rate,
 * neither dropout nor weight decay, eight environments, one network for the goals 0.8, 0.9
 * and 1. */
void bare_options(ams_train_options *options);
/* These, but for Q that are values, of which targets can be bootstrapped: reward gain,
 * Huber loss, rule cost-q, labels+mask, whole episodes. */
void value_options(ams_train_options *options);

/* Its place in ams_agents. */
int agent_named(const char *name);

#endif
