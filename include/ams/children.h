/* Programs as child processes, several at a time, until there are none left to start or a
 * signal asks to stop.
 *
 * Each child has a process group of its own, so that Ctrl-C reaches the caller alone, which
 * passes SIGTERM on. A child whose parent dies, even by SIGKILL, gets SIGTERM from the system.
 * Both hold for the calling thread, which has to live as long as the children.
 *
 * SIGCHLD, SIGINT, SIGTERM and SIGUSR1 must be blocked during ams_children_run, which waits for
 * them:
 *
 *     sigset_t mask;
 *     int stopped = 0;
 *     ams_children_hold_signals(&mask);
 *     status = ams_children_run(&children, 4, &mask, &stopped, err);
 *     ams_children_release_signals(&mask); */
#ifndef AMS_CHILDREN_H
#define AMS_CHILDREN_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/select.h> /* sigset_t, which <signal.h> keeps from strict C11 */

#ifdef __cplusplus
extern "C" {
#endif

/* What to start. Everything is borrowed until the next callback. Its standard input is
 * /dev/null; other open files are inherited unless they are close-on-exec. */
typedef struct ams_child {
    size_t key;          /* the caller's number of it */
    const char *name;    /* for messages: "cannot start a process for NAME" */
    const char *program; /* path of the program; PATH is not searched. NULL: see `body` */
    char *const *argv;   /* NULL-terminated, argv[0] included */
    const char *log; /* file for standard output and error, emptied first; NULL: inherited */
    /* Without a program: what the forked copy of this process does. The process exits with the
     * returned code. The signals above stay blocked in it. */
    int (*body)(void *context);
    void *context;
    /* An open file that goes over to the child, program or not, such as a lock that is to last
     * as long as the child does, even where this process dies before it. It is closed here in
     * any case, and *handed is -1 then. NULL: none. */
    int *handed;
} ams_child;

/* How a child ended, and what it used. */
typedef struct ams_child_end {
    size_t key;
    bool stopping;      /* after SIGINT, SIGTERM or SIGUSR1: the child was asked to stop */
    int signal;         /* that ended it; 0: it exited by itself */
    int code;           /* exit code; 128 + `signal` */
    double seconds;     /* from its start until it was seen to have ended */
    double cpu_seconds; /* user and system, of it and of the children that it waited for */
    double peak_mb;     /* largest resident memory (MiB) of it or one of those */
} ams_child_end;

/* The caller's side. A status other than AMS_OK ends the whole: see ams_children_run. */
typedef struct ams_children {
    void *context;
    /* Called while fewer than the allowed number of children run. Fills *child with the next to
     * start and sets *found; false: nothing can start now. It is asked again after a child has
     * ended. */
    ams_status (*next)(void *context, ams_child *child, bool *found, ams_error *err);
    ams_status (*ended)(void *context, const ams_child_end *end, ams_error *err);
    /* Twice a second and after every signal, while children run: for progress. May be NULL. */
    ams_status (*tick)(void *context, ams_error *err);
    /* Called while no child runs and `next` finds none: seconds until it is to be asked again,
     * with a tick before; 0: never again. NULL: 0. */
    double (*wait)(void *context);
    /* By ams_seconds() of base/clock.h: all are stopped then, as by SIGUSR1; 0: never. */
    double until;
} ams_children;

/* Runs children, at most `side_by_side` (>= 1) at a time, until `next` finds none and all have
 * ended. `mask` is the signal mask that programs begin with, from ams_children_hold_signals.
 *
 * SIGINT, SIGTERM or SIGUSR1, which batch systems send some time before they kill, sets
 * *stopped to its number and sends SIGTERM to every child; nothing is started any more, and the
 * call returns when all have ended. With *stopped set by the caller nothing starts at all.
 *
 * @return AMS_IO if a log cannot be written, AMS_BACKEND if a process cannot be started or the
 * program cannot be executed, or a callback's status. Then the children that still run get
 * SIGTERM and are waited for, without a call of `ended`. */
ams_status ams_children_run(const ams_children *children, uint64_t side_by_side,
                            const sigset_t *mask, int *stopped, ams_error *err);

/* Blocks SIGCHLD, SIGINT, SIGTERM and SIGUSR1, so that none comes between two calls of
 * ams_children_run or while files are written. *mask: what was blocked before. */
void ams_children_hold_signals(sigset_t *mask);
/* Gives *mask back. A signal that came too late to stop anything is dropped. */
void ams_children_release_signals(const sigset_t *mask);
/* Waits at most that long for one of the held signals: SIGINT, SIGTERM, SIGUSR1, or 0 for none.
 */
int ams_children_interrupted(double seconds);

/* The last line of a log that is not blank, with tabs as spaces: where programs leave the
 * reason of a failure. Cut to `size`. @return false, and "", if there is none. */
bool ams_child_last_line(const char *log, char *text, size_t size);
/* "ended by signal 9 (Killed)" */
void ams_child_signal_text(int number, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
