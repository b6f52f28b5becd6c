/* Items in flight: found by client and name, in the order of their last messages. Private to
 * serve/. */
#ifndef AMS_SERVE_SESSIONS_H
#define AMS_SERVE_SESSIONS_H

#include "ams/online.h"
#include "serve/service.h"

typedef struct ams_session ams_session;
struct ams_session {
    ams_session *in_bucket;                /* next of the same hash */
    ams_session *older, *newer;            /* by used_ns */
    ams_session *of_client, *of_client_up; /* next and previous of one client */
    ams_client *client;
    uint64_t hash;
    uint64_t began_ns, used_ns;
    uint64_t running; /* models that were named as started and have not ended */
    double all_ms;    /* expected time of all models */
    double more;      /* than the policy says the calls have cost */
    bool own_clock;
    /* With shared workers: its job, and models that it may start when it asks next. */
    bool in_flight;
    uint32_t slot;
    uint64_t granted;
    ams_item *item;
    char *name;
    void *room; /* (policy->item_size) */
};

struct ams_client {
    ams_session *first;
    uint32_t n_items;
    uint32_t number;             /* of those seen */
    ams_client *next, *previous; /* of the service */
};

typedef struct ams_sessions {
    ams_session **bucket;
    uint32_t buckets; /* a power of two */
    uint32_t count;
    uint64_t seed; /* keyed: names come from outside, and nobody can choose ones that collide */
    ams_session *oldest, *newest;
} ams_sessions;

ams_status ams_sessions_init(ams_sessions *sessions, uint32_t most, ams_error *err);
void ams_sessions_fini(ams_sessions *sessions);
ams_session *ams_sessions_find(const ams_sessions *sessions, const ams_client *client,
                               const char *name);
/* NULL: out of memory. The name must not be there. */
ams_session *ams_sessions_add(ams_sessions *sessions, ams_client *client, const char *name,
                              size_t item_size, uint64_t now_ns);
void ams_sessions_remove(ams_sessions *sessions, ams_session *session);
/* Notes a message: the item is the newest now. */
void ams_sessions_touch(ams_sessions *sessions, ams_session *session, uint64_t now_ns);

#endif
