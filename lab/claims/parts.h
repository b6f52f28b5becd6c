/* What a process knows of the claims in a folder. Private to lab/claims. */
#ifndef AMS_LAB_CLAIMS_PARTS_H
#define AMS_LAB_CLAIMS_PARTS_H

#include "ams/claims.h"
#include "ams/names.h"
#include "base/owner.h"

#define AMS_CLAIM_IS_DONE ".done"
#define AMS_CLAIM_HAS_FAILED ".failed"
#define AMS_CLAIM_IS_FREE ".free"

enum { AMS_CLAIM_NAME = 256, AMS_CLAIM_KEY = 200 };

typedef struct ams_claim_piece {
    ams_claim_state state;
    uint32_t attempt; /* the latest one */
    uint32_t owner;   /* of a BUSY one; AMS_NO_NAME: not read yet */
    bool dead;        /* FREE: the process that had it last died; MINE: taken from such */
} ams_claim_piece;

/* A process that has a claim. */
typedef struct ams_claim_owner {
    bool known; /* who it is could be read */
    ams_owner who;
    char count[32]; /* as it was seen last */
    double since;   /* when it was first seen to be that */
    double seen;    /* when it was looked at last */
    bool dead;
    uint32_t look; /* the look that judged it */
} ams_claim_owner;

struct ams_claims {
    char *path;
    int folder;
    double patience;
    ams_owner me;
    char counter[160]; /* "@HOST-PID-RANDOM" */
    char paper[168];   /* what claims are links to */
    uint64_t beats;
    double counted, looked; /* when */
    uint64_t lot;           /* of random numbers: which piece to try first */
    uint64_t salt;          /* of this process: which claims it looks after */
    size_t alive;           /* processes that had claims at the last look, about */
    double dead_seen;       /* when a claim of a dead process was found last */
    uint32_t look;
    ams_names keys;
    ams_claim_piece *piece; /* (keys.count) */
    size_t pieces;
    ams_names owners;       /* names of counters */
    ams_claim_owner *owner; /* (owners.count) */
    size_t room;
};

/* AMS_IO with errno's reason. */
ams_status ams_claims_fail(const ams_claims *c, const char *action, const char *name,
                           ams_error *err);
/* The begin of a file as a text; "" where it cannot be read. */
void ams_claims_read(const ams_claims *c, const char *name, char *text, size_t size);
/* The piece of that key, which is made where it is new. */
ams_status ams_claims_piece(ams_claims *c, const char *key, size_t length, uint32_t *index,
                            ams_error *err);

#endif
