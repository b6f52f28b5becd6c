/* Weighted sums of curves by their steps: to the bit what adding the values gives. */
#include "lab/stats/steps.h"

#include "base/rng.h"
#include "tests/base/suite.h"

#include <stdlib.h>
#include <string.h>

enum { N = 300, FIRST = 40, COLUMNS = 50, APART = COLUMNS + 3, T = AMS_DRAW_TILE };

typedef struct sample {
    double value[N * APART];
    size_t place[COLUMNS];
    ams_curves curves;
    _Alignas(64) double weights[N * T];
} sample;

/* Two curves per item of floats that rise from 0 towards 1, in `rises` columns out of 100. */
static void draw_sample(sample *x, uint64_t seed, uint32_t rises)
{
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    memset(x, 0, sizeof *x);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        x->place[c] = COLUMNS - c; /* any order */
    }
    for (uint32_t i = 0; i < N; i++) {
        float held = 0;
        for (uint32_t c = 0; c < COLUMNS; c++) {
            held = c == FIRST ? 0 : held;
            if (ams_rng_below(&rng, 100) < rises) {
                held = 1 - (1 - held) * (float)ams_rng_unit(&rng);
            }
            x->value[i * APART + x->place[c]] = (double)held;
        }
    }
    for (uint32_t k = 0; k < N * T; k++) {
        x->weights[ams_rng_below(&rng, N) * T + k % T] += 1;
    }
    x->curves = (ams_curves){x->value, APART, x->place, N, COLUMNS, FIRST};
}

static void expect_sums(const sample *x, const ams_steps *steps)
{
    static _Alignas(64) double sum[COLUMNS * T];
    ams_steps_weigh(steps, &x->curves, x->weights, sum);
    for (uint32_t c = 0; c < COLUMNS; c++) {
        for (uint32_t t = 0; t < T; t++) {
            double expected = 0;
            for (uint32_t i = 0; i < N; i++) {
                expected += x->weights[i * T + t] * x->value[i * APART + x->place[c]];
            }
            ck_assert(memcmp(&expected, &sum[c * T + t], sizeof expected) == 0);
        }
    }
}

static bool is_made(const sample *x)
{
    ams_steps steps;
    ams_error err = {0};
    ck_assert_msg(ams_steps_init(&steps, &x->curves, &err) == AMS_OK, "%s", err.text);
    const bool made = steps.start != NULL;
    if (made) {
        expect_sums(x, &steps);
    }
    ams_steps_fini(&steps);
    return made;
}

START_TEST(same_bits)
{
    static sample x;
    for (uint64_t seed = 0; seed < 30; seed++) {
        draw_sample(&x, seed, (uint32_t)seed % 20);
        ck_assert(is_made(&x));
    }
}
END_TEST

/* What cannot be added exactly, or has too many steps, is left to others. */
START_TEST(not_made)
{
    static const double inexact[] = {0.1, 0x1p-45, 1.5, -0.5};
    static sample x;
    for (size_t k = 0; k < sizeof inexact / sizeof *inexact; k++) {
        draw_sample(&x, 1, 10);
        x.value[7 * APART + x.place[COLUMNS - 1]] = inexact[k];
        ck_assert(!is_made(&x));
    }
    draw_sample(&x, 1, 10);
    x.value[7 * APART + x.place[COLUMNS - 1]] = 0x1p-44; /* 300 < 2^9, 53 - 9 */
    ck_assert(is_made(&x));
    draw_sample(&x, 1, 60);
    ck_assert(!is_made(&x));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, same_bits);
    tcase_add_test(tests, not_made);
}

int main(void)
{
    return run_suite("lab_steps", add);
}
