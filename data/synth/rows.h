/* What all models say of one item, as it comes. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_ROWS_H
#define AMS_DATA_SYNTH_ROWS_H

#include "ams/table.h"

/* Of one execution at most; more are left out, which the story's models never reach. */
enum { AMS_SYNTH_MAX_OUTPUTS = 1024 };

/* The outputs of one execution, ascending by label without duplicates once it is closed. */
typedef struct ams_synth_row {
    uint32_t count;
    uint32_t label[AMS_SYNTH_MAX_OUTPUTS];
    float conf[AMS_SYNTH_MAX_OUTPUTS];
} ams_synth_row;

/* Confidences are whole 1024ths: exact, and a third smaller on the disk. 0 is no output. */
void ams_synth_add_conf(ams_synth_row *row, uint32_t label, double conf);
/* A score of 0 is a confidence of 0.5, below and above it tends to 0 and 1. Those under 0.3 are
 * no output, as models leave out what they hardly believe. */
void ams_synth_add_score(ams_synth_row *row, uint32_t label, double score);
/* Sorts; of a label given twice the larger confidence stays. */
void ams_synth_close(ams_synth_row *row);

#endif
