/* Links from every model to every other one. Private to lab/links/. */
#ifndef AMS_LAB_LINKS_PAIRS_H
#define AMS_LAB_LINKS_PAIRS_H

#include "ams/link_session.h"

/* The maps of single sources and the constant one, fitted and rated, from the session's sums.
 * @return what ams_link_fit and ams_link_rate_map return; AMS_HELPED on a member of a team that
 * does not lead. */
ams_status ams_link_session_fit_pairs(ams_link_session *session, ams_error *err);

#endif
