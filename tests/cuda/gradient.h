/* The gradient of a trainer's first update in double precision, written as the equations read:
 * the oracle of the device's steps. */
#ifndef AMS_TESTS_CUDA_GRADIENT_H
#define AMS_TESTS_CUDA_GRADIENT_H

#include "rl/train/state.h"

/* cpu: has just made its first update on the CPU, whose minibatch and targets count; params:
 * the weights before it. (n_params), free() it. */
double *cuda_gradient(const ams_trainer *cpu, const float *params);
/* Length of m / (1 - beta1) - gradient by that of the gradient: Adam's first moments after the
 * first update are that multiple of it. */
double cuda_gradient_off(const ams_trainer *cpu, const float *params, const float *m);
/* What it may be: the host's steps are 2e-7 to 3e-7 away in every setting of settings.h, and a
 * device's library may add in another order. */
static const double cuda_gradient_limit = 2e-6;

#endif
