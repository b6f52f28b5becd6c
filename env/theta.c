/* Priorities of models as options give them: "MODEL=THETA,MODEL=THETA". */
#include "ams/env.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>

ams_status ams_theta_parse(float *theta, const ams_table *table, const char *text,
                           ams_error *err)
{
    while (*text != 0) {
        size_t length = strcspn(text, ",");
        const char *equals = memchr(text, '=', length);
        char number[32] = "";
        double value = 0;
        if (equals != NULL) {
            snprintf(number, sizeof number, "%.*s", (int)(length - (size_t)(equals + 1 - text)),
                     equals + 1);
        }
        if (!ams_parse_double(number, &value) || !(value > 0 && value <= 1e6)) {
            return ams_fail(err, AMS_USAGE,
                            "theta: expected MODEL=THETA with THETA over 0 and at most 1e6, "
                            "found '%.*s'",
                            (int)length, text);
        }
        uint32_t model = ams_names_find(&table->model_name, text, (size_t)(equals - text));
        if (model == AMS_NO_NAME) {
            return ams_fail(
                err, AMS_USAGE,
                "theta: the data set has no model '%.*s'; `ams data info` lists them",
                (int)(equals - text), text);
        }
        theta[model] = (float)value;
        text += length + (text[length] == ',');
    }
    return AMS_OK;
}
