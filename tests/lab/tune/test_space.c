/* Search spaces: what is read, what is refused and why, and that draws are what their kind
 * says.
 */
#include "ams/space.h"

#include "base/number.h"
#include "base/rng.h"
#include "tests/base/suite.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

typedef struct settings {
    uint64_t batch;
    double lr, dropout;
    int agent;
    char hidden[AMS_TEXT_MAX];
} settings;

static const char *const agents[] = {"dqn", "double", NULL};
static const ams_key keys[] = {{.name = "batch",
                                .type = AMS_KEY_U64,
                                .offset = offsetof(settings, batch),
                                .default_value = "256",
                                .minimum = 1,
                                .maximum = 9007199254740992,
                                .choices = NULL,
                                .help = "items"},
                               {.name = "lr",
                                .type = AMS_KEY_DOUBLE,
                                .offset = offsetof(settings, lr),
                                .default_value = "0.1",
                                .minimum = 0,
                                .maximum = 1,
                                .choices = NULL,
                                .help = "rate"},
                               {.name = "dropout",
                                .type = AMS_KEY_DOUBLE,
                                .offset = offsetof(settings, dropout),
                                .default_value = "0",
                                .minimum = 0,
                                .maximum = 0.9,
                                .choices = NULL,
                                .help = "share"},
                               {.name = "agent",
                                .type = AMS_KEY_CHOICE,
                                .offset = offsetof(settings, agent),
                                .default_value = "double",
                                .minimum = 0,
                                .maximum = 0,
                                .choices = agents,
                                .help = "scheme"},
                               {.name = "hidden",
                                .type = AMS_KEY_TEXT,
                                .offset = offsetof(settings, hidden),
                                .default_value = "256",
                                .minimum = 0,
                                .maximum = 0,
                                .choices = NULL,
                                .help = "units"}};
enum { N = sizeof keys / sizeof *keys };
static const char *const path = AMS_TEST_DIR "/space.ini";

static ams_status read_text(ams_space *space, const char *text, ams_error *err)
{
    settings scratch;
    memset(&scratch, 0, sizeof scratch);
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
    return ams_space_read(space, path, keys, N, &scratch, err);
}

static void must_read(ams_space *space, const char *text)
{
    ams_error err = {0};
    ck_assert_msg(read_text(space, text, &err) == AMS_OK, "%s", err.text);
}

START_TEST(test_kinds)
{
    ams_space space;
    must_read(&space,
              "; comment\n[space]\nhidden = choice: 64  64x64\t128\nlr = log: 1e-4 1e-2\n"
              "dropout=uniform:0 0.3\nbatch = int : 16 64\nagent = dqn\n");
    static const ams_space_kind kinds[] = {AMS_SPACE_CHOICE, AMS_SPACE_LOG, AMS_SPACE_UNIFORM,
                                           AMS_SPACE_INT, AMS_SPACE_FIXED};
    static const char *const names[] = {"hidden", "lr", "dropout", "batch", "agent"};
    ck_assert_uint_eq(space.n, 5);
    for (size_t d = 0; d < 5; d++) {
        ck_assert_int_eq(space.dimension[d].kind, kinds[d]);
        ck_assert_str_eq(space.dimension[d].key->name, names[d]);
    }
    ck_assert_uint_eq(space.dimension[0].n_values, 3);
    ck_assert_str_eq(space.dimension[0].value[1], "64x64");
    ck_assert_double_eq(space.dimension[1].low, 1e-4);
    ck_assert_double_eq(space.dimension[1].high, 1e-2);
    ck_assert_ptr_nonnull(strstr(space.dimension[4].where, "space.ini:7"));
    ams_space_fini(&space);
}
END_TEST

static void refuse(const char *text, const char *message)
{
    ams_space space;
    ams_error err = {0};
    ck_assert_int_eq(read_text(&space, text, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, message) != NULL, "'%s' is not in '%s'", message, err.text);
    ck_assert_uint_eq(space.n, 0);
    ck_assert_ptr_null(space.dimension);
}

START_TEST(test_refusals)
{
    refuse("lr = log: 1e-4 1e-3\nbtach = int: 1 4\n",
           "space.ini:2: unknown key 'btach'; did you mean 'batch'?");
    refuse("lr = logg: 1e-4 1e-3\n",
           "space.ini:1: lr: expected choice:, uniform:, log: or int:, "
           "found 'logg:'; did you mean 'log:'?");
    refuse("lr = log 1: 2\n", "found 'log:'");
    refuse("lr = : 2\n", "expected choice:");
    refuse("lr = log: 1e-4 1e-3\n\nlr = uniform: 0 1\n", "space.ini:3: 'lr' stands at ");
    refuse("lr = log: 0 1\n", "above 0");
    refuse("lr = uniform: 0.5 0.5\n", "LOW less than HIGH; found 'uniform: 0.5 0.5'");
    refuse("lr = uniform: 0.5\n", "expected 'uniform: LOW HIGH'");
    refuse("lr = uniform: 0 0.1 1\n", "expected 'uniform: LOW HIGH'");
    refuse("lr = uniform: 0 x\n", "expected 'uniform: LOW HIGH'");
    refuse("lr = uniform: 0 nan\n", "expected 'uniform: LOW HIGH'");
    refuse("lr = uniform: 0 2\n", "lr: expected a number from 0 to 1; found '2'");
    refuse("dropout = choice: 0 0.95\n", "dropout: expected a number from 0 to 0.9");
    refuse("batch = uniform: 1 4\n", "use 'int:' instead");
    refuse("batch = int: 1 4.5\n", "whole numbers after 'int:'");
    refuse("batch = log: 1 4.5\n", "batch: expected a whole number");
    refuse("batch = int: 0 4\n", "from 1 to");
    refuse("agent = log: 1 4\n", "use 'choice:'");
    refuse("hidden = int: 1 4\n", "use 'choice:'");
    refuse("agent = choice: dqn ddqn\n", "expected one of dqn, double; found 'ddqn'");
    refuse("agent = choice: dqn dqn\n", "'dqn' stands there twice");
    refuse("agent = choice:\n", "expected values after 'choice:'");
    refuse("agent = ddqn\n", "expected one of dqn, double; found 'ddqn'");
    refuse("agent = dqn\n", "that varies something");
    refuse("", "that varies something");
    refuse("lr = log: 1e-4 1e-3\nnonsense\n", "space.ini:2");
    ams_space space;
    ams_error err = {0};
    ck_assert_int_eq(ams_space_read(&space, "none.ini", keys, N, NULL, &err), AMS_IO);
}
END_TEST

static double draw(const ams_dimension *d, uint64_t seed, uint64_t trial)
{
    char text[AMS_TEXT_MAX];
    double value = -1;
    ams_space_sample(d, seed, trial, text);
    ck_assert_msg(ams_parse_double(text, &value), "%s", text);
    return value;
}

/* Quarters of the range get a quarter of the draws each: 4,000 draws, standard deviation of a
 * count 27, so 150 away is over five of them. */
static void check_quarters(const ams_dimension *d, bool logarithm)
{
    int count[4] = {0};
    for (uint64_t trial = 0; trial < 4000; trial++) {
        double x = draw(d, 1, trial);
        ck_assert(x >= d->low && x <= d->high);
        double share = logarithm ? log(x / d->low) / log(d->high / d->low)
                                 : (x - d->low) / (d->high - d->low);
        count[share >= 1 ? 3 : (int)(4 * share)]++;
    }
    for (int k = 0; k < 4; k++) {
        ck_assert_msg(abs(count[k] - 1000) < 150, "%s: quarter %d has %d", d->key->name, k,
                      count[k]);
    }
}

START_TEST(test_distributions)
{
    ams_space space;
    must_read(&space, "lr = log: 1e-4 0.9999999\ndropout = uniform: 0.1 0.3\nbatch = int: 3 6\n"
                      "agent = choice: dqn double\nhidden = 7\n");
    check_quarters(&space.dimension[0], true);
    check_quarters(&space.dimension[1], false);
    int whole[4] = {0};
    int choices[2] = {0};
    for (uint64_t trial = 0; trial < 4000; trial++) {
        char text[AMS_TEXT_MAX];
        double x = draw(&space.dimension[2], 1, trial);
        ck_assert(x == floor(x) && x >= 3 && x <= 6);
        whole[(int)x - 3]++;
        ams_space_sample(&space.dimension[3], 1, trial, text);
        choices[strcmp(text, "double") == 0]++;
        ams_space_sample(&space.dimension[4], 1, trial, text);
        ck_assert_str_eq(text, "7");
    }
    for (int k = 0; k < 4; k++) {
        ck_assert_int_lt(abs(whole[k] - 1000), 150);
    }
    ck_assert_int_lt(abs(choices[0] - choices[1]), 350);
    ams_space_fini(&space);
}
END_TEST

/* By hand from the generator: 53 bits of the first two words of (seed, stream ^ hash, trial).
 */
START_TEST(test_formula)
{
    ams_space space;
    uint32_t words[4];
    must_read(&space, "dropout = uniform: 0.1 0.3\nbatch = log: 1 1000000000000000\n");
    for (uint64_t trial = 0; trial < 50; trial++) {
        ams_philox(9, 10 ^ (uint64_t)XXH3_64bits("dropout", 7), trial, words);
        double u = (floor(words[0] / 32.0) * 67108864 + floor(words[1] / 64.0)) / pow(2, 53);
        ck_assert_double_eq_tol(draw(&space.dimension[0], 9, trial), 0.1 + 0.2 * u, 1e-4);
        ams_philox(9, 10 ^ (uint64_t)XXH3_64bits("batch", 5), trial, words);
        u = (floor(words[0] / 32.0) * 67108864 + floor(words[1] / 64.0)) / pow(2, 53);
        double expected = pow(1e15, u);
        ck_assert_double_eq_tol(draw(&space.dimension[1], 9, trial), expected,
                                0.5 + 1e-9 * expected);
    }
    ams_space_fini(&space);
}
END_TEST

START_TEST(test_independence)
{
    ams_space one;
    ams_space two;
    must_read(&one, "lr = uniform: 0 0.9\n");
    must_read(&two, "batch = int: 1 100\ndropout = uniform: 0 0.9\nlr = uniform: 0 0.9\n");
    int equal = 0;
    for (uint64_t trial = 0; trial < 100; trial++) {
        /* Another line leaves the draws as they are; another key has other ones. */
        double lr = draw(&one.dimension[0], 3, trial);
        ck_assert_double_eq(lr, draw(&two.dimension[2], 3, trial));
        equal += lr == draw(&two.dimension[1], 3, trial);
        equal += lr == draw(&one.dimension[0], 4, trial);
        equal += lr == draw(&one.dimension[0], 3, trial + 1);
    }
    ck_assert_int_lt(equal, 5);
    ams_space_fini(&one);
    ams_space_fini(&two);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_kinds);
    tcase_add_test(tests, test_refusals);
    tcase_add_test(tests, test_distributions);
    tcase_add_test(tests, test_formula);
    tcase_add_test(tests, test_independence);
}

int main(void)
{
    return run_suite("experiments/space", add);
}
