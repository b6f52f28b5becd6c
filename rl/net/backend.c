#include "rl/net/backend.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <stdlib.h>

ams_status ams_compute_init(ams_compute *c, const ams_backend *ops, ams_pool *pool,
                            uint32_t batch, uint32_t columns, ams_error *err)
{
    *c = (ams_compute){.ops = ops, .pool = pool, .columns = columns};
    ams_blas_single_thread();
    if (!ops->expands_input) {
        return AMS_OK;
    }
    c->dense_rows = batch;
    return ams_alloc(&c->dense, (size_t)batch * columns, sizeof *c->dense, "dense states", err);
}

void ams_compute_fini(ams_compute *c)
{
    free(c->dense);
    *c = (ams_compute){0};
}

ams_status ams_sparse_init(ams_sparse *x, uint32_t batch, uint32_t columns, uint32_t per_state,
                           bool binary, ams_error *err)
{
    *x = (ams_sparse){.columns = columns};
    ams_status status = AMS_OK;
    /* Who writes whole vectors writes past the last one. */
    const size_t most = (size_t)batch * per_state + AMS_FILL;
    AMS_TRY(ams_alloc(&x->ptr, (size_t)batch + 1, sizeof *x->ptr, "sparse states", err));
    AMS_TRY(ams_alloc(&x->index, most, sizeof *x->index, "sparse states", err));
    AMS_TRY(ams_alloc(&x->head, batch, sizeof *x->head, "sparse states", err));
    if (!binary) {
        AMS_TRY(ams_alloc(&x->value, most, sizeof *x->value, "sparse states", err));
    }
out:
    if (status != AMS_OK) {
        ams_sparse_fini(x);
    }
    return status;
}

void ams_sparse_fini(ams_sparse *x)
{
    free(x->ptr);
    free(x->index);
    free(x->value);
    free(x->head);
    *x = (ams_sparse){0};
}

ams_status ams_rows_init(ams_rows *rows, uint32_t columns, uint64_t capacity, ams_error *err)
{
    *rows = (ams_rows){0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&rows->touched, (size_t)columns + 1, sizeof *rows->touched,
                      "gradient rows", err));
    AMS_TRY(ams_alloc(&rows->position, columns, sizeof *rows->position, "gradient rows", err));
    AMS_TRY(ams_alloc(&rows->sample, capacity, sizeof *rows->sample, "gradient rows", err));
    AMS_TRY(ams_alloc(&rows->one, capacity, sizeof *rows->one, "gradient rows", err));
    AMS_TRY(ams_alloc(&rows->owner, capacity + AMS_FILL, sizeof *rows->owner, "gradient rows",
                      err));
    AMS_TRY(ams_alloc(&rows->start, (size_t)columns + 1, sizeof *rows->start, "gradient rows",
                      err));
    AMS_TRY(ams_alloc(&rows->marks, (size_t)columns + 1, sizeof *rows->marks, "gradient rows",
                      err));
    AMS_TRY(ams_alloc(&rows->mark, columns, sizeof *rows->mark, "gradient rows", err));
    AMS_TRY(ams_alloc(&rows->ever, columns, sizeof *rows->ever, "gradient rows", err));
    AMS_TRY(ams_alloc(&rows->now, columns, sizeof *rows->now, "gradient rows", err));
out:
    if (status != AMS_OK) {
        ams_rows_fini(rows);
    }
    return status;
}

void ams_rows_fini(ams_rows *rows)
{
    free(rows->touched);
    free(rows->position);
    free(rows->sample);
    free(rows->one);
    free(rows->owner);
    free(rows->start);
    free(rows->marks);
    free(rows->mark);
    free(rows->ever);
    free(rows->now);
    *rows = (ams_rows){0};
}

/* owner[at] = s for the ones of each state s. How many there are is hard to foretell, so whole
 * vectors are written and the next state's write over what is too much. */
static void note_owners(uint32_t *owner, const ams_sparse *x)
{
    for (uint32_t s = 0; s < x->n; s++) {
        for (uint32_t at = x->ptr[s]; at < x->ptr[s + 1]; at += AMS_FILL) {
            for (uint32_t j = 0; j < AMS_FILL; j++) {
                owner[at + j] = s;
            }
        }
    }
}

/* Touched rows in the order in which they stand, which a processor fetches ahead by itself. */
static void ascend(ams_rows *rows, uint32_t columns)
{
    uint32_t n = 0;
    for (uint32_t f = 0; f < columns; f++) {
        rows->touched[n] = f;
        n += rows->position[f] != 0;
    }
}

static void put_samples(ams_rows *rows, const ams_sparse *x)
{
    uint32_t *restrict position = rows->position;
    uint32_t *restrict sample = rows->sample;
    const uint32_t *restrict owner = rows->owner;
    note_owners(rows->owner, x);
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        sample[position[x->index[at]]++] = owner[at];
    }
}

static void put_ones(ams_rows *rows, const ams_sparse *x)
{
    uint32_t *restrict position = rows->position;
    ams_row_one *restrict one = rows->one;
    for (uint32_t s = 0; s < x->n; s++) {
        for (uint32_t at = x->ptr[s]; at < x->ptr[s + 1]; at++) {
            one[position[x->index[at]]++] = (ams_row_one){s, x->value[at]};
        }
    }
}

/* All but sample or one: position says where those of a feature go. */
static void count_ones(ams_rows *rows, const ams_sparse *x, bool in_order)
{
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        rows->now[rows->touched[i]] = 0;
    }
    enum { FEW = 8 }; /* below this part of all rows, looking at all would take too long */
    rows->marked = false;
    uint32_t *restrict touched = rows->touched;
    uint32_t *restrict position = rows->position;
    uint32_t n = 0;
    for (uint32_t at = 0; at < x->ptr[x->n]; at++) {
        /* Nothing branches on whether the feature is new: what is not is overwritten. */
        const uint32_t f = x->index[at];
        const uint32_t before = position[f]++;
        touched[n] = f;
        n += before == 0;
    }
    rows->n_touched = n;
    if (in_order && n > x->columns / FEW) {
        ascend(rows, x->columns);
    }
    uint32_t place = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t f = touched[i];
        const uint32_t count = position[f];
        rows->ever[f] = 1;
        rows->now[f] = 1;
        rows->start[i] = place;
        position[f] = place;
        place += count;
    }
    rows->start[rows->n_touched] = place;
}

static void place_ones(ams_rows *rows, const ams_sparse *x)
{
    if (x->value == NULL) {
        put_samples(rows, x);
    } else {
        put_ones(rows, x);
    }
    for (uint32_t i = 0; i < rows->n_touched; i++) {
        rows->position[rows->touched[i]] = 0;
    }
}

void ams_rows_invert(ams_rows *rows, const ams_sparse *x)
{
    count_ones(rows, x, false);
    place_ones(rows, x);
}

void ams_rows_list(ams_rows *rows, const ams_sparse *x)
{
    enum { MOST = 64 };
    if (x->n > MOST || x->value != NULL) {
        count_ones(rows, x, true);
        return;
    }
    uint32_t *restrict touched = rows->touched;
    uint64_t *restrict mark = rows->mark;
    uint32_t n = 0;
    for (uint32_t s = 0; s < x->n; s++) {
        for (uint32_t at = x->ptr[s]; at < x->ptr[s + 1]; at++) {
            /* Nothing branches on whether the feature is new: what is not is overwritten. */
            const uint32_t f = x->index[at];
            const uint64_t before = mark[f];
            mark[f] = before | UINT64_C(1) << s;
            touched[n] = f;
            n += before == 0;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t f = touched[i];
        rows->marks[i] = mark[f];
        rows->ever[f] = 1;
        mark[f] = 0;
    }
    rows->n_touched = n;
    rows->marked = true;
}

void ams_rows_fill(ams_rows *rows, const ams_sparse *x)
{
    if (!rows->marked) {
        place_ones(rows, x);
    }
}

void ams_rows_mark(ams_rows *rows, const ams_sparse *x)
{
    ams_rows_list(rows, x);
    ams_rows_fill(rows, x);
}
