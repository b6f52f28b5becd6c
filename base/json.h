/* What a value of JSON is, for messages: every reader of JSON says what it found. */
#ifndef AMS_BASE_JSON_H
#define AMS_BASE_JSON_H

#include <jansson.h>

enum { AMS_JSON_FOUND = 96 }; /* bytes of a description with its end */

/* "nothing" (value is NULL), "null", "true", "the number 3.5", "the text \"abc\"", "an array of
 * 2", "an object with 1 field". A long text is cut, and control characters are escaped.
 * @return text. */
const char *ams_json_found(const json_t *value, char text[AMS_JSON_FOUND]);
/* The same of a file or line that is no JSON at all: jansson's reason and its place. */
const char *ams_json_broken(const json_error_t *reason, char text[AMS_JSON_FOUND]);

#endif
