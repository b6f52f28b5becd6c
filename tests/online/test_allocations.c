/* Ten thousand items through the embedded scheduler with simulated clocks, by both algorithms:
 * its choices are the framework's, and from the opening of the policy to the last result
 * nothing is allocated or freed. The linker puts the functions below in place of malloc and its
 * like. */
#include "tests/online/fixture.h"

#include "tests/base/suite.h"

#include <math.h>
#include <stdlib.h>

enum { ITEMS = 10000 };

/* Volatile: the compiler knows what malloc is, and that it reads neither. */
static volatile unsigned long long calls; /* while the library is at work */
static volatile bool counting;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **block, size_t alignment, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **block, size_t alignment, size_t size);
void __wrap_free(void *block);

void *__wrap_malloc(size_t size)
{
    calls += counting;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    calls += counting;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    calls += counting;
    return __real_realloc(block, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    calls += counting;
    return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **block, size_t alignment, size_t size)
{
    calls += counting;
    return __real_posix_memalign(block, alignment, size);
}

void __wrap_free(void *block)
{
    calls += counting;
    __real_free(block);
}

static double end_of(const online_fixture *f, const ams_schedule_run *run)
{
    return run->start_ms + (double)f->table.time_ms[run->model];
}

/* The library alone against a schedule that the framework has made. */
static void replay(const online_fixture *f, const ams_item_limits *limits, uint32_t item,
                   const ams_schedule *s)
{
    ams_item *online = NULL;
    ams_item_step step;
    ams_item_result result;
    double now = 0;
    uint32_t n = 0;
    counting = true;
    int code = ams_item_begin(&online, f->online, limits, f->room, f->room_size);
    while (code == AMS_ONLINE_OK) {
        code = ams_item_next(online, now, &step);
        if (code != AMS_ONLINE_OK || step.answer == AMS_ITEM_DONE) {
            break;
        }
        for (uint32_t i = 0; i < step.n; i++, n++) {
            online_need(n < s->n && s->run[n].model == step.model[i]);
            online_need(ams_item_started(online, step.model[i], now) == AMS_ONLINE_OK);
        }
        online_need(ams_item_results(online, &result) == AMS_ONLINE_OK);
        double next = INFINITY; /* the end of the next execution */
        for (uint32_t k = 0; k < n; k++) {
            const bool runs = (result.running >> s->run[k].model & 1) != 0;
            next = runs ? fmin(next, end_of(f, &s->run[k])) : next;
        }
        now = fmin(next, limits->deadline_ms);
        for (uint32_t k = 0; k < n; k++) {
            const uint32_t model = s->run[k].model;
            const online_output out = online_output_of(f, item, model);
            if ((result.running >> model & 1) != 0 && end_of(f, &s->run[k]) <= now) {
                online_need(ams_item_finished(online, model, now, out.label, out.conf, out.n) ==
                            AMS_ONLINE_OK);
            }
        }
    }
    online_need(code == AMS_ONLINE_OK);
    online_need(ams_item_results(online, &result) == AMS_ONLINE_OK);
    counting = false;
    online_need(n == s->n && result.finished == s->seen);
}

static void schedule_all(const online_fixture *f, void *worker, int rule)
{
    const bool beside = rule == AMS_ITEM_ALGORITHM_2;
    ams_item_limits limits = ams_item_limits_none();
    limits.rule = rule;
    limits.memory_mb = beside ? 700 : INFINITY;
    ams_schedule_task task = {
        .env = f->env,
        .scheduler = ams_scheduler_named(beside ? "algorithm2" : "algorithm1", beside),
        .policy = f->policy,
        .worker = worker,
        .expected_ms = f->table.time_ms,
        .mem_mb = f->table.mem_mb,
        .memory_mb = limits.memory_mb};
    for (uint32_t item = 0; item < ITEMS; item++) {
        ams_schedule s;
        limits.deadline_ms = f->env->total_time_ms * (0.1 + 0.1 * (item % 10));
        task.deadline_ms = limits.deadline_ms;
        ams_schedule_item(&s, &task, item, 0, f->table.time_ms);
        replay(f, &limits, item, &s);
    }
}

START_TEST(ten_thousand_items_and_no_allocation)
{
    online_fixture f;
    online_shape shape = online_defaults(11);
    void *worker = NULL;
    size_t size = 0;
    shape.n_items = ITEMS;
    shape.features = AMS_FEATURES_CONF_MASK;
    shape.reward = AMS_REWARD_GAIN_RATE;
    online_make(&f, &shape);
    ck_assert_int_eq(ams_policy_kind_of(f.policy)->worker_create(f.policy, &worker, NULL),
                     AMS_OK);
    counting = true;
    void *volatile block = malloc(1); /* which an optimizer would leave out */
    free(block);
    counting = false;
    ck_assert_uint_eq(calls, 2); /* it does count */
    calls = 0;
    counting = true;
    online_need(ams_online_size(f.bytes, f.n_bytes, &size) == AMS_ONLINE_OK);
    online_need(ams_online_open(&f.online, f.bytes, f.n_bytes, f.memory, size) ==
                AMS_ONLINE_OK);
    counting = false;
    schedule_all(&f, worker, AMS_ITEM_ALGORITHM_1);
    schedule_all(&f, worker, AMS_ITEM_ALGORITHM_2);
    ck_assert_uint_eq(calls, 0);
    ams_policy_kind_of(f.policy)->worker_destroy(worker);
    online_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, ten_thousand_items_and_no_allocation);
}

int main(void)
{
    return run_suite("online/allocations", add);
}
