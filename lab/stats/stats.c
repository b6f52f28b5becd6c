#include "ams/stats.h"

#include "base/memory.h"
#include "lab/stats/draws.h"
#include "lab/stats/steps.h"

#include <stdlib.h>
#include <string.h>

/* A shard is TILE draws; columns go in blocks of WIDTH. TOGETHER x WIDTH sums and the block's
 * row fit in the vector registers of any x86-64 with AVX2, so an item's row is read once for
 * TOGETHER draws. Every sum goes by the items alone: no size has a part in its bits. */
enum {
    TILE = AMS_DRAW_TILE,
    WIDTH = 8,
    LANES = AMS_DRAW_LANES,
    TOGETHER = LANES == 8 ? TILE : 4
};
typedef ams_draw_lanes lanes;

/* The draws of a batch of runs: all weigh the same items, so a wave's weights are drawn once
 * for all of them. */
typedef struct bootstrap_job {
    ams_bootstrap *bootstrap;
    const ams_bootstrap_options *options;
    const ams_group *groups;
    uint32_t batch;       /* most runs of one */
    double *rows;         /* (runs of the batch, blocks, n, WIDTH) their numbers */
    ams_steps *steps;     /* (runs of the batch) of their curves, where they are few */
    ams_curves curves;    /* of the run at work, in its rows */
    size_t *place;        /* (curve columns) of those */
    double *curve;        /* (groups of the batch, curve columns, D) their draws */
    uint32_t first_group; /* of the batch */
    double *weights;      /* (shards of a wave, n, TILE) */
    uint32_t first_shard; /* of the wave */
    uint32_t n_items, blocks;
    /* The run at work: */
    const double *run_rows; /* (blocks, n, WIDTH) */
    ams_steps *run_steps;
    uint32_t group, run, n_runs;
    uint32_t index; /* of the run among all */
} bootstrap_job;

/* Shards that run at a time: bounds the memory of the weights. */
enum { WAVE = 64 / TILE };
/* The same of the rows and of the draws of curves. */
static const size_t BATCH_BYTES = (size_t)256 << 20;

/* sum[t][c] = sum over items of TOGETHER columns of weights (n, TILE) x rows (n, WIDTH). */
static void weigh_items(const double *restrict weights, const double *restrict rows, uint32_t n,
                        double sum[TOGETHER][WIDTH])
{
    lanes acc[TOGETHER][WIDTH / LANES] = {{{0}}};
    for (uint32_t i = 0; i < n; i++) {
        for (int t = 0; t < TOGETHER; t++) {
            for (int c = 0; c < WIDTH / LANES; c++) {
                acc[t][c] += weights[t] * ((const lanes *)rows)[c];
            }
        }
        weights += TILE;
        rows += WIDTH;
    }
    memcpy(sum, acc, sizeof acc);
}

static uint32_t curve_columns(const ams_bootstrap *b)
{
    return b->n_columns - AMS_DRAWN_COLUMNS;
}

/* (D) of the group at work. */
static double *draws_of(const bootstrap_job *j, uint32_t column)
{
    const ams_bootstrap *b = j->bootstrap;
    if (column < AMS_DRAWN_COLUMNS) {
        return b->value + ((size_t)j->group * AMS_DRAWN_COLUMNS + column) * b->draws;
    }
    size_t slot = j->group - j->first_group;
    return j->curve + (slot * curve_columns(b) + column - AMS_DRAWN_COLUMNS) * b->draws;
}

/* One column's sums of a tile, to the run and to its group. */
static void store(const bootstrap_job *j, uint32_t column, uint32_t first, uint32_t n_draws,
                  const double share[TILE], const double sum[TILE])
{
    ams_bootstrap *b = j->bootstrap;
    double *value = draws_of(j, column) + first;
    for (uint32_t t = 0; t < n_draws; t++) {
        value[t] += share[t] * sum[t];
    }
    if (column < AMS_RUN_COLUMNS) {
        size_t row = (size_t)j->index * AMS_RUN_COLUMNS + column;
        for (uint32_t t = 0; t < n_draws; t++) {
            b->run_value[row * b->draws + first + t] = sum[t] / j->n_items;
        }
    }
}

static uint32_t draws_of_shard(const ams_bootstrap *b, uint32_t first)
{
    return b->draws - first < TILE ? b->draws - first : TILE;
}

static void draw_weights(void *context, uint32_t index)
{
    const bootstrap_job *j = context;
    uint32_t first = (j->first_shard + index) * TILE;
    uint32_t n_draws = draws_of_shard(j->bootstrap, first);
    double *weights = j->weights + (size_t)index * j->n_items * TILE;
    for (uint32_t t = 0; t < n_draws; t++) {
        ams_draw_items(weights + t, TILE, j->n_items, j->options->seed, first + t);
    }
}

/* Sums of the columns before `end`, all items added; sum (whole blocks of columns, TILE). */
static void weigh_columns(const bootstrap_job *j, const double *weights, uint32_t end,
                          double (*of_column)[TILE])
{
    for (uint32_t first = 0; first < end; first += WIDTH) {
        const double *rows = j->run_rows + (size_t)first * j->n_items;
        double sum[TILE][WIDTH];
        for (uint32_t t = 0; t < TILE; t += TOGETHER) {
            weigh_items(weights + t, rows, j->n_items, sum + t);
        }
        for (uint32_t c = 0; c < WIDTH; c++) {
            for (uint32_t t = 0; t < TILE; t++) {
                of_column[first + c][t] = sum[t][c];
            }
        }
    }
}

static void weigh_run(void *context, uint32_t index)
{
    enum { MOST = AMS_COLUMN_AFTER + AMS_MAX_MODELS + 1 + WIDTH }; /* columns, whole blocks */
    const bootstrap_job *j = context;
    ams_bootstrap *b = j->bootstrap;
    uint32_t first = (j->first_shard + index) * TILE;
    uint32_t n_draws = draws_of_shard(b, first);
    const double *weights = j->weights + (size_t)index * j->n_items * TILE;
    const bool steps = j->run_steps->start != NULL;
    double share[TILE] = {0};
    _Alignas(AMS_LANES_BYTES) double of_column[MOST][TILE];
    _Alignas(AMS_LANES_BYTES) double of_curve[MOST][TILE];
    for (uint32_t t = 0; t < n_draws; t++) {
        uint32_t count = ams_draw_seed_count(j->run, j->n_runs, j->options->seed, first + t);
        b->run_count[(size_t)j->index * b->draws + first + t] = count;
        share[t] = (double)count / ((double)j->n_runs * j->n_items);
    }
    weigh_columns(j, weights, steps ? AMS_DRAWN_COLUMNS : b->n_columns, of_column);
    if (steps) {
        ams_steps_weigh(j->run_steps, &j->curves, weights, of_curve[0]);
        memcpy(of_column + AMS_DRAWN_COLUMNS, of_curve, sizeof *of_curve * curve_columns(b));
    }
    for (uint32_t column = 0; column < b->n_columns; column++) {
        store(j, column, first, n_draws, share, of_column[column]);
    }
}

static double score_at(const ams_scores *s, uint32_t row, uint32_t column)
{
    size_t r = row;
    if (column >= AMS_COLUMN_AFTER) {
        return (double)s->recall_models[r * (s->n_models + 1) + column - AMS_COLUMN_AFTER];
    }
    if (column >= AMS_COLUMN_AT_TIME) {
        return (double)s->recall_time[r * AMS_CURVE + column - AMS_COLUMN_AT_TIME];
    }
    if (column >= AMS_COLUMN_AREA) {
        return s->area[r];
    }
    return column >= AMS_COLUMN_MODELS ? s->models[r * AMS_RECALLS + column - AMS_COLUMN_MODELS]
                                       : s->time_ms[r * AMS_RECALLS + column];
}

/* Lays the run's numbers out in blocks of columns and adds its share to the means. */
static void load_run(const bootstrap_job *j, const ams_scores *s, double *rows)
{
    ams_bootstrap *b = j->bootstrap;
    for (uint32_t column = 0; column < b->n_columns; column++) {
        double *at = rows + (size_t)(column / WIDTH) * s->n * WIDTH + column % WIDTH;
        double sum = 0;
        for (uint32_t i = 0; i < s->n; i++) {
            at[(size_t)i * WIDTH] = score_at(s, i, column);
            sum += at[(size_t)i * WIDTH];
        }
        b->mean[(size_t)j->group * b->n_columns + column] += sum / s->n / j->n_runs;
        if (column < AMS_RUN_COLUMNS) {
            b->run_mean[(size_t)j->index * AMS_RUN_COLUMNS + column] = sum / s->n;
        }
    }
}

static ams_status check_groups(const ams_group *groups, uint32_t n_groups, uint32_t draws,
                               ams_error *err)
{
    if (n_groups == 0 || draws == 0) {
        return ams_fail(err, AMS_USAGE, "a bootstrap needs at least one policy and one draw");
    }
    for (uint32_t g = 0; g < n_groups; g++) {
        if (groups[g].n_runs == 0) {
            return ams_fail(err, AMS_USAGE, "policy '%s' has no run", groups[g].label);
        }
    }
    return AMS_OK;
}

static ams_status check_scores(const bootstrap_job *j, const ams_scores *s, ams_error *err)
{
    const ams_scores *first = j->groups[0].run[0];
    if (s->n == 0 || s->n != first->n || s->n_models != first->n_models ||
        memcmp(s->item, first->item, s->n * sizeof *s->item) != 0) {
        return ams_fail(err, AMS_USAGE,
                        "policy '%s' was scored on other items than '%s': draws of items "
                        "must be the same for all",
                        j->groups[j->group].label, j->groups[0].label);
    }
    return AMS_OK;
}

/* From here on run `index` of all is at work; its rows are at place `slot` of the batch. */
static const ams_scores *begin_run(bootstrap_job *j, uint32_t index, uint32_t slot)
{
    const ams_bootstrap *b = j->bootstrap;
    j->group = 0;
    while (b->first_run[j->group + 1] <= index) {
        j->group++;
    }
    j->index = index;
    j->run = index - b->first_run[j->group];
    j->n_runs = j->groups[j->group].n_runs;
    j->run_rows = j->rows + (size_t)slot * j->blocks * WIDTH * j->n_items;
    j->run_steps = &j->steps[slot];
    j->curves.value = j->run_rows;
    return j->groups[j->group].run[j->run];
}

static ams_status make_scores(const bootstrap_job *j, uint32_t run, ams_error *err)
{
    const ams_bootstrap_options *o = j->options;
    return o->make == NULL ? AMS_OK : o->make(o->context, run, err);
}

/* Runs first .. first + n - 1 of all. The first one of all was made before, to know its size.
 */
static ams_status load_batch(bootstrap_job *j, uint32_t first, uint32_t n, ams_error *err)
{
    const ams_bootstrap_options *o = j->options;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < n; k++) {
        const ams_scores *scores = begin_run(j, first + k, k);
        if (first + k > 0) {
            AMS_TRY(make_scores(j, first + k, err));
        }
        AMS_TRY(check_scores(j, scores, err));
        load_run(j, scores, j->rows + (size_t)k * j->blocks * WIDTH * j->n_items);
        ams_steps_fini(j->run_steps);
        AMS_TRY(ams_steps_init(j->run_steps, &j->curves, err));
        if (o->done != NULL) {
            o->done(o->context, first + k);
        }
    }
out:
    return status;
}

static void finish_curve(void *context, uint32_t index)
{
    const bootstrap_job *j = context;
    ams_bootstrap *b = j->bootstrap;
    uint32_t column = AMS_DRAWN_COLUMNS + index;
    b->curve[(size_t)j->group * curve_columns(b) + index] = ams_draws_interval(
        draws_of(j, column), b->draws, b->mean[(size_t)j->group * b->n_columns + column]);
}

/* Groups whose last run was before `end` become intervals; one that goes on moves to the
 * front. */
static void finish_groups(bootstrap_job *j, uint32_t end)
{
    ams_bootstrap *b = j->bootstrap;
    const size_t size = (size_t)curve_columns(b) * b->draws;
    j->group = j->first_group;
    while (j->group < b->n_groups && b->first_run[j->group + 1] <= end) {
        ams_pool_run(j->options->pool, curve_columns(b), finish_curve, j);
        j->group++;
    }
    size_t finished = j->group - j->first_group;
    bool goes_on = j->group < b->n_groups && b->first_run[j->group] < end;
    size_t used = finished + goes_on;
    if (goes_on && finished > 0) {
        memcpy(j->curve, j->curve + finished * size, size * sizeof *j->curve);
    }
    memset(j->curve + (goes_on ? size : 0), 0, (used - goes_on) * size * sizeof *j->curve);
    j->first_group = j->group;
}

static ams_status draw_batch(bootstrap_job *j, uint32_t first, uint32_t n, ams_error *err)
{
    uint32_t shards = (j->bootstrap->draws + TILE - 1) / TILE;
    ams_status status = AMS_OK;
    AMS_TRY(load_batch(j, first, n, err));
    for (j->first_shard = 0; j->first_shard < shards; j->first_shard += WAVE) {
        uint32_t left = shards - j->first_shard;
        uint32_t wave = left < WAVE ? left : WAVE;
        ams_pool_run(j->options->pool, wave, draw_weights, j);
        for (uint32_t k = 0; k < n; k++) {
            begin_run(j, first + k, k);
            ams_pool_run(j->options->pool, wave, weigh_run, j);
        }
    }
    finish_groups(j, first + n);
out:
    return status;
}

static ams_status allocate(ams_bootstrap *b, const ams_group *groups, ams_error *err)
{
    size_t columns = (size_t)b->n_groups * b->n_columns;
    size_t draws = sizeof(double) * b->draws;
    uint32_t most = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&b->first_run, (size_t)b->n_groups + 1, sizeof *b->first_run,
                      "bootstrap runs", err));
    for (uint32_t g = 0; g < b->n_groups; g++) {
        b->first_run[g + 1] = b->first_run[g] + groups[g].n_runs;
        most = groups[g].n_runs > most ? groups[g].n_runs : most;
    }
    size_t runs = b->first_run[b->n_groups];
    AMS_TRY(ams_alloc(&b->mean, columns, sizeof *b->mean, "bootstrap means", err));
    AMS_TRY(ams_alloc(&b->value, (size_t)b->n_groups * AMS_DRAWN_COLUMNS, draws,
                      "bootstrap draws", err));
    AMS_TRY(ams_alloc(&b->curve, columns, sizeof *b->curve, "bootstrap intervals", err));
    AMS_TRY(ams_alloc(&b->run_mean, runs * AMS_RUN_COLUMNS, sizeof *b->run_mean,
                      "bootstrap means", err));
    AMS_TRY(ams_alloc(&b->run_value, runs * AMS_RUN_COLUMNS, draws, "draws of the runs", err));
    AMS_TRY(
        ams_alloc(&b->run_count, runs, sizeof *b->run_count * b->draws, "draws of seeds", err));
    AMS_TRY(ams_alloc(&b->run_scratch, most, sizeof *b->run_scratch, "runs", err));
    AMS_TRY(ams_alloc(&b->scratch, b->draws, sizeof *b->scratch, "bootstrap draws", err));
out:
    return status;
}

/* Rows and draws of as many runs as fit, at least one. */
static ams_status allocate_batch(bootstrap_job *j, ams_error *err)
{
    const ams_bootstrap *b = j->bootstrap;
    uint32_t runs = b->first_run[b->n_groups];
    size_t row_bytes = (size_t)j->blocks * WIDTH * sizeof *j->rows * j->n_items;
    size_t curve_bytes = (size_t)curve_columns(b) * sizeof *j->curve * b->draws;
    size_t fit = BATCH_BYTES / (row_bytes + curve_bytes);
    ams_status status = AMS_OK;
    j->batch = fit == 0 ? 1 : (fit < runs ? (uint32_t)fit : runs);
    AMS_TRY(ams_alloc(&j->rows, j->batch, row_bytes, "scores", err));
    AMS_TRY(ams_alloc(&j->steps, j->batch, sizeof *j->steps, "scores", err));
    AMS_TRY(ams_alloc(&j->place, curve_columns(b), sizeof *j->place, "scores", err));
    for (uint32_t k = 0; k < curve_columns(b); k++) {
        const size_t column = AMS_DRAWN_COLUMNS + k;
        j->place[k] = column / WIDTH * WIDTH * j->n_items + column % WIDTH;
    }
    j->curves = (ams_curves){.items_apart = WIDTH,
                             .place = j->place,
                             .n = j->n_items,
                             .columns = curve_columns(b),
                             .second = AMS_COLUMN_AFTER - AMS_DRAWN_COLUMNS};
    AMS_TRY(ams_alloc(&j->curve, j->batch, curve_bytes, "draws of the curves", err));
    AMS_TRY(ams_alloc(&j->weights, (size_t)WAVE * TILE, sizeof *j->weights * j->n_items,
                      "weights", err));
out:
    return status;
}

static void free_batch(bootstrap_job *j)
{
    for (uint32_t k = 0; j->steps != NULL && k < j->batch; k++) {
        ams_steps_fini(&j->steps[k]);
    }
    free(j->steps);
    free(j->place);
    free(j->rows);
    free(j->curve);
    free(j->weights);
}

ams_status ams_bootstrap_run(ams_bootstrap *b, const ams_group *groups, uint32_t n_groups,
                             const ams_bootstrap_options *options, ams_error *err)
{
    *b = (ams_bootstrap){0};
    bootstrap_job j = {.bootstrap = b, .options = options, .groups = groups};
    ams_status status = AMS_OK;
    AMS_TRY(check_groups(groups, n_groups, options->draws, err));
    AMS_TRY(make_scores(&j, 0, err));
    j.n_items = groups[0].run[0]->n;
    b->n_groups = n_groups;
    b->draws = options->draws;
    b->n_columns = AMS_COLUMN_AFTER + groups[0].run[0]->n_models + 1;
    j.blocks = (b->n_columns + WIDTH - 1) / WIDTH;
    AMS_TRY(allocate(b, groups, err));
    AMS_TRY(allocate_batch(&j, err));
    uint32_t runs = b->first_run[n_groups];
    for (uint32_t first = 0; first < runs; first += j.batch) {
        uint32_t left = runs - first;
        AMS_TRY(draw_batch(&j, first, left < j.batch ? left : j.batch, err));
    }
out:
    free_batch(&j);
    if (status != AMS_OK) {
        ams_bootstrap_fini(b);
    }
    return status;
}

void ams_bootstrap_fini(ams_bootstrap *b)
{
    free(b->mean);
    free(b->value);
    free(b->curve);
    free(b->first_run);
    free(b->run_mean);
    free(b->run_value);
    free(b->run_count);
    free(b->run_scratch);
    free(b->scratch);
    *b = (ams_bootstrap){0};
}

ams_interval ams_bootstrap_interval(const ams_bootstrap *b, double mean)
{
    return ams_draws_interval(b->scratch, b->draws, mean);
}

const double *ams_bootstrap_draws(const ams_bootstrap *b, uint32_t group, uint32_t column)
{
    return b->value + ((size_t)group * AMS_DRAWN_COLUMNS + column) * b->draws;
}

ams_interval ams_bootstrap_mean(const ams_bootstrap *b, uint32_t group, uint32_t column)
{
    if (column >= AMS_DRAWN_COLUMNS) {
        return b->curve[(size_t)group * curve_columns(b) + column - AMS_DRAWN_COLUMNS];
    }
    memcpy(b->scratch, ams_bootstrap_draws(b, group, column), b->draws * sizeof *b->scratch);
    return ams_bootstrap_interval(b, b->mean[(size_t)group * b->n_columns + column]);
}

static double saved(double mean, double reference)
{
    return reference > 0 ? 1 - mean / reference : 0;
}

ams_interval ams_bootstrap_saved(const ams_bootstrap *b, uint32_t group, uint32_t reference,
                                 uint32_t column)
{
    const double *own = ams_bootstrap_draws(b, group, column);
    const double *other = ams_bootstrap_draws(b, reference, column);
    for (uint32_t d = 0; d < b->draws; d++) {
        b->scratch[d] = saved(own[d], other[d]);
    }
    return ams_bootstrap_interval(b, saved(b->mean[(size_t)group * b->n_columns + column],
                                           b->mean[(size_t)reference * b->n_columns + column]));
}
