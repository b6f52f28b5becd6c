/* The writer's chunks packed by a team. Private to env/ and data/. */
#ifndef AMS_ENV_WRITER_TEAM_H
#define AMS_ENV_WRITER_TEAM_H

#include "ams/writer.h"
#include "base/team.h"

/* Right after ams_writer_create, on the leader. The others serve with ams_pack_work
 * (env/pack.h), by itself or as part of more. The file is the same to the byte. */
void ams_writer_set_team(ams_writer *writer, ams_team *team);

#endif
