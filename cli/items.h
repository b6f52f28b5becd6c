/* The items of `ams run`: operands, then the lines of --items. */
#ifndef AMS_CLI_ITEMS_H
#define AMS_CLI_ITEMS_H

#include "cli/cli.h"

/* A failure ends the walk. */
typedef ams_status cli_item_fn(void *context, const char *item, ams_error *err);
/* Calls `each` for every item as it is known: of `--items -`, as its line comes in on standard
 * input. @return AMS_USAGE where neither operands nor --items are given, AMS_IO, AMS_BAD_DATA
 * (an empty list; a line with a zero byte), what `each` returns. */
ams_status cli_each_item(const cli_args *args, cli_item_fn *each, void *context,
                         ams_error *err);

#endif
