#include "cli/readers.h"

#include "ams/online.h"
#include "base/memory.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

ams_status cli_read_split(const char *option, const char *text, void *value, ams_error *err)
{
    return ams_split_parse(text, value)
               ? AMS_OK
               : ams_fail(err, AMS_USAGE,
                          "option %s: expected train, validation or test, found '%s'", option,
                          text);
}

ams_status cli_read_shares(const char *option, const char *text, void *value, ams_error *err)
{
    ams_split_options *split = value;
    char *copy = NULL;
    ams_status status = ams_copy_text(&copy, text, err);
    if (status != AMS_OK) {
        return status;
    }
    char *rest = copy;
    bool right = true;
    for (int i = 0; i < 3 && right; i++) {
        const char *part = strsep(&rest, ",");
        right = part != NULL && ams_parse_double(part, &split->share[i]);
    }
    if (!right || rest != NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "option %s: expected the shares of training, validation and test "
                          "as in 0.5,0.1,0.4, found %s",
                          option, text);
    }
    free(copy);
    return status;
}

ams_status cli_refuse_policies(const cli_args *args, ams_error *err)
{
    return args->n_operands == 0
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "unexpected '%s'; policies are given as --policy %s",
                          args->operand[0], args->operand[0]);
}

ams_status cli_parse_stop(const char *text, int *stop, double *below, ams_error *err)
{
    if (strcmp(text, "never") == 0 || strcmp(text, "end") == 0) {
        *stop = text[0] == 'n' ? AMS_ITEM_STOP_NEVER : AMS_ITEM_STOP_END;
        return AMS_OK;
    }
    const char *colon = strchr(text, ':');
    *stop = strncmp(text, "sum:", 4) == 0 ? AMS_ITEM_STOP_SUM : AMS_ITEM_STOP_VALUE;
    bool known = *stop == AMS_ITEM_STOP_SUM || strncmp(text, "value:", 6) == 0;
    if (!known || !ams_parse_double(colon + 1, below)) {
        return ams_fail(err, AMS_USAGE,
                        "option --stop: expected never, end, value:X or sum:X, found '%s'",
                        text);
    }
    return AMS_OK;
}
