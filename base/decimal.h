/* Decimal numbers as nearly all are, to the nearest double without strtod. */
#ifndef AMS_BASE_DECIMAL_H
#define AMS_BASE_DECIMAL_H

/* The number at the start of a 0-terminated text, by JSON's grammar (RFC 8259): the same bits
 * that strtod gives in the locale "C". Returns what follows it; NULL, and *value untouched,
 * where there is no such number or it is not a plain one: more than 19 digits, more than 27
 * behind the point with the exponent, or large. Then strtod has to say. */
const char *ams_decimal(const char *text, double *value);

/* The same, for texts after whose number eight bytes can be read: faster by words of eight
 * bytes where the number is a digit, a point and up to 16 digits, as probabilities are. */
const char *ams_decimal_padded(const char *text, double *value);

#endif
