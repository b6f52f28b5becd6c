/* What is reported of a group at each required recall, and all of it as JSON. */
#include "ams/score.h"

#include "lab/figures/columns.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

const char *const ams_score_metric_names[AMS_SCORE_METRICS] = {
    AMS_CELL_TIME_MS, AMS_COL_MODELS_RUN, AMS_COL_SAVED_VS_ALL, AMS_COL_SAVED_VS_RANDOM,
    "models_saved_vs_random"};

ams_interval ams_score_interval(const ams_score_session *s, uint32_t group,
                                ams_score_metric metric, uint32_t q)
{
    const ams_bootstrap *b = &s->bootstrap;
    switch (metric) {
    case AMS_SCORE_MODELS_RUN:
        return ams_bootstrap_mean(b, group, AMS_COLUMN_MODELS + q);
    case AMS_SCORE_SAVED_VS_ALL:
        return ams_bootstrap_saved(b, group, s->all, AMS_COLUMN_TIME_MS + q);
    case AMS_SCORE_SAVED_VS_RANDOM:
        return ams_bootstrap_saved(b, group, s->random, AMS_COLUMN_TIME_MS + q);
    case AMS_SCORE_MODELS_VS_RANDOM:
        return ams_bootstrap_saved(b, group, s->random, AMS_COLUMN_MODELS + q);
    case AMS_SCORE_TIME_MS:
    case AMS_SCORE_METRICS:
        break;
    }
    return ams_bootstrap_mean(b, group, AMS_COLUMN_TIME_MS + q);
}

static json_t *interval_json(ams_interval i)
{
    return json_pack("{s:f, s:f, s:f}", AMS_COL_MEAN, i.mean, AMS_COL_CI_LOW, i.low,
                     AMS_COL_CI_HIGH, i.high);
}

static json_t *group_json(const ams_score_session *s, uint32_t g)
{
    json_t *seeds = json_array();
    for (uint32_t r = 0; r < s->group[g].n_runs; r++) {
        json_array_append_new(seeds, json_integer((json_int_t)s->group[g].run[r]->seed));
    }
    json_t *rows = json_array();
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        json_t *row = json_pack("{s:f}", AMS_COL_REQUIRED_RECALL, ams_required_recall(q));
        for (int m = 0; m < AMS_SCORE_METRICS; m++) {
            json_object_set_new(
                row, ams_score_metric_names[m],
                interval_json(ams_score_interval(s, g, (ams_score_metric)m, q)));
        }
        json_array_append_new(rows, row);
    }
    const ams_interval area = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AREA);
    return json_pack("{s:s, s:o, s:o, s:o}", AMS_COL_POLICY, s->group[g].label, "seeds", seeds,
                     "area", interval_json(area), "recalls", rows);
}

ams_status ams_score_write_json(const ams_score_session *s, FILE *stream, ams_error *err)
{
    json_t *policies = json_array();
    for (uint32_t k = 0; k < s->n_groups; k++) {
        json_array_append_new(policies, group_json(s, s->rank[k]));
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:i, s:i, s:f, s:o}", "data_hash", s->data_hash, "cost_unit",
        ams_table_cost_unit(&s->table), "split", ams_split_name(s->options.split), "items",
        (int)s->n_items, "items_without_value", (int)s->scored[0].scores.n_empty,
        "random_stderr_ms", s->group[s->random].run[0]->stderr_ms, "policies", policies);
    ams_status status = AMS_OK;
    if (json == NULL || json_dumpf(json, stream, JSON_INDENT(2)) != 0 ||
        fputc('\n', stream) == EOF) {
        status = ams_fail(err, AMS_IO, "cannot write the results as JSON: %s",
                          json == NULL ? "no memory" : strerror(errno));
    }
    json_decref(json);
    return status;
}
