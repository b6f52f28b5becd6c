/* The files of a search. Private to lab/tune. */
#ifndef AMS_LAB_TUNE_WRITE_H
#define AMS_LAB_TUNE_WRITE_H

#include "ams/tune.h"

/* EXP/search.ini: what a trial is made of. Makes sure that one that is there is the same.
 * @return AMS_USAGE, AMS_IO. */
ams_status ams_tune_claim(const ams_tune *tune, ams_error *err);
/* EXP/tune.tsv: one row per trial. */
ams_status ams_tune_write_trials(const ams_tune *tune, ams_error *err);
/* EXP/best.ini: every setting of the best trial, which there has to be. */
ams_status ams_tune_write_best(const ams_tune *tune, ams_error *err);
/* EXP/tune.json; state: "running", "stopped", "failed" or "finished". */
ams_status ams_tune_write_manifest(const ams_tune *tune, const char *state, ams_error *err);

#endif
