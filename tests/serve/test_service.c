/* Messages and their replies, without sockets: a whole item, everything that is refused,
 * limits, clients that share nothing, and choices equal to the library's own. */
#include "tests/serve/fixture.h"

#include "tests/base/suite.h"

#include <math.h>
#include <string.h>

START_TEST(an_item_from_begin_to_result)
{
    serve_fixture f;
    serve_make(&f);
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"a\",\"clock\":\"client\"}", "{\"ok\":true}");
    json_t *reply = serve_ask(&f, "{\"op\":\"next\",\"item\":\"a\",\"now_ms\":0}");
    ck_assert_str_eq(json_string_value(json_object_get(reply, "do")), "start");
    const json_t *models = json_object_get(reply, "models");
    ck_assert_uint_eq(json_array_size(models), 1);
    char first[8];
    char message[256];
    snprintf(first, sizeof first, "%s", json_string_value(json_array_get(models, 0)));
    json_decref(reply);
    /* It counts as started: asked again, there is nothing to do but wait. */
    serve_expect(&f, "{\"op\":\"next\",\"item\":\"a\",\"now_ms\":3}",
                 "{\"ok\":true,\"do\":\"wait\"}");
    snprintf(message, sizeof message,
             "{\"op\":\"finished\",\"item\":\"a\",\"model\":\"%s\",\"now_ms\":10,\"labels\":[["
             "\"task/3\",0.75],[\"task/1\",0.25],\"task/0\",\"no/such\"]}",
             first);
    serve_expect(&f, message, "{\"ok\":true}");
    reply = serve_ask(&f, "{\"op\":\"result\",\"item\":\"a\",\"keep\":true}");
    json_t *labels = json_pack("[s,s]", "task/0", "task/3");
    ck_assert(json_equal(json_object_get(reply, "labels"), labels));
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(reply, "finished"), 0)),
                     first);
    ck_assert_uint_eq(json_array_size(json_object_get(reply, "untouched")), 2);
    ck_assert(json_number_value(json_object_get(reply, "busy_ms")) == 10);
    ck_assert(json_number_value(json_object_get(reply, "saved_ms")) == 2);
    ck_assert_int_eq(json_integer_value(json_object_get(reply, "decisions")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(reply, "unknown_labels")), 1);
    json_decref(labels);
    json_decref(reply);
    reply = serve_ask(&f, "{\"op\":\"result\",\"item\":\"a\"}");
    json_decref(reply);
    serve_refused(&f, "{\"op\":\"result\",\"item\":\"a\"}", "no_item", "not begun");
    ck_assert(serve_number(&f, "{\"op\":\"stats\"}", "saved_ms") == 2);
    ck_assert(serve_number(&f, "{\"op\":\"stats\"}", "all_ms") == 3);
    serve_drop(&f);
}
END_TEST

/* After the deadline, what still runs is to be stopped. */
START_TEST(our_clock_and_a_deadline)
{
    serve_fixture f;
    serve_make(&f);
    json_t *reply =
        serve_ask(&f, "{\"op\":\"begin\",\"item\":\"a\",\"deadline_ms\":50,\"next\":true}");
    ck_assert_str_eq(json_string_value(json_object_get(reply, "do")), "start");
    ck_assert(json_number_value(json_object_get(reply, "wait_ms")) == 50);
    f.now_ns += 20000000;
    ck_assert(serve_number(&f, "{\"op\":\"next\",\"item\":\"a\"}", "wait_ms") == 30);
    f.now_ns += 30000000;
    json_t *done = serve_ask(&f, "{\"op\":\"next\",\"item\":\"a\"}");
    ck_assert_str_eq(json_string_value(json_object_get(done, "do")), "done");
    ck_assert(json_equal(json_object_get(done, "stop"), json_object_get(reply, "models")));
    json_decref(done);
    done = serve_ask(&f, "{\"op\":\"result\",\"item\":\"a\"}");
    ck_assert(json_equal(json_object_get(done, "cut"), json_object_get(reply, "models")));
    ck_assert_uint_eq(json_array_size(json_object_get(done, "running")), 0);
    json_decref(done);
    json_decref(reply);
    serve_drop(&f);
}
END_TEST

START_TEST(what_is_refused)
{
    static const struct {
        const char *message, *error, *why;
    } cases[] = {
        {"", "malformed", "expected a JSON object"},
        {"x", "malformed", "column"},
        {"[1]", "malformed", "expected an object with a text \"op\", found an array of 1"},
        {"{\"op\":7}", "malformed", "field 'op': expected a text, found the number 7"},
        {"{\"item\":\"a\"}", "malformed", "field 'op': expected a text, found nothing"},
        {"{\"op\":\"next\",\"item\":\"a\"}}", "malformed", "end of file"},
        {"{\"op\":\"next\",\"op\":\"next\"}", "malformed", "duplicate"},
        {"{\"op\":\"next\",\"item\":\"\\u0000\"}", "malformed", "\\u0000"},
        {"{\"op\":\"nxt\"}", "unknown_op",
         "field 'op': expected begin, next, finished, failed, result, policy or stats, found "
         "'nxt'; did you mean next?"},
        {"{\"op\":\"next\"}", "bad_field",
         "field 'item': expected it in op 'next', found nothing"},
        {"{\"op\":\"next\",\"item\":3}", "bad_field",
         "field 'item': expected a text of 1 to 256 bytes, found the number 3"},
        {"{\"op\":\"next\",\"item\":\"\"}", "bad_field",
         "field 'item': expected a text of 1 to 256 bytes, found the text \"\""},
        {"{\"op\":\"next\",\"item\":\"a\",\"nowms\":1}", "bad_field",
         "field 'nowms': op 'next' has no field of that name; expected op, item, now_ms, goal; "
         "did "
         "you mean now_ms?"},
        {"{\"op\":\"next\",\"item\":\"a\",\"model\":\"m0\"}", "bad_field",
         "field 'model': op 'next' has no field of that name; expected op, item, now_ms"},
        {"{\"op\":\"next\",\"item\":\"a\",\"now_ms\":\"1\"}", "bad_field",
         "field 'now_ms': expected a number, found the text \"1\""},
        {"{\"op\":\"next\",\"item\":\"a\"}", "no_item",
         "field 'item': expected an item in flight on this connection, found 'a'"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"next\":1}", "bad_field",
         "field 'next': expected true or false, found the number 1"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"rule\":\"best\"}", "bad_field",
         "algorithm2-again, found the text \"best\""},
        {"{\"op\":\"begin\",\"item\":\"b\",\"deadline_ms\":-1}", "bad_limits",
         "field 'deadline_ms': expected a number that is not below 0, found the number -1"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"memory_mb\":{}}", "bad_field",
         "field 'memory_mb': expected a number, found an object with 0 fields"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"priority\":{\"m0\":0}}", "bad_limits",
         "field 'priority.m0': expected a number above 0 and below 3.4e38, found the number 0"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"time_ms\":{\"m0\":1e99}}", "bad_limits",
         "field 'time_ms.m0': expected a number above 0 and below 3.4e38, found the number "
         "1e+99"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"mem_mb\":{\"m1\":-3}}", "bad_limits",
         "field 'mem_mb.m1': expected a number from 0 to 3.4e38, found the number -3"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"mem_mb\":{\"m1\":null}}", "bad_field",
         "field 'mem_mb.m1': expected a number, found null"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"mem_mb\":{\"m7\":1}}", "no_model",
         "field 'mem_mb': expected a model of the policy, found 'm7'"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"mem_mb\":3}", "bad_field",
         "field 'mem_mb': expected an object of models and numbers, found the number 3"},
        {"{\"op\":\"begin\",\"item\":\"b\",\"rule\":\"odds\"}", "bad_limits",
         "field 'rule': expected a rule that this policy's values allow, found 'odds'"},
        {"{\"op\":\"finished\",\"item\":\"own\",\"model\":\"m1\",\"now_ms\":9}", "bad_order",
         "field 'model': expected a model that runs, found 'm1', which was not started"},
        {"{\"op\":\"next\",\"item\":\"own\"}", "bad_field",
         "field 'now_ms': expected a number, since the item began with clock 'client', found "
         "nothing"},
        {"{\"op\":\"next\",\"item\":\"ours\",\"now_ms\":1}", "bad_field",
         "field 'now_ms': expected nothing, since the item did not begin with clock 'client'"},
        {"{\"op\":\"next\",\"item\":\"own\",\"now_ms\":3}", "bad_time",
         "field 'now_ms': expected a time that is not earlier than those given before (5), "
         "found 3"},
        {"{\"op\":\"begin\",\"item\":\"own\"}", "item_exists",
         "field 'item': expected an item that is not in flight on this connection, found "
         "'own' again"},
        {"{\"op\":\"failed\",\"item\":\"own\",\"model\":\"m9\",\"now_ms\":9}", "no_model",
         "field 'model': expected a model of the policy, found 'm9'; did you mean m"},
        {"{\"op\":\"finished\",\"item\":\"own\",\"model\":\"m0\",\"labels\":1}", "bad_field",
         "field 'labels': expected an array, found the number 1"},
        {"{\"op\":\"finished\",\"item\":\"own\",\"model\":\"m0\",\"labels\":[\"a\",[\"b\"]]}",
         "bad_field", "at position 2, found an array of 1"},
        {"{\"op\":\"finished\",\"item\":\"own\",\"model\":\"m0\",\"labels\":[[\"b\",1.1]]}",
         "bad_field",
         "field 'labels[0]': expected \"label\" or [\"label\", confidence from 0 to 1] at "
         "position 1, found the number 1.1"},
        {"{\"op\":\"stats\",\"item\":\"a\"}", "bad_field",
         "field 'item': op 'stats' has no field of that name; expected op"},
    };
    serve_fixture f;
    serve_make(&f);
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"own\",\"clock\":\"client\"}",
                 "{\"ok\":true}");
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"ours\"}", "{\"ok\":true}");
    json_decref(serve_ask(&f, "{\"op\":\"next\",\"item\":\"own\",\"now_ms\":5}"));
    json_t *before = serve_ask(&f, "{\"op\":\"result\",\"item\":\"own\",\"keep\":true}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* Of "own" m0 runs. */
        serve_refused(&f, cases[i].message, cases[i].error, cases[i].why);
    }
    /* None of them changed anything. */
    json_t *after = serve_ask(&f, "{\"op\":\"result\",\"item\":\"own\",\"keep\":true}");
    ck_assert(json_equal(before, after));
    ck_assert(serve_number(&f, "{\"op\":\"stats\"}", "refused") ==
              sizeof cases / sizeof *cases);
    json_decref(before);
    json_decref(after);
    serve_drop(&f);
}
END_TEST

START_TEST(limits_of_items)
{
    serve_fixture f;
    serve_make(&f);
    ams_client *other = ams_client_begin(f.service);
    char message[100];
    for (int i = 0; i < 6; i++) {
        snprintf(message, sizeof message, "{\"op\":\"begin\",\"item\":\"%d\"}", i);
        serve_expect(&f, message, "{\"ok\":true}");
    }
    serve_refused(&f, "{\"op\":\"begin\",\"item\":\"x\"}", "too_many_items", "at most 6");
    for (int i = 0; i < 5; i++) { /* the same names are others for another client */
        snprintf(message, sizeof message, "{\"op\":\"begin\",\"item\":\"%d\"}", i);
        json_t *reply = serve_ask_as(&f, other, message);
        ck_assert(json_is_true(json_object_get(reply, "ok")) == (i < 4));
        json_decref(reply);
    }
    ck_assert_uint_eq(ams_service_figures_of(f.service).items, 10);
    /* An item that ends makes room, a client that goes takes its own only. */
    json_decref(serve_ask(&f, "{\"op\":\"result\",\"item\":\"3\"}"));
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"3\"}", "{\"ok\":true}");
    ams_client_end(f.service, f.client);
    f.client = other;
    ck_assert_uint_eq(ams_service_figures_of(f.service).items, 4);
    ck_assert_uint_eq(ams_service_figures_of(f.service).dropped, 6);
    json_decref(serve_ask(&f, "{\"op\":\"result\",\"item\":\"2\"}"));
    serve_drop(&f);
}
END_TEST

START_TEST(idle_items_are_dropped)
{
    serve_fixture f;
    serve_make(&f);
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"a\"}", "{\"ok\":true}");
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"b\"}", "{\"ok\":true}");
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"c\"}", "{\"ok\":true}");
    f.now_ns += 600000000;
    json_decref(serve_ask(&f, "{\"op\":\"next\",\"item\":\"b\"}"));
    f.now_ns += 400000000;
    ams_service_expire(f.service, f.now_ns); /* a second, not more */
    ck_assert_uint_eq(ams_service_figures_of(f.service).items, 3);
    f.now_ns += 1;
    ams_service_expire(f.service, f.now_ns);
    ck_assert_uint_eq(ams_service_figures_of(f.service).items, 1);
    ck_assert_uint_eq(ams_service_figures_of(f.service).expired, 2);
    serve_refused(&f, "{\"op\":\"next\",\"item\":\"a\"}", "no_item", "idle");
    json_decref(serve_ask(&f, "{\"op\":\"result\",\"item\":\"b\"}"));
    serve_drop(&f);
}
END_TEST

START_TEST(draining)
{
    serve_fixture f;
    serve_make(&f);
    serve_expect(&f, "{\"op\":\"begin\",\"item\":\"a\"}", "{\"ok\":true}");
    ams_service_drain(f.service);
    serve_refused(&f, "{\"op\":\"begin\",\"item\":\"b\"}", "draining", "ending");
    json_decref(serve_ask(&f, "{\"op\":\"next\",\"item\":\"a\"}"));
    json_t *reply = serve_ask(&f, "{\"op\":\"result\",\"item\":\"a\"}");
    ck_assert(json_is_true(json_object_get(reply, "ok")));
    json_decref(reply);
    serve_drop(&f);
}
END_TEST

/* Three items in turns, with priorities and budgets: `models` and `do` are what a handle of the
 * library of its own says. */
typedef struct twin {
    ams_item *item;
    void *room;
    double now_ms;
    bool done;
} twin;

static void step_both(serve_fixture *f, twin *t, int name)
{
    char message[300];
    ams_item_step step;
    static const char *const answers[] = {"start", "wait", "done"};
    snprintf(message, sizeof message, "{\"op\":\"next\",\"item\":\"%d\",\"now_ms\":%.17g}",
             name, t->now_ms);
    json_t *reply = serve_ask(f, message);
    ck_assert_int_eq(ams_item_next(t->item, t->now_ms, &step), AMS_ONLINE_OK);
    ck_assert_str_eq(json_string_value(json_object_get(reply, "do")), answers[step.answer]);
    const json_t *models = json_object_get(reply, "models");
    ck_assert_uint_eq(json_array_size(models), step.n);
    for (uint32_t i = 0; i < step.n; i++) {
        const char *model = ams_online_model_name(f->policy.online, step.model[i]);
        ck_assert_str_eq(json_string_value(json_array_get(models, i)), model);
        ck_assert_int_eq(ams_item_started(t->item, step.model[i], t->now_ms), AMS_ONLINE_OK);
    }
    json_decref(reply);
    t->done = step.answer == AMS_ITEM_DONE;
    t->now_ms += 0.25;
    for (uint32_t i = 0; i < step.n; i++) {
        const char *model = ams_online_model_name(f->policy.online, step.model[i]);
        char label[20];
        snprintf(label, sizeof label, "task/%u", (step.model[i] + (uint32_t)name) % 5);
        const char *labels[] = {label};
        const float conf[] = {0.875F};
        snprintf(message, sizeof message,
                 "{\"op\":\"finished\",\"item\":\"%d\",\"model\":\"%s\",\"now_ms\":%.17g,"
                 "\"labels\":[[\"%s\",0.875]]}",
                 name, model, t->now_ms, label);
        serve_expect(f, message, "{\"ok\":true}");
        ck_assert_int_eq(
            ams_item_finished_named(t->item, step.model[i], t->now_ms, labels, conf, 1),
            AMS_ONLINE_OK);
    }
}

START_TEST(choices_are_the_librarys)
{
    static const char *const begins[] = {
        "{\"op\":\"begin\",\"item\":\"0\",\"clock\":\"client\",\"memory_mb\":2,\"deadline_ms\":"
        "9,"
        "\"priority\":{\"m2\":3}}",
        "{\"op\":\"begin\",\"item\":\"1\",\"clock\":\"client\",\"rule\":\"q-greedy\"}",
        "{\"op\":\"begin\",\"item\":\"2\",\"clock\":\"client\",\"deadline_ms\":4,\"rule\":"
        "\"plan\","
        "\"time_ms\":{\"m0\":2.5},\"negative\":\"skip\",\"late\":\"any\",\"stop\":\"sum\","
        "\"stop_below\":-5}"};
    const float priority[] = {1, 1, 3};
    const float time_ms[] = {2.5F, 1, 1};
    serve_fixture f;
    serve_make(&f);
    ams_item_limits limits[3] = {ams_item_limits_none(), ams_item_limits_none(),
                                 ams_item_limits_none()};
    twin t[3];
    limits[0].memory_mb = 2;
    limits[0].deadline_ms = 9;
    limits[0].priority = priority;
    limits[1].rule = AMS_ITEM_Q_GREEDY;
    limits[2].deadline_ms = 4;
    limits[2].rule = AMS_ITEM_PLAN;
    limits[2].time_ms = time_ms;
    limits[2].negative = AMS_ITEM_NEGATIVE_SKIP;
    limits[2].late = AMS_ITEM_LATE_ANY;
    limits[2].stop = AMS_ITEM_STOP_SUM;
    limits[2].stop_below = -5;
    for (int i = 0; i < 3; i++) {
        t[i] = (twin){.room = malloc(f.policy.item_size)};
        ck_assert_int_eq(ams_item_begin(&t[i].item, f.policy.online, &limits[i], t[i].room,
                                        f.policy.item_size),
                         AMS_ONLINE_OK);
        serve_expect(&f, begins[i], "{\"ok\":true}");
    }
    for (int turn = 0; turn < 8; turn++) {
        for (int i = 0; i < 3; i++) {
            if (!t[i].done) {
                step_both(&f, &t[i], i);
            }
        }
    }
    for (int i = 0; i < 3; i++) {
        ck_assert(t[i].done);
        free(t[i].room);
    }
    serve_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, an_item_from_begin_to_result);
    tcase_add_test(tests, our_clock_and_a_deadline);
    tcase_add_test(tests, what_is_refused);
    tcase_add_test(tests, limits_of_items);
    tcase_add_test(tests, idle_items_are_dropped);
    tcase_add_test(tests, draining);
    tcase_add_test(tests, choices_are_the_librarys);
}

int main(void)
{
    return run_suite("serve/service", add);
}
