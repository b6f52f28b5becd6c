/* The rows of compare.tsv. */
#include "cli/compare.h"

#include "base/memory.h"
#include "lab/stats/contrasts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Required recall 0.5, 0.8, 0.9, 1.0. */
static const uint32_t recalls[] = {4, 7, 8, 9};
enum { N_RECALLS = sizeof recalls / sizeof *recalls };

uint32_t compare_first_run(const compare *c, uint32_t group)
{
    const ams_scores *scores = c->eval.group[group].run[0];
    uint32_t r = 0;
    while (&c->eval.run[r].scores != scores) {
        r++;
    }
    return r;
}

bool compare_is_agent(const compare *c, uint32_t group)
{
    return compare_first_run(c, group) < c->n_runs;
}

static void add(compare *c, uint32_t group, uint32_t q, const char *metric,
                ams_interval interval)
{
    compare_row *row = &c->row[c->n_rows++];
    *row = (compare_row){.agent = c->eval.group[group].label,
                         .seeds = c->eval.group[group].n_runs,
                         .interval = interval};
    if (q < AMS_RECALLS) {
        snprintf(row->required_recall, sizeof row->required_recall, "%.1f",
                 ams_required_recall(q));
    } else {
        snprintf(row->required_recall, sizeof row->required_recall, "-");
    }
    snprintf(row->metric, sizeof row->metric, "%s", metric);
}

static void add_at_recall(compare *c, uint32_t g, uint32_t q)
{
    const ams_bootstrap *b = &c->eval.bootstrap;
    const uint32_t time = AMS_COLUMN_TIME_MS + q;
    for (int m = 0; m < EVAL_METRICS; m++) {
        add(c, g, q, eval_metric_names[m], eval_interval(&c->eval, g, (eval_metric)m, q));
    }
    if (c->fixed != COMPARE_NONE) {
        add(c, g, q, "saved_vs_fixed", ams_bootstrap_saved(b, g, c->fixed, time));
        add(c, g, q, "time_ms_diff_fixed", ams_contrast_difference(b, g, c->fixed, time));
    }
    if (c->oracle != COMPARE_NONE) {
        add(c, g, q, "gap_closed",
            ams_contrast_gap_closed(b, g, c->eval.random, c->oracle, time));
    }
    add(c, g, q, "time_ms_iqm", ams_contrast_iqm(b, g, time));
    for (uint32_t k = 0; compare_is_agent(c, g) && k < c->eval.n_groups; k++) {
        uint32_t other = c->eval.rank[k];
        if (other != g && compare_is_agent(c, other)) {
            char metric[80];
            snprintf(metric, sizeof metric, "p_improve:%s", c->eval.group[other].label);
            add(c, g, q, metric, ams_contrast_improvement(b, g, other, time));
            snprintf(metric, sizeof metric, "saved_vs:%s", c->eval.group[other].label);
            add(c, g, q, metric, ams_bootstrap_saved(b, g, other, time));
        }
    }
}

/* Nothing where one of the runs has no timing.tsv. */
static ams_status add_seconds(compare *c, uint32_t g, ams_error *err)
{
    const ams_group *group = &c->eval.group[g];
    double *seconds = NULL;
    uint32_t n = 0;
    bool known = true;
    ams_status status =
        ams_alloc(&seconds, group->n_runs, sizeof *seconds, "training times", err);
    if (status != AMS_OK) {
        return status;
    }
    for (size_t r = 0; r < c->n_runs; r++) {
        if (n < group->n_runs && group->run[n] == &c->eval.run[r].scores) {
            seconds[n++] = c->run[r].seconds;
            known = known && !isnan(c->run[r].seconds);
        }
    }
    if (known) {
        add(c, g, AMS_RECALLS, "train_seconds",
            ams_contrast_of_runs(&c->eval.bootstrap, g, seconds));
    } else {
        fprintf(stderr, "ams compare: a run of '%s' has no timing.tsv: no train_seconds\n",
                group->label);
    }
    free(seconds);
    return AMS_OK;
}

ams_status compare_make_rows(compare *c, ams_error *err)
{
    const uint32_t n = c->eval.n_groups;
    const size_t most = (size_t)n * (N_RECALLS * (EVAL_METRICS + 4 + 2 * (size_t)n) + 2);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->row, most, sizeof *c->row, "rows", err));
    for (uint32_t k = 0; k < n; k++) {
        uint32_t g = c->eval.rank[k];
        for (uint32_t i = 0; i < N_RECALLS; i++) {
            add_at_recall(c, g, recalls[i]);
        }
        add(c, g, AMS_RECALLS, "auc",
            ams_bootstrap_mean(&c->eval.bootstrap, g, AMS_COLUMN_AREA));
        if (compare_is_agent(c, g)) {
            AMS_TRY(add_seconds(c, g, err));
        }
    }
out:
    return status;
}
