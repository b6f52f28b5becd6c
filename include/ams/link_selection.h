/* One choice of models under a budget, the link that does the rest, and its file. */
#ifndef AMS_LINK_SELECTION_H
#define AMS_LINK_SELECTION_H

#include "ams/frame.h"
#include "ams/link_session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_link_selection {
    const ams_link_session *session; /* borrowed */
    ams_link_method method;
    ams_link_budget budget;
    ams_choice choice;
    ams_link_fill fill;     /* refitted to the chosen set */
    double time_ms, mem_mb; /* of the models that run */
    double link_us;         /* of the prediction, per item, measured */
    double f1, floor;       /* of all outputs on session->measured; filled with constants */
} ams_link_selection;

/* The selection must not move afterwards (ams_link_fill). For ams_link_selection_fini, also
 * after a failure. @return as ams_link_session_choose and ams_link_fill_init. */
ams_status ams_link_selection_run(ams_link_selection *selection,
                                  const ams_link_session *session, ams_link_method method,
                                  const ams_link_budget *budget, ams_error *err);
void ams_link_selection_fini(ams_link_selection *selection);
/* Facts of the set, and the frame "rows", a row per model. */
ams_status ams_link_selection_result(const ams_link_selection *selection, ams_result *result,
                                     ams_error *err);
/* links.ams with the set's links. @return AMS_IO, AMS_BACKEND. */
ams_status ams_link_selection_write(ams_link_selection *selection, const char *path,
                                    ams_error *err);

/* -- every link between two models, and the link of any set -- */

/* links.ams with these. @return AMS_IO, AMS_BACKEND. */
ams_status ams_link_session_write(const ams_link_session *session, const char *path,
                                  ams_error *err);
/* Counts of items, and the frame "rows": for each target F1 on validation of a constant and of
 * the best single source. */
ams_status ams_link_session_result(const ams_link_session *session, ams_result *result,
                                   ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
