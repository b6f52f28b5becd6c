/* The textbook path: states as float vectors, every product in OpenBLAS. It is what the sparse
 * path is compared with, and faster only where nearly every feature is on. */
#include "rl/net/cpu.h"

#include <string.h>

static void expand(const ams_compute *c, const ams_sparse *x)
{
    memset(c->dense, 0, (size_t)x->n * x->columns * sizeof *c->dense);
    for (uint32_t s = 0; s < x->n; s++) {
        float *row = c->dense + (size_t)s * x->columns;
        for (uint32_t at = x->ptr[s]; at < x->ptr[s + 1]; at++) {
            row[x->index[at]] = x->value == NULL ? 1.0F : x->value[at];
        }
    }
}

static void input_forward(const ams_compute *c, const ams_sparse *x, const float *w,
                          const float *b, uint32_t h, float *y)
{
    expand(c, x);
    const uint32_t bio[3] = {x->n, x->columns, h};
    ams_cpu_dense_forward(c, bio, c->dense, w, b, y);
}

/* Every row counts as written: a zero gradient there is a result like any other. */
static void input_backward(const ams_compute *c, const ams_sparse *x, const float *dy,
                           uint32_t h, float *dw, ams_rows *rows)
{
    expand(c, x);
    const uint32_t bio[3] = {x->n, x->columns, h};
    ams_cpu_dense_backward(c, bio, c->dense, NULL, dy, NULL, dw);
    rows->n_touched = x->columns;
    for (uint32_t f = 0; f < x->columns; f++) {
        rows->touched[f] = f;
    }
    memset(rows->ever, 1, x->columns);
    memset(rows->now, 1, x->columns);
}

const ams_backend ams_backend_cpu_dense = {
    .name = "dense",
    .help = "states expanded to floats, every product in OpenBLAS",
    .expands_input = true,
    .input_forward = input_forward,
    .input_backward = input_backward,
    AMS_CPU_SHARED,
};
