#include "ams/paired.h"

#include "base/memory.h"
#include "lab/stats/draws.h"

#include <stdlib.h>
#include <string.h>

typedef struct paired_job {
    ams_paired *paired;
    const ams_paired_group *groups;
    uint32_t n_items;
    uint64_t seed;
    double *weights; /* (WAVE, n) of the draws in flight */
    double *sums;    /* (WAVE, C) */
    uint32_t first;  /* draw of the wave */
} paired_job;

/* Draws at a time: bounds the memory of the weights. */
enum { WAVE = 16 };

static void add_run(const paired_job *j, const double *rows, double share,
                    const double *weights, double *restrict sums)
{
    uint32_t columns = j->paired->n_columns;
    for (uint32_t i = 0; i < j->n_items; i++) {
        double weight = weights[i] * share;
        if (weight > 0) {
            for (uint32_t c = 0; c < columns; c++) {
                sums[c] += weight * rows[(size_t)i * columns + c];
            }
        }
    }
}

static void run_draw(void *context, uint32_t slot)
{
    const paired_job *j = context;
    ams_paired *p = j->paired;
    uint32_t draw = j->first + slot;
    double *weights = j->weights + (size_t)slot * j->n_items;
    double *sums = j->sums + (size_t)slot * p->n_columns;
    ams_draw_items(weights, 1, j->n_items, j->seed, draw);
    for (uint32_t g = 0; g < p->n_groups; g++) {
        const ams_paired_group *group = &j->groups[g];
        memset(sums, 0, p->n_columns * sizeof *sums);
        for (uint32_t r = 0; r < group->n_runs; r++) {
            uint32_t count = ams_draw_seed_count(r, group->n_runs, j->seed, draw);
            double share = (double)count / ((double)group->n_runs * j->n_items);
            add_run(j, group->run[r], share, weights, sums);
        }
        for (uint32_t c = 0; c < p->n_columns; c++) {
            p->value[((size_t)g * p->n_columns + c) * p->draws + draw] = sums[c];
        }
    }
}

static void take_means(const paired_job *j)
{
    ams_paired *p = j->paired;
    for (uint32_t g = 0; g < p->n_groups; g++) {
        const ams_paired_group *group = &j->groups[g];
        double share = 1.0 / ((double)group->n_runs * j->n_items);
        for (uint32_t r = 0; r < group->n_runs; r++) {
            for (size_t k = 0; k < (size_t)j->n_items * p->n_columns; k++) {
                p->mean[(size_t)g * p->n_columns + k % p->n_columns] +=
                    share * group->run[r][k];
            }
        }
    }
}

ams_status ams_paired_run(ams_paired *p, const ams_paired_group *groups, uint32_t n_groups,
                          uint32_t n_items, uint32_t n_columns,
                          const ams_bootstrap_options *options, ams_error *err)
{
    static const char *const what = "bootstrap draws";
    size_t columns = (size_t)n_groups * n_columns;
    paired_job j = {.paired = p, .groups = groups, .n_items = n_items, .seed = options->seed};
    ams_status status = AMS_OK;
    *p = (ams_paired){.n_groups = n_groups, .n_columns = n_columns, .draws = options->draws};
    AMS_TRY(ams_alloc(&p->mean, columns, sizeof(double), what, err));
    AMS_TRY(ams_alloc(&p->value, columns * options->draws, sizeof(double), what, err));
    AMS_TRY(ams_alloc(&p->scratch, options->draws, sizeof(double), what, err));
    AMS_TRY(ams_alloc(&j.weights, (size_t)WAVE * n_items, sizeof(double), what, err));
    AMS_TRY(ams_alloc(&j.sums, (size_t)WAVE * n_columns, sizeof(double), what, err));
    take_means(&j);
    for (; j.first < options->draws; j.first += WAVE) {
        uint32_t left = options->draws - j.first;
        ams_pool_run(options->pool, left < WAVE ? left : WAVE, run_draw, &j);
    }
out:
    free(j.weights);
    free(j.sums);
    if (status != AMS_OK) {
        ams_paired_fini(p);
    }
    return status;
}

void ams_paired_fini(ams_paired *p)
{
    free(p->mean);
    free(p->value);
    free(p->scratch);
    *p = (ams_paired){.n_groups = 0};
}

static double statistic_of(ams_paired_of what, double own, double other)
{
    switch (what) {
    case AMS_PAIRED_LESS:
        return own - other;
    case AMS_PAIRED_RATIO:
        return other > 0 ? own / other : 1;
    case AMS_PAIRED_OVER:
        return other > 0 ? own / other - 1 : 0;
    case AMS_PAIRED_MEAN:
        break;
    }
    return own;
}

ams_interval ams_paired_interval(const ams_paired *p, ams_paired_of what, uint32_t group,
                                 uint32_t reference, uint32_t column)
{
    size_t own = (size_t)group * p->n_columns + column;
    size_t other =
        (size_t)(what == AMS_PAIRED_MEAN ? group : reference) * p->n_columns + column;
    for (uint32_t d = 0; d < p->draws; d++) {
        p->scratch[d] =
            statistic_of(what, p->value[own * p->draws + d], p->value[other * p->draws + d]);
    }
    return ams_draws_interval(p->scratch, p->draws,
                              statistic_of(what, p->mean[own], p->mean[other]));
}
