/* Parts of ensembles. Private to links/. */
#ifndef AMS_LINKS_BLEND_H
#define AMS_LINKS_BLEND_H

#include "ams/link_blend.h"

/* Fits the dense layers of CONCAT. @return AMS_DIVERGED, AMS_BACKEND. */
ams_status ams_link_concat_fit(ams_link_blend *blend, const ams_link_items *items,
                               ams_error *err);
/* out (D) when the models of `ran` have run. */
void ams_link_concat_predict(const ams_link_blend *blend, const ams_link_items *items,
                             uint32_t item, uint64_t ran, float *out);

#endif
