#include "ams/link_simulation.h"

#include "ams/link_select.h"
#include "base/memory.h"
#include "base/normal.h"

#include <stdlib.h>

const char *const ams_drawn_names[] = {"normal", "beta", NULL};
const char *const ams_simulated_names[] = {"papers", "cheapest", "greedy", NULL};
const double ams_simulation_budgets[] = {0.1, 0.2, 0.3, 0.5, 0.7};

enum { M = AMS_SIMULATION_MODELS, SETS = 1 << M, ARC_STEPS = 1024 };
/* cos(pi / 1024): the cosine of the next multiple is 2 cos(h) cos(k h) - cos((k - 1) h). */
static const double ARC_RATIO = 0.99999529380957617;

typedef struct simulation_tables {
    ams_normal normal;
    double arcsine[ARC_STEPS + 1]; /* sin^2(pi k / 2 / STEPS): quantiles of Beta(1/2, 1/2) */
} simulation_tables;

/* A draw. */
typedef struct simulation_draw {
    double p[M * M], p0[M], cost[M], total;
    double value[SETS], price[SETS]; /* of every set */
} simulation_draw;

typedef struct simulation_run {
    simulation_tables tables;
    simulation_draw draw;
    double *ratio; /* (budgets, methods, draws) of one panel */
} simulation_run;

static void make_tables(simulation_tables *t)
{
    double before = ARC_RATIO; /* cos(-h) */
    double now = 1;
    ams_normal_init(&t->normal);
    for (int k = 0; k <= ARC_STEPS; k++) {
        t->arcsine[k] = (1 - now) / 2;
        const double next = 2 * ARC_RATIO * now - before;
        before = now;
        now = next;
    }
}

static double draw_number(const simulation_tables *t, ams_drawn_from from, ams_rng *rng)
{
    if (from == AMS_DRAWN_NORMAL) {
        return 0.5 + 0.2 * ams_normal_draw(&t->normal, rng);
    }
    const double at = ams_rng_unit(rng) * ARC_STEPS;
    const int k = (int)at;
    return t->arcsine[k] + (at - k) * (t->arcsine[k + 1] - t->arcsine[k]);
}

static double clip(double x, double low)
{
    return x < low ? low : x > 1 ? 1 : x;
}

static void make_draw(simulation_run *r, uint32_t panel, uint64_t index, uint64_t seed)
{
    simulation_draw *d = &r->draw;
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_CHOICES);
    /* A draw takes 100 words, which 2^6 blocks of four hold. */
    rng.counter = (uint64_t)panel << 48 | index << 6;
    d->total = 0;
    for (uint32_t i = 0; i < M * M; i++) {
        d->p[i] = i % (M + 1) == 0
                      ? 0
                      : clip(draw_number(&r->tables, (ams_drawn_from)(panel / 2), &rng), 0);
    }
    for (uint32_t i = 0; i < M; i++) {
        d->p0[i] = 0;
        d->cost[i] = clip(draw_number(&r->tables, (ams_drawn_from)(panel % 2), &rng), 0.01);
        d->total += d->cost[i];
    }
}

static ams_choice_problem problem_of(const simulation_draw *d, double share)
{
    return (ams_choice_problem){.n = M,
                                .p = d->p,
                                .p0 = d->p0,
                                .gain = 0.02,
                                .n_costs = 1,
                                .cost = {d->cost},
                                .budget = {share * d->total}};
}

static void value_sets(simulation_draw *d)
{
    const ams_choice_problem problem = problem_of(d, 1);
    for (uint64_t set = 0; set < SETS; set++) {
        d->value[set] = ams_choice_value(&problem, set);
        d->price[set] = ams_choice_cost(&problem, set, 0);
    }
}

static ams_status value_of(const void *context, uint64_t set, double *value, ams_error *err)
{
    const simulation_draw *d = context;
    (void)err;
    *value = d->value[set];
    return AMS_OK;
}

static ams_status greedy(const ams_choice_problem *problem, const simulation_draw *d,
                         ams_choice *choice, ams_error *err)
{
    ams_status status = ams_choose_greedy(problem, value_of, d, choice, err);
    for (uint32_t i = 0; i < M; i++) {
        const uint64_t one = UINT64_C(1) << i;
        if (ams_choice_fits(problem, one) && d->value[one] > choice->value) {
            choice->set = one;
            choice->value = d->value[one];
        }
    }
    return status;
}

/* The panel's point b gains this draw. */
static ams_status add_point(simulation_run *r, ams_simulation *s, ams_simulation_point *point,
                            uint32_t b, uint32_t index, ams_error *err)
{
    const simulation_draw *d = &r->draw;
    const ams_choice_problem problem = problem_of(d, ams_simulation_budgets[b]);
    ams_choice choice[AMS_SIMULATED_METHODS];
    double best = 0;
    int most = 0;
    for (uint64_t set = 0; set < SETS; set++) {
        if (d->price[set] <= problem.budget[0]) {
            const int models = __builtin_popcountll(set);
            best = d->value[set] > best ? d->value[set] : best;
            most = models > most ? models : most;
        }
    }
    point->optimum += best / s->draws;
    point->standalone += (double)most / M / s->draws;
    ams_choose_papers(&problem, false, &choice[AMS_SIMULATED_PAPERS]);
    ams_choose_cheapest(&problem, false, &choice[AMS_SIMULATED_CHEAPEST]);
    const ams_status status = greedy(&problem, d, &choice[AMS_SIMULATED_GREEDY], err);
    for (uint32_t m = 0; m < AMS_SIMULATED_METHODS; m++) {
        /* Where nothing fits, nothing is what can be reached. */
        const double ratio = best > 0 ? choice[m].value / best : 1;
        point->mean[m] += ratio / s->draws;
        r->ratio[((size_t)b * AMS_SIMULATED_METHODS + m) * s->draws + index] = ratio;
    }
    return status;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

ams_status ams_simulate_choices(ams_simulation *s, uint32_t draws, uint64_t seed,
                                ams_error *err)
{
    const size_t ratios = (size_t)AMS_SIMULATION_BUDGETS * AMS_SIMULATED_METHODS * draws;
    simulation_run *r = NULL;
    ams_status status = AMS_OK;
    *s = (ams_simulation){.draws = draws};
    AMS_TRY(ams_alloc(&r, 1, sizeof *r, "a simulation", err));
    AMS_TRY(ams_alloc(&r->ratio, ratios, sizeof *r->ratio, "a simulation", err));
    make_tables(&r->tables);
    for (uint32_t panel = 0; panel < AMS_SIMULATION_PANELS; panel++) {
        for (uint32_t index = 0; index < draws; index++) {
            make_draw(r, panel, index, seed);
            value_sets(&r->draw);
            for (uint32_t b = 0; b < AMS_SIMULATION_BUDGETS; b++) {
                AMS_TRY(add_point(r, s, &s->point[panel][b], b, index, err));
            }
        }
        for (uint32_t k = 0; k < AMS_SIMULATION_BUDGETS * AMS_SIMULATED_METHODS; k++) {
            double *ratio = r->ratio + (size_t)k * draws;
            qsort(ratio, draws, sizeof *ratio, ascending);
            s->point[panel][k / AMS_SIMULATED_METHODS].low[k % AMS_SIMULATED_METHODS] =
                ratio[(size_t)(0.05 * (draws - 1))];
        }
    }
out:
    if (r != NULL) {
        free(r->ratio);
    }
    free(r);
    return status;
}

/* A method's two columns, after the optimum's. */
#define METHOD(method)                                                                         \
    {.name = (method),                                                                         \
     .meaning = "mean accuracy / optimum of the same draw",                                    \
     .digits = AMS_DECIMALS(6),                                                                \
     .json = "methods." method ".mean",                                                        \
     .head = (method),                                                                         \
     .width = 10,                                                                              \
     .shown = AMS_DECIMALS(3)},                                                                \
    {                                                                                          \
        .name = method "_low", .meaning = "its 5th percentile", .digits = AMS_DECIMALS(6),     \
        .json = "methods." method ".p05", .head = "5th pct", .width = 8,                       \
        .shown = AMS_DECIMALS(3)                                                               \
    }

static const ams_column columns[] = {
    {.name = "performance",
     .json = "links",
     .meaning = "what performances of links are drawn from"},
    {.name = "cost", .json = "costs", .meaning = "what costs of models are drawn from"},
    {.name = "budget",
     .meaning = "share of all costs",
     .head = "budget  ",
     .width = 8,
     .shown = AMS_DECIMALS(0),
     .scale = 100,
     .after = " %"},
    {.name = "optimum",
     .meaning = "mean accuracy of the best set",
     .digits = AMS_DECIMALS(6),
     .head = "optimum",
     .width = 8,
     .shown = AMS_DECIMALS(3)},
    {.name = "standalone",
     .meaning = "of as many models as fit, without links",
     .digits = AMS_DECIMALS(6),
     .head = "standalone",
     .width = 11,
     .shown = AMS_DECIMALS(3)},
    METHOD("papers"),
    METHOD("cheapest"),
    METHOD("greedy"),
};

ams_status ams_simulation_result(const ams_simulation *s, ams_result *result, ams_error *err)
{
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"models", ams_cell_count(M)}));
    AMS_TRY(ams_result_add_frame(result, "rows", columns, sizeof columns / sizeof *columns,
                                 &rows, err));
    for (uint32_t k = 0; k < AMS_SIMULATION_PANELS * AMS_SIMULATION_BUDGETS; k++) {
        const uint32_t panel = k / AMS_SIMULATION_BUDGETS;
        const ams_simulation_point *p = &s->point[panel][k % AMS_SIMULATION_BUDGETS];
        AMS_TRY(AMS_FRAME_ADD(rows, err, ams_cell_text(ams_drawn_names[panel / 2]),
                              ams_cell_text(ams_drawn_names[panel % 2]),
                              ams_cell_real(ams_simulation_budgets[k % AMS_SIMULATION_BUDGETS]),
                              ams_cell_real(p->optimum), ams_cell_real(p->standalone),
                              ams_cell_real(p->mean[AMS_SIMULATED_PAPERS]),
                              ams_cell_real(p->low[AMS_SIMULATED_PAPERS]),
                              ams_cell_real(p->mean[AMS_SIMULATED_CHEAPEST]),
                              ams_cell_real(p->low[AMS_SIMULATED_CHEAPEST]),
                              ams_cell_real(p->mean[AMS_SIMULATED_GREEDY]),
                              ams_cell_real(p->low[AMS_SIMULATED_GREEDY])));
    }
out:
    return status;
}

void ams_simulation_summary(const ams_simulation *s, ams_drawn_from costs, ams_simulated method,
                            double *mean, double *lowest)
{
    const double share = 1.0 / (2 * AMS_SIMULATION_BUDGETS);
    *mean = 0;
    *lowest = 1;
    for (uint32_t k = 0; k < 2 * AMS_SIMULATION_BUDGETS; k++) {
        const ams_simulation_point *p =
            &s->point[2 * (k / AMS_SIMULATION_BUDGETS) + costs][k % AMS_SIMULATION_BUDGETS];
        *mean += share * p->mean[method];
        *lowest = p->low[method] < *lowest ? p->low[method] : *lowest;
    }
}

ams_status ams_simulation_write(const ams_simulation *simulation, const char *path,
                                ams_error *err)
{
    ams_result result = {.n = 0};
    ams_status status = ams_simulation_result(simulation, &result, err);
    if (status == AMS_OK) {
        status = ams_frame_write_tsv(ams_result_frame(&result, "rows"), NULL, path, err);
    }
    ams_result_fini(&result);
    return status;
}
