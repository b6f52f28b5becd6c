/* Curves of items as the steps they take, for weighted sums over items. Private to lab/stats/.
 *
 * A curve of recall keeps its value over most of its columns, so its steps are few. Where all
 * values are whole multiples of one unit, and few enough units, sums of steps in any order are
 * exact, and with them the sums of values: they are to the bit what adding the values gives.
 *
 * n items, C columns. */
#ifndef AMS_LAB_STATS_STEPS_H
#define AMS_LAB_STATS_STEPS_H

#include "ams/status.h"
#include "online/lanes.h"

#include <stdbool.h>
#include <stdint.h>

/* Numbers per register. GCC takes half a register of AVX-512 by itself. */
typedef double ams_draw_lanes __attribute__((vector_size(AMS_LANES_BYTES), may_alias));
enum {
    AMS_DRAW_LANES = sizeof(ams_draw_lanes) / sizeof(double),
    AMS_DRAW_TILE = 2 * AMS_DRAW_LANES /* draws at a time: one read of the steps for all */
};

typedef struct ams_step {
    uint32_t column;
    double size; /* value there less that of the column before */
} ams_step;

typedef struct ams_steps {
    uint32_t *start; /* (n + 1) first step of each item; NULL: not made */
    ams_step *step;
    uint32_t n;
} ams_steps;

/* Values of the curves: value[item * items_apart + place[column]]. */
typedef struct ams_curves {
    const double *value;
    size_t items_apart;
    const size_t *place; /* (C) */
    uint32_t n, columns;
    uint32_t second; /* the column where another curve begins; C: none */
} ams_curves;

/* Leaves steps all zero, and returns AMS_OK, where sums would not be exact or where steps are
 * so many that adding the values is as fast. @return AMS_BACKEND. */
ams_status ams_steps_init(ams_steps *steps, const ams_curves *curves, ams_error *err);
void ams_steps_fini(ams_steps *steps);
/* sum (C, AMS_DRAW_TILE) = over items, of weights (n, AMS_DRAW_TILE) times values. Weights are
 * whole numbers whose sum over items is at most n; both are aligned as ams_draw_lanes. */
void ams_steps_weigh(const ams_steps *steps, const ams_curves *curves, const double *weights,
                     double *sum);

#endif
