/* What moved between the rows kept in a folder and those of a run. */
#ifndef AMS_LAB_REPORT_DRIFT_H
#define AMS_LAB_REPORT_DRIFT_H

#include "lab/report/data.h"
#include "lab/report/markup.h"

typedef struct report_change {
    const report_row *kept, *now;
    const char *file; /* where `kept` stands */
} report_change;

typedef struct report_drift {
    size_t n_compared, n_new, n_absent; /* new: in this run alone; absent: kept alone */
    report_change *moved;               /* (n_moved) in the order of the files */
    size_t n_moved;
    /* private */
    report_rows *file; /* (n_files) */
    size_t n_files;
    char **name; /* (n_files) */
    size_t name_capacity, moved_capacity;
} report_drift;

/* `expected` as in ams_report_drift; data stays borrowed. */
ams_status report_drift_read(report_drift *drift, const report_data *data, const char *expected,
                             ams_error *err);
void report_drift_fini(report_drift *drift);
/* "83 numbers compared: 2 moved. ...", or that nothing is kept for such a run. */
void report_drift_phrase(char phrase[REPORT_PHRASE_LONG], const report_drift *drift);
/* "401.2 [396.0, 406.1], was 395.7 [387.1, 404.4]; same direction, was agrees" */
void report_change_phrase(char phrase[REPORT_PHRASE_LONG], const report_change *change);

#endif
