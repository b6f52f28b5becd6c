/* --device: what trains. */
#ifndef AMS_CLI_DEVICE_H
#define AMS_CLI_DEVICE_H

#include "rl/train/train.h"

typedef struct cli_device {
    const ams_accelerator *accelerator; /* NULL: the CPU */
    char name[256];                     /* "cpu", or the GPU's */
} cli_device;

/* Settles train[i]->device of n runs, n > 0, that are trained together if a device trains them;
 * all ask for the same one. Tells on stderr what `auto` chose and why: a rule of sizes, summed
 * over the runs. @return AMS_BACKEND with the reason if device=cuda cannot be had. */
ams_status cli_settle_device(ams_train_options *const *train, const ams_env *const *env,
                             size_t n, cli_device *chosen, ams_error *err);

#endif
