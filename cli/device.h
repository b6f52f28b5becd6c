/* --device: what trains. */
#ifndef AMS_CLI_DEVICE_H
#define AMS_CLI_DEVICE_H

#include "rl/train.h"

typedef struct cli_device {
    const ams_accelerator *accelerator; /* NULL: the CPU */
    char name[256];                     /* "cpu", or the GPU's */
} cli_device;

/* Settles train->device, telling on stderr what `auto` chose and why. @return AMS_BACKEND with
 * the reason if device=cuda cannot be had. */
ams_status cli_settle_device(ams_train_options *train, const ams_env *env, cli_device *chosen,
                             ams_error *err);

#endif
