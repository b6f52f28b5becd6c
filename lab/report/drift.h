/* What moved between the rows kept in a folder and those of a reproduction. */
#ifndef AMS_LAB_REPORT_DRIFT_H
#define AMS_LAB_REPORT_DRIFT_H

#include "lab/report/data.h"
#include "lab/report/phrases.h"

typedef struct ams_report_change {
    const ams_report_row *kept, *now;
    const char *file; /* that `kept` is from */
} ams_report_change;

typedef struct ams_report_changes {
    size_t n_compared, n_new, n_absent; /* new: not kept; absent: kept only */
    ams_report_change *moved;           /* (n_moved) in the order of the files */
    size_t n_moved;
    /* private */
    ams_report_rows *file; /* (n_files) */
    size_t n_files;
    char **name; /* (n_files) */
    size_t name_capacity, moved_capacity;
} ams_report_changes;

/* `expected` as in ams_report_drift; data stays borrowed. */
ams_status ams_report_changes_read(ams_report_changes *drift, const ams_report_data *data,
                                   const char *expected, ams_error *err);
void ams_report_changes_fini(ams_report_changes *drift);
/* "83 numbers compared: 2 moved. ...", or that nothing is kept for this scale. */
void ams_report_changes_phrase(char phrase[AMS_REPORT_PHRASE_LONG],
                               const ams_report_changes *drift);
/* "401.2 [396.0, 406.1], was 395.7 [387.1, 404.4]; same direction, was agrees" */
void ams_report_change_phrase(char phrase[AMS_REPORT_PHRASE_LONG],
                              const ams_report_change *change);

#endif
