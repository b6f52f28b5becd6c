/* No schedule escapes: tens of thousands of random items, limits, options and values, every
 * scheduler, under the check; and the check itself finds what is broken on purpose. */
#include "ams/schedule.h"

#include "tests/base/suite.h"
#include "tests/sched/limits/limits_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INSTANCES = SUITE_SANITIZED ? 1500 : 6000 }; /* x 3 items x 9 schedulers */

static void check(const limits_fixture *f, const ams_schedule_task *task, uint32_t item,
                  uint64_t seed)
{
    ams_schedule schedule;
    ams_schedule again;
    ams_error err = {0};
    ams_schedule_item(&schedule, task, item, 0, f->time_ms);
    ck_assert_msg(ams_schedule_check(&schedule, task, item, f->time_ms, &err) == AMS_OK,
                  "instance %llu, item %u, %s: %s", (unsigned long long)seed, item,
                  task->scheduler->name, err.text);
    /* First fit leaves nothing undone that still fits when the machine is idle. */
    if (task->scheduler->source == AMS_SOURCE_ORDER && schedule.cut == 0) {
        for (uint32_t m = 0; m < f->env->n_models; m++) {
            bool fits = schedule.done_ms + (double)f->expected_ms[m] <= f->deadline_ms &&
                        (!task->scheduler->parallel || (double)f->mem_mb[m] <= f->memory_mb);
            if ((schedule.seen >> m & 1) == 0 && fits) {
                ck_abort_msg("instance %llu: model %u was left", (unsigned long long)seed, m);
            }
        }
    }
    ams_schedule_item(&again, task, item, 0, f->time_ms);
    bool same = again.n == schedule.n;
    for (uint32_t k = 0; same && k < again.n; k++) {
        same = again.run[k].model == schedule.run[k].model &&
               again.run[k].start_ms == schedule.run[k].start_ms;
    }
    ck_assert_msg(same, "instance %llu, item %u, %s: another schedule the second time",
                  (unsigned long long)seed, item, task->scheduler->name);
}

START_TEST(random_instances_pass_the_check)
{
    for (uint64_t seed = 0; seed < INSTANCES; seed++) {
        limits_fixture f;
        /* Up to 64 models now and then: the mask's last bits. */
        limits_make(&f, seed,
                    seed % 50 == 0 ? 55 + (uint32_t)(seed / 50 % 10)
                                   : 1 + (uint32_t)(seed % 9));
        for (uint32_t k = 0; k < ams_n_schedulers; k++) {
            ams_schedule_task task = limits_task(&f, ams_schedulers[k]);
            for (uint32_t item = 0; item < f.env->n_items; item++) {
                check(&f, &task, item, seed);
            }
            if (task.scheduler->source == AMS_SOURCE_VALUES) {
                task.policy = NULL;
                task.overlap = NULL;
                check(&f, &task, 0, seed);
            }
        }
        limits_drop(&f);
    }
}
END_TEST

/* A schedule of three runs that passes, to be broken. */
static void good(limits_fixture *f, ams_schedule_task *task, ams_schedule *s)
{
    limits_make(f, 4, 6);
    f->deadline_ms = 300;
    f->memory_mb = 1000;
    f->options = (ams_limit_options){.late = AMS_LATE_ANY};
    memcpy(f->time_ms, f->expected_ms, sizeof f->time_ms);
    *task = limits_task(f, ams_scheduler_named("algorithm2", true));
    ams_schedule_item(s, task, 0, 0, f->time_ms);
    ams_error err = {0};
    ck_assert_msg(ams_schedule_check(s, task, 0, f->time_ms, &err) == AMS_OK, "%s", err.text);
    ck_assert_uint_ge(s->n, 3);
}

static void refuses(const ams_schedule *s, const ams_schedule_task *task,
                    const limits_fixture *f, const char *text)
{
    ams_error err = {0};
    ck_assert_int_eq(ams_schedule_check(s, task, 0, f->time_ms, &err), AMS_BAD_DATA);
    ck_assert_msg(strstr(err.text, text) != NULL, "expected '%s', found '%s'", text, err.text);
}

START_TEST(the_check_finds_each_breach)
{
    limits_fixture f;
    ams_schedule_task task;
    ams_schedule s;
    good(&f, &task, &s);
    ams_schedule broken = s;
    broken.run[1].model = broken.run[0].model;
    refuses(&broken, &task, &f, "started twice");
    broken = s;
    broken.run[0].model = 63;
    refuses(&broken, &task, &f, "no model 63");
    broken = s;
    broken.run[0].end_ms += 1;
    refuses(&broken, &task, &f, "ends at");
    broken = s;
    broken.run[0].finished = !broken.run[0].finished;
    refuses(&broken, &task, &f, "ends at");
    broken = s;
    broken.run[2].start_ms = 300;
    refuses(&broken, &task, &f, "starts at");
    broken = s;
    broken.run[0].seen ^= 1;
    refuses(&broken, &task, &f, "knowing the outputs");
    broken = s;
    broken.seen ^= 1;
    refuses(&broken, &task, &f, "finished");
    broken = s;
    broken.peak_mb += 64;
    refuses(&broken, &task, &f, "peak memory");
    broken = s;
    broken.recall += 0.001;
    refuses(&broken, &task, &f, "recall");
    ams_schedule_task tight = task;
    tight.memory_mb = s.peak_mb - 1;
    refuses(&s, &tight, &f, "in use at");
    /* Messages name the unit of the data. */
    broken = s;
    broken.run[2].start_ms = 300;
    refuses(&broken, &task, &f, "starts at 300 ms, the deadline is 300 ms");
    snprintf(f.env->cost_unit, sizeof f.env->cost_unit, "usd");
    refuses(&broken, &task, &f, "starts at 300 usd, the deadline is 300 usd");
    broken = s;
    broken.run[0].end_ms = 1000;
    refuses(&broken, &task, &f, "ends at 1000 usd");
    refuses(&s, &tight, &f, " usd, the budget is");
    broken = s;
    broken.done_ms = 299;
    refuses(&broken, &task, &f, "done at 299 usd; ");
    ams_schedule_task serial = task;
    serial.scheduler = ams_scheduler_named("algorithm1", false);
    refuses(&s, &serial, &f, "one at a time");
    limits_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, random_instances_pass_the_check);
    tcase_add_test(tests, the_check_finds_each_breach);
}

int main(void)
{
    return run_suite("schedule_random", add);
}
