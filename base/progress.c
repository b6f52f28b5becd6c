#include "ams/progress.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void ams_progress_update(const ams_progress *progress, double done, double total,
                         const char *note)
{
    if (progress != NULL && progress->update != NULL) {
        progress->update(progress->context, done, total, note);
    }
}

void ams_notice(const ams_progress *progress, const char *format, ...)
{
    char text[1024];
    if (progress == NULL || progress->notice == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    progress->notice(progress->context, text);
}
