/* Numbers from text: the whole text must be the number, whatever the locale. */
#ifndef AMS_BASE_NUMBER_H
#define AMS_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Finite decimal; false (and *value untouched) for anything else, "nan" and "inf" included. */
bool ams_parse_double(const char *text, double *value);
/* Unsigned decimal without sign; false (and *value untouched) for anything else. */
bool ams_parse_u64(const char *text, uint64_t *value);

/* A confidence that rounding put up to 1e-6 below 0 or above 1 becomes 0 or 1; false where it
 * is farther outside, or no number. *changed (may be NULL) is set where it was changed. */
bool ams_confidence(double *confidence, bool *changed);

/* A limit as messages show it: whole numbers up to 2^64 with all their digits. */
const char *ams_bound_text(char text[32], double bound);

#endif
