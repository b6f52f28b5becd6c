/* The records of steps in a reproduction's folder. Private to lab/reproduce. */
#ifndef AMS_LAB_REPRODUCE_RECORDS_H
#define AMS_LAB_REPRODUCE_RECORDS_H

#include "lab/reproduce/reproduce.h"

/* DIR/FOLDER/NAME.ENDING of the step, for the caller to free(). */
ams_status ams_step_path(const ams_reproduction *r, size_t step, const char *folder,
                         const char *ending, char **path, ams_error *err);
/* The step is done: steps/NAME.tsv. */
ams_status ams_step_record(const ams_reproduction *r, size_t step, ams_error *err);
/* Whether the step's record is there and of its command: AMS_STEP_BEFORE. */
ams_status ams_step_find(ams_reproduction *r, size_t step, ams_error *err);
/* Makes the folders, and takes the lock. */
ams_status ams_records_open(ams_reproduction *r, ams_error *err);
/* Finds the steps that are done. */
ams_status ams_records_find(ams_reproduction *r, ams_error *err);
/* Gives the folder's lock back. */
void ams_reproduction_unlock(ams_reproduction *r);

#endif
