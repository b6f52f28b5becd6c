/* What a client of `ams serve` sends: whatever comes, in whatever pieces, nothing breaks, and
 * every message gets one line of JSON that says whether it was taken. */
#include "base/file.h"
#include "serve/inbox.h"
#include "serve/service.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <string.h>

enum { MOST = 512 };
static const uint64_t STEP_NS = 1000000;

static void check_reply(ams_text *reply)
{
    need(!reply->failed && reply->used > 0);
    need(memchr(reply->data, '\n', reply->used) == reply->data + reply->used - 1);
    json_t *root = json_loadb(reply->data, reply->used, JSON_REJECT_DUPLICATES, NULL);
    const json_t *ok = json_object_get(root, "ok");
    const char *error = json_string_value(json_object_get(root, "error"));
    need(json_is_boolean(ok) && json_is_true(ok) == (error == NULL));
    json_decref(root);
    reply->used = 0;
}

/* In pieces of the size that the first byte says. */
static void serve(ams_service *service, const uint8_t *data, size_t size)
{
    ams_client *client[2] = {ams_client_begin(service), ams_client_begin(service)};
    ams_inbox inbox = {.most = MOST};
    ams_text reply = {.data = NULL};
    const size_t piece = size == 0 ? 1 : 1 + data[0] % 64U;
    uint64_t now = 0;
    need(client[0] != NULL && client[1] != NULL);
    for (size_t at = 0; at < size; at += piece) {
        need(ams_inbox_push(&inbox, data + at, size - at < piece ? size - at : piece));
        const char *line = NULL;
        size_t n = 0;
        for (ams_inbox_found found = ams_inbox_next(&inbox, &line, &n); found != AMS_INBOX_NONE;
             found = ams_inbox_next(&inbox, &line, &n)) {
            now += STEP_NS;
            if (found == AMS_INBOX_OVERSIZED) {
                ams_service_refuse(service, AMS_REFUSED_OVERSIZED, "too long", &reply);
            } else {
                need(n > 0 && n <= MOST);
                ams_service_message(service, client[now / STEP_NS % 8 == 0], line, n, now,
                                    &reply);
            }
            check_reply(&reply);
        }
        need(ams_inbox_rest(&inbox) <= MOST + 64);
        ams_service_expire(service, now);
    }
    const ams_service_figures figures = ams_service_figures_of(service);
    need(figures.items == ams_client_items(client[0]) + ams_client_items(client[1]));
    need(figures.begun == figures.ended + figures.expired + figures.items);
    ams_client_end(service, client[1]);
    ams_client_end(service, client[0]);
    need(ams_service_figures_of(service).items == 0);
    ams_inbox_fini(&inbox);
    ams_text_fini(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ams_service_options options = {
        .items = 6, .client_items = 4, .idle_ns = 20 * STEP_NS};
    ams_live_policy policy;
    ams_service *service = NULL;
    ams_error err;
    need(ams_live_open(&policy, AMS_CORPUS "/policy/small", &err) == AMS_OK);
    need(ams_service_create(&service, &policy, &options, 0, &err) == AMS_OK);
    serve(service, data, size);
    ams_service_destroy(service);
    ams_live_close(&policy);
    return 0;
}
