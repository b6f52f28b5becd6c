/* The members of a team are the ranks of an MPI job (base/team.h). Private to mpi/. */
#ifndef AMS_MPI_LINE_H
#define AMS_MPI_LINE_H

#include "base/team.h"

typedef struct mpi_line mpi_line;

/* Joins the job that started this process; without one, a job of this process alone.
 * @return AMS_BACKEND: MPI cannot be had. */
ams_status mpi_line_open(mpi_line **line, int *argc, char ***argv, ams_error *err);
/* For ams_team_create; borrowed. */
ams_team_line mpi_line_of_team(mpi_line *line);
/* When all of the job are at this place: sends what is left and leaves. */
void mpi_line_close(mpi_line *line);

#endif
