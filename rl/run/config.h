/* config.ini of a run's folder: every setting, resolved. Private to rl/ and lab/. */
#ifndef AMS_RL_RUN_CONFIG_H
#define AMS_RL_RUN_CONFIG_H

#include "ams/options.h"

/* Whether two texts of settings, a line each, are of different trainings; then `line` is where:
 * "A' instead of 'B". Where it trains and on how many threads may differ, and a text from
 * before there was a key stands for its default. */
bool ams_run_settings_differ(const char *held, const char *wanted, char line[128]);
/* Makes sure that the config.ini that is there, if any, is of the same run. Settings that
 * change no bit may differ: where it trains, and on how many threads. @return AMS_USAGE naming
 * the first line that differs, AMS_IO. */
ams_status ams_run_check_config(const char *directory, const ams_train_options *train,
                                ams_error *err);
/* *fewer: the `steps` of the config.ini that is there, where it differs from `train` in nothing
 * else and has fewer of them; else 0. @return AMS_IO. */
ams_status ams_run_fewer_steps(const char *directory, const ams_train_options *train,
                               uint64_t *fewer, ams_error *err);
/* Writes it, unless the one that is there is the same to the byte. */
ams_status ams_run_write_config(const char *directory, const ams_train_options *train,
                                ams_error *err);

#endif
