#include "lab/sweep/axes.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* "a,b" at `text` (owned by the axis, cut up) becomes the axis' values. */
static ams_status cut_values(ams_sweep_axis *axis, char *text, ams_error *err)
{
    size_t most = 1;
    for (const char *at = text; *at != '\0'; at++) {
        most += *at == ',';
    }
    ams_status status = ams_alloc(&axis->value, most, sizeof(char *), "values", err);
    for (char *next = text; status == AMS_OK && next != NULL;) {
        char *value = ams_list_next(&next);
        if (*value == '\0') {
            return ams_fail(err, AMS_USAGE, "%s: expected values between commas, found none",
                            axis->key);
        }
        axis->value[axis->n++] = value;
    }
    return status;
}

ams_status ams_sweep_add_axis(ams_sweep *sweep, const char *setting, ams_error *err)
{
    ams_sweep_axis *axis = &sweep->axis[sweep->n_axes];
    ams_status status = ams_copy_text(&axis->text, setting, err);
    if (status != AMS_OK) {
        return status;
    }
    sweep->n_axes++;
    char *equals = strchr(axis->text, '=');
    axis->key = axis->text;
    if (equals == NULL) {
        return ams_fail(err, AMS_USAGE, "expected key=value or key=v1,v2, found '%s'", setting);
    }
    *equals = '\0';
    if (sweep->n_axes > 1 &&
        (strcmp(axis->key, "agent") == 0 || strcmp(axis->key, "seed") == 0 ||
         strcmp(axis->key, "label") == 0)) {
        return ams_fail(err, AMS_USAGE,
                        "'%s': agents are given as --agents, seeds as --seeds, and a label is "
                        "made of what varies",
                        setting);
    }
    return cut_values(axis, equals + 1, err);
}

ams_status ams_sweep_combinations(const ams_sweep *sweep, size_t *combinations, ams_error *err)
{
    *combinations = 1;
    for (size_t a = 0; a < sweep->n_axes; a++) {
        *combinations *= sweep->axis[a].n;
        if (*combinations > AMS_SWEEP_MOST_RUNS / sweep->options->n_seeds) {
            return ams_fail(err, AMS_USAGE, "more than %d runs in one sweep",
                            AMS_SWEEP_MOST_RUNS);
        }
    }
    return AMS_OK;
}

const char *ams_sweep_value(const ams_sweep *sweep, size_t axis, size_t combination)
{
    for (size_t a = sweep->n_axes; a-- > axis + 1;) {
        combination /= sweep->axis[a].n;
    }
    return sweep->axis[axis].value[combination % sweep->axis[axis].n];
}

void ams_sweep_free_axes(ams_sweep *sweep)
{
    for (size_t a = 0; a < sweep->n_axes; a++) {
        free(sweep->axis[a].text);
        free(sweep->axis[a].value);
    }
    free(sweep->axis);
    sweep->axis = NULL;
    sweep->n_axes = 0;
}
