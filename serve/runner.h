/* Runs models, which are programs, on an item: side by side if the memory budget allows it, in
 * the order that the embedded scheduler gives as outputs come in. A program that still runs at
 * the deadline is killed with all that it started, except processes that left its process
 * group. */
#ifndef AMS_SERVE_RUNNER_H
#define AMS_SERVE_RUNNER_H

#include "serve/money.h"
#include "serve/policy.h"
#include "serve/programs.h"

typedef enum ams_run_state {
    AMS_RUN_UNTOUCHED,
    AMS_RUN_RUNNING,
    AMS_RUN_FINISHED,
    AMS_RUN_FAILED, /* exit code, signal or invalid output: see `why` */
    AMS_RUN_CUT     /* killed at the deadline */
} ams_run_state;
extern const char *const ams_run_states[]; /* "untouched", ... */

typedef struct ams_run_model {
    ams_run_state state;
    double start_ms, end_ms; /* since the item began */
    ams_output output;
    char why[200];
} ams_run_model;

typedef struct ams_run_report {
    ams_run_model *model;   /* (M) in the order of the programs */
    double took_ms;         /* by the clock */
    ams_item_result result; /* all zero without a policy */
    const ams_live_policy *policy;
    ams_item *item; /* NULL without a policy; for ams_item_money_of */
} ams_run_report;

typedef struct ams_runner_options {
    /* NULL: every program, one after the other, in their order and without a deadline. */
    const ams_live_policy *policy;
    const ams_programs *programs; /* of a policy in its order */
    ams_item_limits limits;       /* times, memory and priorities are those of the programs */
    ams_money *money;             /* of a policy that answers for money, over all items; NULL:
                                     each as the dearest policy does */
    size_t output_bytes;          /* a program that prints more has failed */
} ams_runner_options;

typedef struct ams_runner ams_runner;
/* The options' pointers stay the caller's. @return AMS_USAGE for limits that cannot be,
 * AMS_BACKEND, AMS_IO. */
ams_status ams_runner_create(ams_runner **runner, const ams_runner_options *options,
                             ams_error *err);
void ams_runner_destroy(ams_runner *runner);
/* Runs the programs for `item`, which is "$1" of each command. The runner owns the report,
 * which is valid until its next item. SIGINT, SIGTERM, SIGQUIT and SIGHUP kill what runs; the
 * status then is AMS_STOPPED_INT, _HUP or, of the others, AMS_STOPPED_TERM. A signal that was
 * ignored before stays so. @return AMS_IO where no process can be started. */
ams_status ams_runner_item(ams_runner *runner, const char *item, const ams_run_report **report,
                           ams_error *err);

#endif
