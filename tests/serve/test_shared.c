/* Sessions on shared workers: what the server decides is what the simulation says, and what is
 * refused, recorded and released. */
#include "serve/shared.h"

#include "ams/stream_sim.h"
#include "tests/base/suite.h"
#include "tests/serve/fixture.h"

#include <math.h>
#include <string.h>

enum { ITEMS = 50, STAGES = 3, STATES = STAGES + 1, CLIENTS = 8, LABELS = 2, JOBS = 1500 };

/* The small policy's three models of 1 ms each, as stages, and recorded items of them. */
typedef struct shared_fixture {
    serve_fixture serve; /* its service has shared workers */
    ams_shared *shared;
    ams_shared_options options;
    ams_client *client[CLIENTS];
    ams_workload workload;
    float time_ms[STAGES], utility[ITEMS * STATES];
    ams_fitted *fitted;
    ams_saved_predictor saved;         /* for `outputs`; else without regressions */
    float seen[ITEMS][STAGES][LABELS]; /* confidences of the stages' labels */
    float expected[ITEMS][STATES][STATES];
} shared_fixture;

/* Every item's score in later states, from what its stages output. */
static void expect_all(shared_fixture *f)
{
    const ams_regressions *r = f->saved.regressions;
    const uint32_t place[LABELS] = {0, 1};
    double x[64];
    uint32_t used[64];
    for (int i = 0; i < ITEMS; i++) {
        for (uint32_t s = 0; s < STATES; s++) {
            const ams_stage_output last = {place, f->seen[i][s > 0 ? s - 1 : 0], LABELS};
            const ams_stage_output before = {place, f->seen[i][s > 1 ? s - 2 : 0], LABELS};
            const uint32_t n = ams_regressions_row(r, s, &last, &before, x, used);
            ams_regressions_predict(r, s, x, used, n, f->expected[i][s]);
        }
    }
}

static void predict_item(const void *state, const ams_stream_job *job, float *u)
{
    const shared_fixture *f = state;
    const uint32_t s = ams_stream_state(false, job->done);
    memcpy(u + s, f->expected[job->item][s] + s, (STATES - s) * sizeof *u);
}

/* Regressions of this test's own: a second label says what later stages will find, and so does
 * what it was before. */
static void make_regressions(shared_fixture *f)
{
    ams_names label = {.count = 0};
    for (int l = 0; l < LABELS; l++) {
        uint32_t index = 0;
        const char text[] = {'t', 'a', 's', 'k', '/', (char)('0' + l), '\0'};
        ck_assert_int_eq(ams_names_add(&label, text, strlen(text), &index, NULL), AMS_OK);
    }
    f->saved.n_models = STAGES;
    ck_assert_int_eq(ams_regressions_create(&f->saved.regressions, STAGES, &label, NULL),
                     AMS_OK);
    for (uint32_t s = 0; s < STATES; s++) {
        double *weight = f->saved.regressions->weight[s];
        for (uint32_t to = s; to < STATES; to++) {
            weight[to] = s == 0 ? 0.3 * to : 0.02 * to; /* the column of ones */
            if (s > 0) {
                weight[1 * STATES + to] = 1;                      /* task/0 */
                weight[2 * STATES + to] = 0.5 * (to - (double)s); /* task/1 */
            }
            if (s > 1) { /* of the stage before: after its 2 x 2 + 4 columns, and the one */
                weight[9 * STATES + to] = -0.1;
                weight[10 * STATES + to] = 0.2 * (to - (double)s);
            }
        }
    }
    expect_all(f);
}

/* from_ms: of the trace. */
static void make_recorded(shared_fixture *f, const char *kind, FILE *trace, double from_ms)
{
    memset(f, 0, sizeof *f);
    serve_make(&f->serve);
    for (int i = 0; i < ITEMS; i++) {
        for (int l = 1; l < STATES; l++) { /* the harder the later */
            f->utility[i * STATES + l] = 1 - 0.8F * powf((float)(i + 1) / ITEMS, (float)l);
            f->seen[i][l - 1][0] = f->utility[i * STATES + l];
            f->seen[i][l - 1][1] = f->seen[i][l - 1][0] * (float)((i * 7 + l) % 5) / 5;
        }
    }
    for (int m = 0; m < STAGES; m++) {
        f->time_ms[m] = 1;
        f->options.stage[m] = (uint32_t)m;
    }
    f->workload = (ams_workload){.n_items = ITEMS,
                                 .n_models = STAGES,
                                 .time_ms = f->time_ms,
                                 .observed = f->utility,
                                 .utility = f->utility,
                                 .score = f->utility};
    ck_assert_int_eq(ams_fitted_create(&f->fitted, "mean", &f->workload, &f->workload, 0, NULL),
                     AMS_OK);
    f->options.policy = &f->serve.policy;
    f->options.n_stages = STAGES;
    f->options.dispatch = ams_dispatch_defaults();
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(kind, "@"), kind);
    f->options.dispatch.kind = ams_stream_kind_named(name);
    f->options.dispatch.parameter = f->options.dispatch.kind->priced ? 0.1 : 0;
    f->options.dispatch.predictor = ams_fitted_predictor(f->fitted);
    if (strchr(kind, '@') != NULL) {
        make_regressions(f);
        f->options.predictor = &f->saved;
    }
    f->options.trace = trace;
    f->options.trace_from_ms = from_ms;
    ck_assert_int_eq(ams_shared_create(&f->shared, &f->options, NULL), AMS_OK);
    const ams_service_options limits = {.items = 10000,
                                        .client_items = 10000,
                                        .idle_ns = UINT64_C(1) << 50,
                                        .shared = f->shared};
    ams_service_destroy(f->serve.service);
    ck_assert_int_eq(
        ams_service_create(&f->serve.service, &f->serve.policy, &limits, f->serve.now_ns, NULL),
        AMS_OK);
    for (int c = 0; c < CLIENTS; c++) {
        f->client[c] = ams_client_begin(f->serve.service);
    }
    f->serve.client = f->client[0];
}

static void drop(shared_fixture *f)
{
    serve_drop(&f->serve);
    ams_shared_destroy(f->shared);
    ams_fitted_destroy(f->fitted);
    ams_saved_predictor_fini(&f->saved);
}

/* One request while it is served. */
typedef struct shared_job {
    bool open;
    int running; /* stage, or -1 */
    double end_ms;
    uint64_t in_time;
} shared_job;

static json_t *ask(shared_fixture *f, uint64_t job, const char *op, const char *fields)
{
    char text[256];
    snprintf(text, sizeof text, "{\"op\":\"%s\",\"item\":\"j%llu\"%s}", op,
             (unsigned long long)job, fields);
    return serve_ask_as(&f->serve, f->client[job % CLIENTS], text);
}

/* Asks for every open job until nobody starts anything. */
static void poll_all(shared_fixture *f, shared_job *job, uint64_t n, double now_ms)
{
    bool started = true;
    while (started) {
        started = false;
        for (uint64_t k = 0; k < n; k++) {
            if (!job[k].open || job[k].running >= 0) {
                continue;
            }
            json_t *reply = ask(f, k, "next", "");
            const char *what = json_string_value(json_object_get(reply, "do"));
            const json_t *models = json_object_get(reply, "models");
            if (strcmp(what, "done") == 0) {
                job[k].open = false;
                json_decref(ask(f, k, "result", ""));
            } else if (strcmp(what, "start") == 0) {
                ck_assert_uint_eq(json_array_size(models), 1);
                job[k].running = json_string_value(json_array_get(models, 0))[1] - '0';
                job[k].end_ms = now_ms + 1;
                started = true;
            }
            json_decref(reply);
        }
    }
}

static void end_models(shared_fixture *f, shared_job *job, const ams_stream_job *of, uint64_t n,
                       double now_ms)
{
    for (uint64_t k = 0; k < n; k++) {
        if (job[k].open && job[k].running >= 0 && job[k].end_ms <= now_ms) {
            const int stage = job[k].running;
            const float *seen = f->seen[of[k].item][stage];
            char fields[128];
            snprintf(fields, sizeof fields,
                     ",\"model\":\"m%d\",\"labels\":[[\"task/0\",%.9g],[\"task/1\",%.9g]]",
                     stage, (double)seen[0], (double)seen[1]);
            json_decref(ask(f, k, "finished", fields));
            job[k].in_time |= job[k].end_ms <= of[k].deadline_ms ? 1U << stage : 0;
            job[k].running = -1;
        }
    }
}

static int by_id(const void *a, const void *b)
{
    const ams_stream_job *x = a;
    const ams_stream_job *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static void serve_jobs(shared_fixture *f, const ams_stream_job *of, shared_job *job, uint64_t n)
{
    const uint64_t began = f->serve.now_ns;
    uint64_t arrived = 0;
    bool more = true;
    while (more) {
        double next = arrived < n ? of[arrived].arrival_ms : (double)INFINITY;
        more = arrived < n;
        for (uint64_t k = 0; k < arrived; k++) {
            if (job[k].open) {
                more = true;
                next =
                    fmin(next, job[k].running >= 0 ? job[k].end_ms : of[k].deadline_ms + 1e-5);
            }
        }
        if (!more) {
            break;
        }
        const uint64_t now_ns = began + (uint64_t)ceil(next * 1e6);
        f->serve.now_ns = now_ns > f->serve.now_ns ? now_ns : f->serve.now_ns;
        end_models(f, job, of, arrived, next);
        for (; arrived < n && of[arrived].arrival_ms <= next; arrived++) {
            char text[256];
            snprintf(text, sizeof text,
                     "{\"op\":\"begin\",\"item\":\"j%llu\",\"deadline_ms\":%.17g}",
                     (unsigned long long)arrived,
                     of[arrived].deadline_ms - of[arrived].arrival_ms);
            json_decref(serve_ask_as(&f->serve, f->client[arrived % CLIENTS], text));
            job[arrived] = (shared_job){.open = true, .running = -1};
        }
        poll_all(f, job, arrived, next);
    }
}

static void make(shared_fixture *f, const char *kind)
{
    make_recorded(f, kind, NULL, 0);
}

START_TEST(a_bursty_trace_is_served_as_the_simulation_says)
{
    const char *const kinds[] = {"edf-full", "dp",         "density",
                                 "hedged",   "dp@outputs", "hedged@outputs"};
    shared_fixture f;
    make(&f, kinds[_i]);
    const bool outputs = f.saved.regressions != NULL;
    ams_sim_options o = {.workload = &f.workload,
                         .dispatch = f.options.dispatch,
                         .source = ams_source_defaults(),
                         .record = true};
    if (outputs) {
        o.dispatch.predictor =
            (ams_predictor){.name = "outputs", .state = &f, .predict = predict_item};
    }
    o.source.arrivals = AMS_ARRIVE_ON_OFF;
    o.source.rate = 0.45;
    o.source.state_ms = 40;
    o.source.jobs = JOBS;
    o.source.deadline_low_ms = 1.5;
    o.source.deadline_high_ms = 9;
    ams_sim_result r;
    ck_assert_int_eq(ams_simulate(&r, &o, NULL), AMS_OK);
    qsort(r.job, r.n_jobs, sizeof *r.job, by_id);
    shared_job *job = calloc(r.n_jobs, sizeof *job);
    serve_jobs(&f, r.job, job, r.n_jobs);
    double missed = 0;
    double score = 0;
    uint64_t same = 0;
    for (uint64_t k = 0; k < r.n_jobs; k++) {
        same += job[k].in_time == r.job[k].in_time;
        missed += job[k].in_time == 0;
        score += (double)f.utility[r.job[k].item * STATES +
                                   (uint32_t)__builtin_popcountll(job[k].in_time)];
    }
    ck_assert_double_gt(r.missed, 0.01);      /* it is a hard trace */
    ck_assert_uint_ge(same, JOBS * 99 / 100); /* all, but for the server's nanoseconds */
    ck_assert_double_eq_tol(missed / (double)r.n_jobs, r.missed, 0.01);
    ck_assert_double_eq_tol(score / (double)r.n_jobs, r.score, 0.01);
    free(job);
    ams_sim_result_fini(&r);
    drop(&f);
}
END_TEST

static void check_text(const char *path, const char *expected)
{
    char text[256] = "";
    FILE *trace = fopen(path, "r");
    ck_assert_ptr_nonnull(trace);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, trace), 0);
    fclose(trace);
    ck_assert_str_eq(text, expected);
}

/* A later server appends: its clock goes on, and what a killed one left of a row is cut off. */
START_TEST(requests_are_recorded_for_replay)
{
    shared_fixture f;
    FILE *trace = NULL;
    double from_ms = 1;
    ck_assert_int_eq(ams_requests_open(&trace, &from_ms, "trace.csv", NULL), AMS_OK);
    ck_assert_double_eq(from_ms, 0);
    make_recorded(&f, "edf-full", trace, from_ms);
    f.serve.now_ns += 2500000;
    serve_expect(&f.serve, "{\"op\":\"begin\",\"item\":\"a,b\",\"deadline_ms\":5}",
                 "{\"ok\":true}");
    f.serve.now_ns += 1000000;
    serve_expect(&f.serve, "{\"op\":\"begin\",\"item\":\"2\",\"deadline_ms\":7.5}",
                 "{\"ok\":true}");
    drop(&f);
    fputs("9999.500,7.5", trace); /* torn */
    fclose(trace);
    ck_assert_int_eq(ams_requests_open(&trace, &from_ms, "trace.csv", NULL), AMS_OK);
    ck_assert_double_eq_tol(from_ms, 3.5, 1e-12);
    make_recorded(&f, "edf-full", trace, from_ms);
    f.serve.now_ns += 1000000;
    serve_expect(&f.serve, "{\"op\":\"begin\",\"item\":\"3\",\"deadline_ms\":4}",
                 "{\"ok\":true}");
    drop(&f);
    fclose(trace);
    check_text("trace.csv", "arrival_ms,deadline_ms,item,client\n2.500,5.000,a_b,0\n"
                            "3.500,7.500,2,0\n4.500,4.000,3,0\n");

    trace = fopen("other.csv", "w");
    ck_assert_ptr_nonnull(trace);
    fputs("item,model\na,b\n", trace);
    fclose(trace);
    ck_assert_int_eq(ams_requests_open(&trace, &from_ms, "other.csv", NULL), AMS_BAD_DATA);
    check_text("other.csv", "item,model\na,b\n");
    ck_assert_int_eq(ams_requests_open(&trace, &from_ms, "nowhere/t.csv", NULL), AMS_IO);
}
END_TEST

START_TEST(an_item_that_goes_frees_its_worker)
{
    shared_fixture f;
    make(&f, "edf-full");
    serve_expect(&f.serve, "{\"op\":\"begin\",\"item\":\"a\",\"deadline_ms\":50,\"next\":true}",
                 "{\"ok\":true,\"do\":\"start\",\"models\":[\"m0\"],\"wait_ms\":1}");
    serve_expect(&f.serve, "{\"op\":\"begin\",\"item\":\"b\",\"deadline_ms\":9,\"next\":true}",
                 "{\"ok\":true,\"do\":\"wait\",\"wait_ms\":1}");
    json_decref(serve_ask(&f.serve, "{\"op\":\"result\",\"item\":\"a\"}"));
    serve_expect(&f.serve, "{\"op\":\"next\",\"item\":\"b\"}",
                 "{\"ok\":true,\"do\":\"start\",\"models\":[\"m0\"],\"wait_ms\":1}");
    /* A model that failed is not run again, and stages after it cannot run. */
    serve_expect(&f.serve, "{\"op\":\"failed\",\"item\":\"b\",\"model\":\"m0\",\"next\":true}",
                 "{\"ok\":true,\"do\":\"done\"}");
    drop(&f);
}
END_TEST

/* Sets: what two workers run side by side, what the memory keeps out, and the value found. */
START_TEST(sets_run_side_by_side_within_the_memory)
{
    shared_fixture f;
    make(&f, "edf-full");
    ams_service_destroy(f.serve.service);
    ams_shared_destroy(f.shared);
    f.options.sets = true;
    f.options.dispatch.workers = 3;
    f.options.dispatch.memory_mb = 2; /* 1 MB each */
    ck_assert_int_eq(ams_shared_create(&f.shared, &f.options, NULL), AMS_OK);
    const ams_service_options limits = {
        .items = 10, .client_items = 10, .idle_ns = UINT64_C(1) << 50, .shared = f.shared};
    ck_assert_int_eq(
        ams_service_create(&f.serve.service, &f.serve.policy, &limits, f.serve.now_ns, NULL),
        AMS_OK);
    f.serve.client = ams_client_begin(f.serve.service);
    serve_expect(&f.serve, "{\"op\":\"begin\",\"item\":\"a\",\"deadline_ms\":50,\"next\":true}",
                 "{\"ok\":true,\"do\":\"start\",\"models\":[\"m0\",\"m1\"],\"wait_ms\":1}");
    serve_expect(
        &f.serve,
        "{\"op\":\"finished\",\"item\":\"a\",\"model\":\"m1\",\"labels\":[[\"task/0\",0.9]],"
        "\"next\":true}",
        "{\"ok\":true,\"do\":\"start\",\"models\":[\"m2\"],\"wait_ms\":1}");
    drop(&f);
}
END_TEST

/* What is seen of a job decides what is gated: the sum of each label's largest confidence above
 * its model's threshold, which is 0.5 in one policy; of c 0, of a 0.25 in the other. */
static const struct {
    const char *policy, *model[2], *said[2];
    float value[2];
} found[] = {
    {AMS_POLICY,
     {"m0", "m1"},
     {"[[\"task/0\",0.75],[\"task/1\",0.5]]",
      "[[\"task/0\",0.625],[\"task/2\",1]]"}, /* the larger of task/0 */
     {0.75F, 1.75F}},
    {AMS_POLICY_THRESHOLDS,
     {"c", "a"},
     {"[[\"u/l0\",0.75],[\"u/l1\",0]]", "[[\"u/l0\",0.875],[\"t/l0\",0.375],[\"t/l1\",0.25]]"},
     {0.75F, 1.25F}}};

static void predict_seen(const void *state, const ams_stream_job *job, float *u)
{
    float *most = *(float *const *)state;
    *most = fmaxf(*most, job->observed);
    for (uint32_t s = 0; s < 1U << STAGES; s++) {
        u[s] = (float)__builtin_popcount(s) / STAGES;
    }
}

START_TEST(the_value_found_is_what_sets_show)
{
    shared_fixture f;
    float seen = 0;
    float *const at = &seen;
    make(&f, "edf-full");
    ams_service_destroy(f.serve.service);
    ams_shared_destroy(f.shared);
    ams_live_close(&f.serve.policy);
    ck_assert_int_eq(ams_live_open(&f.serve.policy, found[_i].policy, NULL), AMS_OK);
    f.options.sets = true;
    f.options.dispatch.kind = ams_stream_kind_named("subset-dp");
    f.options.dispatch.predictor =
        (ams_predictor){.name = "seen", .state = &at, .predict = predict_seen};
    ck_assert_int_eq(ams_shared_create(&f.shared, &f.options, NULL), AMS_OK);
    const ams_service_options limits = {
        .items = 10, .client_items = 10, .idle_ns = UINT64_C(1) << 50, .shared = f.shared};
    ck_assert_int_eq(
        ams_service_create(&f.serve.service, &f.serve.policy, &limits, f.serve.now_ns, NULL),
        AMS_OK);
    f.serve.client = ams_client_begin(f.serve.service);
    json_decref(serve_ask(
        &f.serve, "{\"op\":\"begin\",\"item\":\"a\",\"deadline_ms\":50,\"next\":true}"));
    for (int k = 0; k < 2; k++) {
        char text[256];
        snprintf(text, sizeof text,
                 "{\"op\":\"finished\",\"item\":\"a\",\"model\":\"%s\",\"labels\":%s,\"next\":"
                 "true}",
                 found[_i].model[k], found[_i].said[k]);
        json_decref(serve_ask(&f.serve, text));
        ck_assert_float_eq(seen, found[_i].value[k]);
    }
    drop(&f);
}
END_TEST

START_TEST(items_need_a_deadline_and_our_clock)
{
    shared_fixture f;
    make(&f, "edf-full");
    serve_refused(&f.serve, "{\"op\":\"begin\",\"item\":\"a\"}", "bad_limits", "deadline_ms");
    serve_refused(&f.serve,
                  "{\"op\":\"begin\",\"item\":\"a\",\"deadline_ms\":5,\"clock\":\"client\"}",
                  "bad_limits", "shared");
    serve_expect(&f.serve, "{\"op\":\"begin\",\"item\":\"a\",\"deadline_ms\":5}",
                 "{\"ok\":true}");
    drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, a_bursty_trace_is_served_as_the_simulation_says, 0, 6);
    tcase_add_test(tests, requests_are_recorded_for_replay);
    tcase_add_test(tests, an_item_that_goes_frees_its_worker);
    tcase_add_test(tests, sets_run_side_by_side_within_the_memory);
    tcase_add_loop_test(tests, the_value_found_is_what_sets_show, 0, 2);
    tcase_add_test(tests, items_need_a_deadline_and_our_clock);
}

int main(void)
{
    return run_suite("serve_shared", add);
}
