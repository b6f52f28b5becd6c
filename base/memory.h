/* Allocation with overflow-safe products. */
#ifndef AMS_BASE_MEMORY_H
#define AMS_BASE_MEMORY_H

#include "ams/status.h"

#include <stdint.h>

/* Zeroed array of count x size bytes, 64-byte aligned (one cache line, one AVX-512 register).
 * The caller frees it with free(). A zero product gives a valid block of 64 bytes.
 * @return AMS_BACKEND when memory is short or the product does not fit. `what` names it. */
ams_status ams_alloc(void *pointer_to_pointer, size_t count, size_t size, const char *what,
                     ams_error *err);

/* The same with any bytes in it: for large arrays that are written as a whole. */
ams_status ams_alloc_unset(void *pointer_to_pointer, size_t count, size_t size,
                           const char *what, ams_error *err);

/* Grows *pointer_to_pointer (from realloc or NULL) to hold at least `needed` elements, by half
 * of *capacity at least, so that n appends cost O(n). The block stays valid on failure. */
ams_status ams_grow(void *pointer_to_pointer, size_t *capacity, size_t needed, size_t size,
                    const char *what, ams_error *err);

/* For a program, once at its start. Freed memory of up to 96 MB stays with the process: given
 * back to the system and taken again for the next window of a file, each of its pages would be
 * cleared and mapped anew, which took a third of the time of scoring. The heap, which all
 * threads share, and arrays of 32 MB and more lie in huge pages where the system has them
 * (`madvise` in /sys/kernel/mm/transparent_hugepage/enabled): a page costs a virtual machine up
 * to 14 us. */
void ams_memory_keep(void);

/* A copy of the text for the caller to free(). */
ams_status ams_copy_text(char **copy, const char *text, ams_error *err);

/* What printf would print, as a text for the caller to free(). `what` names it in the message.
 */
ams_status ams_format(char **text, const char *what, ams_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
