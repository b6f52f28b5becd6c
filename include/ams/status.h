/* Status codes with messages: how every library of the project reports failure.
 *
 * A function that can fail returns ams_status and takes an ams_error that the caller owns.
 * On failure it has written one message there (file, line or data set, what was expected,
 * what was found, how to mend it) and released whatever it had acquired. Libraries never
 * print and never exit; cli/ prints the message and exits with the code. */
#ifndef AMS_STATUS_H
#define AMS_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The values are the exit codes of `ams`. */
typedef enum ams_status {
    AMS_OK = 0,
    AMS_USAGE = 1,    /* a wrong option, key or value */
    AMS_BAD_DATA = 2, /* input that breaks a rule of its format */
    AMS_IO = 3,       /* the operating system refused to open, read, write or rename */
    AMS_BACKEND = 4,  /* out of memory, a missing device, a failing numeric library */
    AMS_DIFFERS = 5,  /* an exported policy gives other Q-values than its source */
    AMS_DIVERGED = 6, /* a loss, a weight or a Q-value is not finite */
    AMS_LEFT = 75, /* something is left to do, and the same command continues: what sysexits.h
                      calls a temporary failure, and batch systems can repeat */
    /* Stopped by a signal before it was done: 128 + its number, as shells say it. */
    AMS_STOPPED_HUP = 129,
    AMS_STOPPED_INT = 130,
    AMS_STOPPED_USR1 = 138,
    AMS_STOPPED_TERM = 143
} ams_status;

typedef struct ams_error {
    char text[1024]; /* one line, no newline at the end; truncated with "..." if longer */
} ams_error;

/* Writes the message (err may be NULL) and returns `code`, so that `return ams_fail(...)`
 * reads. */
ams_status ams_fail(ams_error *err, ams_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __clang_analyzer__
/* The analyzer sees one file at a time: so it learns that a failure never returns AMS_OK. */
#define ams_fail(err, code, ...) ((void)(ams_fail)((err), (code), __VA_ARGS__), (code))
#endif

/* Puts "context: " in front of the message that err holds already. */
void ams_error_prefix(ams_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* AMS_BACKEND with the amount that was asked for, and its purpose. */
ams_status ams_no_memory(ams_error *err, size_t bytes, const char *what);

/* Leaves through the function's single exit on failure; needs `ams_status status` and `out:`.
 */
#define AMS_TRY(call)                                                                          \
    do {                                                                                       \
        status = (call);                                                                       \
        if (status != AMS_OK) {                                                                \
            goto out;                                                                          \
        }                                                                                      \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
