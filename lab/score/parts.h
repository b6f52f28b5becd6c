/* What the files of lab/score/ share. Private to lab/score/. */
#ifndef AMS_LAB_SCORE_PARTS_H
#define AMS_LAB_SCORE_PARTS_H

#include "ams/score.h"
#include "base/team.h"

/* -- windows.c: a file that is scored in windows -- */

/* Counts the split's items and decides; the file stays open only for windows. */
ams_status ams_score_choose_windows(ams_score_session *s, ams_error *err);
/* Takes the place of reading the file: the table to create policies with. */
ams_status ams_score_open_windows(ams_score_session *s, ams_error *err);
/* Scores the next members, as many as memory holds rows of. */
ams_status ams_score_next_members(ams_score_session *s, ams_error *err);

/* -- errands.c: what processes of a team do for each other -- */

/* A window's scores of members a .. a + b - 1; rows from b on of policy a. */
enum { AMS_SCORE_WINDOW = 1, AMS_SCORE_ROWS = 2 };
ams_team_work ams_score_work; /* of a session */
/* windows.c's part of it. */
ams_status ams_score_window(ams_score_session *s, const ams_team_errand *errand,
                            ams_bytes *result, ams_error *err);
/* The scores of the next member of a file that is in memory, from all processes. */
ams_status ams_score_next_rows(ams_score_session *s, ams_error *err);
void ams_score_end_rows(ams_score_session *s);

/* -- settings.c -- */

/* Of the policies that the options name: those of one name whose runs' settings differ in more
 * than the seed get names of their own, with what differs, as "dqn,hidden=8". */
ams_status ams_score_name_apart(ams_score_session *s, ams_error *err);

/* -- device.c: trained policies rolled out by a GPU -- */

/* Decides whether the GPU does, when the policies are known. */
ams_status ams_score_choose_device(ams_score_session *s, ams_error *err);
/* Rolls the trained ones of `policy` (n places; NULL: of all) out on the items of the
 * environments that they have moved to; n_items: of each. */
ams_status ams_score_roll(ams_score_session *s, uint32_t n_items, const uint32_t *policy,
                          uint32_t n, ams_error *err);
/* Before those environments go away. */
void ams_score_forget_orders(ams_score_session *s);
/* How many policies have weights. */
uint32_t ams_score_trained(const ams_score_session *s);

/* -- figures.c: distribution.tsv and positions.tsv -- */

ams_status ams_score_write_figures(const ams_score_session *s, const char *directory,
                                   ams_error *err);

#endif
