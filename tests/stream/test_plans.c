/* Both dynamic programs against brute force, against each other, and against the bounds of
 * their errors. */
#include "ams/stream_sim.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <math.h>
#include <string.h>

enum { JOBS = 8, STAGES = 4, OPTIONS = STAGES + 1 };

/* Jobs with stages of whole milliseconds and random gains, by deadline. */
typedef struct random_plan {
    ams_plan_job job[JOBS];
    ams_plan_option option[JOBS][OPTIONS];
    double utility[JOBS][OPTIONS];
    uint32_t n;
} random_plan;

static void quantise(random_plan *p, double delta)
{
    for (uint32_t i = 0; i < p->n; i++) {
        for (uint32_t k = 0; k < p->job[i].n; k++) {
            p->option[i][k].reward = (uint32_t)floor(p->utility[i][k] / delta);
        }
        p->job[i].key++; /* other rewards: rows of before do not hold */
    }
}

static void draw_plan(random_plan *p, ams_rng *rng)
{
    static uint64_t key = 0;
    double deadline = 0;
    p->n = 1 + ams_rng_below(rng, JOBS);
    for (uint32_t i = 0; i < p->n; i++) {
        float ms = 0;
        double u = 0;
        const uint32_t first = ams_rng_below(rng, 2); /* a job with a part, or without */
        deadline += ams_rng_below(rng, 12);
        p->job[i] = (ams_plan_job){.deadline_ms = 5 + deadline,
                                   .option = p->option[i],
                                   .n = 1 + ams_rng_below(rng, OPTIONS),
                                   .key = key += 1000};
        for (uint32_t k = 0; k < p->job[i].n; k++) {
            p->option[i][k] = (ams_plan_option){.mask = (1U << (k + first)) - 1};
            p->option[i][k].time_ms[0] = ms;
            p->utility[i][k] = k + first == 0 ? 0 : u;
            ms += (float)(1 + ams_rng_below(rng, 9));
            u += (1 - u) * ams_rng_unit(rng);
        }
    }
}

/* The value of the choices if each job that adds time ends by its deadline, else UINT64_MAX. */
static uint64_t value_of(const random_plan *p, const uint32_t *choice, double t0_ms)
{
    double at = t0_ms;
    uint64_t value = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        const ams_plan_option *o = &p->option[i][choice[i]];
        at += o->time_ms[0];
        value += o->reward;
        if (o->time_ms[0] > 0 && at > p->job[i].deadline_ms) {
            return UINT64_MAX;
        }
    }
    return value;
}

START_TEST(both_programs_equal_brute_force)
{
    ams_rng rng = ams_rng_init(1, AMS_STREAM_TEST);
    ams_planner *depths = NULL;
    ams_planner *sets = NULL;
    ck_assert_int_eq(ams_planner_create(&depths, 64, NULL), AMS_OK);
    ck_assert_int_eq(ams_planner_create(&sets, 64, NULL), AMS_OK);
    for (int round = 0; round < 10000; round++) {
        random_plan p;
        uint32_t choice[2][JOBS];
        uint64_t value[2];
        const double t0 = ams_rng_below(&rng, 10);
        draw_plan(&p, &rng);
        quantise(&p, 0.05);
        ck_assert_int_eq(
            ams_plan_depths(depths, p.job, p.n, t0, t0, choice[0], &value[0], NULL), AMS_OK);
        ck_assert_int_eq(ams_plan_sets(sets, p.job, p.n, 1, &t0, choice[1], &value[1], NULL),
                         AMS_OK);
        ck_assert_uint_eq(value[0], ams_stream_brute_force(p.job, p.n, t0));
        ck_assert_uint_eq(value[1], value[0]);
        ck_assert_uint_eq(value_of(&p, choice[0], t0), value[0]);
        ck_assert_mem_eq(choice[0], choice[1], p.n * sizeof(uint32_t));
    }
    ams_planner_destroy(depths);
    ams_planner_destroy(sets);
}
END_TEST

/* The best value of all choices, tried one by one: what is added ends by the deadline, and its
 * chain as well, from the time on at which the first worker is expected to be free. */
static uint64_t best_with_chains(const random_plan *p, double t0_ms, double first_ms)
{
    uint64_t best = 0;
    uint64_t choices = 1;
    for (uint32_t i = 0; i < p->n; i++) {
        choices *= p->job[i].n;
    }
    for (uint64_t c = 0; c < choices; c++) {
        uint64_t rest = c;
        uint64_t value = 0;
        double busy_ms = 0;
        bool holds = true;
        for (uint32_t i = 0; i < p->n; i++) {
            const ams_plan_option *o = &p->option[i][rest % p->job[i].n];
            rest /= p->job[i].n;
            if (o->time_ms[0] > 0) {
                holds = holds && first_ms + busy_ms + o->chain_ms <= p->job[i].deadline_ms &&
                        t0_ms + busy_ms + o->time_ms[0] <= p->job[i].deadline_ms;
            }
            busy_ms += o->time_ms[0];
            value += o->reward;
        }
        best = holds && value > best ? value : best;
    }
    return best;
}

START_TEST(chains_equal_brute_force)
{
    ams_rng rng = ams_rng_init(7, AMS_STREAM_TEST);
    ams_planner *depths = NULL;
    int bound_by_chains = 0;
    ck_assert_int_eq(ams_planner_create(&depths, 64, NULL), AMS_OK);
    for (int round = 0; round < 1000; round++) {
        random_plan p;
        uint32_t choice[JOBS];
        uint64_t value;
        const double first = ams_rng_below(&rng, 10);
        const double t0 = first + ams_rng_below(&rng, 5);
        draw_plan(&p, &rng);
        p.n = p.n > 5 ? 5 : p.n;
        for (uint32_t i = 0; i < p.n; i++) {
            for (uint32_t k = 1; k < p.job[i].n; k++) {
                p.option[i][k].chain_ms = (float)ams_rng_below(&rng, 12);
            }
        }
        quantise(&p, 0.05);
        ck_assert_int_eq(ams_plan_depths(depths, p.job, p.n, t0, first, choice, &value, NULL),
                         AMS_OK);
        ck_assert_uint_eq(value, best_with_chains(&p, t0, first));
        ck_assert_uint_eq(value_of(&p, choice, t0), value);
        bound_by_chains += value < ams_stream_brute_force(p.job, p.n, t0);
    }
    ck_assert_int_gt(bound_by_chains, 100);
    ams_planner_destroy(depths);
}
END_TEST

static double real_value(const random_plan *p, const uint32_t *choice)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        sum += p->utility[i][choice[i]];
    }
    return sum;
}

/* The largest utility that any job can reach alone. */
static double most_alone(const random_plan *p, double t0)
{
    double most = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        for (uint32_t k = 0; k < p->job[i].n; k++) {
            const double ms = p->option[i][k].time_ms[0];
            if (ms == 0 || t0 + ms <= p->job[i].deadline_ms) {
                most = fmax(most, p->utility[i][k]);
            }
        }
    }
    return most;
}

START_TEST(quantised_rewards_lose_no_more_than_proved)
{
    ams_rng rng = ams_rng_init(2, AMS_STREAM_TEST);
    ams_planner *planner = NULL;
    double worst = 0;
    ck_assert_int_eq(ams_planner_create(&planner, 64, NULL), AMS_OK);
    for (int round = 0; round < 600; round++) {
        random_plan p;
        uint32_t choice[JOBS];
        uint64_t value;
        draw_plan(&p, &rng);
        quantise(&p, 1e-6);
        const double best = 1e-6 * (double)ams_stream_brute_force(p.job, p.n, 0);
        const double delta[] = {0.3, 0.1, 0.01};
        for (int k = 0; k < 3; k++) {
            quantise(&p, delta[k]);
            ck_assert_int_eq(ams_plan_depths(planner, p.job, p.n, 0, 0, choice, &value, NULL),
                             AMS_OK);
            ck_assert_double_ge(real_value(&p, choice), best - p.n * delta[k]);
            worst = fmax(worst, (best - real_value(&p, choice)) / (p.n * delta[k]));
        }
        const double eps = 0.2;
        const double most = most_alone(&p, 0);
        if (most > 0) {
            quantise(&p, eps * most / p.n);
            ck_assert_int_eq(ams_plan_depths(planner, p.job, p.n, 0, 0, choice, &value, NULL),
                             AMS_OK);
            ck_assert_double_ge(real_value(&p, choice), (1 - eps) * best);
        }
    }
    ck_assert_double_gt(worst, 0.1); /* the test has instances in which quantising loses */
    ams_planner_destroy(planner);
}
END_TEST

START_TEST(a_plan_worked_out_by_hand)
{
    /* Two jobs of stages of 2 ms; 6 ms until both are due. Together at most three stages: 60 +
     * 90 against 80 + 50. */
    const ams_plan_option a[] = {{.mask = 0},
                                 {.mask = 1, .reward = 60, .time_ms = {2}},
                                 {.mask = 3, .reward = 80, .time_ms = {4}}};
    const ams_plan_option b[] = {{.mask = 0},
                                 {.mask = 1, .reward = 50, .time_ms = {2}},
                                 {.mask = 3, .reward = 90, .time_ms = {4}}};
    const ams_plan_job job[] = {{.deadline_ms = 16, .option = a, .n = 3, .key = 1},
                                {.deadline_ms = 16, .option = b, .n = 3, .key = 2}};
    ams_planner *planner = NULL;
    uint32_t choice[2];
    uint64_t value;
    ck_assert_int_eq(ams_planner_create(&planner, 64, NULL), AMS_OK);
    ck_assert_int_eq(ams_plan_depths(planner, job, 2, 10, 10, choice, &value, NULL), AMS_OK);
    ck_assert_uint_eq(value, 150);
    ck_assert_uint_eq(choice[0], 1);
    ck_assert_uint_eq(choice[1], 2);
    /* A tenth of a millisecond less: two stages, of which the second of `b` is worth 40. */
    ck_assert_int_eq(ams_plan_depths(planner, job, 2, 10.1, 10.1, choice, &value, NULL),
                     AMS_OK);
    ck_assert_uint_eq(value, 110);
    ams_planner_destroy(planner);
}
END_TEST

START_TEST(rows_of_earlier_deadlines_are_kept)
{
    ams_rng rng = ams_rng_init(3, AMS_STREAM_TEST);
    for (int round = 0; round < 300; round++) {
        random_plan p;
        ams_planner *kept = NULL;
        ams_planner *fresh = NULL;
        uint32_t choice[2][JOBS];
        uint64_t value[2];
        uint64_t rows[2];
        uint64_t dropped;
        do {
            draw_plan(&p, &rng);
        } while (p.n < 3);
        quantise(&p, 0.02);
        ck_assert_int_eq(ams_planner_create(&kept, 64, NULL), AMS_OK);
        ck_assert_int_eq(ams_planner_create(&fresh, 64, NULL), AMS_OK);
        /* Without the job at `gone`, then it arrives: rows from there on are made anew. */
        const uint32_t gone = ams_rng_below(&rng, p.n);
        ams_plan_job without[JOBS];
        memcpy(without, p.job, sizeof without);
        memmove(without + gone, without + gone + 1, (p.n - gone - 1) * sizeof *without);
        ams_plan_depths(kept, without, p.n - 1, 0, 0, choice[0], &value[0], NULL);
        ams_planner_counts(kept, &rows[0], &dropped);
        ck_assert_uint_eq(rows[0], p.n - 1);
        ams_plan_depths(kept, p.job, p.n, 0, 0, choice[0], &value[0], NULL);
        ams_plan_depths(fresh, p.job, p.n, 0, 0, choice[1], &value[1], NULL);
        ams_planner_counts(kept, &rows[1], &dropped);
        ck_assert_uint_eq(rows[1] - rows[0], p.n - gone);
        ck_assert_uint_eq(value[0], value[1]);
        ck_assert_mem_eq(choice[0], choice[1], p.n * sizeof(uint32_t));
        /* Another moment: none is kept. */
        ams_plan_depths(kept, p.job, p.n, 1, 1, choice[0], &value[0], NULL);
        ams_planner_counts(kept, &rows[0], &dropped);
        ck_assert_uint_eq(rows[0] - rows[1], p.n);
        ams_planner_destroy(kept);
        ams_planner_destroy(fresh);
    }
}
END_TEST

enum { MACHINES = 3, SETS = 1 << MACHINES, FEW = 4 };

/* All choices of sets, each machine in order of deadlines. */
static uint64_t best_sets(const ams_plan_job *job, uint32_t n, uint32_t i, const double *at,
                          uint64_t value)
{
    uint64_t best = value;
    for (uint32_t k = 0; i < n && k < job[i].n; k++) {
        double end[MACHINES];
        bool fits = true;
        for (uint32_t v = 0; v < MACHINES; v++) {
            end[v] = at[v] + job[i].option[k].time_ms[v];
            fits = fits && (job[i].option[k].time_ms[v] == 0 || end[v] <= job[i].deadline_ms);
        }
        if (fits) {
            const uint64_t found =
                best_sets(job, n, i + 1, end, value + job[i].option[k].reward);
            best = found > best ? found : best;
        }
    }
    return best;
}

START_TEST(sets_on_several_machines_equal_brute_force)
{
    ams_rng rng = ams_rng_init(4, AMS_STREAM_TEST);
    ams_planner *planner = NULL;
    ck_assert_int_eq(ams_planner_create(&planner, 4096, NULL), AMS_OK);
    for (int round = 0; round < 1000; round++) {
        ams_plan_option option[FEW][SETS];
        ams_plan_job job[FEW];
        uint32_t choice[FEW];
        uint64_t value;
        double t0[MACHINES];
        double deadline = 4;
        float ms[MACHINES];
        const uint32_t n = 1 + ams_rng_below(&rng, FEW);
        for (uint32_t v = 0; v < MACHINES; v++) {
            t0[v] = 3 + ams_rng_below(&rng, 5);
            ms[v] = (float)(1 + ams_rng_below(&rng, 6));
        }
        for (uint32_t i = 0; i < n; i++) {
            deadline += 1 + ams_rng_below(&rng, 5);
            job[i] = (ams_plan_job){.deadline_ms = deadline, .option = option[i], .n = SETS};
            for (uint32_t s = 0; s < SETS; s++) {
                option[i][s] = (ams_plan_option){
                    .mask = s, .reward = s == 0 ? 0 : ams_rng_below(&rng, 20)};
                for (uint32_t v = 0; v < MACHINES; v++) {
                    option[i][s].time_ms[v] = (s >> v & 1) != 0 ? ms[v] : 0;
                }
            }
        }
        ck_assert_int_eq(ams_plan_sets(planner, job, n, MACHINES, t0, choice, &value, NULL),
                         AMS_OK);
        ck_assert_uint_eq(value, best_sets(job, n, 0, t0, 0));
        uint64_t sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            sum += option[i][choice[i]].reward;
        }
        ck_assert_uint_eq(sum, value);
    }
    ams_planner_destroy(planner);
}
END_TEST

/* All choices, each part on the machine that is free first; the machines' ends in any order. */
static uint64_t best_lists(const ams_plan_job *job, uint32_t n, uint32_t i, const double *at,
                           uint64_t value)
{
    uint64_t best = value;
    for (uint32_t k = 0; i < n && k < job[i].n; k++) {
        const ams_plan_option *o = &job[i].option[k];
        double end[MACHINES];
        bool fits = true;
        memcpy(end, at, sizeof end);
        for (uint32_t part = 0; part < MACHINES && o->time_ms[part] > 0; part++) {
            uint32_t first = 0;
            for (uint32_t v = 1; v < MACHINES; v++) {
                first = end[v] < end[first] ? v : first;
            }
            end[first] += o->time_ms[part];
            fits = fits && end[first] <= job[i].deadline_ms;
        }
        if (fits) {
            const uint64_t found = best_lists(job, n, i + 1, end, value + o->reward);
            best = found > best ? found : best;
        }
    }
    return best;
}

START_TEST(lists_on_equal_machines_equal_brute_force)
{
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    ams_planner *planner = NULL;
    uint32_t with_several = 0;
    ck_assert_int_eq(ams_planner_create(&planner, 4096, NULL), AMS_OK);
    for (int round = 0; round < 1000; round++) {
        ams_plan_option option[FEW][SETS];
        ams_plan_job job[FEW];
        uint32_t choice[FEW];
        uint64_t value;
        double t0[MACHINES];
        double deadline = 2;
        const uint32_t n = 1 + ams_rng_below(&rng, FEW);
        for (uint32_t v = 0; v < MACHINES; v++) {
            t0[v] = ams_rng_below(&rng, 6);
        }
        for (uint32_t i = 0; i < n; i++) {
            deadline += 1 + ams_rng_below(&rng, 5);
            job[i] = (ams_plan_job){.deadline_ms = deadline, .option = option[i], .n = SETS};
            for (uint32_t k = 0; k < SETS; k++) {
                float ms = (float)(2 + ams_rng_below(&rng, 6)); /* of the longest part */
                option[i][k] = (ams_plan_option){
                    .mask = k, .reward = k == 0 ? 0 : ams_rng_below(&rng, 20)};
                for (uint32_t part = 0; part < MACHINES && k >> part != 0; part++) {
                    option[i][k].time_ms[part] = ms;
                    ms = fmaxf(1, ms - (float)ams_rng_below(&rng, 3));
                }
            }
        }
        ck_assert_int_eq(ams_plan_lists(planner, job, n, MACHINES, t0, choice, &value, NULL),
                         AMS_OK);
        ck_assert_uint_eq(value, best_lists(job, n, 0, t0, 0));
        uint64_t sum = 0;
        for (uint32_t i = 0; i < n; i++) {
            sum += option[i][choice[i]].reward;
            with_several += option[i][choice[i]].time_ms[1] > 0;
        }
        ck_assert_uint_eq(sum, value);
    }
    ck_assert_uint_gt(with_several, 500); /* choices of more than one part are among them */
    ams_planner_destroy(planner);
}
END_TEST

START_TEST(full_cells_drop_end_times_and_count_them)
{
    /* One reward, three machines: neither end is dominated, and a cell holds one of them. */
    const ams_plan_option o[] = {{.mask = 0},
                                 {.mask = 1, .reward = 5, .time_ms = {1, 0}},
                                 {.mask = 2, .reward = 5, .time_ms = {0, 2}}};
    const ams_plan_job job = {.deadline_ms = 9, .option = o, .n = 3};
    const double t0[] = {0, 0};
    ams_planner *planner = NULL;
    uint32_t choice;
    uint64_t value;
    uint64_t rows;
    uint64_t dropped;
    ck_assert_int_eq(ams_planner_create(&planner, 1, NULL), AMS_OK);
    ck_assert_int_eq(ams_plan_sets(planner, &job, 1, 2, t0, &choice, &value, NULL), AMS_OK);
    ams_planner_counts(planner, &rows, &dropped);
    ck_assert_uint_eq(value, 5);
    ck_assert_uint_eq(choice, 1); /* the least sum of end times */
    ck_assert_uint_eq(dropped, 1);
    ams_planner_destroy(planner);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, both_programs_equal_brute_force);
    tcase_add_test(tests, chains_equal_brute_force);
    tcase_add_test(tests, quantised_rewards_lose_no_more_than_proved);
    tcase_add_test(tests, a_plan_worked_out_by_hand);
    tcase_add_test(tests, rows_of_earlier_deadlines_are_kept);
    tcase_add_test(tests, sets_on_several_machines_equal_brute_force);
    tcase_add_test(tests, lists_on_equal_machines_equal_brute_force);
    tcase_add_test(tests, full_cells_drop_end_times_and_count_them);
}

int main(void)
{
    return run_suite("stream_plans", add);
}
