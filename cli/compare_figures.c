/* The data of figures over an experiment's runs: learning.tsv and training_items.tsv in
 * EXP/eval. */
#include "cli/compare.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/tsv.h"
#include "lab/stats/contrasts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- learning.tsv -- */

/* More points than a figure can show, and each is a bootstrap of its own. */
enum { MOST_POINTS = 200 };

/* The validations of a group's runs. */
typedef struct curves {
    ams_tsv *metrics; /* (n_runs) */
    size_t *row;      /* (n_runs) where each stands */
    double *value;    /* (n_runs) */
    uint32_t n_runs;
} curves;

static void curves_fini(curves *c)
{
    for (uint32_t r = 0; c->metrics != NULL && r < c->n_runs; r++) {
        ams_tsv_fini(&c->metrics[r]);
    }
    free(c->metrics);
    free(c->row);
    free(c->value);
}

static ams_status read_curves(curves *c, const compare *all, uint32_t group, ams_error *err)
{
    const ams_group *g = &all->eval.group[group];
    uint32_t n = 0;
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->metrics, g->n_runs, sizeof *c->metrics, "metrics", err));
    AMS_TRY(ams_alloc(&c->row, g->n_runs, sizeof *c->row, "metrics", err));
    AMS_TRY(ams_alloc(&c->value, g->n_runs, sizeof *c->value, "metrics", err));
    c->n_runs = g->n_runs;
    for (size_t r = 0; r < all->n_runs && n < g->n_runs; r++) {
        if (g->run[n] == &all->eval.run[r].scores) {
            AMS_TRY(ams_join_path(&path, all->run[r].directory, "metrics.tsv", err));
            AMS_TRY(ams_tsv_read(&c->metrics[n++], path, err));
            free(path);
            path = NULL;
        }
    }
out:
    free(path);
    return status;
}

/* The next row of a run, from its place on, that has the metric. */
static ams_status next_value(curves *c, uint32_t run, const char *metric, double *update,
                             bool *there, ams_error *err)
{
    const ams_tsv *tsv = &c->metrics[run];
    size_t at = 0;
    size_t column = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(tsv, "update", &at, err));
    AMS_TRY(ams_tsv_require(tsv, metric, &column, err));
    while (c->row[run] < tsv->n_rows &&
           strcmp(ams_tsv_cell(tsv, c->row[run], column), "-") == 0) {
        c->row[run]++;
    }
    *there = c->row[run] < tsv->n_rows;
    if (*there) {
        AMS_TRY(ams_tsv_number(tsv, c->row[run], at, update, err));
        AMS_TRY(ams_tsv_number(tsv, c->row[run], column, &c->value[run], err));
    }
out:
    return status;
}

/* The next update at which every run of the group was validated: seeds that stopped earlier
 * than others would change who is averaged. */
static ams_status next_common(curves *c, const char *metric, double *update, bool *there,
                              ams_error *err)
{
    ams_status status = AMS_OK;
    uint32_t agreeing = 0;
    *update = 0;
    *there = true;
    for (uint32_t r = 0; agreeing < c->n_runs; r = (r + 1) % c->n_runs) {
        double own = 0;
        AMS_TRY(next_value(c, r, metric, &own, there, err));
        if (!*there) {
            break;
        }
        if (own < *update) {
            c->row[r]++;
            r = (r + c->n_runs - 1) % c->n_runs; /* the same run again */
        } else {
            agreeing = own > *update ? 1 : agreeing + 1;
            *update = own;
        }
    }
out:
    return status;
}

static void begin_again(curves *c)
{
    memset(c->row, 0, c->n_runs * sizeof *c->row);
}

static void step_all(curves *c)
{
    for (uint32_t r = 0; r < c->n_runs; r++) {
        c->row[r]++;
    }
}

static ams_status print_curve(const compare *all, FILE *stream, uint32_t group, curves *c,
                              const char *metric, ams_error *err)
{
    bool there = true;
    double update = 0;
    size_t points = 0;
    ams_status status = AMS_OK;
    begin_again(c);
    for (; there; points += there) {
        AMS_TRY(next_common(c, metric, &update, &there, err));
        step_all(c);
    }
    begin_again(c);
    size_t step = (points + MOST_POINTS - 1) / MOST_POINTS;
    for (size_t p = 0; p < points; p++) {
        AMS_TRY(next_common(c, metric, &update, &there, err));
        if ((points - 1 - p) % step == 0) { /* the last one is always there */
            ams_interval i = ams_contrast_of_runs(&all->eval.bootstrap, group, c->value);
            fprintf(stream, "%s\t%s\t%.0f\t%u\t%.6f\t%.6f\t%.6f\n",
                    all->eval.group[group].label, metric, update, c->n_runs, i.mean, i.low,
                    i.high);
        }
        step_all(c);
    }
out:
    return status;
}

static ams_status print_learning(const compare *all, FILE *stream, ams_error *err)
{
    static const char *const metrics[] = {"validation_time_ms", "validation_area"};
    ams_status status = AMS_OK;
    fputs("policy\tmetric\tupdate\tseeds\tmean\tci_low\tci_high\n", stream);
    for (uint32_t k = 0; k < all->eval.n_groups && status == AMS_OK; k++) {
        uint32_t g = all->eval.rank[k];
        if (!compare_is_agent(all, g)) {
            continue;
        }
        curves c = {0};
        status = read_curves(&c, all, g, err);
        for (int m = 0; m < 2 && status == AMS_OK; m++) {
            status = print_curve(all, stream, g, &c, metrics[m], err);
        }
        curves_fini(&c);
    }
    return status;
}

/* -- training_items.tsv -- */

/* "dqn,items=300,lr=0.001" -> "dqn,lr=0.001": what a curve over the items is called. */
static void without_items(char name[64], const char *label)
{
    snprintf(name, 64, "%s", label);
    char *at = strstr(name, ",items=");
    if (at != NULL) {
        const char *rest = at + 1 + strcspn(at + 1, ",");
        memmove(at, rest, strlen(rest) + 1);
    }
}

static uint64_t items_of(const compare *c, uint32_t group, uint64_t all)
{
    uint64_t own = c->eval.run[compare_first_run(c, group)].items;
    return own == 0 ? all : own;
}

/* Required recall 0.8, 0.9 and 1.0. */
static void print_point(const compare *c, FILE *stream, const char *name, uint32_t group,
                        uint64_t items)
{
    for (uint32_t q = 7; q < AMS_RECALLS; q++) {
        ams_interval i = eval_interval(&c->eval, group, EVAL_TIME_MS, q);
        fprintf(stream, "%s\t%llu\t%.1f\t%u\t%.6f\t%.6f\t%.6f\n", name,
                (unsigned long long)items, ams_required_recall(q), c->eval.group[group].n_runs,
                i.mean, i.low, i.high);
    }
}

/* The groups of one curve, fewest items first; `done` marks them. A baseline that was not
 * fitted on samples is a level line from the fewest items to all. */
static void print_line(const compare *c, FILE *stream, uint32_t first, uint64_t fewest,
                       uint64_t all, bool *done)
{
    char name[64];
    without_items(name, c->eval.group[first].label);
    if (!compare_is_agent(c, first) && !compare_has_samples(c, name)) {
        print_point(c, stream, name, first, fewest);
    }
    for (uint32_t next = first; next != COMPARE_NONE;) {
        next = COMPARE_NONE;
        for (uint32_t g = 0; g < c->eval.n_groups; g++) {
            char other[64];
            without_items(other, c->eval.group[g].label);
            if (!done[g] && strcmp(other, name) == 0 &&
                (next == COMPARE_NONE || items_of(c, g, all) < items_of(c, next, all))) {
                next = g;
            }
        }
        if (next != COMPARE_NONE) {
            print_point(c, stream, name, next, items_of(c, next, all));
            done[next] = true;
        }
    }
}

static ams_status print_items(const compare *c, FILE *stream, ams_error *err)
{
    uint64_t all = eval_count_items(&c->eval, AMS_TRAIN);
    uint64_t fewest = all;
    bool *done = NULL;
    ams_status status = ams_alloc(&done, c->eval.n_groups, sizeof *done, "curves", err);
    for (uint32_t g = 0; g < c->eval.n_groups; g++) {
        fewest = items_of(c, g, all) < fewest ? items_of(c, g, all) : fewest;
    }
    fputs("policy\titems\trequired_recall\tseeds\tmean\tci_low\tci_high\n", stream);
    for (uint32_t k = 0; status == AMS_OK && k < c->eval.n_groups; k++) {
        if (!done[c->eval.rank[k]]) {
            print_line(c, stream, c->eval.rank[k], fewest, all, done);
        }
    }
    free(done);
    return status;
}

/* Whether a figure over the training items has more than one place on its axis, and all runs
 * learned from the data set at hand, whose training split is that axis' end. */
static bool varies_items(const compare *c)
{
    bool varies = false;
    for (size_t r = 0; r < c->n_runs; r++) {
        varies = varies || c->eval.run[r].items != c->eval.run[0].items;
        if (strcmp(c->run[r].data_hash, c->eval.data_hash) != 0) {
            return false;
        }
    }
    return varies;
}

/* -- both -- */

typedef ams_status print_fn(const compare *c, FILE *stream, ams_error *err);

static ams_status write_tsv(const compare *c, const char *name, print_fn *print, ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, c->eval_directory, name, err));
    AMS_TRY(ams_file_create(&file, path, err));
    AMS_TRY(print(c, file.stream, err));
    status = ams_file_commit(&file, err);
out:
    ams_file_abort(&file);
    free(path);
    return status;
}

/* One of an earlier comparison would be drawn as if it were of this one. */
static ams_status remove_tsv(const compare *c, const char *name, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_join_path(&path, c->eval_directory, name, err);
    if (status == AMS_OK && ams_exists(path) && remove(path) != 0) {
        status = ams_fail(err, AMS_IO, "cannot remove %s", path);
    }
    free(path);
    return status;
}

ams_status compare_write_figures(const compare *c, ams_error *err)
{
    ams_status status = write_tsv(c, "learning.tsv", print_learning, err);
    if (status != AMS_OK) {
        return status;
    }
    return varies_items(c) ? write_tsv(c, "training_items.tsv", print_items, err)
                           : remove_tsv(c, "training_items.tsv", err);
}
