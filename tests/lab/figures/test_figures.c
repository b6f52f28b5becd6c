/* Figures: data from tables written by hand, and what is written and drawn. A shell script
 * stands in for gnuplot. */
#include "ams/figures.h"

#include "base/file.h"
#include "lab/figures/columns.h"
#include "lab/figures/data.h"
#include "plots/plots.h"
#include "tests/base/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ams_error err;

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_int_eq(ams_make_directories(folder, &err), AMS_OK);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_msg(ams_read_file(path, 1 << 20, &text, &size, &err) == AMS_OK, "%s", err.text);
    return text;
}

static const ams_figure_kind *kind_named(const char *name)
{
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        if (strcmp(ams_figure_kinds[k].name, name) == 0) {
            return &ams_figure_kinds[k];
        }
    }
    ck_abort_msg("no figure %s", name);
    return NULL;
}

static void read_data(ams_figure_data *data, const char *name, const char *const *folders,
                      size_t n, ams_names *trained)
{
    ck_assert_msg(
        ams_figure_data_read(data, kind_named(name), folders, n, NULL, trained, &err) == AMS_OK,
        "%s", err.text);
}

static void check_series(const ams_figure_data *data, size_t i, const char *label,
                         const char *legend, int style)
{
    ck_assert_uint_lt(i, data->n);
    ck_assert_str_eq(data->series[i].label, label);
    ck_assert_str_eq(data->series[i].legend, legend);
    ck_assert_int_eq(data->series[i].style, style);
}

/* -- the table -- */

static bool has_column(const char *header, const char *column)
{
    size_t length = strlen(column);
    for (const char *at = header; (at = strstr(at, column)) != NULL; at++) {
        if ((at == header || at[-1] == '\t') && (at[length] == '\t' || at[length] == '\n')) {
            return true;
        }
    }
    return false;
}

START_TEST(test_kinds)
{
    static const struct {
        const char *file, *header;
    } tables[] = {{AMS_CURVES_TSV, AMS_CURVES_HEADER},
                  {AMS_INTERVALS_TSV, AMS_INTERVALS_HEADER},
                  {AMS_COMPARE_TSV, AMS_COMPARE_HEADER},
                  {AMS_DISTRIBUTION_TSV, AMS_DISTRIBUTION_HEADER},
                  {AMS_POSITIONS_TSV, AMS_POSITIONS_HEADER},
                  {AMS_LEARNING_TSV, AMS_LEARNING_HEADER},
                  {AMS_TRAINING_ITEMS_TSV, AMS_TRAINING_ITEMS_HEADER},
                  {AMS_SCHEDULE_TSV, AMS_SCHEDULE_HEADER},
                  {AMS_TRACE_TSV, AMS_TRACE_HEADER}};
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        const ams_figure_kind *kind = &ams_figure_kinds[k];
        size_t scripts = 0;
        for (size_t i = 0; i < k; i++) {
            ck_assert_msg(strcmp(ams_figure_kinds[i].name, kind->name) != 0, "twice: %s",
                          kind->name);
        }
        for (size_t i = 0; i < ams_n_plot_scripts; i++) {
            scripts += strcmp(ams_plot_scripts[i].name, kind->name) == 0;
        }
        ck_assert_msg(scripts == 1, "%zu scripts of %s", scripts, kind->name);
        ck_assert_ptr_nonnull(kind->columns[kind->standing]);
        /* What a figure reads is what its file's writer writes. */
        for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
            if (strcmp(tables[t].file, kind->file) != 0) {
                continue;
            }
            for (size_t c = 0; c < AMS_FIGURE_COLUMNS && kind->columns[c] != NULL; c++) {
                ck_assert_msg(has_column(tables[t].header, kind->columns[c]), "%s of %s",
                              kind->columns[c], kind->name);
            }
            ck_assert(kind->label == NULL || has_column(tables[t].header, kind->label));
            ck_assert(kind->filter == NULL || has_column(tables[t].header, kind->filter));
        }
    }
    ck_assert_uint_eq(ams_n_plot_scripts, ams_n_figure_kinds);
}
END_TEST

/* -- data -- */

/* Mean heights: dqn 0.7, sarsa 0.5, random 0.3. Rows of models are of another figure. */
static const char curves[] = AMS_CURVES_HEADER "random\ttime_ms\t0\t0.1\t0\t0.2\n"
                                               "random\ttime_ms\t10\t0.5\t0.4\t0.6\n"
                                               "sarsa\ttime_ms\t0\t0.4\t-\t-\n"
                                               "sarsa\ttime_ms\t10\t0.6\t-\t-\n"
                                               "dqn\ttime_ms\t0\t0.6\t0.5\t0.7\n"
                                               "dqn\ttime_ms\t10\t0.8\t0.7\t0.9\n"
                                               "valuable\ttime_ms\t0\t1\t1\t1\n"
                                               "random\tmodels\t1\t0.9\t0.9\t0.9\n"
                                               "dqn\tmodels\t1\t0.2\t0.1\t0.3\n";

START_TEST(test_curves)
{
    const char *folders[] = {"a"};
    ams_names trained = {0};
    ams_figure_data data;
    write_file("a", "curves.tsv", curves);
    read_data(&data, "recall-time", folders, 1, &trained);
    ck_assert_uint_eq(data.n, 3); /* `valuable` is no curve of this figure */
    /* Trained policies take line types in the order of the file: sarsa 11, dqn 12. */
    check_series(&data, 0, "dqn", "dqn", 12);
    check_series(&data, 1, "sarsa", "sarsa", 11);
    check_series(&data, 2, "random", "random", 2);
    ck_assert_uint_eq(data.series[0].n, 2);
    ck_assert_double_eq(data.series[0].v[AMS_FIGURE_COLUMNS + 1], 0.8);
    ck_assert_double_eq(data.series[0].v[AMS_FIGURE_COLUMNS + 3], 0.9);
    ck_assert(isnan(data.series[1].v[2])); /* "-" */
    ck_assert_double_eq_tol(data.series[0].standing, 0.7, 1e-12);
    ams_figure_data_fini(&data);
    /* The next figure: the same styles, another order. */
    read_data(&data, "recall-models", folders, 1, &trained);
    check_series(&data, 0, "random", "random", 2);
    check_series(&data, 1, "dqn", "dqn", 12);
    ck_assert_int_eq(ams_figure_data_write(&data, "a", &err), AMS_OK);
    ams_figure_data_fini(&data);
    ams_names_fini(&trained);
    char *text = read_file("a/recall-models.tsv");
    ck_assert_str_eq(text, "series\tkey\tstyle\tx\trecall\tci_low\tci_high\n"
                           "random\trandom\t2\t1\t0.9\t0.9\t0.9\n"
                           "dqn\tdqn\t12\t1\t0.2\t0.1\t0.3\n");
    free(text);
}
END_TEST

/* `valuable` has one time per item: a level line at its last value. */
START_TEST(test_valuable_is_level)
{
    const char *folders[] = {"v"};
    ams_names trained = {0};
    ams_figure_data data;
    write_file("v/eval", "intervals.tsv",
               AMS_INTERVALS_HEADER "valuable\t0.5\ttime_ms\t10\t9\t11\n"
                                    "valuable\t1.0\ttime_ms\t30\t28\t32\n"
                                    "all\t1.0\tmodels_run\t5\t5\t5\n"
                                    "fixed\t0.5\ttime_ms\t-\t-\t-\n");
    read_data(&data, "required-time", folders, 1, &trained); /* found in v/eval */
    ck_assert_uint_eq(data.n, 2);
    check_series(&data, 0, "valuable", "valuable", 6);
    check_series(&data, 1, "fixed", "fixed", 5); /* without a value: it stands at 0 */
    ck_assert_double_eq(data.series[0].v[0], 0.5);
    ck_assert_double_eq(data.series[0].v[1], 30);
    ck_assert_double_eq(data.series[0].v[2], 28);
    ams_figure_data_fini(&data);
    ams_names_fini(&trained);
}
END_TEST

/* `all` costs all its time whatever recall is required: none of it before, upright at the end.
 */
START_TEST(test_all_has_its_recall_at_the_end)
{
    const char *folders[] = {"whole"};
    ams_names trained = {0};
    ams_figure_data data;
    write_file("whole", "curves.tsv",
               AMS_CURVES_HEADER "all\ttime_ms\t0\t0\t0\t0\n"
                                 "all\ttime_ms\t50\t0.4\t0.3\t0.5\n"
                                 "all\ttime_ms\t75\t0.8\t0.7\t0.9\n"
                                 "all\ttime_ms\t100\t1\t1\t1\n"
                                 "random\ttime_ms\t0\t0\t0\t0\n"
                                 "random\ttime_ms\t100\t0.9\t0.8\t1\n");
    read_data(&data, "recall-time", folders, 1, &trained);
    ck_assert_uint_eq(data.n, 2);
    check_series(&data, 0, "random", "random", 2);
    check_series(&data, 1, "all", "all", 1);
    static const double expected[4][4] = {
        {0, 0, 0, 0}, {50, 0, 0, 0}, {100, 0, 0, 0}, {100, 1, 1, 1}};
    ck_assert_uint_eq(data.series[1].n, 4);
    for (size_t k = 0; k < 4; k++) {
        for (size_t c = 0; c < 4; c++) {
            ck_assert_double_eq(data.series[1].v[k * AMS_FIGURE_COLUMNS + c], expected[k][c]);
        }
    }
    ams_figure_data_fini(&data);
    ams_names_fini(&trained);
}
END_TEST

/* Folders without the figure's file are not to be told apart from; "." is what it is. */
START_TEST(test_folders_that_are_not_drawn)
{
    const char *folders[] = {"results/mine", "runs/mine"};
    const char *dots[] = {"runs/mine/."};
    static const char metrics[] =
        "update\tepisodes\tepsilon\tloss\tq_mean\tvalidation_area\tvalidation_time_ms\t"
        "since_best\n10\t5\t0.9\t0.5\t0.1\t0.6\t30\t0\n";
    ams_names trained = {0};
    ams_figure_data data;
    write_file("results/mine", "curves.tsv", AMS_CURVES_HEADER);
    write_file("runs/mine", "metrics.tsv", metrics);
    read_data(&data, "learning", folders, 2, &trained);
    ck_assert_uint_eq(data.n, 1);
    check_series(&data, 0, "mine", "mine", 11);
    ams_figure_data_fini(&data);
    read_data(&data, "learning", dots, 1, &trained);
    check_series(&data, 0, "mine", "mine", 11);
    ams_figure_data_fini(&data);
    ams_names_fini(&trained);
}
END_TEST

START_TEST(test_folders_with_the_same_names)
{
    const char *folders[] = {"photos/eval", "pets/eval/"};
    ams_names trained = {0};
    ams_figure_data data;
    write_file(folders[0], "curves.tsv", AMS_CURVES_HEADER "dqn\ttime_ms\t1\t0.5\t-\t-\n");
    write_file(folders[1], "curves.tsv",
               AMS_CURVES_HEADER "dqn\ttime_ms\t1\t0.7\t-\t-\nknn\ttime_ms\t1\t0.6\t-\t-\n");
    read_data(&data, "recall-time", folders, 2, &trained);
    ck_assert_uint_eq(data.n, 3);
    check_series(&data, 0, "dqn (pets)", "dqn (pets)", 12);
    check_series(&data, 1, "knn", "knn", 8);
    check_series(&data, 2, "dqn (photos)", "dqn (photos)", 11);
    ams_figure_data_fini(&data);
    ams_names_fini(&trained);
}
END_TEST

/* Training runs of one configuration share legend and style, and stand by their last value. */
START_TEST(test_seeds)
{
    static const char head[] = "update\tloss\tvalidation_time_ms\n";
    const char *folders[] = {"runs/dqn-0", "runs/dqn-1", "runs/slow-7"};
    ams_names trained = {0};
    ams_figure_data data;
    char text[128];
    static const char *const rows[] = {"10\t2\t90\n20\t1\t40\n", "10\t2\t95\n20\t1\t-\n",
                                       "10\t2\t50\n20\t1\t80\n"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s%s", head, rows[i]);
        write_file(folders[i], "metrics.tsv", text);
    }
    read_data(&data, "learning", folders, 3, &trained);
    ck_assert_uint_eq(data.n, 3);
    check_series(&data, 0, "slow-7", "slow-7", 12); /* 80; dqn has (40 + 95) / 2 */
    check_series(&data, 1, "dqn-0", "dqn (2 seeds)", 11);
    check_series(&data, 2, "dqn-1", "dqn (2 seeds)", 11);
    ck_assert_double_eq(data.series[1].standing, 67.5);
    ams_figure_data_fini(&data);
    ams_names_fini(&trained);
}
END_TEST

/* The order of one policy: its curves are models, the lowest mean position first. */
START_TEST(test_one_policy)
{
    const char *folders[] = {"o"};
    ams_names trained = {0};
    ams_figure_data data;
    write_file("o", "positions.tsv",
               AMS_POSITIONS_HEADER "fixed\tm1\t1\t1\t1\t1\t1\n"
                                    "dqn\tm1\t1\t0.2\t1.8\t1\t1.8\n"
                                    "dqn\tm2\t1\t0.8\t1.2\t1\t1.2\n"
                                    "sarsa\tm1\t1\t1\t1\t1\t1\n");
    read_data(&data, "order", folders, 1, &trained);
    ck_assert_str_eq(data.subject, "dqn"); /* the first trained one */
    ck_assert_uint_eq(data.n, 2);
    ck_assert_str_eq(data.series[0].label, "m2");
    ck_assert_str_eq(data.series[1].label, "m1");
    ck_assert_int_eq(ams_figure_data_write(&data, "o", &err), AMS_OK);
    ams_figure_data_fini(&data);
    char *text = read_file("o/order.tsv");
    ck_assert_ptr_nonnull(strstr(text, "share_run\tpolicy\nm2\tm2\t12\t1\t0.8\t1.2\t1\tdqn\n"));
    free(text);
    ck_assert_int_eq(
        ams_figure_data_read(&data, kind_named("order"), folders, 1, "fixed", &trained, &err),
        AMS_OK);
    ck_assert_str_eq(data.subject, "fixed");
    ams_figure_data_fini(&data);
    ck_assert_int_eq(
        ams_figure_data_read(&data, kind_named("order"), folders, 1, "dqm", &trained, &err),
        AMS_USAGE);
    ck_assert_msg(strstr(err.text, "has no 'dqm'") != NULL, "%s", err.text);
    ams_names_fini(&trained);
}
END_TEST

START_TEST(test_bad_tables)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"policy\tx_kind\tx\trecall\tci_low\n",
         "bad/curves.tsv:1: expected a column 'ci_high'"},
        {"label\tx_kind\tx\trecall\tci_low\tci_high\n", "'policy'"},
        {AMS_CURVES_HEADER "dqn\ttime_ms\t1\t0.5\n", "bad/curves.tsv:2"},
        {AMS_CURVES_HEADER "dqn\ttime_ms\t1\thalf\t-\t-\n", "found 'half'"},
        {"", "bad/curves.tsv"},
    };
    const char *folders[] = {"bad", "empty"};
    ams_names trained = {0};
    ams_figure_data data;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file("bad", "curves.tsv", bad[i].text);
        ck_assert_int_eq(ams_figure_data_read(&data, kind_named("recall-time"), folders, 1,
                                              NULL, &trained, &err),
                         AMS_BAD_DATA);
        ck_assert_msg(strstr(err.text, bad[i].message) != NULL, "%s", err.text);
        ck_assert_ptr_null(data.series);
    }
    read_data(&data, "recall-time", &folders[1], 1, &trained); /* no such file: no curves */
    ck_assert_uint_eq(data.n, 0);
    ams_figure_data_fini(&data);
    ams_names_fini(&trained);
}
END_TEST

/* -- drawing -- */

static char noticed[256];

static void on_notice(void *context, const char *text)
{
    (void)context;
    snprintf(noticed, sizeof noticed, "%s", text);
}

/* A program that stands in for gnuplot; its path is absolute, since it runs in another folder.
 */
static void write_program(char path[4096], const char *text)
{
    char folder[2048];
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    write_file(folder, "draw", text);
    snprintf(path, 4096, "%s/draw", folder);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static void check_draw(const ams_figures_options *options, ams_status code, const char *message,
                       const char *paths)
{
    ams_figures_result result = {0};
    char text[1024] = "";
    err.text[0] = '\0';
    ck_assert_msg(ams_figures_draw(options, &result, &err) == code, "%s", err.text);
    ck_assert_msg(strstr(err.text, message) != NULL, "no '%s' in '%s'", message, err.text);
    for (size_t i = 0; i < result.n; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s ", result.path[i]);
    }
    ck_assert_str_eq(text, paths);
    ams_figures_result_fini(&result);
}

START_TEST(test_draw)
{
    static const char written[] = "p/recall-time.tsv p/recall-time.gp ";
    const char *folder[] = {"a"};
    const char *figure[] = {"recall-time"};
    char program[4096];
    ams_figures_options o = ams_figures_defaults();
    write_file("a", "curves.tsv", curves);
    write_program(program, "#!/bin/sh\n[ \"$1\" = -d ] || exit 1\nname=${2%.gp}\n"
                           ": > \"$name.svg\"\necho look out\n");
    o.folder = folder;
    o.n_folders = 1;
    o.out = "p";
    o.gnuplot = program;
    o.figure = figure;
    o.n_figures = 1;
    o.format[AMS_FIGURE_PNG] = false;
    o.progress = (ams_progress){.notice = on_notice};
    check_draw(&o, AMS_OK, "", "p/recall-time.tsv p/recall-time.gp p/recall-time.svg ");
    ck_assert_str_eq(noticed, "gnuplot on p/recall-time.gp: look out");
    char *script = read_file("p/recall-time.gp");
    ck_assert_ptr_nonnull(strstr(script, "figure = 'recall-time'\nformats = 'svg'\n"));
    free(script);
    /* It does not write what it was asked for, fails, is not there. */
    o.format[AMS_FIGURE_PDF] = true;
    check_draw(&o, AMS_BACKEND, "did not write p/recall-time.pdf",
               "p/recall-time.tsv p/recall-time.gp p/recall-time.svg ");
    write_program(program, "#!/bin/sh\necho \"line 3: no\" >&2\nexit 2\n");
    check_draw(&o, AMS_BACKEND, "gnuplot failed on p/recall-time.gp: line 3: no", written);
    o.gnuplot = "no-such-gnuplot";
    check_draw(&o, AMS_BACKEND, "no-such-gnuplot was not found", written);
    /* All that have data: two figures of this file. */
    o.n_figures = 0;
    check_draw(&o, AMS_BACKEND, "not found",
               "p/recall-time.tsv p/recall-time.gp p/recall-models.tsv p/recall-models.gp ");
}
END_TEST

START_TEST(test_draw_refused)
{
    const char *folder[] = {"a", "nothing", "nowhere"};
    const char *figure[] = {"learning", "recall"};
    ams_figures_options o = ams_figures_defaults();
    write_file("a", "curves.tsv", curves);
    write_file("nothing", "other.txt", "");
    o.folder = folder;
    o.n_folders = 1;
    o.out = "p";
    o.figure = figure;
    o.n_figures = 1;
    check_draw(&o, AMS_BAD_DATA, "no folder has data for learning (rows of metrics.tsv)", "");
    o.figure = figure + 1;
    check_draw(&o, AMS_USAGE, "no figure is named 'recall'", "");
    o.n_figures = 0;
    o.n_folders = 2;
    check_draw(&o, AMS_BAD_DATA, "nothing has none of curves.tsv", "");
    o.folder = folder + 2;
    o.n_folders = 1;
    check_draw(&o, AMS_IO, "no such folder: nowhere", "");
    o.folder = folder;
    write_file("a", "curves.tsv", AMS_CURVES_HEADER);
    check_draw(&o, AMS_BAD_DATA, "no rows to draw yet", "");
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_kinds);
    tcase_add_test(tests, test_curves);
    tcase_add_test(tests, test_valuable_is_level);
    tcase_add_test(tests, test_all_has_its_recall_at_the_end);
    tcase_add_test(tests, test_folders_that_are_not_drawn);
    tcase_add_test(tests, test_folders_with_the_same_names);
    tcase_add_test(tests, test_seeds);
    tcase_add_test(tests, test_one_policy);
    tcase_add_test(tests, test_bad_tables);
    tcase_add_test(tests, test_draw);
    tcase_add_test(tests, test_draw_refused);
}

int main(void)
{
    return run_suite("figures", add);
}
