/* The first layer as sums of weight rows: a state with s ones costs s x H additions, whatever F
 * is. */
#include "online/lanes.h"
#include "rl/net/cpu.h"

#include <string.h>

typedef ams_lanes_at vector;
/* Half of the registers for sums, but for AVX-512, where more did not help. */
enum { SUMS = AMS_LANES == 16 ? 4 : 8, BLOCK = SUMS * AMS_LANES, SAMPLES = 32 };
/* Rows that a shard owns; samples and units that are taken together: the second-level cache
 * holds the slopes of those samples while all rows read them. Those of the 10,000 states of a
 * refinement were fetched once per row before, which took a third of the time of an update. */
enum { TOUCHED = 64, TOGETHER = 128, UNITS = 64 };
enum { STEP = sizeof(ams_row_one) / sizeof(float) };
_Static_assert(UNITS % BLOCK == 0, "whole blocks, so that no sum depends on the pieces");

/* Which rows are added, and how often each: number i at index[i * step] and value[i * step];
 * value NULL: 1. */
typedef struct addends {
    const uint32_t *index;
    const float *value;
    uint32_t count, step;
} addends;

/* y[0..n) = start + the sum of `these`, rows of `stride` floats. A block of sums stays in
 * registers while the rows stream by. */
__attribute__((noinline)) static void gather_sum(const float *rows, uint32_t stride,
                                                 const addends *these, const float *start,
                                                 float *y, uint32_t n)
{
    const uint32_t *index = these->index;
    const float *value = these->value;
    const uint32_t count = these->count;
    const size_t step = these->step;
    uint32_t h = 0;
    for (; h + BLOCK <= n; h += BLOCK) {
        /* Vector by vector: GCC 12 copies whole arrays by halves through memory, for which the
         * load after it then waits. */
        vector sum[SUMS];
        for (uint32_t k = 0; k < SUMS; k++) {
            sum[k] = ((const vector *)(start + h))[k];
        }
        for (uint32_t i = 0; value == NULL && i < count; i++) {
            const vector *row = (const vector *)(rows + (size_t)index[i] * stride + h);
            for (uint32_t k = 0; k < SUMS; k++) {
                sum[k] += row[k];
            }
        }
        for (uint32_t i = 0; value != NULL && i < count; i++) {
            const vector *row = (const vector *)(rows + (size_t)index[i * step] * stride + h);
            for (uint32_t k = 0; k < SUMS; k++) {
                sum[k] += value[i * step] * row[k];
            }
        }
        for (uint32_t k = 0; k < SUMS; k++) {
            ((vector *)(y + h))[k] = sum[k];
        }
    }
    for (; h < n; h++) {
        float sum = start[h];
        for (uint32_t i = 0; i < count; i++) {
            sum += (value == NULL ? 1 : value[i * step]) *
                   rows[(size_t)index[i * step] * stride + h];
        }
        y[h] = sum;
    }
}

typedef struct input_job {
    const ams_sparse *x;
    const float *w, *b, *dy;
    float *y, *dw;
    const ams_rows *rows;
    uint32_t h;
} input_job;

static uint32_t piece_end(uint32_t first, uint32_t size, uint32_t n)
{
    return first + size < n ? first + size : n;
}

static uint32_t pieces(uint32_t n, uint32_t size)
{
    return (n + size - 1) / size;
}

static void forward_shard(void *context, uint32_t shard)
{
    const input_job *job = context;
    const ams_sparse *x = job->x;
    uint32_t end = piece_end(shard * SAMPLES, SAMPLES, x->n);
    /* Some units of all samples before the next ones: rows that many of them have on stay in
     * the first-level cache. */
    for (uint32_t unit = 0; unit < job->h; unit += UNITS) {
        const uint32_t n = job->h - unit < UNITS ? job->h - unit : UNITS;
        for (uint32_t s = shard * SAMPLES; s < end; s++) {
            const uint32_t at = x->ptr[s];
            const addends these = {x->index + at, x->value == NULL ? NULL : x->value + at,
                                   x->ptr[s + 1] - at, 1};
            gather_sum(job->w + unit, job->h, &these, job->b + unit,
                       job->y + (size_t)s * job->h + unit, n);
        }
    }
}

/* NOLINTBEGIN(readability-non-const-parameter): the shards write through the job */
static void input_forward(const ams_compute *c, const ams_sparse *x, const float *w,
                          const float *b, uint32_t h, float *y)
{
    input_job job = {.x = x, .w = w, .b = b, .y = y, .h = h};
    ams_pool_run(c->pool, pieces(x->n, SAMPLES), forward_shard, &job);
}
/* NOLINTEND(readability-non-const-parameter) */

/* The sums of some rows over the piece's samples, added to those over the pieces before. */
static void backward_shard(void *context, uint32_t shard)
{
    static const float nothing[UNITS];
    const input_job *job = context;
    const ams_rows *rows = job->rows;
    const uint32_t first = shard * TOUCHED;
    const uint32_t end = piece_end(first, TOUCHED, rows->n_touched);
    for (uint32_t unit = 0; unit < job->h; unit += UNITS) {
        const uint32_t n = job->h - unit < UNITS ? job->h - unit : UNITS;
        for (uint32_t i = first; i < end; i++) {
            const uint32_t f = rows->touched[i];
            const uint32_t at = rows->start[i];
            float *sum = job->dw + (size_t)f * job->h + unit;
            const uint32_t count = rows->start[i + 1] - at;
            const addends these =
                job->x->value == NULL
                    ? (addends){rows->sample + at, NULL, count, 1}
                    : (addends){&rows->one[at].sample, &rows->one[at].value, count, STEP};
            gather_sum(job->dy + unit, job->h, &these, rows->mark[f] != 0 ? sum : nothing, sum,
                       n);
        }
    }
}

/* n states of x from `first` on; ptr (n + 1) is where theirs go. */
static ams_sparse piece_of(const ams_sparse *x, uint32_t first, uint32_t n, uint32_t *ptr)
{
    const uint32_t at = x->ptr[first];
    for (uint32_t s = 0; s <= n; s++) {
        ptr[s] = x->ptr[first + s] - at;
    }
    return (ams_sparse){.n = n,
                        .columns = x->columns,
                        .ptr = ptr,
                        .index = x->index + at,
                        .value = x->value == NULL ? NULL : x->value + at};
}

/* Rows that a piece touched, after those of the pieces before in rows->marks. Returns how many
 * there are then. */
static uint32_t note_touched(ams_rows *rows, uint32_t noted)
{
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        const uint32_t f = rows->touched[i];
        rows->marks[noted] = f;
        noted += rows->mark[f] == 0;
        rows->mark[f] = 1;
    }
    return noted;
}

/* NOLINTBEGIN(readability-non-const-parameter): the shards write through the job */
static void input_backward(const ams_compute *c, const ams_sparse *x, const float *dy,
                           uint32_t h, float *dw, ams_rows *rows)
{
    /* Of units that fill no block GCC rounds a sum by its length, which pieces would change. */
    const uint32_t together = h % UNITS == 0 ? TOGETHER : x->n;
    uint32_t noted = 0;
    uint32_t first = 0;
    do {
        uint32_t ptr[TOGETHER + 1];
        const uint32_t end = piece_end(first, together, x->n);
        const ams_sparse piece =
            first == 0 && end == x->n ? *x : piece_of(x, first, end - first, ptr);
        input_job job = {
            .x = &piece, .dy = dy + (size_t)first * h, .dw = dw, .rows = rows, .h = h};
        ams_rows_invert(rows, &piece);
        ams_pool_run(c->pool, pieces(rows->n_touched, TOUCHED), backward_shard, &job);
        noted = note_touched(rows, noted);
        first += together;
    } while (first < x->n);
    rows->n_touched = noted;
    for (uint32_t i = 0; i < noted; i++) {
        const uint32_t f = (uint32_t)rows->marks[i];
        rows->touched[i] = f;
        rows->now[f] = 1;
        rows->mark[f] = 0;
    }
}
/* NOLINTEND(readability-non-const-parameter) */

const ams_backend ams_backend_cpu_sparse = {
    .name = "sparse",
    .help = "first layer as a sum of weight rows, dense layers in OpenBLAS",
    .expands_input = false,
    .input_forward = input_forward,
    .input_backward = input_backward,
    AMS_CPU_SHARED,
};
