#include "base/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

static ams_status allocate(void **pointer, size_t count, size_t size, bool zeroed,
                           const char *what, ams_error *err)
{
    *pointer = NULL;
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - LINE) {
        return ams_fail(err, AMS_BACKEND, "out of memory: %zu x %zu bytes for %s do not fit",
                        count, size, what);
    }
    size_t rounded = bytes == 0 ? LINE : (bytes + LINE - 1) / LINE * LINE;
    *pointer = aligned_alloc(LINE, rounded);
    if (*pointer == NULL) {
        return ams_no_memory(err, rounded, what);
    }
    if (zeroed) {
        memset(*pointer, 0, rounded);
    }
    return AMS_OK;
}

ams_status ams_alloc(void *pointer_to_pointer, size_t count, size_t size, const char *what,
                     ams_error *err)
{
    return allocate(pointer_to_pointer, count, size, true, what, err);
}

ams_status ams_alloc_unset(void *pointer_to_pointer, size_t count, size_t size,
                           const char *what, ams_error *err)
{
    return allocate(pointer_to_pointer, count, size, false, what, err);
}

ams_status ams_grow(void *pointer_to_pointer, size_t *capacity, size_t needed, size_t size,
                    const char *what, ams_error *err)
{
    void **pointer = pointer_to_pointer;
    if (needed <= *capacity) {
        return AMS_OK;
    }
    size_t larger = *capacity < 8 ? 8 : *capacity + *capacity / 2;
    if (larger < needed) {
        larger = needed;
    }
    size_t bytes = 0;
    if (__builtin_mul_overflow(larger, size, &bytes)) {
        return ams_fail(err, AMS_BACKEND, "out of memory: %zu x %zu bytes for %s do not fit",
                        larger, size, what);
    }
    void *moved = realloc(*pointer, bytes);
    if (moved == NULL) {
        return ams_no_memory(err, bytes, what);
    }
    *pointer = moved;
    *capacity = larger;
    return AMS_OK;
}

void ams_memory_keep(void)
{
#ifdef __GLIBC__ /* elsewhere it is the allocator's matter */
    enum { AT_ONCE = 32 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, AT_ONCE);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * AT_ONCE);
#endif
}

ams_status ams_copy_text(char **copy, const char *text, ams_error *err)
{
    *copy = strdup(text);
    return *copy == NULL ? ams_no_memory(err, strlen(text) + 1, "a text") : AMS_OK;
}

ams_status ams_format(char **text, const char *what, ams_error *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        *text = NULL;
        return ams_no_memory(err, 0, what);
    }
    return AMS_OK;
}
