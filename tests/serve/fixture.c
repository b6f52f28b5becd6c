#include "tests/serve/fixture.h"

#include <string.h>

void serve_make(serve_fixture *f)
{
    const ams_service_options options = {.items = 10, .client_items = 6, .idle_ns = 1000000000};
    ams_error err = {{0}};
    *f = (serve_fixture){.now_ns = 5000000000};
    ck_assert_msg(ams_live_open(&f->policy, AMS_POLICY, &err) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(ams_service_create(&f->service, &f->policy, &options, f->now_ns, &err),
                     AMS_OK);
    f->client = ams_client_begin(f->service);
    ck_assert_ptr_nonnull(f->client);
}

void serve_drop(serve_fixture *f)
{
    ams_service_destroy(f->service);
    ams_live_close(&f->policy);
}

static void ask(serve_fixture *f, ams_client *client, const char *message, ams_text *reply)
{
    ams_service_message(f->service, client, message, strlen(message), f->now_ns, reply);
    ck_assert(!reply->failed);
    ck_assert_uint_gt(reply->used, 0);
    ck_assert_ptr_eq(memchr(reply->data, '\n', reply->used), reply->data + reply->used - 1);
    reply->data[reply->used - 1] = '\0';
}

json_t *serve_ask_as(serve_fixture *f, ams_client *client, const char *message)
{
    ams_text reply = {.data = NULL};
    ask(f, client, message, &reply);
    json_t *root = json_loads(reply.data, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(root != NULL, "%s: no JSON: %s", message, reply.data);
    ams_text_fini(&reply);
    return root;
}

json_t *serve_ask(serve_fixture *f, const char *message)
{
    return serve_ask_as(f, f->client, message);
}

void serve_expect(serve_fixture *f, const char *message, const char *expected)
{
    ams_text reply = {.data = NULL};
    ask(f, f->client, message, &reply);
    ck_assert_str_eq(reply.data, expected);
    ams_text_fini(&reply);
}

void serve_refused(serve_fixture *f, const char *message, const char *error, const char *why)
{
    json_t *root = serve_ask(f, message);
    const char *found = json_string_value(json_object_get(root, "error"));
    const char *text = json_string_value(json_object_get(root, "message"));
    ck_assert_msg(json_is_false(json_object_get(root, "ok")), "%s was taken", message);
    ck_assert_msg(found != NULL && strcmp(found, error) == 0, "%s: error %s, expected %s",
                  message, found, error);
    ck_assert_msg(text != NULL && strstr(text, why) != NULL, "%s: no '%s' in: %s", message, why,
                  text);
    json_decref(root);
}

double serve_number(serve_fixture *f, const char *message, const char *key)
{
    json_t *root = serve_ask(f, message);
    ck_assert_msg(json_is_number(json_object_get(root, key)), "%s: no %s", message, key);
    double value = json_number_value(json_object_get(root, key));
    json_decref(root);
    return value;
}
