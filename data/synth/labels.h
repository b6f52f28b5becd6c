/* The labels of the story, by task and group. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_LABELS_H
#define AMS_DATA_SYNTH_LABELS_H

#include "base/names.h"
#include "base/tsv.h"

/* What the story knows how to see; the names stand in models.tsv and labels.tsv. */
typedef enum synth_task {
    SYNTH_OBJECT,
    SYNTH_PLACE,
    SYNTH_FACE,
    SYNTH_LANDMARKS,
    SYNTH_POSE,
    SYNTH_EMOTION,
    SYNTH_GENDER,
    SYNTH_ACTION,
    SYNTH_HANDS,
    SYNTH_BREED,
    SYNTH_TASKS
} synth_task;
extern const char *const synth_task_names[SYNTH_TASKS];
/* AMS_BAD_DATA naming the row where there is no such task. */
ams_status synth_find_task(const ams_tsv *tsv, size_t row, const char *name, synth_task *task,
                           ams_error *err);

enum { SYNTH_MAX_GROUPS = 64, SYNTH_SCENES = 3 }; /* indoor, urban, nature */

/* Labels that belong together: one row of labels.tsv. */
typedef struct synth_group {
    synth_task task;
    char name[32];
    uint32_t first, count;       /* in synth_labels.id */
    double weight[SYNTH_SCENES]; /* how often it shows in a scene of that kind */
} synth_group;

typedef struct synth_labels {
    synth_group group[SYNTH_MAX_GROUPS];
    uint32_t n_groups;
    uint32_t first_group[SYNTH_TASKS + 1]; /* groups of a task: [first_group[t], [t+1]) */
    uint32_t count;                        /* L */
    ams_names name;                        /* (L) "task/label", ascending by bytes */
    uint32_t *id;                          /* (L) group after group: the index in `name` */
} synth_labels;

ams_status synth_labels_read(synth_labels *labels, const ams_tsv *tsv, ams_error *err);
void synth_labels_fini(synth_labels *labels);
/* The group of that name of the task, or n_groups. */
uint32_t synth_find_group(const synth_labels *labels, synth_task task, const char *name,
                          size_t length);

#endif
