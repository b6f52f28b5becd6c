#include "lab/stats/shares.h"

#include "base/memory.h"
#include "lab/stats/draws.h"

#include <stdlib.h>
#include <string.h>

enum { K = AMS_SHARE_LEVELS };
/* Draws per shard, which share its scratch; shards at a time, which bounds all scratch. */
enum { DRAWS = 16, WAVE = 32 };

static const double SAME_MS = 1e-6;

/* Everything is counted in whole numbers, so no order of adding matters. */
typedef struct shares_job {
    const ams_bootstrap *bootstrap;
    const ams_group *groups;
    uint64_t seed;
    uint32_t n_items, n_runs; /* n_runs: of all groups */
    /* Of each run, either: */
    uint8_t **first; /* (n_runs)(n) the first level that holds the item's time, K if none */
    uint8_t **held;  /* (n_runs)(n, K) how many of the item's orders each level holds first */
    uint32_t *value; /* (G, K, D) run-item-orders within the level, of each draw */
    uint32_t *count; /* (WAVE, n) of a shard */
    uint32_t *tile;  /* (WAVE, G, K, DRAWS) of a shard */
    uint32_t first_shard;
} shares_job;

static double time_of(const ams_scores *s, uint32_t item, uint32_t draw)
{
    return s->final_ms[(size_t)item * s->kept + draw];
}

/* The first level that holds the time, K if none does. */
static uint32_t level_of(double time_ms, const double *level, double scale)
{
    uint32_t low = 0;
    uint32_t high = K;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (time_ms <= level[middle] * scale + SAME_MS) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* -- what is counted -- */

static ams_status load_run(shares_job *j, uint32_t r, const ams_scores *s, const double *level,
                           const double *scale, ams_error *err)
{
    static const char *const what = "shares";
    bool one = s->kept == 1;
    ams_status status = one ? ams_alloc(&j->first[r], s->n, 1, what, err)
                            : ams_alloc(&j->held[r], s->n, K, what, err);
    for (uint32_t i = 0; i < s->n && status == AMS_OK; i++) {
        double unit = scale == NULL ? 1 : scale[i];
        for (uint32_t d = 0; d < s->kept; d++) {
            uint32_t k = level_of(time_of(s, i, d), level, unit);
            if (one) {
                j->first[r][i] = (uint8_t)k;
            } else if (k < K) {
                j->held[r][(size_t)i * K + k]++;
            }
        }
    }
    return status;
}

static ams_status load(shares_job *j, const double *level, const double *scale, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&j->first, j->n_runs, sizeof *j->first, "shares", err));
    AMS_TRY(ams_alloc(&j->held, j->n_runs, sizeof *j->held, "shares", err));
    for (uint32_t g = 0; g < j->bootstrap->n_groups; g++) {
        const ams_group *group = &j->groups[g];
        uint32_t kept = group->run[0]->kept;
        for (uint32_t r = 0; r < group->n_runs; r++) {
            if (group->run[r]->kept != kept) {
                return ams_fail(err, AMS_USAGE,
                                "runs of '%s' have %u and %u orders per item; one label is one "
                                "policy",
                                group->label, kept, group->run[r]->kept);
            }
            AMS_TRY(
                load_run(j, j->bootstrap->first_run[g] + r, group->run[r], level, scale, err));
        }
        if ((uint64_t)j->n_items * group->n_runs * kept > UINT32_MAX) {
            return ams_fail(err, AMS_BACKEND,
                            "'%s': expected under 2^32 runs x items x orders to count",
                            group->label);
        }
    }
out:
    return status;
}

/* -- drawing -- */

static void count_run(const shares_job *j, uint32_t run, const uint32_t *weight,
                      uint32_t sum[K + 1])
{
    memset(sum, 0, (K + 1) * sizeof *sum);
    if (j->first[run] != NULL) {
        for (uint32_t i = 0; i < j->n_items; i++) {
            sum[j->first[run][i]] += weight[i];
        }
        return;
    }
    const uint8_t *held = j->held[run];
    for (uint32_t i = 0; i < j->n_items; i++, held += K) {
        if (weight[i] > 0) {
            for (int k = 0; k < K; k++) {
                sum[k] += weight[i] * held[k];
            }
        }
    }
}

/* One draw of all groups, to place t of the shard's tile (G, K, DRAWS). */
static void draw_once(const shares_job *j, const uint32_t *weight, uint32_t d, uint32_t *tile)
{
    const ams_bootstrap *b = j->bootstrap;
    for (uint32_t g = 0; g < b->n_groups; g++, tile += (size_t)K * DRAWS) {
        for (uint32_t r = b->first_run[g]; r < b->first_run[g + 1]; r++) {
            uint32_t times = b->run_count[(size_t)r * b->draws + d];
            if (times == 0) {
                continue;
            }
            uint32_t sum[K + 1];
            uint32_t within = 0;
            count_run(j, r, weight, sum);
            for (uint32_t k = 0; k < K; k++) {
                within += sum[k];
                tile[(size_t)k * DRAWS + d % DRAWS] += times * within;
            }
        }
    }
}

static void draw_shard(void *context, uint32_t shard)
{
    const shares_job *j = context;
    const ams_bootstrap *b = j->bootstrap;
    const size_t rows = (size_t)b->n_groups * K;
    uint32_t *weight = j->count + (size_t)shard * j->n_items;
    uint32_t *tile = j->tile + (size_t)shard * rows * DRAWS;
    uint32_t begin = (j->first_shard + shard) * DRAWS;
    uint32_t n = b->draws - begin < DRAWS ? b->draws - begin : DRAWS;
    memset(tile, 0, rows * DRAWS * sizeof *tile);
    for (uint32_t d = begin; d < begin + n; d++) {
        ams_draw_counts(weight, j->n_items, j->seed, d);
        draw_once(j, weight, d, tile);
    }
    /* Draw after draw would touch a line of memory for each number. */
    for (size_t row = 0; row < rows; row++) {
        memcpy(j->value + row * b->draws + begin, tile + row * DRAWS, n * sizeof *tile);
    }
}

static void draw(shares_job *j, ams_pool *pool)
{
    uint32_t shards = (j->bootstrap->draws + DRAWS - 1) / DRAWS;
    for (j->first_shard = 0; j->first_shard < shards; j->first_shard += WAVE) {
        uint32_t left = shards - j->first_shard;
        ams_pool_run(pool, left < WAVE ? left : WAVE, draw_shard, j);
    }
}

/* -- shares -- */

/* Of the data as they are. */
static void count_as_is(const shares_job *j, uint32_t group, const double *level,
                        const double *scale, double runs[K], double items[K])
{
    const ams_group *g = &j->groups[group];
    const uint32_t kept = g->run[0]->kept;
    const double pairs = (double)j->n_items * g->n_runs * kept;
    memset(runs, 0, K * sizeof *runs);
    memset(items, 0, K * sizeof *items);
    for (uint32_t i = 0; i < j->n_items; i++) {
        double unit = scale == NULL ? 1 : scale[i];
        double mean = 0;
        for (uint32_t r = 0; r < g->n_runs; r++) {
            for (uint32_t d = 0; d < kept; d++) {
                double time_ms = time_of(g->run[r], i, d);
                mean += time_ms / g->n_runs / kept;
                for (uint32_t k = level_of(time_ms, level, unit); k < K; k++) {
                    runs[k]++;
                }
            }
        }
        for (uint32_t k = level_of(mean, level, unit); k < K; k++) {
            items[k]++;
        }
    }
    for (uint32_t k = 0; k < K; k++) {
        runs[k] /= pairs;
        items[k] /= j->n_items;
    }
}

static void make_intervals(ams_shares *shares, const shares_job *j, const double *level,
                           const double *scale)
{
    const ams_bootstrap *b = j->bootstrap;
    for (uint32_t g = 0; g < b->n_groups; g++) {
        const ams_group *group = &j->groups[g];
        double pairs = (double)j->n_items * group->n_runs * group->run[0]->kept;
        double as_is[K];
        count_as_is(j, g, level, scale, as_is, shares->items + (size_t)g * K);
        for (uint32_t k = 0; k < K; k++) {
            const uint32_t *value = j->value + ((size_t)g * K + k) * b->draws;
            for (uint32_t d = 0; d < b->draws; d++) {
                b->scratch[d] = value[d] / pairs;
            }
            shares->runs[(size_t)g * K + k] = ams_bootstrap_interval(b, as_is[k]);
        }
    }
}

static void job_fini(shares_job *j)
{
    for (uint32_t r = 0; r < j->n_runs; r++) {
        free(j->first == NULL ? NULL : j->first[r]);
        free(j->held == NULL ? NULL : j->held[r]);
    }
    free(j->first);
    free(j->held);
    free(j->value);
    free(j->count);
    free(j->tile);
}

ams_status ams_shares_run(ams_shares *shares, const ams_bootstrap *bootstrap,
                          const ams_group *groups, const ams_bootstrap_options *options,
                          const double *level, const double *scale, ams_error *err)
{
    static const char *const what = "shares";
    *shares = (ams_shares){0};
    size_t rows = (size_t)bootstrap->n_groups * K;
    shares_job j = {.bootstrap = bootstrap,
                    .groups = groups,
                    .seed = options->seed,
                    .n_items = groups[0].run[0]->n,
                    .n_runs = bootstrap->first_run[bootstrap->n_groups]};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&shares->runs, rows, sizeof *shares->runs, what, err));
    AMS_TRY(ams_alloc(&shares->items, rows, sizeof *shares->items, what, err));
    AMS_TRY(ams_alloc(&j.value, rows, sizeof *j.value * bootstrap->draws, what, err));
    AMS_TRY(ams_alloc(&j.count, WAVE, sizeof *j.count * j.n_items, what, err));
    AMS_TRY(ams_alloc(&j.tile, WAVE, rows * DRAWS * sizeof *j.tile, what, err));
    AMS_TRY(load(&j, level, scale, err));
    draw(&j, options->pool);
    make_intervals(shares, &j, level, scale);
out:
    job_fini(&j);
    if (status != AMS_OK) {
        ams_shares_fini(shares);
    }
    return status;
}

void ams_shares_fini(ams_shares *shares)
{
    free(shares->runs);
    free(shares->items);
    *shares = (ams_shares){0};
}
