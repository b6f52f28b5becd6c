/* Which device `auto` means: a rule of sizes, so that a run's configuration says the same on
 * every machine that has a GPU. */
#ifndef AMS_CUDA_CHOOSE_H
#define AMS_CUDA_CHOOSE_H

#include "ams/options.h"

/* Multiply-adds of one update by which `auto` takes the GPU. Drawn from counts, not from a
 * measurement on a GPU: there was none to measure on. An update of batch=64 with the default
 * network has about half as many, takes one core some tens of microseconds, and as many as it
 * takes to launch its kernels. */
#define AMS_CUDA_WORTHWHILE 8388608.0

/* AMS_USAGE: there is no device `number` among n. */
ams_status ams_cuda_too_few(uint32_t number, uint32_t n, ams_error *err);

/* Multiply-adds of the network in one update: states that pass it forward, and those that pass
 * it backward twice. @return AMS_USAGE: no such `hidden`. */
ams_status ams_cuda_work(const ams_train_options *options, const ams_env *env, double *work,
                         ams_error *err);

/* Multiply-adds of all decisions of an evaluation by which `auto` takes the GPU: what takes one
 * core about a second (2 to 4.5e10 a second, from `ams bench --what decide`). Drawn from that,
 * not from a measurement on a GPU: there was none to measure on. */
#define AMS_CUDA_ROLL_WORTHWHILE 34359738368.0

/* Multiply-adds after the first layer while a network schedules one item of M models. */
double ams_cuda_roll_work(const ams_net *net, uint32_t n_models);

#endif
