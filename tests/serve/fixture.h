/* A service on the small policy of the fuzz corpus (models m0, m1, m2; labels task/0 to
 * task/4), and its replies as JSON. */
#ifndef AMS_TESTS_SERVE_FIXTURE_H
#define AMS_TESTS_SERVE_FIXTURE_H

#include "serve/service.h"

#include <check.h>
#include <jansson.h>

typedef struct serve_fixture {
    ams_live_policy policy;
    ams_service *service;
    ams_client *client;
    uint64_t now_ns;
} serve_fixture;

/* 10 items in flight, 6 of a client, idle after a second. Stops the test on failure. */
void serve_make(serve_fixture *f);
void serve_drop(serve_fixture *f);

/* The one line that answers a message of `client`; json_decref() it. */
json_t *serve_ask_as(serve_fixture *f, ams_client *client, const char *message);
json_t *serve_ask(serve_fixture *f, const char *message);
/* The answer is this one, to the byte but for the newline. */
void serve_expect(serve_fixture *f, const char *message, const char *reply);
/* It is refused with this error, and `why` stands in its message. */
void serve_refused(serve_fixture *f, const char *message, const char *error, const char *why);
double serve_number(serve_fixture *f, const char *message, const char *key);

#endif
