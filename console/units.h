/* Limits on the command line: "800ms", "3s", "15%", "8GB", "1.5x", lists and ranges of them. */
#ifndef AMS_CONSOLE_UNITS_H
#define AMS_CONSOLE_UNITS_H

#include "ams/status.h"

#include <stddef.h>

typedef struct cli_unit {
    const char *suffix;
    double size; /* in ms or MB */
} cli_unit;

/* Comma-separated values and ranges FIRST..LAST:STEP, each number with one of the units (n),
 * first to last as given. value (most); *count says how many. All must be over 0.
 * @return AMS_USAGE that names the option and shows what it takes. */
ams_status cli_parse_units(const char *option, const char *text, const cli_unit *units,
                           size_t n, double *value, size_t most, size_t *count, ams_error *err);

#endif
