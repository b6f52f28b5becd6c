#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 40 }; /* bytes of a text that are shown */

/* Escaped as in JSON, all ASCII, so that it may be cut anywhere. */
static void describe_text(const json_t *value, char text[AMS_JSON_FOUND])
{
    char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    const char *shown = dumped == NULL ? "\"?\"" : dumped;
    if (strlen(shown) <= LONGEST) {
        snprintf(text, AMS_JSON_FOUND, "the text %s", shown);
    } else {
        snprintf(text, AMS_JSON_FOUND, "the text %.*s...", LONGEST, shown);
    }
    free(dumped);
}

const char *ams_json_found(const json_t *value, char text[AMS_JSON_FOUND])
{
    if (value == NULL) {
        snprintf(text, AMS_JSON_FOUND, "nothing");
        return text;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        snprintf(text, AMS_JSON_FOUND, "an object with %zu field%s", json_object_size(value),
                 json_object_size(value) == 1 ? "" : "s");
        break;
    case JSON_ARRAY:
        snprintf(text, AMS_JSON_FOUND, "an array of %zu", json_array_size(value));
        break;
    case JSON_STRING:
        describe_text(value, text);
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        snprintf(text, AMS_JSON_FOUND, "the number %.9g", json_number_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(text, AMS_JSON_FOUND, "%s", json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        snprintf(text, AMS_JSON_FOUND, "null");
        break;
    }
    return text;
}

const char *ams_json_broken(const json_error_t *reason, char text[AMS_JSON_FOUND])
{
    snprintf(text, AMS_JSON_FOUND, "%.60s (line %d, column %d)", reason->text, reason->line,
             reason->column);
    return text;
}
