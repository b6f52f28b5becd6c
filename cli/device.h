/* --device: what trains. */
#ifndef AMS_CLI_DEVICE_H
#define AMS_CLI_DEVICE_H

#include "rl/train.h"

/* Settles train->device, telling on stderr what `auto` chose and why. *accelerator: NULL for
 * the CPU. @return AMS_BACKEND with the reason if device=cuda cannot be had. */
ams_status cli_settle_device(ams_train_options *train, const ams_env *env,
                             const ams_accelerator **accelerator, ams_error *err);

#endif
