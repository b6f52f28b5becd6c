/* The models of the story: what they look at and how well they see. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_MODELS_H
#define AMS_DATA_SYNTH_MODELS_H

#include "ams/table.h"
#include "data/synth/labels.h"

typedef struct ams_synth_model {
    ams_synth_task task;
    uint64_t scope; /* bit g: sees labels of group g */
    double time_ms, mem_mb;
    double skill;  /* score of a thing of half the picture's size */
    double near;   /* score more for one of full size than for one of none */
    double noise;  /* deviation of a score */
    double hit;    /* probability to find it, or to name it rightly */
    double invent; /* probability of an output without a cause, per item */
} ams_synth_model;

typedef struct ams_synth_models {
    uint32_t count;
    ams_names name;
    ams_synth_model model[AMS_MAX_MODELS];
} ams_synth_models;

ams_status ams_synth_models_read(ams_synth_models *models, const ams_synth_labels *labels,
                                 const ams_tsv *tsv, ams_error *err);
void ams_synth_models_fini(ams_synth_models *models);

#endif
