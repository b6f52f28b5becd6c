/* What a table's numbers mean: which confidences are valuable, and the unit of cost. */
#include "ams/env.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const ams_output_kinds[] = {"multi", "single", "real", NULL};

bool ams_table_has_kinds(const ams_table *table)
{
    for (uint32_t m = 0; m < table->n_models; m++) {
        if (ams_table_kind(table, m) != AMS_OUTPUT_MULTI) {
            return true;
        }
    }
    return false;
}

bool ams_table_one_threshold(const ams_table *table)
{
    for (uint32_t m = 1; m < table->n_models; m++) {
        if (ams_table_threshold(table, m) != ams_table_threshold(table, 0)) {
            return false;
        }
    }
    return true;
}

/* NULL becomes an array that can be written to. */
static ams_status make_thresholds(ams_table *table, ams_error *err)
{
    if (table->threshold != NULL) {
        return AMS_OK;
    }
    ams_status status = ams_alloc(&table->threshold, table->n_models, sizeof *table->threshold,
                                  "thresholds", err);
    for (uint32_t m = 0; status == AMS_OK && m < table->n_models; m++) {
        table->threshold[m] = AMS_DEFAULT_THRESHOLD;
    }
    return status;
}

static bool parse_threshold(const char *text, float *threshold)
{
    double value = 0;
    /* As a float, which a double just below 1 may reach. */
    if (!ams_parse_double(text, &value) || !(value >= 0 && (float)value < 1)) {
        return false;
    }
    *threshold = (float)value;
    return true;
}

/* "X" or "MODEL=X", which is cut up. */
static ams_status set_one(ams_table *table, char *part, ams_error *err)
{
    char *equals = strrchr(part, '='); /* the last one, since a name may have one */
    uint32_t model = AMS_NO_NAME;
    float threshold = 0;
    if (!parse_threshold(equals == NULL ? part : equals + 1, &threshold)) {
        return ams_fail(err, AMS_USAGE,
                        "threshold: expected X or MODEL=X with X from 0 to below 1, found '%s'",
                        part);
    }
    if (equals != NULL) {
        *equals = '\0';
        model = ams_names_find(&table->model_name, part, (size_t)(equals - part));
    }
    if (equals != NULL && model == AMS_NO_NAME) {
        return ams_fail(
            err, AMS_USAGE,
            "threshold: the data set has no model '%s'; `ams data info` lists them%s", part,
            ams_list_hint_names(part, &table->model_name).text);
    }
    for (uint32_t m = 0; m < table->n_models; m++) {
        if (equals == NULL || m == model) {
            table->threshold[m] = threshold;
        }
    }
    return AMS_OK;
}

ams_status ams_table_set_threshold(ams_table *table, const char *text, ams_error *err)
{
    char *copy = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(make_thresholds(table, err));
    AMS_TRY(ams_copy_text(&copy, text, err));
    for (char *rest = copy; status == AMS_OK && rest != NULL;) {
        status = set_one(table, ams_list_next(&rest), err);
    }
out:
    free(copy);
    return status;
}

const char *ams_table_cost_unit(const ams_table *table)
{
    return table->cost_unit == NULL || table->cost_unit[0] == '\0' ? "ms" : table->cost_unit;
}

bool ams_table_costs_ms(const ams_table *table)
{
    return strcmp(ams_table_cost_unit(table), "ms") == 0;
}

const char *ams_cost_word(const char *unit)
{
    return strcmp(unit, "ms") == 0 ? "time" : "cost";
}

ams_status ams_check_cost_unit(const char *unit, ams_error *err)
{
    const size_t length = strlen(unit);
    if (length == 0 || length > AMS_COST_UNIT_MAX || strpbrk(unit, " \t\n") != NULL ||
        ams_control_at(unit, length) < length) {
        return ams_fail(err, AMS_USAGE,
                        "unit of cost: expected a word of 1 to %d bytes without spaces, as in "
                        "ms or usd, found %zu bytes",
                        AMS_COST_UNIT_MAX, length);
    }
    return AMS_OK;
}

ams_status ams_env_no_training(const ams_env *env, uint32_t n, ams_error *err)
{
    char above[32] = "the thresholds";
    bool one = true;
    if (n == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the training split has no items; `ams data split` deals items to "
                        "splits");
    }
    for (uint32_t m = 1; m < env->n_models; m++) {
        one = one && env->threshold[m] == env->threshold[0];
    }
    if (one) {
        snprintf(above, sizeof above, "%.9g", (double)env->threshold[0]);
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "the training split has %u items, none with an output above %s, which is "
                    "what counts as valuable; `ams data threshold F.h5 X` sets a lower "
                    "threshold, `ams data info` shows what models output",
                    n, above);
}
