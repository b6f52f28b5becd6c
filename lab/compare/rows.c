/* The rows of compare.tsv. */
#include "base/memory.h"
#include "lab/compare/parts.h"
#include "lab/figures/columns.h"
#include "lab/stats/contrasts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t recalls[] = {AMS_AT_50, AMS_AT_80, AMS_AT_90, AMS_AT_100};
enum { N_RECALLS = sizeof recalls / sizeof *recalls, METRIC_TEXT = 80 };

bool ams_compare_is_agent(const ams_compare *c, uint32_t group)
{
    return c->score.member[c->score.first[group]] < c->n_runs;
}

static void add(ams_compare *c, uint32_t group, uint32_t q, const char *metric,
                ams_interval interval)
{
    ams_compare_row *row = &c->row[c->n_rows++];
    *row = (ams_compare_row){.agent = c->score.group[group].label,
                             .seeds = c->score.group[group].n_runs,
                             .interval = interval};
    if (q < AMS_RECALLS) {
        snprintf(row->required_recall, sizeof row->required_recall, "%.1f",
                 ams_required_recall(q));
    } else {
        snprintf(row->required_recall, sizeof row->required_recall, "-");
    }
    snprintf(row->metric, sizeof row->metric, "%s", metric);
}

/* An agent's group against every other agent's, and against the baselines that have no row of
 * their own. */
static void add_contests(ams_compare *c, uint32_t g, uint32_t q)
{
    const ams_bootstrap *b = &c->score.bootstrap;
    const uint32_t time = AMS_COLUMN_TIME_MS + q;
    for (uint32_t k = 0; k < c->score.n_groups; k++) {
        const uint32_t other = c->score.rank[k];
        char metric[METRIC_TEXT];
        if (other == g || other == c->fixed || other == c->score.random) {
            continue;
        }
        if (ams_compare_is_agent(c, other)) {
            snprintf(metric, sizeof metric, "p_improve:%s", c->score.group[other].label);
            add(c, g, q, metric, ams_contrast_improvement(b, g, other, time));
        }
        snprintf(metric, sizeof metric, "saved_vs:%s", c->score.group[other].label);
        add(c, g, q, metric, ams_bootstrap_saved(b, g, other, time));
    }
}

static void add_at_recall(ams_compare *c, uint32_t g, uint32_t q)
{
    const ams_bootstrap *b = &c->score.bootstrap;
    const uint32_t time = AMS_COLUMN_TIME_MS + q;
    for (int m = 0; m < AMS_SCORE_METRICS; m++) {
        add(c, g, q, ams_score_metric_names[m],
            ams_score_interval(&c->score, g, (ams_score_metric)m, q));
    }
    if (c->fixed != AMS_COMPARE_NONE) {
        add(c, g, q, "saved_vs_fixed", ams_bootstrap_saved(b, g, c->fixed, time));
        add(c, g, q, AMS_CELL_TIME_MS_DIFF_FIXED,
            ams_contrast_difference(b, g, c->fixed, time));
    }
    if (c->oracle != AMS_COMPARE_NONE) {
        add(c, g, q, "gap_closed",
            ams_contrast_gap_closed(b, g, c->score.random, c->oracle, time));
    }
    add(c, g, q, "time_ms_iqm", ams_contrast_iqm(b, g, time));
    if (ams_compare_is_agent(c, g)) {
        add_contests(c, g, q);
    }
}

/* Nothing where one of the runs has no timing.tsv. */
static ams_status add_seconds(ams_compare *c, uint32_t g, ams_error *err)
{
    const ams_group *group = &c->score.group[g];
    const uint32_t *member = c->score.member + c->score.first[g];
    double *seconds = NULL;
    bool known = true;
    ams_status status =
        ams_alloc(&seconds, group->n_runs, sizeof *seconds, "training times", err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t k = 0; k < group->n_runs; k++) {
        seconds[k] = c->run[member[k]].seconds;
        known = known && !isnan(seconds[k]);
    }
    if (known) {
        add(c, g, AMS_RECALLS, "train_seconds",
            ams_contrast_of_runs(&c->score.bootstrap, g, seconds));
    } else {
        ams_notice(c->options.score.progress,
                   "a run of '%s' has no timing.tsv: no train_seconds", group->label);
    }
    free(seconds);
    return AMS_OK;
}

ams_status ams_compare_make_rows(ams_compare *c, ams_error *err)
{
    const uint32_t n = c->score.n_groups;
    const size_t most = (size_t)n * (N_RECALLS * (AMS_SCORE_METRICS + 4 + 2 * (size_t)n) + 2);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->row, most, sizeof *c->row, "rows", err));
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t g = c->score.rank[k];
        for (uint32_t i = 0; i < N_RECALLS; i++) {
            add_at_recall(c, g, recalls[i]);
        }
        add(c, g, AMS_RECALLS, "auc",
            ams_bootstrap_mean(&c->score.bootstrap, g, AMS_COLUMN_AREA));
        if (ams_compare_is_agent(c, g)) {
            AMS_TRY(add_seconds(c, g, err));
        }
    }
out:
    return status;
}

const ams_interval *ams_compare_find(const ams_compare *c, uint32_t group, const char *recall,
                                     const char *metric)
{
    for (size_t r = 0; r < c->n_rows; r++) {
        const ams_compare_row *row = &c->row[r];
        if (strcmp(row->agent, c->score.group[group].label) == 0 &&
            strcmp(row->required_recall, recall) == 0 && strcmp(row->metric, metric) == 0) {
            return &row->interval;
        }
    }
    return NULL;
}
