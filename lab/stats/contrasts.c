#include "lab/stats/contrasts.h"

#include <stdlib.h>

static double mean_of(const ams_bootstrap *b, uint32_t group, uint32_t column)
{
    return b->mean[(size_t)group * b->n_columns + column];
}

static uint32_t n_runs_of(const ams_bootstrap *b, uint32_t group)
{
    return b->first_run[group + 1] - b->first_run[group];
}

static double run_mean(const ams_bootstrap *b, uint32_t run, uint32_t column)
{
    return b->run_mean[(size_t)run * AMS_RUN_COLUMNS + column];
}

static double run_value(const ams_bootstrap *b, uint32_t run, uint32_t column, uint32_t draw)
{
    return b->run_value[((size_t)run * AMS_RUN_COLUMNS + column) * b->draws + draw];
}

static uint32_t run_count(const ams_bootstrap *b, uint32_t run, uint32_t draw)
{
    return b->run_count[(size_t)run * b->draws + draw];
}

ams_interval ams_contrast_difference(const ams_bootstrap *b, uint32_t group, uint32_t reference,
                                     uint32_t column)
{
    const double *own = ams_bootstrap_draws(b, group, column);
    const double *other = ams_bootstrap_draws(b, reference, column);
    for (uint32_t d = 0; d < b->draws; d++) {
        b->scratch[d] = own[d] - other[d];
    }
    return ams_bootstrap_interval(b, mean_of(b, group, column) - mean_of(b, reference, column));
}

static double gap_closed(double own, double worst, double best)
{
    return worst > best ? (worst - own) / (worst - best) : 0;
}

ams_interval ams_contrast_gap_closed(const ams_bootstrap *b, uint32_t group, uint32_t worst,
                                     uint32_t best, uint32_t column)
{
    const double *own = ams_bootstrap_draws(b, group, column);
    const double *from = ams_bootstrap_draws(b, worst, column);
    const double *to = ams_bootstrap_draws(b, best, column);
    for (uint32_t d = 0; d < b->draws; d++) {
        b->scratch[d] = gap_closed(own[d], from[d], to[d]);
    }
    return ams_bootstrap_interval(b, gap_closed(mean_of(b, group, column),
                                                mean_of(b, worst, column),
                                                mean_of(b, best, column)));
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double ams_interquartile_mean(double *values, uint32_t n)
{
    uint32_t cut = n / 4;
    double sum = 0;
    qsort(values, n, sizeof *values, compare_doubles);
    for (uint32_t i = cut; i < n - cut; i++) {
        sum += values[i];
    }
    return sum / (n - 2 * cut);
}

ams_interval ams_contrast_iqm(const ams_bootstrap *b, uint32_t group, uint32_t column)
{
    uint32_t first = b->first_run[group];
    uint32_t n = n_runs_of(b, group);
    for (uint32_t d = 0; d < b->draws; d++) {
        uint32_t used = 0;
        for (uint32_t r = 0; r < n; r++) {
            for (uint32_t k = run_count(b, first + r, d); k > 0; k--) {
                b->run_scratch[used++] = run_value(b, first + r, column, d);
            }
        }
        b->scratch[d] = ams_interquartile_mean(b->run_scratch, n);
    }
    for (uint32_t r = 0; r < n; r++) {
        b->run_scratch[r] = run_mean(b, first + r, column);
    }
    return ams_bootstrap_interval(b, ams_interquartile_mean(b->run_scratch, n));
}

static double win(double own, double other)
{
    return own < other ? 1 : (own > other ? 0 : 0.5);
}

static double improvement_as_is(const ams_bootstrap *b, uint32_t group, uint32_t other,
                                uint32_t column)
{
    double wins = 0;
    for (uint32_t x = b->first_run[group]; x < b->first_run[group + 1]; x++) {
        for (uint32_t y = b->first_run[other]; y < b->first_run[other + 1]; y++) {
            wins += win(run_mean(b, x, column), run_mean(b, y, column));
        }
    }
    return wins / n_runs_of(b, group) / n_runs_of(b, other);
}

ams_interval ams_contrast_improvement(const ams_bootstrap *b, uint32_t group, uint32_t other,
                                      uint32_t column)
{
    double pairs = (double)n_runs_of(b, group) * n_runs_of(b, other);
    for (uint32_t d = 0; d < b->draws; d++) {
        double wins = 0;
        for (uint32_t x = b->first_run[group]; x < b->first_run[group + 1]; x++) {
            double own = run_value(b, x, column, d);
            double won = 0;
            for (uint32_t y = b->first_run[other]; y < b->first_run[other + 1]; y++) {
                won += run_count(b, y, d) * win(own, run_value(b, y, column, d));
            }
            wins += run_count(b, x, d) * won;
        }
        b->scratch[d] = wins / pairs;
    }
    return ams_bootstrap_interval(b, improvement_as_is(b, group, other, column));
}

ams_interval ams_contrast_of_runs(const ams_bootstrap *b, uint32_t group, const double *value)
{
    uint32_t first = b->first_run[group];
    uint32_t n = n_runs_of(b, group);
    double mean = 0;
    for (uint32_t d = 0; d < b->draws; d++) {
        double sum = 0;
        for (uint32_t r = 0; r < n; r++) {
            sum += run_count(b, first + r, d) * value[r];
        }
        b->scratch[d] = sum / n;
    }
    for (uint32_t r = 0; r < n; r++) {
        mean += value[r] / n;
    }
    return ams_bootstrap_interval(b, mean);
}
