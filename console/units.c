#include "console/units.h"

#include "base/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct units_reader {
    const char *option, *text;
    const cli_unit *units;
    size_t n_units;
} units_reader;

static ams_status refuse(const units_reader *r, const char *part, size_t length, ams_error *err)
{
    char known[64] = "";
    for (size_t i = 0; i < r->n_units; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s1%s", i == 0 ? "" : ", ",
                 r->units[i].suffix);
    }
    return ams_fail(err, AMS_USAGE,
                    "option %s: \"%.*s\" in \"%s\": expected a number over 0 with a unit (%s), "
                    "or a range FIRST..LAST:STEP of such",
                    r->option, (int)length, part, r->text, known);
}

/* A number and its unit in the first `length` characters of part. */
static ams_status read_one(const units_reader *r, const char *part, size_t length,
                           double *value, ams_error *err)
{
    char number[64];
    size_t digits = strspn(part, "0123456789.eE+-");
    digits = digits < length ? digits : length;
    if (digits == 0 || digits >= sizeof number) {
        return refuse(r, part, length, err);
    }
    memcpy(number, part, digits);
    number[digits] = 0;
    for (size_t i = 0; i < r->n_units; i++) {
        if (strlen(r->units[i].suffix) == length - digits &&
            memcmp(r->units[i].suffix, part + digits, length - digits) == 0 &&
            ams_parse_double(number, value) && *value > 0) {
            *value *= r->units[i].size;
            /* A number may be one, and none in its unit: 1e308 s, 1e-323 %. */
            return *value > 0 && isfinite(*value) ? AMS_OK : refuse(r, part, length, err);
        }
    }
    return refuse(r, part, length, err);
}

/* "FIRST..LAST:STEP" */
static ams_status read_range(const units_reader *r, const char *part, size_t length,
                             const char *dots, double range[3], ams_error *err)
{
    const char *colon = memchr(dots, ':', length - (size_t)(dots - part));
    ams_status status = AMS_OK;
    if (colon == NULL) {
        return refuse(r, part, length, err);
    }
    AMS_TRY(read_one(r, part, (size_t)(dots - part), &range[0], err));
    AMS_TRY(read_one(r, dots + 2, (size_t)(colon - dots) - 2, &range[1], err));
    AMS_TRY(read_one(r, colon + 1, length - (size_t)(colon + 1 - part), &range[2], err));
    if (range[1] < range[0]) {
        status = refuse(r, part, length, err);
    }
out:
    return status;
}

ams_status cli_parse_units(const char *option, const char *text, const cli_unit *units,
                           size_t n, double *value, size_t most, size_t *count, ams_error *err)
{
    units_reader r = {.option = option, .text = text, .units = units, .n_units = n};
    const char *part = text;
    *count = 0;
    while (true) {
        size_t length = strcspn(part, ",");
        const char *dots = strstr(part, "..");
        double range[3] = {0, 0, 1};
        ams_status status = dots != NULL && dots < part + length
                                ? read_range(&r, part, length, dots, range, err)
                                : read_one(&r, part, length, &range[0], err);
        if (status != AMS_OK) {
            return status;
        }
        range[1] = range[1] > 0 ? range[1] : range[0];
        /* The last value of a range is meant although its sum of steps is a bit over it. */
        double steps = (range[1] - range[0]) / range[2] + 1e-9;
        if (!(steps < (double)(most - *count))) {
            return ams_fail(err, AMS_USAGE, "option %s: \"%s\" has more than %zu values",
                            option, text, most);
        }
        for (size_t k = 0; k <= (size_t)steps; k++) {
            value[(*count)++] = range[0] + (double)k * range[2];
        }
        if (part[length] == 0) {
            return AMS_OK;
        }
        part += length + 1;
    }
}
