/* A kind of generator: the story, CUBE, plain, exits. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_KIND_H
#define AMS_DATA_SYNTH_KIND_H

#include "ams/synth.h"
#include "data/synth/rows.h"

typedef struct ams_synth_kind {
    /* Fills the head's models, tasks and labels (ascending by name), and *state. */
    ams_status (*open)(void **state, ams_table *head, const ams_synth_options *options,
                       ams_synth_targets *targets, ams_error *err);
    void (*close)(void *state);
    /* rows (M) and, if asked for, time_ms (M): a pure function of state, seed and index. */
    void (*item)(const void *state, uint64_t seed, uint64_t index, ams_synth_row *rows,
                 float *time_ms);
    /* The item's right label, a pure function, too; NULL: nothing is known to be right. */
    uint32_t (*truth)(const void *state, uint64_t seed, uint64_t index);
} ams_synth_kind;

extern const ams_synth_kind ams_synth_kind_story, ams_synth_kind_cube, ams_synth_kind_plain,
    ams_synth_kind_exits;

/* Room in the head for AMS_MAX_MODELS models; ams_table_fini frees it. */
ams_status ams_synth_head_alloc(ams_table *head, ams_error *err);
/* Appends a model to the head, whose arrays have room for AMS_MAX_MODELS. */
ams_status ams_synth_head_model(ams_table *head, const char *name, const char *task,
                                double time_ms, double mem_mb, ams_error *err);

#endif
