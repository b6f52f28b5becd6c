#include "cli/items.h"

ams_status cli_each_item(const cli_args *args, ams_item_fn *each, void *context, ams_error *err)
{
    const ams_item_list items = {.item = args->operand,
                                 .n = (size_t)args->n_operands,
                                 .path = cli_get(args, "--items", NULL)};
    return items.n > 0 || items.path != NULL
               ? ams_each_item(&items, each, context, err)
               : ams_fail(err, AMS_USAGE,
                          "expected items, which the commands get as \"$1\", or --items LIST");
}
