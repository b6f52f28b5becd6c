#include "base/number.h"

#include "base/decimal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

bool ams_parse_double(const char *text, double *value)
{
    if (*text == '\0' || isspace((unsigned char)*text)) {
        return false;
    }
    double parsed = 0;
    const char *plain = ams_decimal(text, &parsed);
    if (plain != NULL && *plain == '\0') {
        *value = parsed;
        return true;
    }
    char *end = NULL;
    errno = 0;
    parsed = strtod(text, &end);
    if (*end != '\0' || !isfinite(parsed)) {
        return false;
    }
    *value = parsed;
    return true;
}

bool ams_parse_u64(const char *text, uint64_t *value)
{
    if (!isdigit((unsigned char)*text)) {
        return false;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (*end != '\0' || errno != 0) {
        return false;
    }
    *value = parsed;
    return true;
}

bool ams_confidence(double *confidence, bool *changed)
{
    static const double rounding = 1e-6; /* of sums and norms in float32 */
    const double c = *confidence;
    if (!(c >= -rounding && c <= 1 + rounding)) {
        return false;
    }
    if (c < 0 || c > 1) {
        *confidence = c < 0 ? 0 : 1;
        if (changed != NULL) {
            *changed = true;
        }
    }
    return true;
}

const char *ams_bound_text(char text[32], double bound)
{
    const bool whole = fabs(bound) <= 0x1p64 && floor(bound) == bound;
    snprintf(text, 32, whole ? "%.0f" : "%.15g", bound);
    return text;
}
