/* How trials did at a rung, and who goes on. Private to lab/tune. */
#ifndef AMS_LAB_TUNE_TRIALS_H
#define AMS_LAB_TUNE_TRIALS_H

#include "ams/tune.h"

bool ams_tune_is_last(const ams_tune *tune, uint32_t rung);
/* Seeds of a trial that a rung trains: all in the last one. */
size_t ams_tune_seeds_of(const ams_tune *tune, uint32_t rung);

/* What a run's metrics.tsv says of a rung. */
typedef struct ams_tune_reading {
    bool reached;  /* the rung */
    double metric; /* best so far of what best_by names; INFINITY before a validation */
} ams_tune_reading;
/* A finished run has reached every rung, wherever it ended; the last rung takes one.
 * @return AMS_IO, AMS_BAD_DATA. */
ams_status ams_tune_read(const ams_tune *tune, const ams_job *job, uint32_t rung,
                         ams_tune_reading *found, ams_error *err);

/* Compares the n trials of a rung, whose runs have ended. survivor (n) becomes those of the
 * next rung, best first, and *n how many; the others are dropped, or failed. After the last
 * rung they are finished, and the first is the best. */
ams_status ams_tune_compare(ams_tune *tune, uint32_t rung, ams_trial **survivor, uint32_t *n,
                            ams_error *err);
/* Ranks all trials: by how far they came, then by their place there. */
void ams_tune_rank(ams_tune *tune);

#endif
