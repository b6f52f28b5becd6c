/* A JSON value on standard output, in place of a table. */
#ifndef AMS_CONSOLE_JSON_H
#define AMS_CONSOLE_JSON_H

#include "ams/status.h"

#include <jansson.h>

/* Takes root; NULL: it could not be made. @return AMS_IO, AMS_BACKEND. */
ams_status cli_print_json(json_t *root, ams_error *err);
/* A number, or null where it is not finite: JSON has no others. */
json_t *cli_json_number(double value);

#endif
