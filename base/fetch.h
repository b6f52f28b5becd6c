/* Asking for memory that is read soon. */
#ifndef AMS_BASE_FETCH_H
#define AMS_BASE_FETCH_H

/* Declares functions that only call __builtin_prefetch. GCC 12 regards them as functions
 * without effect and drops their calls unless they are inlined first. */
#define AMS_FETCHES __attribute__((always_inline)) static inline

#endif
