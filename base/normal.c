#include "base/normal.h"

/* exp(-h^2 / 2) and exp(-h^2) for h = 1 / 64: with them the density at the next multiple of h
 * is two multiplications away. */
static const double FIRST_RATIO = 0.9998779371377774;
static const double NEXT_RATIO = 0.99975588917489722;

void ams_normal_init(ams_normal *normal)
{
    enum { HALF = AMS_NORMAL_CELLS / 2 };
    double density[HALF + 1];
    double ratio = FIRST_RATIO;
    density[0] = 1;
    for (int k = 0; k < HALF; k++) {
        density[k + 1] = density[k] * ratio;
        ratio *= NEXT_RATIO;
    }
    /* Areas of the cells to the right of 0 by the trapezoid rule, whose error (h^2 / 12 of the
     * slopes) is below 1e-5; then the left half by symmetry, and all divided by the whole. */
    double area[HALF + 1];
    area[0] = 0;
    for (int k = 0; k < HALF; k++) {
        area[k + 1] = area[k] + (density[k] + density[k + 1]) / 2;
    }
    for (int k = 0; k <= HALF; k++) {
        normal->below[HALF + k] = 0.5 + area[k] / (2 * area[HALF]);
        normal->below[HALF - k] = 0.5 - area[k] / (2 * area[HALF]);
    }
    int cell = 0;
    for (int j = 0; j <= 256; j++) {
        while (cell + 1 < AMS_NORMAL_CELLS && normal->below[cell + 1] <= j / 256.0) {
            cell++;
        }
        normal->guide[j] = (uint16_t)cell;
    }
}

double ams_normal_draw(const ams_normal *normal, ams_rng *rng)
{
    uint32_t word = ams_rng_next(rng);
    double u = ams_unit(word);
    int cell = normal->guide[word >> 24];
    while (cell + 1 < AMS_NORMAL_CELLS && normal->below[cell + 1] <= u) {
        cell++;
    }
    double width = normal->below[cell + 1] - normal->below[cell];
    return ((cell + (u - normal->below[cell]) / width) / AMS_NORMAL_STEPS) - AMS_NORMAL_REACH;
}
