#include "serve/items.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status read_list(FILE *list, const char *path, ams_item_fn *each, void *context,
                            ams_error *err)
{
    char *line = NULL;
    size_t room = 0;
    size_t n_items = 0;
    unsigned long number = 0;
    ams_status status = AMS_OK;
    for (ssize_t n; status == AMS_OK && (n = getline(&line, &room, list)) > 0;) {
        number++;
        n -= line[n - 1] == '\n';
        n -= n > 0 && line[n - 1] == '\r';
        line[n] = '\0';
        if (strlen(line) != (size_t)n) {
            status =
                ams_fail(err, AMS_BAD_DATA,
                         "%s:%lu: expected an item per line, found a zero byte", path, number);
        } else if (n > 0) {
            n_items++;
            status = each(context, line, err);
        }
    }
    if (status == AMS_OK && ferror(list)) {
        status = ams_fail(err, AMS_IO, "cannot read %s: %s", path, strerror(errno));
    } else if (status == AMS_OK && n_items == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: expected items, one per line, found none", path);
    }
    free(line);
    return status;
}

ams_status ams_each_item(const ams_item_list *items, ams_item_fn *each, void *context,
                         ams_error *err)
{
    const char *path = items->path;
    ams_status status = AMS_OK;
    for (size_t i = 0; i < items->n && status == AMS_OK; i++) {
        status = each(context, items->item[i], err);
    }
    if (status != AMS_OK || path == NULL) {
        return status;
    }
    if (strcmp(path, "-") == 0) {
        return read_list(stdin, "standard input", each, context, err);
    }
    FILE *list = fopen(path, "re");
    if (list == NULL) {
        return ams_fail(err, AMS_IO, "cannot read %s: %s", path, strerror(errno));
    }
    status = read_list(list, path, each, context, err);
    fclose(list);
    return status;
}
