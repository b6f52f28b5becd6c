/* A kind of generator: the story, CUBE, plain. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_KIND_H
#define AMS_DATA_SYNTH_KIND_H

#include "data/synth/rows.h"
#include "data/synth/synth.h"

typedef struct synth_kind {
    /* Fills the head's models, tasks and labels (ascending by name), and *state. */
    ams_status (*open)(void **state, ams_table *head, const ams_synth_options *options,
                       ams_synth_targets *targets, ams_error *err);
    void (*close)(void *state);
    /* rows (M) and, if asked for, time_ms (M): a pure function of state, seed and index. */
    void (*item)(const void *state, uint64_t seed, uint64_t index, synth_row *rows,
                 float *time_ms);
} synth_kind;

extern const synth_kind synth_kind_story, synth_kind_cube, synth_kind_plain;

/* Appends a model to the head, whose arrays have room for AMS_MAX_MODELS. */
ams_status synth_head_model(ams_table *head, const char *name, const char *task, double time_ms,
                            double mem_mb, ams_error *err);

#endif
