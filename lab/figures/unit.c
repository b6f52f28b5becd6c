/* What the costs of a figure are counted in, as the JSON beside its tables says. */
#include "lab/figures/data.h"

#include "base/file.h"
#include "base/memory.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What eval, compare, schedule, trace, stream and train write beside their tables. */
static const char *const files[] = {"eval.json",  "compare.json", "schedule.json",
                                    "trace.json", "stream.json",  "manifest.json"};

/* Folders of before there were other units say nothing, and no file is trusted. */
static void read_unit(const char *path, char unit[AMS_COST_UNIT_MAX + 1])
{
    json_t *json = json_load_file(path, 0, NULL);
    const char *found = json_string_value(json_object_get(json, "cost_unit"));
    if (found != NULL && ams_check_cost_unit(found, NULL) == AMS_OK) {
        snprintf(unit, AMS_COST_UNIT_MAX + 1, "%s", found);
    }
    json_decref(json);
}

ams_status ams_figure_unit(ams_figure_data *data, const char *table, ams_error *err)
{
    const char *slash = strrchr(table, '/');
    const int folder = slash == NULL ? 0 : (int)(slash + 1 - table);
    char unit[AMS_COST_UNIT_MAX + 1] = "ms";
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = NULL;
        ams_status status = ams_format(&path, "a path", err, "%.*s%s", folder, table, files[i]);
        if (status != AMS_OK) {
            return status;
        }
        if (ams_exists(path)) {
            read_unit(path, unit);
            i = sizeof files / sizeof *files - 1;
        }
        free(path);
    }
    if (data->unit[0] != '\0' && strcmp(data->unit, unit) != 0) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "%s: costs in %s expected as in the folders before, found %s; one figure "
            "has one unit",
            table, data->unit, unit);
    }
    memcpy(data->unit, unit, sizeof unit);
    return AMS_OK;
}
