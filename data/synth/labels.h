/* The labels of the story, by task and group. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_LABELS_H
#define AMS_DATA_SYNTH_LABELS_H

#include "ams/names.h"
#include "base/tsv.h"

/* What the story knows how to see; the names stand in models.tsv and labels.tsv. */
typedef enum ams_synth_task {
    AMS_SYNTH_OBJECT,
    AMS_SYNTH_PLACE,
    AMS_SYNTH_FACE,
    AMS_SYNTH_LANDMARKS,
    AMS_SYNTH_POSE,
    AMS_SYNTH_EMOTION,
    AMS_SYNTH_GENDER,
    AMS_SYNTH_ACTION,
    AMS_SYNTH_HANDS,
    AMS_SYNTH_BREED,
    AMS_SYNTH_TASKS
} ams_synth_task;
extern const char *const ams_synth_task_names[AMS_SYNTH_TASKS];
/* AMS_BAD_DATA naming the row where there is no such task. */
ams_status ams_synth_find_task(const ams_tsv *tsv, size_t row, const char *name,
                               ams_synth_task *task, ams_error *err);

enum { AMS_SYNTH_MAX_GROUPS = 64, AMS_SYNTH_SCENES = 3 }; /* indoor, urban, nature */

/* Labels that belong together: one row of labels.tsv. */
typedef struct ams_synth_group {
    ams_synth_task task;
    char name[32];
    uint32_t first, count;           /* in ams_synth_labels.id */
    double weight[AMS_SYNTH_SCENES]; /* how often it shows in a scene of that kind */
} ams_synth_group;

typedef struct ams_synth_labels {
    ams_synth_group group[AMS_SYNTH_MAX_GROUPS];
    uint32_t n_groups;
    uint32_t first_group[AMS_SYNTH_TASKS + 1]; /* groups of a task: [first_group[t], [t+1]) */
    uint32_t count;                            /* L */
    ams_names name;                            /* (L) "task/label", ascending by bytes */
    uint32_t *id;                              /* (L) group after group: the index in `name` */
} ams_synth_labels;

ams_status ams_synth_labels_read(ams_synth_labels *labels, const ams_tsv *tsv, ams_error *err);
void ams_synth_labels_fini(ams_synth_labels *labels);
/* The group of that name of the task, or n_groups. */
uint32_t ams_synth_find_group(const ams_synth_labels *labels, ams_synth_task task,
                              const char *name, size_t length);

#endif
