/* What runs where a core set always does. Private to lab/links/. */
#ifndef AMS_LAB_LINKS_ADAPTIVE_H
#define AMS_LAB_LINKS_ADAPTIVE_H

#include "ams/link_session.h"

/* ran (n): per item the core `set`, then, while time is left, the model of the greatest
 * expected loss per time that still fits. core: a fill of that set with tuned thresholds. What
 * its predictions say of their loss is brought to the true losses on validation by a line per
 * target. */
ams_status ams_link_run_adaptive(const ams_link_fill *core, uint64_t set, double deadline_ms,
                                 const ams_link_items *items, uint64_t *ran, ams_error *err);

#endif
