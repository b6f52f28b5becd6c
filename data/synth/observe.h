/* What a model outputs on an item: the second half of the story. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_OBSERVE_H
#define AMS_DATA_SYNTH_OBSERVE_H

#include "data/synth/models.h"
#include "data/synth/rows.h"
#include "data/synth/scene.h"

/* Fills the row; it still has to be closed. */
void ams_synth_observe(const ams_synth_world *world, const ams_synth_model *model,
                       const ams_synth_scene *scene, ams_rng *rng, ams_synth_row *row);

#endif
