/* Recipes: what tables become, what is refused, which cell a number is; and the shipped recipe.
 */
#include "lab/reproduce/recipe.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/lab/reproduce/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_recipe(ams_recipe *recipe, const ams_recipe_options *options)
{
    ams_error err = {0};
    ck_assert_msg(ams_recipe_read(recipe, options, &err) == AMS_OK, "%s", err.text);
}

static const ams_recipe_step *step_named(const ams_recipe *recipe, const char *name)
{
    for (size_t s = 0; s < recipe->n_steps; s++) {
        if (strcmp(recipe->step[s].name, name) == 0) {
            return &recipe->step[s];
        }
    }
    ck_abort_msg("no step %s", name);
    return NULL;
}

START_TEST(test_expansion)
{
    ams_recipe recipe;
    ams_recipe_options options = small_recipe();
    write_recipe();
    read_recipe(&recipe, &options);
    ck_assert_uint_eq(recipe.n_steps, 6);
    const ams_recipe_step *make = step_named(&recipe, "make-sea");
    ck_assert_uint_eq(make->n_words, 3);
    ck_assert_str_eq(make->word[1], "o ut/sea.h5"); /* one word, though it has a blank */
    ck_assert_str_eq(make->word[2], "seeds=2");
    const ams_recipe_step *use = step_named(&recipe, "use-lake");
    ck_assert_uint_eq(use->n_words, 4); /* {seed}: once a seed */
    ck_assert_str_eq(use->word[1], "--p=x1");
    ck_assert_str_eq(use->word[2], "--p=x2");
    ck_assert_str_eq(use->word[3], "q");
    ck_assert_uint_eq(use->n_needs, 1);
    ck_assert_str_eq(recipe.step[use->need[0]].name, "make-lake");
    ck_assert(make->wanted && use->wanted);
    ck_assert(!step_named(&recipe, "idle-sea")->wanted); /* no number needs it */
    ck_assert_uint_eq(recipe.n_rows, 3);
    ck_assert_str_eq(recipe.row[1].quantity, "how x, lake");
    ck_assert_str_eq(recipe.row[1].cell.file, "o ut/lake.tsv");
    ck_assert_str_eq(recipe.row[1].cell.where, "k=a;l=lake");
    ck_assert_str_eq(recipe.row[2].quantity, "how y"); /* the set's own data */
    ck_assert(isinf(recipe.row[2].paper.low) && isnan(recipe.row[2].paper.neutral));
    ck_assert_uint_eq(recipe.n_figures, 1);
    ck_assert_str_eq(recipe.figure[0].file, "f/photos.svg");
    ck_assert_str_eq(ams_recipe_why(&recipe, &recipe.row[0], AMS_VERDICT_DIFFERS), "So it is.");
    ck_assert_ptr_null(ams_recipe_why(&recipe, &recipe.row[0], AMS_VERDICT_AGREES));
    ams_recipe_fini(&recipe);
}
END_TEST

START_TEST(test_what_is_wanted)
{
    ams_recipe recipe;
    ams_recipe_options options = small_recipe();
    const char *wanted[] = {"two"};
    write_recipe();
    options.wanted = wanted;
    options.n_wanted = 1;
    read_recipe(&recipe, &options);
    ck_assert_uint_eq(recipe.n_rows, 1);
    ck_assert(!step_named(&recipe, "make-sea")->wanted);
    ck_assert(step_named(&recipe, "see-photos")->wanted);
    ams_recipe_fini(&recipe);
    options = small_recipe();
    options.photos = false;
    read_recipe(&recipe, &options);
    ck_assert_uint_eq(recipe.n_rows, 2);
    ck_assert_uint_eq(recipe.n_figures, 0);
    ck_assert(!step_named(&recipe, "see-photos")->wanted);
    ams_recipe_fini(&recipe);
}
END_TEST

START_TEST(test_seconds)
{
    ams_recipe recipe;
    ams_recipe_options options = small_recipe();
    bool done[6] = {false};
    size_t unknown = 0;
    write_recipe();
    read_recipe(&recipe, &options);
    /* 1 + 10 s of sea are a chain; 2 s of lake; use-lake and see-photos are not recorded. */
    ck_assert_double_eq_tol(ams_recipe_seconds(&recipe, done, 1, &unknown), 13, 1e-9);
    ck_assert_uint_eq(unknown, 2);
    ck_assert_double_eq_tol(ams_recipe_seconds(&recipe, done, 2, &unknown), 11, 1e-9);
    done[0] = true; /* make-sea */
    ck_assert_double_eq_tol(ams_recipe_seconds(&recipe, done, 1, &unknown), 12, 1e-9);
    ams_recipe_fini(&recipe);
    options.scale = "paper"; /* 10 times the steps, 1.5 times the seeds */
    done[0] = false;
    read_recipe(&recipe, &options);
    ck_assert_double_eq_tol(ams_recipe_seconds(&recipe, done, 1, &unknown), 10 + 150 + 20,
                            1e-9);
    ams_recipe_fini(&recipe);
}
END_TEST

static void refuse(const char *name, const char *text, ams_status code, const char *message)
{
    ams_recipe recipe;
    ams_recipe_options options = small_recipe();
    ams_error err = {0};
    write_recipe();
    write_table(name, text);
    ck_assert_int_eq(ams_recipe_read(&recipe, &options, &err), code);
    ck_assert_msg(strstr(err.text, message) != NULL, "'%s' is not in '%s'", message, err.text);
}

START_TEST(test_refusals)
{
    ams_recipe recipe;
    ams_recipe_options options = small_recipe();
    ams_error err = {0};
    const char *wanted[] = {"tow"};
    refuse("steps", "step\tfor\tneeds\tcommand\n", AMS_BAD_DATA, "'work'");
    refuse("steps", STEPS_HEAD "a\tpond\t-\t-\tx\n", AMS_BAD_DATA, "no set 'pond'");
    refuse("steps", STEPS_HEAD "a\tsea\tb\t-\tx\n", AMS_BAD_DATA, "found 'b'");
    refuse("steps", STEPS_HEAD "a\tsea lake\t-\t-\tx\n", AMS_BAD_DATA, "'a' already");
    refuse("steps", STEPS_HEAD "a\tsea\t-\t-\tx {nothing}\n", AMS_BAD_DATA, "'{nothing}'");
    refuse("rows", ROWS_HEAD "x\tsea\tfly" ROW, AMS_BAD_DATA, "found 'fly'");
    refuse("rows", ROWS_HEAD "z\tsea\tmake-sea" ROW, AMS_BAD_DATA, "no id 'z'");
    refuse("rows", ROWS_HEAD "x\tsea\tmake-sea\tf\t-\t-\tm\t0\t-\n", AMS_BAD_DATA, "nth");
    refuse("rows", ROWS_HEAD "x\tsea\tmake-sea\tf\t-\t-\tm\t1\t*2\n", AMS_BAD_DATA, "'*2'");
    refuse(
        "papers",
        "id\texperiment\tquantity\tunit\tlow\thigh\tneutral\tsource\nx\tone\tx\t%\tmuch\t7\t0"
        "\there\n",
        AMS_BAD_DATA, "'much'");
    write_recipe();
    options.scale = "meaning";
    ck_assert_int_eq(ams_recipe_read(&recipe, &options, &err), AMS_USAGE);
    options = small_recipe();
    options.wanted = wanted;
    options.n_wanted = 1;
    ck_assert_int_eq(ams_recipe_read(&recipe, &options, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, "did you mean two?") != NULL, "%s", err.text);
    options.folder = "nowhere";
    ck_assert_int_eq(ams_recipe_read(&recipe, &options, &err), AMS_IO);
}
END_TEST

START_TEST(test_numbers)
{
    static const struct {
        const char *where, *other, *columns, *convert;
        uint64_t nth;
        double mean, low, high;
        bool interval;
    } cases[] = {
        {"k=a", "-", "mean,low,high", "-", 1, 4, 2, 8, true},
        {"k=a", "-", "mean,low,high", "x100", 2, 500, 300, 600, true},
        {"k=a;n=2", "-", "mean", "x0.5", 1, 2.5, 2.5, 2.5, false},
        {"k=b", "k=a", "mean,low,high", "-", 1, 2.5, 2.25, 3, true},
        {"k=a", "-", "mean,low,high", "1000/x", 1, 250, 125, 500, true},
        {"-", "-", "mean", "-", 3, 10, 10, 10, false},
    };
    ams_error err = {0};
    char file[] = "numbers.tsv";
    FILE *stream = fopen(file, "w");
    ck_assert_ptr_nonnull(stream);
    fputs("k\tn\tmean\tlow\thigh\na\t1\t4\t2\t8\na\t2\t5\t3\t6\nb\t1\t10\t9\t12\n", stream);
    ck_assert_int_eq(fclose(stream), 0);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char where[64];
        char other[64];
        ams_interval found;
        bool interval = false;
        snprintf(where, sizeof where, "%s", cases[k].where);
        snprintf(other, sizeof other, "%s", cases[k].other);
        ams_recipe_cell cell = {.file = file,
                                .where = where,
                                .other = other,
                                .columns = cases[k].columns,
                                .nth = cases[k].nth,
                                .convert = cases[k].convert};
        ck_assert_msg(ams_recipe_number(&cell, &found, &interval, &err) == AMS_OK, "%s",
                      err.text);
        ck_assert_double_eq_tol(found.mean, cases[k].mean, 1e-12);
        ck_assert_double_eq_tol(found.low, cases[k].low, 1e-12);
        ck_assert_double_eq_tol(found.high, cases[k].high, 1e-12);
        ck_assert_int_eq(interval, cases[k].interval);
        cell.nth = 9;
        ck_assert_int_eq(ams_recipe_number(&cell, &found, &interval, &err), AMS_BAD_DATA);
    }
}
END_TEST

START_TEST(test_where_it_is)
{
    char *folder = NULL;
    ams_error err = {0};
    ck_assert_int_eq(ams_recipe_find(&folder, "given", NULL, &err), AMS_OK);
    ck_assert_str_eq(folder, "given"); /* as it is; reading it says what it lacks */
    free(folder);
    ck_assert_int_eq(ams_recipe_find(&folder, NULL, "share", &err), AMS_IO);
    ck_assert_msg(strstr(err.text, "share/experiments") != NULL, "%s", err.text);
    ck_assert_ptr_null(folder);
    ck_assert_int_eq(ams_recipe_find(&folder, NULL, NULL, &err), AMS_IO);
    ck_assert_int_eq(ams_make_directories("share/experiments/reproduce", &err), AMS_OK);
    write_plain("share/experiments/reproduce/steps.tsv", STEPS_HEAD);
    ck_assert_int_eq(ams_recipe_find(&folder, NULL, "share", &err), AMS_OK);
    ck_assert_str_eq(folder, "share/experiments");
    free(folder);
    /* What is in the working directory comes before what is installed. */
    ck_assert_int_eq(ams_make_directories("experiments/reproduce", &err), AMS_OK);
    write_plain("experiments/reproduce/steps.tsv", STEPS_HEAD);
    ck_assert_int_eq(ams_recipe_find(&folder, NULL, "share", &err), AMS_OK);
    ck_assert_str_eq(folder, "experiments");
    free(folder);
}
END_TEST

/* {shipped}: data/ here, or next to the recipe where that is all there is. */
START_TEST(test_shipped_data)
{
    static const char sets[] = "name\tset\tdata\tother\nphotos\tphotos\t{shipped}/p.h5\t-\n"
                               "sea\tsynthetic\ts.h5\t-\nlake\tsynthetic\tl.h5\t-\n";
    static const char *const expected[] = {"data/p.h5", "deep/data/p.h5", "data/p.h5"};
    ams_error err = {0};
    ams_recipe recipe;
    ams_recipe_options options = small_recipe();
    ck_assert_int_eq(ams_make_directories("deep", &err), AMS_OK);
    for (int i = 0; i < 3; i++) {
        write_recipe();
        write_table("sets", sets);
        if (i == 1) {
            ck_assert_int_eq(ams_make_directories("deep/data", &err), AMS_OK);
        } else if (i == 2) {
            ck_assert_int_eq(ams_make_directories("data", &err), AMS_OK);
        }
        ck_assert_int_eq(rename("r", "deep/r"), 0);
        options.folder = "deep/r";
        read_recipe(&recipe, &options);
        ck_assert_str_eq(step_named(&recipe, "see-photos")->word[1], expected[i]);
        ams_recipe_fini(&recipe);
        ck_assert_int_eq(rename("deep/r", "r"), 0);
    }
    remove("data");
}
END_TEST

/* Every number of the papers has a place where ours stands, and none stands alone. */
START_TEST(test_the_shipped_recipe)
{
    ams_recipe recipe;
    ams_recipe_options options = small_recipe();
    options.folder = AMS_SOURCE_DIR "/experiments";
    read_recipe(&recipe, &options);
    const ams_tsv *papers = &recipe.table[AMS_RECIPE_PAPERS];
    for (size_t p = 0; p < papers->n_rows; p++) {
        const char *id = ams_recipe_text(&recipe, AMS_RECIPE_PAPERS, p, "id");
        size_t rows = 0;
        for (size_t r = 0; r < recipe.n_rows; r++) {
            rows += strcmp(recipe.row[r].id, id) == 0;
        }
        ck_assert_msg(rows > 0, "no row of '%s'", id);
    }
    for (size_t r = 0; r < recipe.n_rows; r++) {
        for (size_t k = 0; k < r; k++) {
            ck_assert_msg(strcmp(recipe.row[r].quantity, recipe.row[k].quantity) != 0 ||
                              strcmp(recipe.row[r].set, recipe.row[k].set) != 0 ||
                              strcmp(recipe.row[r].experiment, recipe.row[k].experiment) != 0,
                          "twice: %s", recipe.row[r].quantity);
        }
    }
    for (size_t s = 0; s < recipe.n_steps; s++) {
        ck_assert_msg(recipe.step[s].wanted, "nothing needs %s", recipe.step[s].name);
    }
    ams_recipe_fini(&recipe);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_expansion);
    tcase_add_test(tests, test_what_is_wanted);
    tcase_add_test(tests, test_seconds);
    tcase_add_test(tests, test_refusals);
    tcase_add_test(tests, test_numbers);
    tcase_add_test(tests, test_where_it_is);
    tcase_add_test(tests, test_shipped_data);
    tcase_add_test(tests, test_the_shipped_recipe);
}

int main(void)
{
    return run_suite("recipe", add);
}
