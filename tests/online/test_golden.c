/* The embedded scheduler makes the framework's choices, action for action: whole orders by the
 * three decision rules, and whole schedules under limits with runs that are early or late. */
#include "tests/online/fixture.h"

#include "base/rng.h"
#include "sched/policy_private.h"
#include "tests/base/suite.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED = 1, REVERSED = 2, INDEXED = 3 };

/* The same output in each of the ways in which it may be reported. */
static void tell(const online_fixture *f, ams_item *to, uint32_t item, uint32_t m, double now)
{
    online_output out = online_output_of(f, item, m);
    uint32_t label[256];
    const char *name[256];
    float conf[256];
    online_need(out.n <= 256);
    for (size_t i = 0; i < out.n; i++) {
        size_t from = item % 4 == REVERSED ? out.n - 1 - i : i;
        label[i] = out.label[from];
        conf[i] = out.conf[from];
        name[i] = ams_online_label_name(f->online, label[i]);
        online_need(strcmp(name[i], ams_names_get(&f->table.label_name, label[i])) == 0);
        online_need(ams_online_label(f->online, name[i]) == label[i]);
    }
    int code = item % 4 == NAMED ? ams_item_finished_named(to, m, now, name, conf, out.n)
                                 : ams_item_finished(to, m, now, label, conf, out.n);
    online_need(code == AMS_ONLINE_OK);
}

static void check_order(const online_fixture *f, void *worker, uint32_t item, int rule)
{
    uint8_t order[AMS_MAX_MODELS];
    uint32_t n = ams_policy_kind_of(f->policy)->order(f->policy, worker, item, 0, order);
    ams_item_limits limits = ams_item_limits_none();
    ams_item *online = NULL;
    ams_item_step step;
    double now = 0;
    limits.rule = rule;
    online_need(ams_item_begin(&online, f->online, &limits, f->room, f->room_size) ==
                AMS_ONLINE_OK);
    for (uint32_t k = 0; k < n; k++) {
        online_need(ams_item_next(online, now, &step) == AMS_ONLINE_OK);
        online_need(step.answer == AMS_ITEM_START);
        online_need(step.n == 1);
        if (step.model[0] != order[k]) {
            ck_abort_msg("item %u, run %u: model %u, framework %u", item, k, step.model[0],
                         order[k]);
        }
        online_need(ams_item_started(online, order[k], now) == AMS_ONLINE_OK);
        now += (double)f->table.time_ms[order[k]];
        tell(f, online, item, order[k], now);
    }
    online_need(ams_item_next(online, now, &step) == AMS_ONLINE_OK);
    online_need(step.answer == AMS_ITEM_DONE);
}

static void check_orders(const online_fixture *f, int rule)
{
    void *worker = NULL;
    ck_assert_int_eq(ams_policy_kind_of(f->policy)->worker_create(f->policy, &worker, NULL),
                     AMS_OK);
    for (uint32_t item = 0; item < f->table.n_items; item++) {
        check_order(f, worker, item, rule);
    }
    ams_policy_kind_of(f->policy)->worker_destroy(worker);
}

static online_shape shape_of(int i)
{
    static const char *const hidden[] = {"24", "33", "20x10"};
    online_shape shape = online_defaults((uint64_t)i + 1);
    shape.features = (ams_feature_mode)(i % 4);
    shape.decide = (ams_decide)(i / 4 % 3);
    shape.hidden = hidden[i % 3];
    shape.dueling = i % 5 == 0;
    shape.n_models = i % 7 == 0 ? AMS_MAX_MODELS : 5 + (uint32_t)i;
    shape.n_labels = 60 + 5 * (uint32_t)i;
    shape.thresholds = i % 3 == 1;
    return shape;
}

START_TEST(orders_are_the_frameworks)
{
    online_fixture f;
    online_shape shape = shape_of(_i);
    online_make(&f, &shape);
    check_orders(&f, AMS_ITEM_AUTO);
    /* Any policy may be asked for the largest Q. */
    f.policy->decide = AMS_DECIDE_Q_GREEDY;
    check_orders(&f, AMS_ITEM_Q_GREEDY);
    online_drop(&f);
}
END_TEST

/* Weights rounded to fp16 or int8 in the file: both readers make the same numbers of them. */
START_TEST(rounded_policies_are_the_frameworks)
{
    online_fixture f;
    online_shape shape = shape_of(_i);
    shape.stored = _i % 2 == 0 ? AMS_STORED_FP16 : AMS_STORED_INT8;
    online_make(&f, &shape);
    check_orders(&f, AMS_ITEM_AUTO);
    online_drop(&f);
}
END_TEST

START_TEST(photos_are_the_frameworks)
{
    online_fixture f;
    online_shape shape = shape_of(_i);
    online_make_from(&f, &shape, AMS_SOURCE_DIR "/data/photos-60.h5");
    check_orders(&f, AMS_ITEM_TRAINED);
    online_drop(&f);
}
END_TEST

/* ---- under limits ---- */

typedef struct limits_case {
    ams_schedule_task task;
    ams_item_limits limits;
    float time_ms[AMS_MAX_MODELS]; /* of the item's runs */
} limits_case;

static limits_case draw_case(const online_fixture *f, ams_rng *rng, int rule, void *worker)
{
    limits_case c = {.limits = ams_item_limits_none()};
    bool again = rule == AMS_ITEM_ALGORITHM_2_AGAIN;
    bool beside = again || rule == AMS_ITEM_ALGORITHM_2 || rule == AMS_ITEM_PLAN_BESIDE;
    bool plan = rule == AMS_ITEM_PLAN || rule == AMS_ITEM_PLAN_BESIDE;
    double all_ms = 0;
    double all_mb = 0;
    for (uint32_t m = 0; m < f->table.n_models; m++) {
        c.time_ms[m] = f->table.time_ms[m] *
                       (ams_rng_below(rng, 2) == 0 ? 1 : 0.5F + (float)ams_rng_unit(rng));
        all_ms += (double)f->table.time_ms[m];
        all_mb += (double)f->table.mem_mb[m];
    }
    /* Half of the deadlines are sums of run times, so that ends meet them exactly. */
    double deadline = 1.2 * all_ms * ams_rng_unit(rng) + 1;
    deadline = ams_rng_below(rng, 2) == 0 ? deadline : 25 * (1 + floor(deadline / 25));
    c.limits.rule = rule;
    c.limits.deadline_ms = ams_rng_below(rng, 12) == 0 ? INFINITY : deadline;
    c.limits.memory_mb = beside ? all_mb * ams_rng_unit(rng) : INFINITY;
    c.limits.negative = (int)ams_rng_below(rng, 3);
    c.limits.late = (int)ams_rng_below(rng, 3);
    c.limits.stop = (int)ams_rng_below(rng, 4);
    c.limits.stop_below = 0.2 * ams_rng_unit(rng);
    c.task = (ams_schedule_task){.env = f->env,
                                 .scheduler = ams_scheduler_named(plan     ? "plan"
                                                                  : again  ? "algorithm2-again"
                                                                  : beside ? "algorithm2"
                                                                           : "algorithm1",
                                                                  beside),
                                 .policy = f->policy,
                                 .worker = worker,
                                 .options = {.negative = (ams_negative)c.limits.negative,
                                             .late = (ams_late)c.limits.late,
                                             .stop = (ams_stop)c.limits.stop,
                                             .stop_below = c.limits.stop_below},
                                 .expected_ms = f->table.time_ms,
                                 .mem_mb = f->table.mem_mb,
                                 .deadline_ms = c.limits.deadline_ms,
                                 .memory_mb = c.limits.memory_mb};
    return c;
}

/* Starts what the step names; the schedule's next runs must be these. */
static uint32_t start_all(const online_fixture *f, ams_item *online, const ams_item_step *step,
                          const ams_schedule *s, uint32_t n)
{
    float value[AMS_MAX_MODELS + 1];
    ams_item_step again;
    double now = 0;
    online_need(ams_item_values(online, value) == AMS_ONLINE_OK);
    for (uint32_t i = 0; i < step->n; i++, n++) {
        online_need(n < s->n);
        now = s->run[n].start_ms;
        if (s->run[n].model != step->model[i]) {
            ck_abort_msg("run %u: model %u, framework %u", n, step->model[i], s->run[n].model);
        }
        online_need(memcmp(&s->run[n].value, &value[step->model[i]], sizeof(float)) == 0);
        online_need(ams_item_started(online, step->model[i], now) == AMS_ONLINE_OK);
    }
    if (step->n > 0) { /* asking again starts nothing more */
        online_need(ams_item_next(online, now, &again) == AMS_ONLINE_OK);
        online_need(again.n == 0);
    }
    (void)f;
    return n;
}

static void check_schedule(const online_fixture *f, const limits_case *c, uint32_t item)
{
    ams_schedule s;
    ams_item *online = NULL;
    ams_item_step step;
    ams_item_result result;
    double end_ms[AMS_MAX_MODELS];
    double now = 0;
    uint32_t n = 0;
    ams_schedule_item(&s, &c->task, item, 0, c->time_ms);
    online_need(ams_item_begin(&online, f->online, &c->limits, f->room, f->room_size) ==
                AMS_ONLINE_OK);
    while (true) {
        online_need(ams_item_next(online, now, &step) == AMS_ONLINE_OK);
        online_need((step.answer == AMS_ITEM_START) == (step.n > 0));
        if (step.answer == AMS_ITEM_DONE) {
            break;
        }
        for (uint32_t i = 0; i < step.n; i++) {
            end_ms[step.model[i]] = now + (double)c->time_ms[step.model[i]];
        }
        n = start_all(f, online, &step, &s, n);
        online_need(ams_item_results(online, &result) == AMS_ONLINE_OK);
        uint64_t running = result.running | result.cut;
        double next = INFINITY;
        for (uint64_t bits = running; bits != 0; bits &= bits - 1) {
            next = fmin(next, end_ms[__builtin_ctzll(bits)]);
        }
        now = fmin(next, c->limits.deadline_ms);
        for (uint64_t bits = running; bits != 0 && next <= now; bits &= bits - 1) {
            uint32_t m = (uint32_t)__builtin_ctzll(bits);
            if (end_ms[m] <= now) {
                tell(f, online, item, m, now);
            }
        }
    }
    online_need(ams_item_results(online, &result) == AMS_ONLINE_OK);
    online_need(n == s.n);
    online_need(result.finished == s.seen);
    online_need(__builtin_popcountll(result.cut) == (int)s.cut);
    online_need(result.now_ms == s.done_ms && result.peak_mb == s.peak_mb);
}

START_TEST(schedules_are_the_frameworks)
{
    static const int rules[] = {AMS_ITEM_ALGORITHM_1, AMS_ITEM_ALGORITHM_2, AMS_ITEM_PLAN,
                                AMS_ITEM_PLAN_BESIDE, AMS_ITEM_ALGORITHM_2_AGAIN};
    online_fixture f;
    online_shape shape = shape_of(_i);
    void *worker = NULL;
    ams_rng rng = ams_rng_init((uint64_t)_i, AMS_STREAM_TEST);
    shape.n_models = 4 + (uint32_t)_i;
    shape.n_items = 120;
    shape.reward = _i % 2 == 0 ? AMS_REWARD_GAIN_RATE : AMS_REWARD_REMAINING;
    online_make(&f, &shape);
    ck_assert_int_eq(ams_policy_kind_of(f.policy)->worker_create(f.policy, &worker, NULL),
                     AMS_OK);
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        /* Whole plans take some hundred times as long as the others. */
        uint32_t every = rules[r] == AMS_ITEM_PLAN_BESIDE ? 12 : 1;
        for (uint32_t item = 0; item < f.table.n_items; item += every) {
            limits_case c = draw_case(&f, &rng, rules[r], worker);
            check_schedule(&f, &c, item);
        }
    }
    ams_policy_kind_of(f.policy)->worker_destroy(worker);
    online_drop(&f);
}
END_TEST

/* ---- threads ---- */

enum { THREADS = 4 };

typedef struct part {
    const online_fixture *f;
    uint8_t *order; /* (N, M) */
    pthread_t thread;
    bool failed;
} part;

/* All items, in memory of its own, with the policy of all. */
static void *run_items(void *context)
{
    part *p = context;
    const online_fixture *f = p->f;
    const uint32_t n = f->table.n_models;
    void *room = malloc(f->room_size);
    for (uint32_t item = 0; room != NULL && item < f->table.n_items; item++) {
        ams_item *online = NULL;
        ams_item_step step = {.n = 0};
        p->failed |= ams_item_begin(&online, f->online, NULL, room, f->room_size) != 0;
        for (uint32_t k = 0; k < n && !p->failed; k++) {
            p->failed |= ams_item_next(online, k, &step) != 0 || step.n != 1;
            uint32_t m = step.model[0];
            online_output out = online_output_of(f, item, m);
            p->order[item * n + k] = (uint8_t)m;
            p->failed |= ams_item_started(online, m, k) != 0 ||
                         ams_item_finished(online, m, k, out.label, out.conf, out.n) != 0;
        }
    }
    p->failed |= room == NULL;
    free(room);
    return NULL;
}

START_TEST(threads_share_a_policy)
{
    online_fixture f;
    online_shape shape = shape_of(7);
    void *worker = NULL;
    part parts[THREADS];
    uint8_t order[AMS_MAX_MODELS];
    online_make(&f, &shape);
    const uint32_t n = f.table.n_models;
    ck_assert_int_eq(ams_policy_kind_of(f.policy)->worker_create(f.policy, &worker, NULL),
                     AMS_OK);
    for (int t = 0; t < THREADS; t++) {
        parts[t] = (part){.f = &f, .order = malloc((size_t)f.table.n_items * n)};
        ck_assert_int_eq(pthread_create(&parts[t].thread, NULL, run_items, &parts[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        ck_assert_int_eq(pthread_join(parts[t].thread, NULL), 0);
        ck_assert(!parts[t].failed);
        for (uint32_t item = 0; item < f.table.n_items; item++) {
            ams_policy_kind_of(f.policy)->order(f.policy, worker, item, 0, order);
            online_need(memcmp(order, parts[t].order + (size_t)item * n, n) == 0);
        }
        free(parts[t].order);
    }
    ams_policy_kind_of(f.policy)->worker_destroy(worker);
    online_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, orders_are_the_frameworks, 0, 12);
    tcase_add_loop_test(tests, rounded_policies_are_the_frameworks, 0, 12);
    tcase_add_loop_test(tests, photos_are_the_frameworks, 0, 12);
    tcase_add_loop_test(tests, schedules_are_the_frameworks, 0, 24);
    tcase_add_test(tests, threads_share_a_policy);
}

int main(void)
{
    return run_suite("online/golden", add);
}
