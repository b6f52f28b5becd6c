/* What is known when something is to be decided under limits, and how the rules are set.
 *
 * M models (at most 64: one mask word). Times in ms since the item began, memory in MB. */
#ifndef AMS_MOMENT_H
#define AMS_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a model with a negative value stands among the others. */
typedef enum ams_negative {
    AMS_NEGATIVE_RANK, /* after all others, by value x cost: value / cost would prefer costly
                          ones */
    AMS_NEGATIVE_SKIP, /* never started */
    AMS_NEGATIVE_CLAMP /* as a value of 0: the shorter, then the lower index first */
} ams_negative;

/* Whether an execution may start that is expected to end after the deadline. */
typedef enum ams_late {
    AMS_LATE_NEVER, /* no */
    AMS_LATE_SHORT, /* yes, unless its time alone passes the deadline: it may run faster */
    AMS_LATE_ANY    /* yes, as long as time is left */
} ams_late;

/* When an item is done although something would fit: none of it needs the truth. */
typedef enum ams_stop {
    AMS_STOP_NEVER,
    AMS_STOP_VALUE, /* no remaining model has a value of at least `stop_below` */
    AMS_STOP_SUM,   /* the remaining positive values add up to less than that */
    AMS_STOP_END    /* the action END is worth more than every remaining model */
} ams_stop;

typedef struct ams_limit_options {
    ams_negative negative;
    ams_late late;
    ams_stop stop;
    double stop_below;
} ams_limit_options;

/* What is known when something is to be decided. */
typedef struct ams_moment {
    uint32_t n_models;
    const float *value;   /* (M) predicted, in the state that has been seen */
    float end_value;      /* of END; -INFINITY where there is no such action */
    const float *time_ms; /* (M) expected, > 0 */
    const float *mem_mb;  /* (M) >= 0; NULL: one model at a time, memory does not matter */
    uint64_t remaining;   /* models that were not started */
    uint64_t running;     /* models that were started and did not end */
    double now_ms;
    double deadline_ms;   /* INFINITY: none */
    double memory_mb;     /* budget; INFINITY: none */
    double used_mb;       /* by `running` */
    const double *end_ms; /* (M) when each of `running` is expected to end; planners read it */
    const float *overlap; /* (M, M), or NULL; planners read it, online/plan.h */
} ams_moment;

#ifdef __cplusplus
}
#endif
#endif
