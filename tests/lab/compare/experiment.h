/* Folders of an experiment, as `ams sweep` leaves them, with the policies of the worked example
 * (tests/lab/score/worked.h). */
#ifndef AMS_TESTS_LAB_COMPARE_EXPERIMENT_H
#define AMS_TESTS_LAB_COMPARE_EXPERIMENT_H

#include <stdint.h>

typedef struct experiment_run {
    const char *name, *label;
    uint64_t seed;
    const char *order;   /* of the models: "012" */
    const char *items;   /* of config.ini: "0"; NULL: the key is missing */
    const char *data;    /* path of the data in the manifest */
    const char *hash;    /* of the data; NULL: there is no manifest */
    const char *timing;  /* text of timing.tsv; NULL: there is none */
    const char *metrics; /* text of metrics.tsv; NULL: there is none */
} experiment_run;

/* EXP/runs/NAME with what the run says. */
void experiment_add(const char *experiment, const experiment_run *run);
/* Writes the text to FOLDER/NAME. */
void experiment_write(const char *folder, const char *name, const char *text);

#endif
