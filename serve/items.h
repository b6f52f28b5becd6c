/* The items of a run: some by name, then the lines of a list. */
#ifndef AMS_SERVE_ITEMS_H
#define AMS_SERVE_ITEMS_H

#include "ams/status.h"

#include <stddef.h>

typedef struct ams_item_list {
    const char *const *item; /* (n) */
    size_t n;
    const char *path; /* of the list; "-": standard input; NULL: none */
} ams_item_list;

/* A failure ends the walk. */
typedef ams_status ams_item_fn(void *context, const char *item, ams_error *err);
/* Calls `each` for every item as it is known: of standard input, as its line comes in.
 * @return AMS_IO, AMS_BAD_DATA (an empty list; a line with a zero byte), what `each` returns.
 */
ams_status ams_each_item(const ams_item_list *items, ams_item_fn *each, void *context,
                         ams_error *err);

#endif
