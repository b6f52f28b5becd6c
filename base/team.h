/* A team: processes that do one command together, one of which leads.
 *
 * Every member runs the same command on the same arguments up to the place where its work can
 * be divided. There the leader, member 0, deals out errands in order and takes their results in
 * order, and the others serve until it needs them no more. So a result does not depend on how
 * many they are: it is made of the same errands, put together in the same order by one process.
 *
 * How members reach each other is a line, which somebody else supplies (mpi/ does, and tests
 * do with threads). A team of NULL is this process alone, and all functions take it. */
#ifndef AMS_BASE_TEAM_H
#define AMS_BASE_TEAM_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What a member that does not lead returns when it is done: its command ends there. It is no
 * exit code, and no user of the library without a team meets it. */
#define AMS_HELPED ((ams_status)76)

/* -- bytes of a message -- */

/* All zero: empty. */
typedef struct ams_bytes {
    unsigned char *data; /* (n) owned */
    size_t n, room;
    size_t at; /* what is read next */
} ams_bytes;

/* Appends n bytes. @return AMS_BACKEND. */
ams_status ams_bytes_put(ams_bytes *bytes, const void *from, size_t n, ams_error *err);
/* Reads the next n. @return AMS_BACKEND where there are fewer. */
ams_status ams_bytes_get(ams_bytes *bytes, void *to, size_t n, ams_error *err);
void ams_bytes_fini(ams_bytes *bytes);

/* -- the line -- */

/* Messages between two members arrive whole and in the order in which they were sent. */
typedef struct ams_team_line {
    void *context;
    uint32_t rank, size;
    /* Takes a copy of the message and does not wait for the receiver. */
    ams_status (*send)(void *context, uint32_t to, const void *data, size_t n, ams_error *err);
    /* The next message of that member, for the caller to free(); waits for it asleep. */
    ams_status (*receive)(void *context, uint32_t from, void **data, size_t *n, ams_error *err);
} ams_team_line;

typedef struct ams_team ams_team;

/* The line's context stays borrowed. */
ams_status ams_team_create(ams_team **team, const ams_team_line *line, ams_error *err);
void ams_team_destroy(ams_team *team); /* accepts NULL */
uint32_t ams_team_size(const ams_team *team);
uint32_t ams_team_rank(const ams_team *team);
/* It alone reads the results, prints and writes. */
bool ams_team_leads(const ams_team *team);

/* -- errands -- */

typedef struct ams_team_errand {
    uint32_t kind; /* for `work` to tell errands apart, with these: */
    uint64_t a, b, c;
    const void *data; /* (n) what else it needs; borrowed */
    size_t n;
} ams_team_errand;

/* Does an errand and appends what it gives; the same bytes on every member. */
typedef ams_status ams_team_work(void *context, const ams_team_errand *errand,
                                 ams_bytes *result, ams_error *err);
/* Takes the result of an errand, on the leader. */
typedef ams_status ams_team_fold(void *context, const ams_team_errand *errand,
                                 ams_bytes *result, ams_error *err);

/* For members that do not lead: does errands until the leader needs none, which is at the end
 * of its command or when somebody failed.
 * @return AMS_HELPED, which ends the command here; what `work` returned first that is not
 * AMS_OK; AMS_BACKEND: the line failed. */
ams_status ams_team_serve(ams_team *team, ams_team_work *work, void *context, ams_error *err);

/* What `work` returns of an errand that it does not know. @return AMS_BACKEND. */
ams_status ams_team_unknown(const ams_team_errand *errand, ams_error *err);

/* For the leader: gives the errand to the member whose turn it is; the leader has turns, too,
 * the first of a command, and does its own when it collects them. */
ams_status ams_team_submit(ams_team *team, const ams_team_errand *errand, uint64_t *id,
                           ams_error *err);
/* The result of that errand, once per errand, in place of what `result` held; it begins at
 * result->at. `work` does the leader's own. @return what the errand's work returned, with the
 * number of the member in the message. */
ams_status ams_team_collect(ams_team *team, uint64_t id, ams_team_work *work, void *context,
                            ams_bytes *result, ams_error *err);
/* How many errands to have in flight, so that no member waits for its next one. */
uint32_t ams_team_ahead(const ams_team *team);

/* A list of errands that are done ahead while their results are taken in order. */
typedef struct ams_team_loop {
    ams_team *team;
    const ams_team_errand *errand; /* (n) borrowed */
    uint64_t n;
    ams_team_work *work;
    void *context;
    uint64_t submitted, collected; /* private, as is what follows */
    uint64_t *id;
    ams_bytes result;
} ams_team_loop;

/* `team` may be NULL; then an errand is done when its result is asked for. */
ams_status ams_team_loop_init(ams_team_loop *loop, ams_team *team,
                              const ams_team_errand *errand, uint64_t n, ams_team_work *work,
                              void *context, ams_error *err);
/* The result of the next errand; borrowed until the next call. */
ams_status ams_team_loop_next(ams_team_loop *loop, ams_bytes **result, ams_error *err);
void ams_team_loop_fini(ams_team_loop *loop);

/* All of them: `fold` sees every errand's result, in the order of the errands. */
ams_status ams_team_run(ams_team *team, const ams_team_errand *errand, uint64_t n,
                        ams_team_work *work, void *work_context, ams_team_fold *fold,
                        void *fold_context, ams_error *err);

/* -- the end -- */

/* For the leader, when it has all results and before its first output file gets its name: no
 * errand comes any more, and every member says how it ended. So files appear only where the
 * part of every member succeeded, also of one that was asked for nothing. `team` may be NULL.
 * @return what the first member that failed returned, with its number in the message. */
ams_status ams_team_dismiss(ams_team *team, ams_error *err);

/* Ends the command, on every member: they agree on one status, the leader's or, where it has
 * none, that of the first member that failed. On the leader err holds the message, with the
 * number of the member that it came from; elsewhere it is "". Waits until every member is done
 * with its current errand. Then the team can do another command. */
ams_status ams_team_finish(ams_team *team, ams_status status, ams_error *err);

#endif
