/* Asking for memory that is read soon. */
#ifndef AMS_BASE_FETCH_H
#define AMS_BASE_FETCH_H

/* What functions are declared by that do nothing but __builtin_prefetch: GCC 12 takes them for
 * functions without effect and drops their calls, unless they are inlined before it looks. */
#define AMS_FETCHES __attribute__((always_inline)) static inline

#endif
