/* The fast path's loops at every width of registers: the same bits, and as the program's own
 * but for contraction. */
#include "base/rng.h"
#include "rl/fast/fused_kernels.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const ams_fused_kernels test_kernels_sse, test_kernels_avx2, test_kernels_avx512;

/* Odd numbers where the loops let them be. */
enum {
    W = AMS_FUSED_BLOCK,
    F = 41,
    A = 31,
    A16 = 32,
    COLUMNS = 32,
    B = 13, /* samples */
    ONES = 7,
    BLOCKS = 3,
    LONE = W + 5 /* parameters that are no whole rows */
};

/* All that the loops write; the first five members are what they start from, too. */
typedef struct arrays {
    _Alignas(64) float w[F * W], m[F * W], v[F * W];
    _Alignas(64) float out[A16 * W], bias[W];
    _Alignas(64) float hidden[B * W], slopes[A16 * W], slope_bias[W];
    _Alignas(64) float dropped[B * W], out_slopes[A * W], unit_bias[W], turned[W * COLUMNS];
    _Alignas(64) float taken[B], dots[B * COLUMNS], outputs[B * COLUMNS], parts[B * COLUMNS];
    _Alignas(64) float caught_up[W], lone[3 * LONE];
    _Alignas(64) float kept[F * W], squares[W]; /* of rows' gradients */
    /* The same products of some samples alone, as an output head has them. */
    _Alignas(64) float some_dots[B * COLUMNS], some_outputs[B * COLUMNS];
    _Alignas(64) float some_out_slopes[A * W], some_units[B * W], some_bias[W];
    _Alignas(64) float parts_of_heads[B * COLUMNS];
} arrays;

/* A minibatch of B states with up to ONES ones each, one state with none. */
static uint32_t ptr[B + 1], index_of[B * ONES];
static float value[B * ONES];
static uint16_t action[B];
static const uint32_t some[] = {0, 2, 3, 7, 8, 9, 10, 12};
static const ams_fused_asking all_ask = {.n = B};
static const ams_fused_asking some_ask = {sizeof some / sizeof *some, some};
static ams_rows rows;
static ams_error err;

static float number(uint32_t counter, float from, float to)
{
    uint32_t words[4];
    ams_philox(7, AMS_STREAM_SAMPLE, counter, words);
    return from + (to - from) * (float)ams_unit(words[0]);
}

static void fill(float *x, size_t n, uint32_t counter, float from, float to)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = number(counter + (uint32_t)i, from, to);
    }
}

static void make_minibatch(void)
{
    for (uint32_t s = 0; s < B; s++) {
        const uint32_t ones = s % ONES;
        for (uint32_t i = 0; i < ones; i++) {
            index_of[ptr[s] + i] = (s * 5 + i * 6) % F;
            value[ptr[s] + i] = number(9000 + ptr[s] + i, 0, 1);
        }
        ptr[s + 1] = ptr[s] + ones;
        action[s] = (uint16_t)(s * 7 % A);
    }
}

static void keep_gradients(const ams_fused_kernels *k, const ams_touched *touched, arrays *x)
{
    double squares[W] = {0};
    k->keep_rows(touched, x->hidden, x->kept, squares);
    for (uint32_t j = 0; j < W; j++) {
        x->squares[j] = (float)squares[j];
    }
}

static void run(const ams_fused_kernels *k, bool valued, arrays *x)
{
    memset(x, 0, sizeof *x);
    fill(x->w, F * W, 10000, -1, 1);
    fill(x->m, F * W, 20000, -1, 1);
    fill(x->v, F * W, 30000, 0, 1);
    fill(x->out, A * W, 40000, -1, 1);
    fill(x->bias, W, 50000, -1, 1);
    const ams_sparse state = {
        .n = B, .columns = F, .ptr = ptr, .index = index_of, .value = valued ? value : NULL};
    k->hidden(x->w, x->bias, &state, x->hidden);
    k->taken(x->out, action, x->hidden, B, x->taken);
    k->dots(x->out, x->hidden, &all_ask, A16, x->dots, COLUMNS);
    k->dots(x->out, x->hidden, &some_ask, A16, x->some_dots, COLUMNS);
    /* any (W, COLUMNS) will do */
    k->outputs(x->hidden, &all_ask, x->out, COLUMNS, x->outputs);
    k->outputs(x->hidden, &some_ask, x->out, COLUMNS, x->some_outputs);
    _Alignas(64) float part[BLOCKS * B * COLUMNS];
    fill(part, BLOCKS * B * COLUMNS, 60000, -1, 1);
    k->add_parts(part, BLOCKS, (size_t)B * COLUMNS, B, x->bias, NULL, COLUMNS, x->parts);
    uint8_t head[B];
    for (uint32_t s = 0; s < B; s++) {
        head[s] = s % 3 == 1;
    }
    k->add_parts(part, BLOCKS, (size_t)B * COLUMNS, B, x->bias, head, COLUMNS,
                 x->parts_of_heads);

    static ams_idles idles;
    ams_idle_clock clock;
    ams_train_options options;
    bare_options(&options);
    options.weight_decay = valued ? 0.5 : 0;
    ams_idle_clock_init(&clock, &options, 1000);
    ams_idle_table(&clock, &options, &idles);
    const uint32_t waiting[3] = {3, 17, F - 1};
    const uint32_t waited[3] = {1, 40, AMS_IDLE_MOST};
    const ams_block block = {x->w, x->m, x->v};
    const ams_idle idle = ams_idle_of(&idles, 9);
    k->catch_up(&idles, &(ams_waiting){waiting, waited, 3}, &block);
    k->caught_up(&idle, x->w, x->m, x->v, x->caught_up);

    const ams_adam adam = ams_train_adam(&options, 1001);
    float dq[B];
    fill(dq, B, 70000, -1, 1);
    /* All outputs: dropout, both gradients of a layer, its transposition. */
    _Alignas(64) float all_dq[B * COLUMNS] = {0};
    for (uint32_t s = 0; s < B; s++) {
        fill(all_dq + (size_t)s * COLUMNS, A, 75000 + s * A, -1, 1);
    }
    memcpy(x->dropped, x->hidden, sizeof x->dropped);
    const ams_fused_drop drop = {
        .seed = 7, .apart = 1, .below = UINT32_MAX / 5, .scale = 1.25F};
    k->leave_out(&drop, B, x->dropped);
    k->out_slopes(all_dq, COLUMNS, x->dropped, &all_ask, A, x->out_slopes);
    k->out_slopes(all_dq, COLUMNS, x->dropped, &some_ask, A, x->some_out_slopes);
    const ams_output_slopes d = {all_dq, A, COLUMNS, 1.25F};
    memcpy(x->some_units, x->dropped, sizeof x->some_units);
    k->unit_slopes(&d, &some_ask, x->out, x->some_units, x->some_bias);
    k->unit_slopes(&d, &all_ask, x->out, x->dropped, x->unit_bias);
    k->turn(x->out, A, x->turned, COLUMNS);
    const ams_taken_slopes taken = {dq, action, 1.25F};
    k->slopes(&taken, &all_ask, x->out, x->slopes, x->hidden, x->slope_bias);
    ams_rows_mark(&rows, &state);
    ams_touched touched = {.rows = &rows, .valued = valued};
    k->step_rows(&adam, 1, &touched, x->hidden, &block);
    ams_rows_invert(&rows, &state);
    k->step_rows(&adam, 0.9F, &touched, x->hidden, &block);
    keep_gradients(k, &touched, x);
    touched.kept = x->kept;
    touched.factor = 0.5F;
    k->step_rows(&adam, 1, &touched, NULL, &block);
    float g[LONE];
    fill(g, LONE, 80000, -1, 1);
    fill(x->lone, 3 * LONE, 90000, 0.1F, 1);
    k->adam(&adam, 0.9F, LONE, g, x->lone, x->lone + LONE, x->lone + 2 * LONE);
}

static bool runs_here(const ams_fused_kernels *k)
{
    return k == &test_kernels_sse ||
           (__builtin_cpu_supports("bmi") &&
            (k == &test_kernels_avx2 ? __builtin_cpu_supports("avx2")
                                     : __builtin_cpu_supports("avx512f")));
}

START_TEST(same_bits_at_every_width)
{
    const ams_fused_kernels *const wide[] = {&test_kernels_avx2, &test_kernels_avx512};
    static arrays narrow;
    static arrays other;
    run(&test_kernels_sse, _i == 1, &narrow);
    for (size_t k = 0; k < sizeof wide / sizeof *wide; k++) {
        if (runs_here(wide[k])) {
            run(wide[k], _i == 1, &other);
            ck_assert_msg(memcmp(&narrow, &other, sizeof narrow) == 0, "%u bits differ",
                          wide[k]->bits);
        }
    }
}
END_TEST

START_TEST(as_the_program)
{
    static arrays narrow;
    static arrays built;
    run(&test_kernels_sse, _i == 1, &narrow);
    run(&ams_fused_kernels_built, _i == 1, &built);
    const float *a = (const float *)&narrow;
    const float *b = (const float *)&built;
    uint32_t written = 0;
    for (size_t i = 0; i < sizeof narrow / sizeof(float); i++) {
        ck_assert_msg(fabsf(a[i] - b[i]) <= 2e-5F * (1 + fabsf(a[i])), "%zu: %g and %g", i,
                      (double)a[i], (double)b[i]);
        written += a[i] != 0;
    }
    ck_assert_uint_gt(written, sizeof narrow / sizeof(float) / 2);
}
END_TEST

START_TEST(here_is_one_that_runs)
{
    static arrays here;
    ck_assert_uint_ge(ams_fused_kernels_here()->bits, ams_fused_kernels_built.bits);
    run(ams_fused_kernels_here(), false, &here);
}
END_TEST

/* The products of a layer against sums in double. */
START_TEST(products)
{
    static arrays x;
    run(ams_fused_kernels_here(), false, &x);
    for (uint32_t a = 0; a < A; a++) {
        for (uint32_t j = 0; j < W; j++) {
            ck_assert_float_eq(x.turned[j * COLUMNS + a], x.out[a * W + j]);
        }
    }
    /* Before the slopes took their place, these were the units that dropout left. */
    static float unit[B * W];
    const ams_sparse state = {.n = B, .columns = F, .ptr = ptr, .index = index_of};
    static arrays start;
    fill(start.w, F * W, 10000, -1, 1);
    fill(start.bias, W, 50000, -1, 1);
    ams_fused_kernels_here()->hidden(start.w, start.bias, &state, start.hidden);
    double bias[W] = {0};
    for (uint32_t s = 0; s < B; s++) {
        uint32_t word[W];
        ams_philox_row(7, AMS_STREAM_DROPOUT, s, W / 4, word);
        for (uint32_t j = 0; j < W; j++) {
            double y = word[j] < UINT32_MAX / 5 ? 0 : (double)start.hidden[s * W + j] * 1.25;
            unit[s * W + j] = (float)y;
            double slope = 0;
            for (uint32_t a = 0; a < A; a++) {
                slope += (double)number(75000 + s * A + a, -1, 1) * (double)x.out[a * W + j];
            }
            slope = y > 0 ? 1.25 * slope : 0;
            ck_assert_double_eq_tol((double)x.dropped[s * W + j], slope, 1e-5);
            bias[j] += slope;
        }
    }
    for (uint32_t j = 0; j < W; j++) {
        ck_assert_double_eq_tol((double)x.unit_bias[j], bias[j], 1e-4);
        for (uint32_t a = 0; a < A; a++) {
            double sum = 0;
            for (uint32_t s = 0; s < B; s++) {
                sum += (double)number(75000 + s * A + a, -1, 1) * (double)unit[s * W + j];
            }
            ck_assert_double_eq_tol((double)x.out_slopes[a * W + j], sum, 1e-4);
        }
    }
}
END_TEST

/* Where a sample has a slope by one output alone, the short way has the bits of the long one.
 */
START_TEST(one_slope)
{
    const ams_fused_kernels *k = ams_fused_kernels_here();
    static arrays x;
    static _Alignas(64) float all_dq[B * COLUMNS], units[B * W], slopes[A16 * W], bias[W];
    float dq[B];
    run(k, false, &x);
    fill(dq, B, 70000, -1, 1);
    fill(units, B * W, 95000, -1, 1);
    memcpy(x.some_units, units, sizeof units);
    memset(x.some_bias, 0, sizeof x.some_bias);
    for (uint32_t s = 0; s < B; s++) {
        all_dq[s * COLUMNS + action[s]] = dq[s];
    }
    const ams_output_slopes all = {all_dq, A, COLUMNS, 1.25F};
    const ams_taken_slopes one = {dq, action, 1.25F};
    k->out_slopes(all_dq, COLUMNS, x.some_units, &some_ask, A, x.some_out_slopes);
    k->unit_slopes(&all, &some_ask, x.out, x.some_units, x.some_bias);
    k->slopes(&one, &some_ask, x.out, slopes, units, bias);
    ck_assert_mem_eq(slopes, x.some_out_slopes, sizeof x.some_out_slopes);
    ck_assert_mem_eq(units, x.some_units, sizeof units);
    ck_assert_mem_eq(bias, x.some_bias, sizeof bias);
}
END_TEST

static bool asks(uint32_t s)
{
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        if (some[i] == s) {
            return true;
        }
    }
    return false;
}

/* Of the samples that ask a head each has what it has among all, to the bit; the others have
 * nothing, and what is summed over samples leaves them out. */
START_TEST(some_samples)
{
    static arrays x;
    static _Alignas(64) float unit[B * W];
    run(ams_fused_kernels_here(), false, &x);
    const ams_sparse state = {.n = B, .columns = F, .ptr = ptr, .index = index_of};
    static arrays start;
    fill(start.w, F * W, 10000, -1, 1);
    fill(start.bias, W, 50000, -1, 1);
    const ams_fused_drop drop = {
        .seed = 7, .apart = 1, .below = UINT32_MAX / 5, .scale = 1.25F};
    ams_fused_kernels_here()->hidden(start.w, start.bias, &state, unit);
    ams_fused_kernels_here()->leave_out(&drop, B, unit);
    double bias[W] = {0};
    for (uint32_t s = 0; s < B; s++) {
        const size_t bytes = COLUMNS * sizeof(float);
        static const float none[COLUMNS];
        const float *dots = x.some_dots + (size_t)s * COLUMNS;
        const float *outputs = x.some_outputs + (size_t)s * COLUMNS;
        ck_assert_mem_eq(dots, asks(s) ? x.dots + (size_t)s * COLUMNS : none, bytes);
        ck_assert_mem_eq(outputs, asks(s) ? x.outputs + (size_t)s * COLUMNS : none, bytes);
        ck_assert_mem_eq(x.some_units + (size_t)s * W,
                         asks(s) ? x.dropped + (size_t)s * W : unit + (size_t)s * W,
                         W * sizeof(float));
        for (uint32_t j = 0; asks(s) && j < W; j++) {
            bias[j] += (double)x.dropped[s * W + j];
        }
        for (uint32_t c = 0; c < COLUMNS; c++) {
            const double shift =
                s % 3 == 1 ? (double)x.bias[COLUMNS + c] - (double)x.bias[c] : 0;
            ck_assert_double_eq_tol((double)x.parts_of_heads[s * COLUMNS + c],
                                    (double)x.parts[s * COLUMNS + c] + shift, 1e-5);
        }
    }
    for (uint32_t j = 0; j < W; j++) {
        ck_assert_double_eq_tol((double)x.some_bias[j], bias[j], 1e-4);
        for (uint32_t a = 0; a < A; a++) {
            double sum = 0;
            for (uint32_t s = 0; s < B; s++) {
                sum += asks(s)
                           ? (double)number(75000 + s * A + a, -1, 1) * (double)unit[s * W + j]
                           : 0;
            }
            ck_assert_double_eq_tol((double)x.some_out_slopes[a * W + j], sum, 1e-4);
        }
    }
}
END_TEST

/* Gradients of rows against sums in double; a step from them against one that sums itself. */
START_TEST(kept_rows)
{
    static arrays x;
    const bool valued = _i == 1;
    const ams_fused_kernels *k = ams_fused_kernels_here();
    run(k, valued, &x);
    static double expected[F * W];
    memset(expected, 0, sizeof expected); /* without a fork it is that of the loop before */
    for (uint32_t s = 0; s < B; s++) {
        for (uint32_t at = ptr[s]; at < ptr[s + 1]; at++) {
            for (uint32_t j = 0; j < W; j++) {
                expected[index_of[at] * W + j] +=
                    (valued ? (double)value[at] : 1) * (double)x.hidden[s * W + j];
            }
        }
    }
    double squares[W] = {0};
    for (uint32_t i = 0; i < rows.n_touched; i++) {
        for (uint32_t j = 0; j < W; j++) {
            const double sum = expected[rows.touched[i] * W + j];
            ck_assert_double_eq_tol((double)x.kept[i * W + j], sum, 1e-5);
            squares[j] += sum * sum;
        }
    }
    for (uint32_t j = 0; j < W; j++) {
        ck_assert_double_eq_tol((double)x.squares[j], squares[j], 1e-4 * (1 + squares[j]));
    }
    static arrays y;
    memcpy(&y, &x, sizeof y);
    ams_train_options options;
    bare_options(&options);
    const ams_adam adam = ams_train_adam(&options, 1001);
    ams_touched touched = {.rows = &rows, .valued = valued};
    k->step_rows(&adam, 1, &touched, x.hidden, &(ams_block){x.w, x.m, x.v});
    touched.kept = y.kept;
    touched.factor = 1;
    k->step_rows(&adam, 1, &touched, NULL, &(ams_block){y.w, y.m, y.v});
    ck_assert_mem_eq(&x, &y, sizeof x);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, kept_rows, 0, 2);
    tcase_add_loop_test(tests, same_bits_at_every_width, 0, 2);
    tcase_add_loop_test(tests, as_the_program, 0, 2);
    tcase_add_test(tests, here_is_one_that_runs);
    tcase_add_test(tests, products);
    tcase_add_test(tests, one_slope);
    tcase_add_test(tests, some_samples);
}

int main(void)
{
    make_minibatch();
    if (ams_rows_init(&rows, F, B * ONES, &err) != AMS_OK) {
        return EXIT_FAILURE;
    }
    int failed = run_suite("rl_kernels", add);
    ams_rows_fini(&rows);
    return failed;
}
