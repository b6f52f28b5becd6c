/* learning.tsv: validation during training, averaged over the seeds of a configuration. */
#include "base/file.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/tsv.h"
#include "lab/compare/parts.h"
#include "lab/figures/columns.h"
#include "lab/stats/contrasts.h"

#include <stdlib.h>
#include <string.h>

/* More points than a figure can show, and each is a bootstrap of its own. */
enum { MOST_POINTS = 200 };

/* The validations of a group's runs. */
typedef struct learning_curves {
    ams_tsv *metrics; /* (n_runs) */
    size_t *row;      /* (n_runs) the next row of each to look at */
    double *value;    /* (n_runs) */
    uint32_t n_runs;
} learning_curves;

static void curves_fini(learning_curves *c)
{
    for (uint32_t r = 0; c->metrics != NULL && r < c->n_runs; r++) {
        ams_tsv_fini(&c->metrics[r]);
    }
    free(c->metrics);
    free(c->row);
    free(c->value);
}

static ams_status read_curves(learning_curves *curves, const ams_compare *c, uint32_t group,
                              ams_error *err)
{
    const uint32_t n = c->score.group[group].n_runs;
    const uint32_t *member = c->score.member + c->score.first[group];
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&curves->metrics, n, sizeof *curves->metrics, "metrics", err));
    AMS_TRY(ams_alloc(&curves->row, n, sizeof *curves->row, "metrics", err));
    AMS_TRY(ams_alloc(&curves->value, n, sizeof *curves->value, "metrics", err));
    curves->n_runs = n;
    for (uint32_t r = 0; r < n; r++) {
        AMS_TRY(ams_join_path(&path, c->run[member[r]].directory, AMS_METRICS_TSV, err));
        AMS_TRY(ams_tsv_read_log(&curves->metrics[r], path, err));
        free(path);
        path = NULL;
    }
out:
    free(path);
    return status;
}

/* The next row of a run, from its place on, that has the metric. */
static ams_status next_value(learning_curves *c, uint32_t run, const char *metric,
                             double *update, bool *there, ams_error *err)
{
    const ams_tsv *tsv = &c->metrics[run];
    size_t at = 0;
    size_t column = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_tsv_require(tsv, AMS_COL_UPDATE, &at, err));
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
static ams_status next_common(learning_curves *c, const char *metric, double *update,
                              bool *there, ams_error *err)
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

static void begin_again(learning_curves *c)
{
    memset(c->row, 0, c->n_runs * sizeof *c->row);
}

static void step_all(learning_curves *c)
{
    for (uint32_t r = 0; r < c->n_runs; r++) {
        c->row[r]++;
    }
}

static ams_status print_curve(const ams_compare *c, FILE *stream, uint32_t group,
                              learning_curves *curves, const char *metric, ams_error *err)
{
    const int n = ams_amount_decimals(c->score.env->total_time_ms, 6);
    bool there = true;
    double update = 0;
    size_t points = 0;
    ams_status status = AMS_OK;
    begin_again(curves);
    for (; there; points += there) {
        AMS_TRY(next_common(curves, metric, &update, &there, err));
        step_all(curves);
    }
    begin_again(curves);
    const size_t step = (points + MOST_POINTS - 1) / MOST_POINTS;
    for (size_t p = 0; p < points; p++) {
        AMS_TRY(next_common(curves, metric, &update, &there, err));
        if ((points - 1 - p) % step == 0) { /* the last one is always there */
            ams_interval i = ams_contrast_of_runs(&c->score.bootstrap, group, curves->value);
            fprintf(stream, "%s\t%s\t%.0f\t%u\t%.*f\t%.*f\t%.*f\n", c->score.group[group].label,
                    metric, update, curves->n_runs, n, i.mean, n, i.low, n, i.high);
        }
        step_all(curves);
    }
out:
    return status;
}

ams_status ams_compare_print_learning(FILE *stream, const void *compare, ams_error *err)
{
    static const char *const metrics[] = {AMS_CELL_VALIDATION_TIME_MS, "validation_area"};
    const ams_compare *c = compare;
    ams_status status = AMS_OK;
    fputs(AMS_LEARNING_HEADER, stream);
    for (uint32_t k = 0; k < c->score.n_groups && status == AMS_OK; k++) {
        const uint32_t g = c->score.rank[k];
        if (!ams_compare_is_agent(c, g)) {
            continue;
        }
        learning_curves curves = {0};
        status = read_curves(&curves, c, g, err);
        for (int m = 0; m < 2 && status == AMS_OK; m++) {
            status = print_curve(c, stream, g, &curves, metrics[m], err);
        }
        curves_fini(&curves);
    }
    return status;
}
