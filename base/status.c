#include "ams/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void mark_truncation(ams_error *err, int needed)
{
    if (needed >= (int)sizeof err->text) {
        memcpy(err->text + sizeof err->text - 4, "...", 4);
    }
}

ams_status(ams_fail)(ams_error *err, ams_status code, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        mark_truncation(err, vsnprintf(err->text, sizeof err->text, format, args));
        va_end(args);
    }
    return code;
}

void ams_error_prefix(ams_error *err, const char *format, ...)
{
    if (err == NULL) {
        return;
    }
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used < 0 || used >= (int)sizeof err->text) {
        mark_truncation(err, used);
        return;
    }
    size_t room = sizeof err->text - (size_t)used;
    int more = snprintf(err->text + used, room, ": %s", old);
    mark_truncation(err, used + more);
}

ams_status ams_no_memory(ams_error *err, size_t bytes, const char *what)
{
    return ams_fail(err, AMS_BACKEND, "out of memory: %zu bytes were needed for %s", bytes,
                    what);
}
