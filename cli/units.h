/* Limits on the command line: "800ms", "3s", "15%", "8GB", "1.5x", lists and ranges of them. */
#ifndef AMS_CLI_UNITS_H
#define AMS_CLI_UNITS_H

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

/* --stop: "never", "end", "value:X", "sum:X" as a stop of include/ams/online.h and X. */
ams_status cli_parse_stop(const char *text, int *stop, double *below, ams_error *err);

#endif
