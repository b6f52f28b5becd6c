/* What a decision of the embedded scheduler costs: 30 models, 1,104 labels, 256 hidden units,
 * and with goals, as inputs and as output heads, 256 and 512. Not a test: prints microseconds
 * (the fastest of 20 rounds over 300 items), of which `next` is the whole answer in a new state
 * (Q of all models, then the rule). Build with the target bench_online. */
#include "tests/base/suite.h"
#include "tests/online/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 20 };

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

typedef struct cost {
    double next_us, finished_us, begin_us;
    uint64_t nexts, finished, begins, labels;
} cost;

static void run_item(const online_fixture *f, const ams_item_limits *limits, uint32_t i,
                     cost *c)
{
    ams_item *item = NULL;
    ams_item_step step;
    double at = 0;
    double before = now_us();
    ams_item_begin(&item, f->online, limits, f->room, f->room_size);
    c->begin_us += now_us() - before;
    c->begins++;
    while (true) {
        before = now_us();
        ams_item_next(item, at, &step);
        c->next_us += now_us() - before;
        c->nexts++;
        if (step.answer != AMS_ITEM_START) {
            return;
        }
        for (uint32_t k = 0; k < step.n; k++) {
            ams_item_started(item, step.model[k], at);
        }
        at += 1;
        for (uint32_t k = 0; k < step.n; k++) {
            online_output out = online_output_of(f, i, step.model[k]);
            before = now_us();
            ams_item_finished(item, step.model[k], at, out.label, out.conf, out.n);
            c->finished_us += now_us() - before;
            c->finished++;
            c->labels += out.n;
        }
    }
}

/* The fastest of the rounds. */
static cost measure_rule(const online_fixture *f, const ams_item_limits *limits)
{
    cost least = {0};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        cost c = {0};
        for (uint32_t i = 0; i < f->table.n_items; i++) {
            run_item(f, limits, i, &c);
        }
        least = round == 0 || c.next_us < least.next_us ? c : least;
    }
    return least;
}

static void print_cost(const char *name, const cost *c)
{
    printf(
        "%-14s next %.3f us, finished %.3f us (%.1f labels), begin %.3f us, %llu decisions\n",
        name, c->next_us / (double)c->nexts, c->finished_us / (double)c->finished,
        (double)c->labels / (double)c->finished, c->begin_us / (double)c->begins,
        (unsigned long long)c->nexts);
}

static online_shape shape_of(const char *hidden)
{
    online_shape shape = online_defaults(1);
    shape.n_models = 30;
    shape.n_labels = 1104;
    shape.hidden = hidden;
    return shape;
}

START_TEST(measure)
{
    static const struct {
        const char *name;
        int rule;
    } rules[] = {{"q-greedy", AMS_ITEM_Q_GREEDY},
                 {"algorithm 1", AMS_ITEM_ALGORITHM_1},
                 {"algorithm 2", AMS_ITEM_ALGORITHM_2},
                 {"plan", AMS_ITEM_PLAN},
                 {"plan beside", AMS_ITEM_PLAN_BESIDE}};
    online_fixture f;
    const online_shape shape = shape_of("256");
    online_make(&f, &shape);
    double clock = now_us();
    for (int i = 0; i < 1000; i++) {
        now_us();
    }
    clock = (now_us() - clock) / 1000;
    printf("clock reading, in every figure: %.3f us\n", clock);
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        ams_item_limits limits = ams_item_limits_none();
        limits.rule = rules[r].rule;
        limits.deadline_ms = r == 0 ? limits.deadline_ms : 2000;
        limits.memory_mb = 1000;
        const cost c = measure_rule(&f, &limits);
        print_cost(rules[r].name, &c);
    }
    online_drop(&f);
}
END_TEST

/* Log-odds of a trained goal and of one between two, which costs two rows or heads. */
START_TEST(measure_goals)
{
    static const char *const hidden[] = {"256", "512"};
    online_fixture f;
    online_shape shape = shape_of(hidden[_i / 2]);
    char name[32];
    ams_item_limits limits = ams_item_limits_none();
    shape.features = AMS_FEATURES_CONF_MASK;
    shape.reward = AMS_REWARD_REMAINING;
    shape.decide = AMS_DECIDE_ODDS;
    shape.goals = true;
    shape.heads = _i % 2 == 1;
    online_make(&f, &shape);
    for (limits.goal = 0.8; limits.goal < 1; limits.goal += 0.1) {
        const cost c = measure_rule(&f, &limits);
        snprintf(name, sizeof name, "%s %.1f, %s", shape.heads ? "heads" : "inputs",
                 limits.goal, hidden[_i / 2]);
        print_cost(name, &c);
    }
    online_drop(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, measure);
    tcase_add_loop_test(tests, measure_goals, 0, 4);
}

int main(void)
{
    return run_suite("online/bench", add);
}
