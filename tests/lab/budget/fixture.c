#include "tests/lab/budget/fixture.h"

#include "base/memory.h"
#include "base/rng.h"
#include "tests/env/random_table.h"

#include <check.h>
#include <stdlib.h>

static ams_error err;

void budget_table(ams_table *table, uint32_t n, uint32_t n_models, uint32_t n_classes,
                  uint64_t seed)
{
    float time_ms[AMS_BUDGET_MODELS + 1];
    given_output *outputs = calloc((size_t)2 * n * n_models, sizeof *outputs);
    ams_answer *answers = calloc((size_t)2 * n, sizeof *answers);
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST);
    uint32_t at = 0;
    for (uint32_t m = 0; m < n_models; m++) {
        time_ms[m] = (float)(1U << m);
    }
    for (uint32_t i = 0; i < 2 * n; i++) {
        const uint32_t truth = ams_rng_below(&rng, n_classes);
        answers[i] = (ams_answer){i, truth};
        for (uint32_t m = 0; m < n_models; m++) {
            const bool knows = ams_rng_unit(&rng) < 0.5 + 0.1 * m;
            const uint32_t label = knows ? truth : ams_rng_below(&rng, n_classes);
            const bool sure = ams_rng_unit(&rng) < (label == truth ? 0.8 : 0.2);
            outputs[at++] = (given_output){i, m, label, sure ? 0.9F : 0.4F};
        }
    }
    given_table(table, 2 * n, n_models, n_classes, time_ms, outputs, at, AMS_TRAIN);
    for (uint32_t i = 1; i < 2 * n; i += 2) {
        table->split[i] = AMS_TEST;
    }
    ck_assert_int_eq(ams_table_set_truth(table, answers, (size_t)2 * n, &err), AMS_OK);
    free(outputs);
    free(answers);
}

void budget_case(budget_data *data, budget_answers *answers, ams_answer_rule rule, uint32_t n,
                 uint32_t n_models, uint32_t n_classes, uint64_t seed)
{
    ams_table table;
    ams_budget counts = {0};
    ams_budget_options options = ams_budget_defaults();
    options.rule = rule;
    budget_table(&table, n, n_models, n_classes, seed);
    ck_assert_msg(ams_budget_data_make(data, &table, &options, &counts, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_msg(ams_budget_answers_make(answers, data, &options, &err) == AMS_OK, "%s",
                  err.text);
    ams_table_fini(&table);
}

const ams_budget_point *budget_point(const ams_budget *b, const char *policy, double budget)
{
    for (size_t k = 0; k < b->n_points; k++) {
        if (strcmp(b->point[k].policy, policy) == 0 &&
            (isnan(budget) || fabs(b->point[k].budget - budget) < 1e-9)) {
            return &b->point[k];
        }
    }
    ck_abort_msg("no %s at %g", policy, budget);
    return NULL;
}
