/* Priorities of models as options give them: "MODEL=THETA,MODEL=THETA". */
#include "ams/env.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* "MODEL=THETA", which is cut up. */
static ams_status set_one(float *theta, const ams_table *table, char *part, ams_error *err)
{
    char *equals = strrchr(part, '='); /* the last one, since a name may have one */
    double value = 0;
    if (equals == NULL || !ams_parse_double(equals + 1, &value) ||
        !(value > 0 && value <= 1e6)) {
        return ams_fail(err, AMS_USAGE,
                        "theta: expected MODEL=THETA with THETA over 0 and at most 1e6, "
                        "found '%s'",
                        part);
    }
    *equals = '\0';
    const uint32_t model = ams_names_find(&table->model_name, part, (size_t)(equals - part));
    if (model == AMS_NO_NAME) {
        return ams_fail(err, AMS_USAGE,
                        "theta: the data set has no model '%s'; `ams data info` lists them%s",
                        part, ams_list_hint_names(part, &table->model_name).text);
    }
    theta[model] = (float)value;
    return AMS_OK;
}

ams_status ams_theta_parse(float *theta, const ams_table *table, const char *text,
                           ams_error *err)
{
    char *copy = NULL;
    ams_status status = ams_copy_text(&copy, text, err);
    for (char *rest = copy; status == AMS_OK && rest != NULL && *rest != '\0';) {
        status = set_one(theta, table, ams_list_next(&rest), err);
    }
    free(copy);
    return status;
}
