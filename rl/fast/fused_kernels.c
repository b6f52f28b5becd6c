#include "rl/fast/fused_products.h"

#include <string.h>

enum {
    PARTS = W / LANES,
    QUARTER = W / 4, /* the units of a dot product are added in four quarters */
    PIECES = QUARTER / LANES,
    SECOND = PIECES, /* where the quarters begin */
    THIRD = 2 * PIECES,
    FOURTH = 3 * PIECES,
    ONE = sizeof(ams_row_one) / sizeof(float),
    AHEAD = 3 /* rows between asking for one and its turn */
};

/* A program for a whole family of machines has this source three times (rl/CMakeLists.txt),
 * each time under another name. */
#ifndef AMS_FUSED_KERNELS
#define AMS_FUSED_KERNELS ams_fused_kernels_built
#endif

/* sum (PARTS) += rows `index` of w. */
INLINE void add_rows(vector sum[PARTS], const float *w, const uint32_t *index, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const vector *row = (const vector *)(w + (size_t)index[i] * W);
        for (uint32_t k = 0; k < PARTS; k++) {
            sum[k] += row[k];
        }
    }
}

/* The same times their values; both stand `step` apart. */
INLINE void add_valued(vector sum[PARTS], const float *w, const uint32_t *index,
                       const float *value, size_t step, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const vector *row = (const vector *)(w + (size_t)index[i * step] * W);
        for (uint32_t k = 0; k < PARTS; k++) {
            sum[k] += value[i * step] * row[k];
        }
    }
}

/* sum (PARTS) += the rows of w whose bits are set. */
INLINE void add_marked(vector sum[PARTS], const float *w, uint64_t marks)
{
    for (; marks != 0; marks &= marks - 1) {
        const vector *row = (const vector *)(w + (size_t)ams_lowest(marks) * W);
        for (uint32_t k = 0; k < PARTS; k++) {
            sum[k] += row[k];
        }
    }
}

INLINE void add_state(vector sum[PARTS], const float *w, const ams_sparse *x, uint32_t s)
{
    const uint32_t at = x->ptr[s];
    const uint32_t n = x->ptr[s + 1] - at;
    if (x->value == NULL) {
        add_rows(sum, w, x->index + at, n);
    } else {
        add_valued(sum, w, x->index + at, x->value + at, 1, n);
    }
}

INLINE void hidden_one(const float *w, const float *bias, const ams_sparse *x, uint32_t s,
                       float *y)
{
    vector sum[PARTS];
    for (uint32_t k = 0; k < PARTS; k++) {
        sum[k] = ((const vector *)bias)[k];
    }
    add_state(sum, w, x, s);
    vector *unit = (vector *)(y + (size_t)s * W);
    for (uint32_t k = 0; k < PARTS; k++) {
        unit[k] = where_positive(sum[k], sum[k]);
    }
}

#ifdef __AVX512F__

/* A row of W floats in registers, of which only AVX-512 has enough: members, since arrays that
 * two loops write go through memory. */
typedef struct wide_vector {
    vector a, b, c, d;
} wide_vector;

INLINE wide_vector add_row(wide_vector sum, const float *row)
{
    const vector *x = (const vector *)row;
    return (wide_vector){sum.a + x[0], sum.b + x[1], sum.c + x[2], sum.d + x[3]};
}

INLINE wide_vector add_times(wide_vector sum, float value, const float *row)
{
    const vector *x = (const vector *)row;
    return (wide_vector){sum.a + value * x[0], sum.b + value * x[1], sum.c + value * x[2],
                         sum.d + value * x[3]};
}

/* Two sums of rows of w, n[0] and n[1] of them: while one waits for an addition, the other goes
 * on. Indices and values stand `step` apart; value NULL: 1. */
INLINE void add_both(wide_vector sum[2], const float *w, const uint32_t *const index[2],
                     const float *const value[2], size_t step, const uint32_t n[2])
{
    const uint32_t both = n[0] < n[1] ? n[0] : n[1];
    const uint32_t longer = n[0] > n[1] ? 0 : 1;
    wide_vector a = sum[0];
    wide_vector b = sum[1];
    for (uint32_t i = 0; value == NULL && i < both; i++) {
        a = add_row(a, w + (size_t)index[0][i] * W);
        b = add_row(b, w + (size_t)index[1][i] * W);
    }
    for (uint32_t i = 0; value != NULL && i < both; i++) {
        a = add_times(a, value[0][i * step], w + (size_t)index[0][i * step] * W);
        b = add_times(b, value[1][i * step], w + (size_t)index[1][i * step] * W);
    }
    wide_vector c = longer == 0 ? a : b;
    for (uint32_t i = both; value == NULL && i < n[longer]; i++) {
        c = add_row(c, w + (size_t)index[longer][i] * W);
    }
    for (uint32_t i = both; value != NULL && i < n[longer]; i++) {
        c = add_times(c, value[longer][i * step], w + (size_t)index[longer][i * step] * W);
    }
    sum[0] = longer == 0 ? c : a;
    sum[1] = longer == 0 ? b : c;
}

INLINE void put_positive(wide_vector x, float *y)
{
    vector *unit = (vector *)y;
    unit[0] = where_positive(x.a, x.a);
    unit[1] = where_positive(x.b, x.b);
    unit[2] = where_positive(x.c, x.c);
    unit[3] = where_positive(x.d, x.d);
}

/* Of states s and s + 1. */
INLINE void hidden_two(const float *w, const float *bias, const ams_sparse *x, uint32_t s,
                       float *y)
{
    const vector *start = (const vector *)bias;
    const uint32_t *at = x->ptr + s;
    const uint32_t *const index[2] = {x->index + at[0], x->index + at[1]};
    const uint32_t n[2] = {at[1] - at[0], at[2] - at[1]};
    wide_vector sum[2];
    sum[0] = (wide_vector){start[0], start[1], start[2], start[3]};
    sum[1] = sum[0];
    if (x->value == NULL) {
        add_both(sum, w, index, NULL, 1, n);
    } else {
        const float *const value[2] = {x->value + at[0], x->value + at[1]};
        add_both(sum, w, index, value, 1, n);
    }
    put_positive(sum[0], y + (size_t)s * W);
    put_positive(sum[1], y + (size_t)(s + 1) * W);
}

/* Returns how many states of x it has done. */
INLINE uint32_t hidden_pairs(const float *w, const float *bias, const ams_sparse *x, float *y)
{
    uint32_t s = 0;
    for (; s + 2 <= x->n; s += 2) {
        hidden_two(w, bias, x, s, y);
    }
    return s;
}

#else

/* NOLINTNEXTLINE(readability-non-const-parameter): as the other writes through it */
INLINE uint32_t hidden_pairs(const float *w, const float *bias, const ams_sparse *x, float *y)
{
    (void)w;
    (void)bias;
    (void)x;
    (void)y;
    return 0;
}

#endif

static void hidden(const float *w, const float *bias, const ams_sparse *x, float *y)
{
    for (uint32_t s = hidden_pairs(w, bias, x, y); s < x->n; s++) {
        hidden_one(w, bias, x, s, y);
    }
}

/* The same lanes of all quarters, multiplied and added. */
INLINE vector quarters(const vector *a, const vector *b)
{
    return (a[0] * b[0] + a[SECOND] * b[SECOND]) +
           (a[THIRD] * b[THIRD] + a[FOURTH] * b[FOURTH]);
}

static void taken(const float *w, const uint16_t *row, const float *y, uint32_t n, float *q)
{
    for (uint32_t s = 0; s < n; s++) {
        const vector *a = (const vector *)(w + (size_t)row[s] * W);
        const vector *b = (const vector *)(y + (size_t)s * W);
        float lane[QUARTER];
        for (uint32_t k = 0; k < PIECES; k++) {
            const vector sum = quarters(a + k, b + k);
            memcpy(lane + (size_t)k * LANES, &sum, sizeof sum);
        }
        for (uint32_t half = QUARTER / 2; half > 0; half /= 2) {
            for (uint32_t i = 0; i < half; i++) {
                lane[i] += lane[i + half];
            }
        }
        q[s] = lane[0];
    }
}

/* The first half of the lanes: sums of a's neighbours; the second: of b's. */
#if AMS_LANES_BYTES == 64
#define NEIGHBOURS(a, b)                                                                       \
    (__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28,      \
                             30) +                                                             \
     __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
#elif AMS_LANES_BYTES == 32
#define NEIGHBOURS(a, b)                                                                       \
    (__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) +                                \
     __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15))
#else
#define NEIGHBOURS(a, b)                                                                       \
    (__builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7))
#endif

/* Sixteen sums over a quarter's lanes each, in a tree: afterwards number i is the i-th sum. */
INLINE void sixteen_dots(const float *w, const vector unit[PARTS], float *q)
{
    vector sum[QUARTER * PIECES];
    for (uint32_t i = 0; i < QUARTER; i++) {
        const vector *row = (const vector *)(w + (size_t)i * W);
        for (uint32_t k = 0; k < PIECES; k++) {
            sum[(size_t)i * PIECES + k] = quarters(row + k, unit + k);
        }
    }
    for (uint32_t left = QUARTER * PIECES / 2; left >= PIECES; left /= 2) {
        for (uint32_t i = 0; i < left; i++) {
            sum[i] = NEIGHBOURS(sum[(size_t)2 * i], sum[(size_t)2 * i + 1]);
        }
    }
    memcpy(q, sum, PIECES * sizeof *sum);
}

static void dots(const float *w, const float *y, const ams_fused_asking *asking, uint32_t a16,
                 float *q, uint32_t columns)
{
    for (uint32_t i = 0; i < asking->n; i++) {
        const uint32_t s = asking->sample == NULL ? i : asking->sample[i];
        vector unit[PARTS];
        memcpy(unit, y + (size_t)s * W, sizeof unit);
        for (uint32_t a = 0; a < a16; a += QUARTER) {
            sixteen_dots(w + (size_t)a * W, unit, q + (size_t)s * columns + a);
        }
    }
}

static void add_parts(const float *part, uint32_t blocks, size_t apart, uint32_t n,
                      const float *bias, const uint8_t *head, uint32_t columns, float *q)
{
    for (size_t s = 0; s < n; s++) {
        const size_t at = s * columns;
        const float *own = bias + (head == NULL ? 0 : (size_t)head[s] * columns);
        for (uint32_t c = 0; c < columns; c += LANES) {
            vector sum;
            memcpy(&sum, own + c, sizeof sum);
            for (uint32_t block = 0; block < blocks; block++) {
                vector added;
                memcpy(&added, part + block * apart + at + c, sizeof added);
                sum += added;
            }
            memcpy(q + at + c, &sum, sizeof sum);
        }
    }
}

static void caught_up(const ams_idle *idle, const float *restrict w, const float *restrict m,
                      const float *restrict v, float *restrict to)
{
    const ams_idle k = *idle;
    for (uint32_t j = 0; j < W; j++) {
        to[j] = k.fade * w[j];
    }
    for (uint32_t j = 0; j < W; j++) {
        float u = 1 / (sqrtf(v[j]) + k.e);
        float z = k.e * u;
        to[j] -= m[j] * k.move * u * (1 + k.spread * z * z);
    }
}

INLINE void catch_up_row(const ams_idle *idle, float *restrict w, float *restrict m,
                         float *restrict v)
{
    const ams_idle k = *idle;
    for (uint32_t j = 0; k.fade != 1 && j < W; j++) {
        w[j] *= k.fade;
    }
    for (uint32_t j = 0; j < W; j++) {
        float u = 1 / (sqrtf(v[j]) + k.e);
        float z = k.e * u;
        w[j] -= m[j] * k.move * u * (1 + k.spread * z * z);
        m[j] *= k.keep1;
        v[j] *= k.keep2;
    }
}

static void catch_up(const ams_idles *idles, const ams_waiting *waiting, const ams_block *rows)
{
    const ams_waiting x = *waiting;
    const ams_block b = *rows;
    for (uint32_t i = 0; i < x.n; i++) {
        if (i + AHEAD < x.n) {
            ams_fused_fetch(&b, x.row[i + AHEAD]);
        }
        const size_t at = (size_t)x.row[i] * W;
        const ams_idle idle = ams_idle_of(idles, x.waited[i]);
        catch_up_row(&idle, b.w + at, b.m + at, b.v + at);
    }
}

/* On copies, which stay in registers: of the arrays themselves the compiler reads again what it
 * has just written. */
INLINE void adam_row(const ams_adam *adam, float keep, uint32_t n, const float *restrict g,
                     float *restrict w, float *restrict m, float *restrict v)
{
    for (uint32_t i = 0; i < n; i++) {
        float moved = keep * w[i];
        float mean = m[i];
        float square = v[i];
        ams_adam_element(adam, g[i], &moved, &mean, &square);
        w[i] = moved;
        m[i] = mean;
        v[i] = square;
    }
}

/* The sum of row `i` of the touched ones over its samples. */
INLINE void gradient_one(const ams_touched *touched, uint32_t i, const float *d,
                         vector sum[PARTS])
{
    const ams_rows *x = touched->rows;
    if (x->marked) {
        add_marked(sum, d, x->marks[i]);
    } else if (touched->valued) {
        const ams_row_one *one = x->one + x->start[i];
        add_valued(sum, d, &one->sample, &one->value, ONE, x->start[i + 1] - x->start[i]);
    } else {
        add_rows(sum, d, x->sample + x->start[i], x->start[i + 1] - x->start[i]);
    }
}

#ifdef __AVX512F__

/* Of rows i and i + 1. */
INLINE void gradient_two(const ams_touched *touched, uint32_t i, const float *d,
                         wide_vector sum[2])
{
    const ams_rows *x = touched->rows;
    const uint32_t *at = x->start + i;
    const uint32_t n[2] = {at[1] - at[0], at[2] - at[1]};
    if (!touched->valued) {
        const uint32_t *const sample[2] = {x->sample + at[0], x->sample + at[1]};
        add_both(sum, d, sample, NULL, 1, n);
    } else {
        const uint32_t *const sample[2] = {&x->one[at[0]].sample, &x->one[at[1]].sample};
        const float *const value[2] = {&x->one[at[0]].value, &x->one[at[1]].value};
        add_both(sum, d, sample, value, ONE, n);
    }
}

#endif

/* Gradients (2, W) of rows i and i + 1, or of i alone. Returns how many. */
INLINE uint32_t gradients(const ams_touched *touched, uint32_t i, const float *d, float *g)
{
#ifdef __AVX512F__
    if (!touched->rows->marked && i + 2 <= touched->rows->n_touched) {
        wide_vector both[2] = {{{0}, {0}, {0}, {0}}, {{0}, {0}, {0}, {0}}};
        gradient_two(touched, i, d, both);
        memcpy(g, both, sizeof both);
        return 2;
    }
#endif
    vector sum[PARTS] = {{0}};
    gradient_one(touched, i, d, sum);
    memcpy(g, sum, sizeof sum);
    return 1;
}

static void keep_rows(const ams_touched *touched, const float *d, float *g, double *squares)
{
    double sum[W];
    memcpy(sum, squares, sizeof sum);
    for (uint32_t i = 0; i < touched->rows->n_touched;) {
        float *row = g + (size_t)i * W;
        const uint32_t n = gradients(touched, i, d, row);
        for (uint32_t k = 0; k < n * W; k++) {
            sum[k % W] += (double)row[k] * (double)row[k];
        }
        i += n;
    }
    memcpy(squares, sum, sizeof sum);
}

/* What is kept of row i, shortened. */
INLINE uint32_t kept_gradient(const ams_touched *touched, uint32_t i, float *g)
{
    const float *kept = touched->kept + (size_t)i * W;
    for (uint32_t j = 0; j < W; j++) {
        g[j] = touched->factor * kept[j];
    }
    return 1;
}

static void step_rows(const ams_adam *adam, float keep, const ams_touched *touched,
                      const float *d, const ams_block *rows)
{
    const ams_adam a = *adam;
    const ams_block b = *rows;
    const ams_rows *x = touched->rows;
    for (uint32_t i = 0; i < x->n_touched;) {
        _Alignas(64) float g[2 * W];
        const uint32_t n =
            touched->kept == NULL ? gradients(touched, i, d, g) : kept_gradient(touched, i, g);
        for (uint32_t k = 0; k < n; k++, i++) {
            if (i + AHEAD < x->n_touched) {
                ams_fused_fetch(&b, x->touched[i + AHEAD]);
            }
            const size_t at = (size_t)x->touched[i] * W;
            adam_row(&a, keep, W, g + (size_t)k * W, b.w + at, b.m + at, b.v + at);
        }
    }
}

static void adam(const ams_adam *adam, float keep, uint32_t n, const float *restrict g,
                 float *restrict w, float *restrict m, float *restrict v)
{
    const ams_adam a = *adam;
    adam_row(&a, keep, n, g, w, m, v);
}

static void slopes(const ams_taken_slopes *d, const ams_fused_asking *asking,
                   const float *restrict w, float *restrict dw, float *restrict y,
                   float *restrict db)
{
    const float scale = d->scale;
    vector *bias = (vector *)db;
    for (uint32_t i = 0; i < asking->n; i++) {
        const size_t s = picked(asking->sample, i);
        const size_t at = (size_t)d->row[s] * W;
        const float dq = d->dq[s];
        const vector *weight = (const vector *)(w + at);
        vector *slope = (vector *)(dw + at);
        vector *unit = (vector *)(y + s * W);
        for (uint32_t k = 0; k < PARTS; k++) {
            slope[k] += dq * unit[k];
            unit[k] = where_positive(unit[k], scale * (dq * weight[k]));
            bias[k] += unit[k];
        }
    }
}

const ams_fused_kernels AMS_FUSED_KERNELS = {
    .bits = AMS_LANES_BYTES * 8,
    .hidden = hidden,
    .taken = taken,
    .dots = dots,
    .outputs = outputs,
    .out_slopes = out_slopes,
    .unit_slopes = unit_slopes,
    .turn = turn,
    .leave_out = leave_out,
    .add_parts = add_parts,
    .catch_up = catch_up,
    .caught_up = caught_up,
    .keep_rows = keep_rows,
    .step_rows = step_rows,
    .adam = adam,
    .slopes = slopes,
};
