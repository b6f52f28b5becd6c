/* One message of a client, checked; docs/serve.md has the fields. */
#ifndef AMS_SERVE_REQUEST_H
#define AMS_SERVE_REQUEST_H

#include "serve/policy.h"

#include <stdbool.h>

/* Why a message is refused; its name is in the reply. */
typedef enum ams_refusal {
    AMS_ACCEPTED,
    AMS_REFUSED_MALFORMED, /* not a JSON object, or without "op" */
    AMS_REFUSED_OVERSIZED, /* longer than the server takes */
    AMS_REFUSED_CUT,       /* the connection ended within a message */
    AMS_REFUSED_OP,        /* unknown "op" */
    AMS_REFUSED_FIELD,     /* a field that is missing, unknown, or of another kind */
    AMS_REFUSED_LIMITS,    /* a limit or rule that cannot be with this policy */
    AMS_REFUSED_MODEL,     /* the policy has no such model */
    AMS_REFUSED_NO_ITEM,   /* not begun on this connection, ended, or dropped as idle */
    AMS_REFUSED_ITEM,      /* begun already */
    AMS_REFUSED_ORDER,     /* a model that is not running */
    AMS_REFUSED_TIME,      /* earlier than a time that was given before */
    AMS_REFUSED_ITEMS,     /* too many items in flight */
    AMS_REFUSED_CLIENTS,   /* too many connections */
    AMS_REFUSED_DRAINING,  /* the server is about to end: nothing new begins */
    AMS_REFUSED_IDLE,      /* the connection was silent for too long */
    AMS_REFUSED_MEMORY
} ams_refusal;
extern const char *const ams_refusal_names[];

typedef enum ams_op {
    AMS_OP_BEGIN,
    AMS_OP_NEXT,
    AMS_OP_FINISHED,
    AMS_OP_FAILED,
    AMS_OP_RESULT,
    AMS_OP_STATS,
    AMS_OP_POLICY
} ams_op;

enum { AMS_ITEM_NAME = 256 }; /* bytes of an item's name, at most */

/* Texts are borrowed from the parser until the next message. */
typedef struct ams_request {
    ams_op op;
    const char *item;
    uint32_t model;     /* of finished and failed */
    double now_ms;      /* NAN: not given */
    bool next;          /* begin, finished, failed: and say what is next */
    bool keep;          /* result: the item goes on */
    bool own_clock;     /* begin: every message says now_ms */
    double cost;        /* finished, failed: what the call cost; NAN: as the policy says */
    double goal;        /* next: decided for from now on; NAN: as before */
    const char **label; /* (n_labels) */
    float *confidence;  /* (n_labels) */
    size_t n_labels;
    ams_item_limits limits; /* of begin; its arrays are: */
    float priority[AMS_ONLINE_MODELS], time_ms[AMS_ONLINE_MODELS], mem_mb[AMS_ONLINE_MODELS];
} ams_request;

/* Of ams_item_rule, in its order; NULL ends them. */
extern const char *const ams_rule_names[];

typedef struct ams_request_parser ams_request_parser;
ams_status ams_request_parser_create(ams_request_parser **parser, const ams_live_policy *policy,
                                     ams_error *err);
void ams_request_parser_destroy(ams_request_parser *parser);
/* Any bytes may come. What is not accepted has a message in err. */
ams_refusal ams_request_parse(ams_request_parser *parser, const char *line, size_t n,
                              ams_request *request, ams_error *err);

#endif
