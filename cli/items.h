/* The items of `ams run`: operands, then the lines of --items. */
#ifndef AMS_CLI_ITEMS_H
#define AMS_CLI_ITEMS_H

#include "cli/cli.h"
#include "serve/items.h"

/* @return AMS_USAGE where neither operands nor --items are given; as ams_each_item. */
ams_status cli_each_item(const cli_args *args, ams_item_fn *each, void *context,
                         ams_error *err);

#endif
