#include "base/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LINE = 64, AT_ONCE = 32 << 20, HUGE_PAGE = 2 << 20 };

/* The heap from its first huge page on, as far as the system was asked for such pages; all
 * zero: it is not asked. */
static struct {
    char *begin;
    _Atomic uintptr_t end;
    void *before; /* what lies before the first one, which nobody writes to */
} heap;

/* How far it is from there to where pages of that size begin. */
static size_t to_page(const void *from, size_t page)
{
    return (page - (uintptr_t)from % page) % page;
}

/* A system that has none serves the program as well. */
static void ask_for_huge_pages(char *begin, uintptr_t end)
{
#ifdef MADV_HUGEPAGE
    char *first = begin + to_page(begin, (size_t)sysconf(_SC_PAGESIZE));
    (void)madvise(first, end - (uintptr_t)first, MADV_HUGEPAGE);
#else
    (void)begin;
    (void)end;
#endif
}

/* Asks for what the heap has grown by, and for an array that lies outside of it. */
static void follow_memory(void *array, size_t bytes)
{
    if (heap.begin == NULL) {
        return;
    }
    const uintptr_t end = (uintptr_t)sbrk(0);
    if (atomic_exchange_explicit(&heap.end, end, memory_order_relaxed) < end &&
        (uintptr_t)heap.begin < end) {
        ask_for_huge_pages(heap.begin, end);
    }
    if (bytes >= AT_ONCE) {
        ask_for_huge_pages(array, (uintptr_t)array + bytes);
    }
}

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
    follow_memory(*pointer, rounded);
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
    follow_memory(moved, bytes);
    *pointer = moved;
    *capacity = larger;
    return AMS_OK;
}

#ifdef __GLIBC__
/* The heap grows, and what it gives next lies at a huge page: small programs need no other. */
static void begin_at_huge_page(void)
{
    free(malloc(AT_ONCE - HUGE_PAGE)); /* more than it has left */
    char *next = malloc(LINE);
    const size_t before = to_page(next, HUGE_PAGE);
    free(next);
    heap.before = malloc(before);
    heap.begin =
        heap.before == NULL ? NULL : (char *)heap.before + to_page(heap.before, HUGE_PAGE);
}
#endif

void ams_memory_keep(void)
{
#ifdef __GLIBC__              /* elsewhere it is the allocator's matter */
    if (heap.begin != NULL) { /* a program of many commands says it with each */
        return;
    }
    (void)mallopt(M_MMAP_THRESHOLD, AT_ONCE);
    (void)mallopt(M_TOP_PAD, AT_ONCE);
    (void)mallopt(M_TRIM_THRESHOLD, 3 * AT_ONCE);
    (void)mallopt(M_ARENA_MAX, 1);
    begin_at_huge_page();
    follow_memory(NULL, 0);
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
