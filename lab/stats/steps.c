#include "lab/stats/steps.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS = 53, /* of a double */
    FEW = 4      /* of so many columns one steps, at most: measured, both ways take as long */
};

static double value_at(const ams_curves *c, uint32_t item, uint32_t column)
{
    return c->value[item * c->items_apart + c->place[column]];
}

/* Units per 1, a power of two: n values of at most 1 are together at most 2^53 units. */
static double units(uint32_t n)
{
    int digits = 0;
    (void)frexp(n, &digits); /* n < 2^digits */
    return ldexp(1, DIGITS - digits);
}

/* The steps of an item go to `step`, unless that is NULL. Returns how many. */
static uint32_t steps_of(const ams_curves *c, uint32_t item, ams_step *step)
{
    uint32_t n = 0;
    double before = 0;
    for (uint32_t column = 0; column < c->columns; column++) {
        before = column == c->second ? 0 : before;
        const double value = value_at(c, item, column);
        if (value != before) {
            if (step != NULL) {
                step[n] = (ams_step){column, value - before};
            }
            n++;
        }
        before = value;
    }
    return n;
}

static bool is_exact(const ams_curves *c, uint32_t item, double per_one)
{
    for (uint32_t column = 0; column < c->columns; column++) {
        const double value = value_at(c, item, column);
        if (!(value >= 0 && value <= 1) || value * per_one != rint(value * per_one)) {
            return false;
        }
    }
    return true;
}

ams_status ams_steps_init(ams_steps *steps, const ams_curves *curves, ams_error *err)
{
    const ams_curves *c = curves;
    const double per_one = units(c->n);
    const uint64_t most = (uint64_t)c->n * c->columns / FEW;
    uint64_t n = 0;
    *steps = (ams_steps){.n = c->n};
    for (uint32_t i = 0; i < c->n; i++) {
        n += steps_of(c, i, NULL);
        if (n > most || n > UINT32_MAX || !is_exact(c, i, per_one)) {
            return AMS_OK;
        }
    }
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&steps->start, (size_t)c->n + 1, sizeof *steps->start, "steps", err));
    AMS_TRY(ams_alloc(&steps->step, (size_t)n + 1, sizeof *steps->step, "steps", err));
    for (uint32_t i = 0; i < c->n; i++) {
        steps->start[i + 1] = steps->start[i] + steps_of(c, i, steps->step + steps->start[i]);
    }
out:
    if (status != AMS_OK) {
        ams_steps_fini(steps);
    }
    return status;
}

void ams_steps_fini(ams_steps *steps)
{
    free(steps->start);
    free(steps->step);
    *steps = (ams_steps){0};
}

void ams_steps_weigh(const ams_steps *steps, const ams_curves *curves, const double *weights,
                     double *sum)
{
    const ams_step *step = steps->step;
    memset(sum, 0, sizeof *sum * AMS_DRAW_TILE * curves->columns);
    for (uint32_t i = 0; i < steps->n; i++) {
        const ams_draw_lanes *weight =
            (const ams_draw_lanes *)(weights + (size_t)i * AMS_DRAW_TILE);
        const ams_draw_lanes few = weight[0];
        const ams_draw_lanes others = weight[1];
        for (const ams_step *end = steps->step + steps->start[i + 1]; step < end; step++) {
            const double size = step->size;
            ams_draw_lanes *of_column =
                (ams_draw_lanes *)(sum + (size_t)step->column * AMS_DRAW_TILE);
            of_column[0] += few * size;
            of_column[1] += others * size;
        }
    }
    for (uint32_t column = 1; column < curves->columns; column++) {
        double *own = sum + (size_t)column * AMS_DRAW_TILE;
        for (int t = 0; column != curves->second && t < AMS_DRAW_TILE; t++) {
            own[t] += own[t - AMS_DRAW_TILE];
        }
    }
}
