/* A team without MPI: its members are children of the test, and its line is a socket to each.
 */
#ifndef AMS_TESTS_BASE_PROCESS_TEAM_H
#define AMS_TESTS_BASE_PROCESS_TEAM_H

#include "base/team.h"

/* What each member does, as a command would. */
typedef ams_status process_team_fn(ams_team *team, void *context, ams_error *err);

/* Runs fn on `size` members, of which the caller's process is the leader, and ends the command
 * on all of them. Aborts the test where members do not agree on its status. err: the leader's.
 */
ams_status process_team_run(uint32_t size, process_team_fn *fn, void *context, ams_error *err);

#endif
