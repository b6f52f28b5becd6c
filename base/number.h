/* Numbers from text: the whole text must be the number, whatever the locale. */
#ifndef AMS_BASE_NUMBER_H
#define AMS_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Finite decimal; false (and *value untouched) for anything else, "nan" and "inf" included. */
bool ams_parse_double(const char *text, double *value);
/* Unsigned decimal without sign. */
bool ams_parse_u64(const char *text, uint64_t *value);

#endif
