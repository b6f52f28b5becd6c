/* What `ams serve` does with a message, without sockets: items in flight, limits, statistics. A
 * message and a time go in, a reply comes out, so tests and the fuzzer call it as the event
 * loop does. Every decision is made by online/.
 *
 * One thread. Clients (connections) share the policy and the limits and nothing else: an item
 * belongs to the client that began it, and goes with it. */
#ifndef AMS_SERVE_SERVICE_H
#define AMS_SERVE_SERVICE_H

#include "serve/histogram.h"
#include "serve/money.h"
#include "serve/policy.h"
#include "serve/request.h"
#include "serve/text.h"

struct ams_shared;

typedef struct ams_service_options {
    uint32_t items;            /* in flight, of all clients */
    uint32_t client_items;     /* of one */
    ams_money money;           /* where it begins, of a policy that answers for money */
    uint64_t idle_ns;          /* an item without a message for longer is dropped */
    struct ams_shared *shared; /* workers that all items share (serve/shared.h), borrowed; NULL:
                                  each item decides for itself */
} ams_service_options;

/* Since the service was created. */
typedef struct ams_service_figures {
    uint64_t clients_seen, messages, refused, decisions;
    uint64_t begun, ended, dropped,
        expired;     /* items: ended by `result`, dropped with their client, expired as idle */
    double saved_ms; /* of items that ended: expected time of the models never started */
    double all_ms;   /* and of all their models */
    double paid;     /* of all items that ended, however; of a policy that answers for money */
    uint64_t paid_items;
    uint32_t clients, items; /* now */
} ams_service_figures;

typedef struct ams_service ams_service;
typedef struct ams_client ams_client;

/* `policy` is borrowed and must outlive the service. */
ams_status ams_service_create(ams_service **service, const ams_live_policy *policy,
                              const ams_service_options *options, uint64_t now_ns,
                              ams_error *err);
/* With all its clients. */
void ams_service_destroy(ams_service *service);

/* NULL: out of memory. */
ams_client *ams_client_begin(ams_service *service);
/* Drops its items; NULL does nothing. */
void ams_client_end(ams_service *service, ams_client *client);
uint32_t ams_client_items(const ams_client *client);

/* Appends one line to `reply`, its "\n" included, whatever the message is. */
void ams_service_message(ams_service *service, ams_client *client, const char *line, size_t n,
                         uint64_t now_ns, ams_text *reply);
/* The reply to bytes that never became a message. */
void ams_service_refuse(ams_service *service, ams_refusal refusal, const char *why,
                        ams_text *reply);
/* How long a message waited and was processed, for the quantiles of `stats`. */
void ams_service_latency(ams_service *service, uint64_t ns);
/* Drops items that were idle for too long. Costs nothing where there are none. */
void ams_service_expire(ams_service *service, uint64_t now_ns);
/* From now on nothing begins. */
void ams_service_drain(ams_service *service);
ams_service_figures ams_service_figures_of(const ams_service *service);

#endif
