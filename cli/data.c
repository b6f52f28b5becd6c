#include "cli/data.h"

#include <stdio.h>

ams_status cli_write_table(const ams_table *table, const char *path, ams_error *err)
{
    char hash[AMS_HASH_TEXT];
    ams_status status = AMS_OK;
    AMS_TRY(ams_table_write(table, path, err));
    AMS_TRY(ams_table_stored_hash(path, hash, err));
    printf("%s: %u items, %u models, %u labels, %llu outputs, content hash %s\n", path,
           table->n_items, table->n_models, table->n_labels,
           (unsigned long long)ams_table_outputs(table), hash);
out:
    return status;
}
