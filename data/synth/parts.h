/* An opened generator. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_PARTS_H
#define AMS_DATA_SYNTH_PARTS_H

#include "data/synth/kind.h"

struct ams_synth {
    const ams_synth_kind *kind;
    void *state;
    ams_synth_options options;
    char *preset;
    ams_synth_targets targets;
    ams_table head;      /* models and labels; items once ams_synth_fill_items ran */
    ams_synth_row *rows; /* (M) scratch of one item */
};

/* Ids, group and split of all items, once. */
ams_status ams_synth_fill_items(ams_synth *synth, ams_error *err);

#endif
