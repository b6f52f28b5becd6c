#include "console/json.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

ams_status cli_print_json(json_t *root, ams_error *err)
{
    if (root == NULL) {
        return ams_fail(err, AMS_BACKEND,
                        "the table cannot be described as JSON: a name is not UTF-8, or there "
                        "is no memory");
    }
    const bool written =
        json_dumpf(root, stdout, JSON_INDENT(2)) == 0 && puts("") != EOF && fflush(stdout) == 0;
    json_decref(root);
    return written
               ? AMS_OK
               : ams_fail(err, AMS_IO, "cannot write the table as JSON: %s", strerror(errno));
}

json_t *cli_json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
