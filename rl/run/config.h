/* config.ini of a run's folder: every setting, resolved. Private to rl/. */
#ifndef AMS_RL_RUN_CONFIG_H
#define AMS_RL_RUN_CONFIG_H

#include "ams/options.h"

/* Writes it, or makes sure that the one there is the same. @return AMS_USAGE naming the first
 * line that differs, AMS_IO. */
ams_status ams_run_keep_config(const char *directory, const ams_train_options *train,
                               ams_error *err);

#endif
