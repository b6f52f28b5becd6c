/* A policy that answers for money behind the server: the answer with its price, the mean budget
 * over items that overlap, costs as the client reports them, and what is refused. */
#include "tests/serve/fixture.h"

#include "tests/base/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void make(serve_fixture *f, double budget)
{
    ams_service_options options = {.items = 100, .client_items = 100, .idle_ns = 1000000000};
    ams_error err = {{0}};
    *f = (serve_fixture){.now_ns = 5000000000};
    ck_assert_msg(ams_live_open(&f->policy, AMS_POLICY_MONEY, &err) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(ams_money_init(&options.money, &f->policy, budget, 20, 0, 7, &err),
                     AMS_OK);
    ck_assert_int_eq(ams_service_create(&f->service, &f->policy, &options, f->now_ns, &err),
                     AMS_OK);
    f->client = ams_client_begin(f->service);
}

/* All of one item; its cost. `dear`: what each call costs more than the policy says. */
static double one_item(serve_fixture *f, int number, double dear)
{
    char message[256];
    double paid = 0;
    snprintf(message, sizeof message,
             "{\"op\":\"begin\",\"item\":\"%d\",\"clock\":\"client\",\"next\":true}", number);
    json_t *reply = serve_ask(f, message);
    for (int turn = 0; turn < 3; turn++) {
        const char *what = json_string_value(json_object_get(reply, "do"));
        ck_assert_ptr_nonnull(what);
        if (strcmp(what, "done") == 0) {
            break;
        }
        const char *model =
            json_string_value(json_array_get(json_object_get(reply, "models"), 0));
        const double cost = (strcmp(model, "m0") == 0 ? 1 : 3) + dear;
        snprintf(message, sizeof message,
                 "{\"op\":\"finished\",\"item\":\"%d\",\"model\":\"%s\",\"now_ms\":%d,"
                 "\"labels\":[[\"task/%d\",0.%d]],\"cost\":%g,\"next\":true}",
                 number, model, turn + 1, number % 2, 1 + number % 9, cost);
        paid += cost;
        json_decref(reply);
        reply = serve_ask(f, message);
    }
    ck_assert_str_eq(json_string_value(json_object_get(reply, "do")), "done");
    const double said = json_number_value(json_object_get(reply, "cost"));
    ck_assert_double_lt(fabs(said - paid), 1e-9);
    ck_assert(json_is_string(json_object_get(reply, "answer")));
    const double p = json_number_value(json_object_get(reply, "probability"));
    ck_assert(p >= 0 && p <= 1);
    json_decref(reply);
    return paid;
}

static void end(serve_fixture *f, int number)
{
    char message[64];
    snprintf(message, sizeof message, "{\"op\":\"result\",\"item\":\"%d\"}", number);
    json_decref(serve_ask(f, message));
}

/* The mean is the budget, whether items end at once or 30 later, and at calls that are dearer
 * than the policy says; stats say what was paid. */
START_TEST(a_mean_budget)
{
    const int lag = _i == 1 ? 30 : 0;
    const double dear = _i == 2 ? 0.5 : 0;
    enum { N = 1500 };
    serve_fixture f;
    double paid = 0;
    make(&f, 2);
    for (int i = 0; i < N + lag; i++) {
        if (i < N) {
            paid += one_item(&f, i, dear);
        }
        if (i >= lag) {
            end(&f, i - lag);
        }
    }
    ck_assert_msg(fabs(paid / N - 2) < 0.06, "%g", paid / N);
    ck_assert_double_lt(fabs(serve_number(&f, "{\"op\":\"stats\"}", "paid") - paid), 1e-6);
    ck_assert_double_lt(fabs(serve_number(&f, "{\"op\":\"stats\"}", "mean_cost") - paid / N),
                        1e-6);
    serve_drop(&f);
}
END_TEST

START_TEST(what_is_refused)
{
    serve_fixture f;
    ams_money money;
    ams_error err;
    make(&f, (double)NAN);
    serve_refused(&f, "{\"op\":\"begin\",\"item\":\"a\",\"memory_mb\":5}", "bad_limits",
                  "answers for money takes deadline_ms");
    json_decref(serve_ask(&f, "{\"op\":\"begin\",\"item\":\"a\",\"next\":true}"));
    serve_refused(&f, "{\"op\":\"finished\",\"item\":\"a\",\"model\":\"m0\",\"cost\":-1}",
                  "bad_limits", "expected from 0 to 1e30");
    serve_drop(&f);
    serve_make(&f); /* a policy that decides by time */
    ck_assert_int_eq(ams_money_init(&money, &f.policy, 2, 20, 0, 7, &err), AMS_USAGE);
    ck_assert(strstr(err.text, "as `ams budget --export` writes it") != NULL);
    serve_refused(&f, "{\"op\":\"finished\",\"item\":\"a\",\"model\":\"m0\",\"cost\":1}",
                  "bad_limits", "of a policy that answers for money");
    serve_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_mean_budget, 0, 3);
    tcase_add_test(tests, what_is_refused);
}

int main(void)
{
    return run_suite("serve_money", add);
}
