/* In what the settings of runs differ that are called alike: such runs are not seeds of one
 * policy, so tables and figures do not average over them. */
#ifndef AMS_RL_RUN_SETTINGS_H
#define AMS_RL_RUN_SETTINGS_H

#include "ams/options.h"

#include <stddef.h>

typedef struct ams_run_settings {
    bool known;     /* a run's folder has them */
    char label[64]; /* what it is called; runs of other labels are not compared */
    ams_train_options train;
} ams_run_settings;

/* The config.ini of a run's folder; not known where `directory` is something else. label is
 * left alone. @return AMS_BACKEND. */
ams_status ams_run_settings_read(ams_run_settings *settings, const char *directory,
                                 ams_error *err);
/* Writes ",hidden=8,lr=0.01" of `mine`, the keys in which any of the n of its label has another
 * value: "" where all are the same. Names, places and what changes no bit do not count.
 * @return the length that it takes, as snprintf does. */
size_t ams_run_settings_apart(const ams_run_settings *all, size_t n,
                              const ams_run_settings *mine, char *text, size_t size);

#endif
