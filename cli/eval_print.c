/* What `ams eval` prints: a table for readers, or the same as JSON. */
#include "cli/eval.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { AT_50 = 4, AT_80 = 7, AT_90 = 8, AT_100 = 9 };

static void print_row(const eval_session *s, uint32_t g, int width)
{
    static const uint32_t recalls[] = {AT_50, AT_80, AT_90};
    printf("%-*s %5u", width, s->group[g].label, s->group[g].n_runs);
    for (size_t k = 0; k < sizeof recalls / sizeof *recalls; k++) {
        printf(" %8.1f", eval_interval(s, g, EVAL_TIME_MS, recalls[k]).mean);
    }
    ams_interval time = eval_interval(s, g, EVAL_TIME_MS, AT_100);
    ams_interval all = eval_interval(s, g, EVAL_SAVED_VS_ALL, AT_100);
    ams_interval random = eval_interval(s, g, EVAL_SAVED_VS_RANDOM, AT_100);
    char range[64];
    snprintf(range, sizeof range, "[%.1f, %.1f]", time.low, time.high);
    printf(" %8.1f %-18s %6.2f %7.1f%%", time.mean, range,
           eval_interval(s, g, EVAL_MODELS_RUN, AT_100).mean, 100 * all.mean);
    snprintf(range, sizeof range, "[%.1f, %.1f]", 100 * random.low, 100 * random.high);
    printf(" %7.1f%% %s\n", 100 * random.mean, range);
}

void eval_print_table(const eval_session *s)
{
    int width = 6;
    for (uint32_t g = 0; g < s->n_groups; g++) {
        int length = (int)strlen(s->group[g].label);
        width = length > width ? length : width;
    }
    printf(
        "Mean time (ms) until a required recall; at 1.0 with models run, time saved and 95 %% "
        "intervals.\n\n");
    printf("%-*s %5s %8s %8s %8s %8s %-18s %6s %8s %8s %s\n", width, "policy", "seeds", "0.5",
           "0.8", "0.9", "1.0", "95 %", "models", "vs all", "vs rand", "95 %");
    for (uint32_t k = 0; k < s->n_groups; k++) {
        print_row(s, s->rank[k], width);
    }
    const ams_scores *scores = &s->run[0].scores;
    printf("\n%u %s items; %u have no valuable label and count as reached at 0 ms.\n",
           s->n_items, s->split_name, scores->n_empty);
    const ams_scores *random = s->group[s->random].run[0];
    printf("%s: mean of %llu orders an item, standard error %.2f ms.\n", random->label,
           (unsigned long long)s->draws, random->stderr_ms);
}

static json_t *interval_json(ams_interval i)
{
    return json_pack("{s:f, s:f, s:f}", "mean", i.mean, "ci_low", i.low, "ci_high", i.high);
}

static json_t *group_json(const eval_session *s, uint32_t g)
{
    json_t *seeds = json_array();
    for (uint32_t r = 0; r < s->group[g].n_runs; r++) {
        json_array_append_new(seeds, json_integer((json_int_t)s->group[g].run[r]->seed));
    }
    json_t *rows = json_array();
    for (uint32_t q = 0; q < AMS_RECALLS; q++) {
        json_t *row = json_pack("{s:f}", "required_recall", ams_required_recall(q));
        for (int m = 0; m < EVAL_METRICS; m++) {
            json_object_set_new(row, eval_metric_names[m],
                                interval_json(eval_interval(s, g, (eval_metric)m, q)));
        }
        json_array_append_new(rows, row);
    }
    ams_interval area = ams_bootstrap_mean(&s->bootstrap, g, AMS_COLUMN_AREA);
    return json_pack("{s:s, s:o, s:o, s:o}", "policy", s->group[g].label, "seeds", seeds,
                     "area", interval_json(area), "recalls", rows);
}

ams_status eval_print_json(const eval_session *s, ams_error *err)
{
    json_t *policies = json_array();
    for (uint32_t k = 0; k < s->n_groups; k++) {
        json_array_append_new(policies, group_json(s, s->rank[k]));
    }
    json_t *json = json_pack(
        "{s:s, s:s, s:i, s:i, s:f, s:o}", "data_hash", s->data_hash, "split", s->split_name,
        "items", (int)s->n_items, "items_without_value", (int)s->run[0].scores.n_empty,
        "random_stderr_ms", s->group[s->random].run[0]->stderr_ms, "policies", policies);
    if (json == NULL || json_dumpf(json, stdout, JSON_INDENT(2)) != 0) {
        json_decref(json);
        return ams_fail(err, AMS_IO, "cannot write the results as JSON to standard output");
    }
    putchar('\n');
    json_decref(json);
    return AMS_OK;
}
