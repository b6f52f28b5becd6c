/* What a model says of an item: the second half of the story. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_OBSERVE_H
#define AMS_DATA_SYNTH_OBSERVE_H

#include "data/synth/models.h"
#include "data/synth/rows.h"
#include "data/synth/scene.h"

/* Fills the row; it still has to be closed. */
void synth_observe(const synth_world *world, const synth_model *model, const synth_scene *scene,
                   ams_rng *rng, synth_row *row);

#endif
