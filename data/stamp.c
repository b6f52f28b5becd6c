/* Attributes that say when and by what a file was made. */
#include "data/parts.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

ams_status ams_created_text(char **created, ams_error *err)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds = (uint64_t)time(NULL);
    if (epoch != NULL && !ams_parse_u64(epoch, &seconds)) {
        return ams_fail(err, AMS_USAGE,
                        "SOURCE_DATE_EPOCH: expected seconds since 1970, found '%s'", epoch);
    }
    char text[AMS_STAMP];
    if (!ams_utc_stamp_at(seconds, text)) {
        return ams_fail(err, AMS_USAGE, "SOURCE_DATE_EPOCH: expected a time, found '%s'",
                        epoch == NULL ? "" : epoch);
    }
    return ams_copy_text(created, text, err);
}

ams_status ams_data_set_threshold(ams_table *table, const char *text, ams_error *err)
{
    char what[128];
    snprintf(what, sizeof what, "threshold %s", text);
    ams_status status = ams_table_set_threshold(table, text, err);
    return status != AMS_OK ? status : ams_note_step(table, table->generator, what, err);
}

ams_status ams_note_step(ams_table *table, const char *old, const char *what, ams_error *err)
{
    const char *before = old == NULL ? "" : old;
    char *generator = NULL;
    if (asprintf(&generator, "%s%sams %s data %s", before, before[0] == '\0' ? "" : "; ",
                 ams_version, what) < 0) {
        return ams_no_memory(err, strlen(before), "an attribute");
    }
    char *created = NULL;
    ams_status status = ams_created_text(&created, err);
    if (status != AMS_OK) {
        free(generator);
        return status;
    }
    free(table->generator);
    free(table->created);
    table->generator = generator;
    table->created = created;
    return AMS_OK;
}
