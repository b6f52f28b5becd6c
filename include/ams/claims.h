/* Work shared by any number of processes on any number of machines that see one folder.
 *
 * A piece of work has a key. Whoever makes the file DIR/claims/KEY.1 first has the piece; it is
 * made with link(2), which is exclusive on NFS, too, and is never removed. Beside it comes
 * KEY.1.done, KEY.1.failed or KEY.1.free. A piece that is free again, or whose process has
 * died, is taken by making KEY.2, which again one process alone can. So nothing is ever renamed
 * or removed that another process may just have made; KEY.1.failed, which has a message, is
 * written under a name of its process's own and renamed.
 *
 * Each process keeps a counter in DIR/claims/@NAME. Another process takes it for dead when that
 * says "end"; when it ran on the same machine and is gone; or when the counter did not move for
 * `patience` seconds of the observer's own clock, looked at all the while. No two clocks are
 * compared.
 *
 *     AMS_TRY(ams_claims_open(&claims, "exp", 0, err));
 *     AMS_TRY(ams_claims_look(claims, err));           // now and then, also while working
 *     AMS_TRY(ams_claims_take(claims, "run-7", 0, &claim, err));
 *     if (claim.state == AMS_CLAIM_MINE) { ...; AMS_TRY(ams_claims_end(claims, "run-7", ...));
 * } ams_claims_close(claims);                        // gives back what it still has */
#ifndef AMS_CLAIMS_H
#define AMS_CLAIMS_H

#include "ams/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a process takes part; all zero: not at all. */
typedef struct ams_join {
    bool on;
    bool failed;       /* only what had failed when it began */
    bool leave;        /* end when nothing is free, though others are still at work */
    uint64_t shard[2]; /* {i, n}: every n-th piece, from piece i on (from 0); n = 0: all */
    double seconds;    /* stop after so many; 0: never */
    double patience;   /* 0: AMS_CLAIMS_PATIENCE */
} ams_join;

/* Seconds. A process counts eight times within its own. */
#define AMS_CLAIMS_PATIENCE 120.0

typedef enum ams_claim_state {
    AMS_CLAIM_FREE,
    AMS_CLAIM_MINE,
    AMS_CLAIM_BUSY, /* of another process, which lives as far as one can see */
    AMS_CLAIM_DONE,
    AMS_CLAIM_FAILED
} ams_claim_state;

typedef struct ams_piece {
    ams_claim_state state;
    uint32_t attempt; /* KEY.N; 0: nobody has tried yet */
    bool taken_over;  /* MINE: from a process that died */
} ams_piece;

typedef struct ams_claims ams_claims;

/* Makes DIRECTORY/claims and this process's counter there. patience: of ams_join.
 * @return AMS_IO. */
ams_status ams_claims_open(ams_claims **claims, const char *directory, double patience,
                           ams_error *err);
/* Gives back what is MINE and says "end"; NULL is accepted. */
void ams_claims_close(ams_claims *claims);

/* Counts, and reads the folder again, each when it is time for it; cheap otherwise. Call it
 * twice a second.
 * @return AMS_IO, also where a piece that is MINE was taken over: this process stood still for
 * longer than others wait, and has to stop. */
ams_status ams_claims_look(ams_claims *claims, ams_error *err);
/* How many free pieces to leave to others before the first is tried: a random number below that
 * of the processes at work, so that they do not all try the same one. */
size_t ams_claims_skip(ams_claims *claims);
/* The same as ams_claims_look, at once. */
ams_status ams_claims_look_now(ams_claims *claims, ams_error *err);
/* Seconds until the folder is read again. */
double ams_claims_wait(const ams_claims *claims);

/* What the last look saw. Keys have at most 200 characters, no '/', and no '@'
 * in front. */
ams_piece ams_claims_state(const ams_claims *claims, const char *key);
/* Takes the piece if it is free, or if it ended, however, in attempt `repeats` (0: none).
 * *claim: MINE, or what it is otherwise.
 * @return AMS_IO. */
ams_status ams_claims_take(ams_claims *claims, const char *key, uint32_t repeats,
                           ams_piece *claim, ams_error *err);
/* Ends a piece that is MINE as DONE, FAILED or FREE. code, message: of a failed one. */
ams_status ams_claims_end(ams_claims *claims, const char *key, ams_claim_state state, int code,
                          const char *message, ams_error *err);
/* Code and message of a piece that FAILED; 0 and a text where they cannot be read. */
void ams_claims_failure(const ams_claims *claims, const char *key, int *code, char *message,
                        size_t size);

/* Has `work` done by one process, once: by this one, or it waits until another has. Signals
 * have to be held (ams/children.h); one sets *stopped and ends the wait. Work that fails is
 * given back. */
ams_status ams_claims_once(ams_claims *claims, const char *key,
                           ams_status (*work)(void *context, ams_error *err), void *context,
                           int *stopped, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
