/* The outputs of an import between its two passes, in a file that nobody sees: it is unlinked
 * as soon as it is open, so that nothing is left of it however the process ends. Private to
 * data/. */
#ifndef AMS_DATA_SPOOL_H
#define AMS_DATA_SPOOL_H

#include "ams/status.h"

#include <stdint.h>

typedef struct ams_spool_output {
    uint32_t label;
    float conf;
} ams_spool_output;

typedef struct ams_spool_run {
    uint64_t line; /* where the row stood */
    uint32_t file;
    uint32_t count;
    uint32_t merged, left_out; /* labels that came again or were too low; not in the spool */
    const ams_spool_output *output; /* (count) */
} ams_spool_run;

typedef struct ams_spool ams_spool;
/* `output` is the file that the rows become: same directory, so same disk. */
ams_status ams_spool_create(ams_spool **spool, const char *output, ams_error *err);
void ams_spool_destroy(ams_spool *spool);
/* Appends; *offset is where ams_spool_read finds it. */
ams_status ams_spool_add(ams_spool *spool, const ams_spool_run *run, uint64_t *offset,
                         ams_error *err);
/* run->output is valid until the next call. Reading in the order of writing is fastest. */
ams_status ams_spool_read(ams_spool *spool, uint64_t offset, ams_spool_run *run,
                          ams_error *err);

#endif
