/* Scheduling an item under a deadline, or a deadline and a memory budget: an event-driven
 * simulation that calls the rules of online/, and a check that no schedule escapes.
 *
 * M models. Times in ms since the item began, memory in MB. */
#ifndef AMS_SCHEDULE_H
#define AMS_SCHEDULE_H

#include "ams/moment.h"
#include "ams/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One execution, as it was started. */
typedef struct ams_schedule_run {
    uint8_t model;
    bool finished; /* by the deadline; else it was cut off there and its outputs are lost */
    double start_ms;
    double end_ms;   /* when it ended, or the deadline */
    float value;     /* predicted when it was started; NAN for orders */
    uint64_t seen;   /* models whose outputs were known then */
    uint64_t beside; /* models that ran then, including those started at the same moment */
} ams_schedule_run;

typedef struct ams_schedule {
    uint32_t n;
    ams_schedule_run run[AMS_MAX_MODELS]; /* in the order in which they were started */
    uint64_t seen;                        /* models that finished */
    double done_ms; /* when nothing ran any more and nothing was started */
    double peak_mb; /* most memory in use at once */
    double value;   /* f(seen, item) */
    double recall;  /* of value; 1 where f(M,d) = 0 */
    uint32_t cut;   /* executions that the deadline cut off */
    uint32_t decisions;
} ams_schedule;

/* Where a scheduler takes what it ranks by. */
typedef enum ams_source {
    AMS_SOURCE_VALUES, /* a policy's predictions, or the true marginal values without a policy
                        */
    AMS_SOURCE_ORDER   /* a policy's order, static_order in its kind */
} ams_source;

typedef struct ams_scheduler {
    const char *name;
    const char *help; /* one line */
    ams_source source;
    bool parallel; /* runs models in parallel under a memory budget; else one at a time */
    uint64_t (*start)(const ams_moment *at, const ams_limit_options *options);
} ams_scheduler;

extern const ams_scheduler *const ams_schedulers[];
extern const uint32_t ams_n_schedulers;
/* NULL if there is none of that name for that setting. */
const ams_scheduler *ams_scheduler_named(const char *name, bool parallel);

/* How an item is to be scheduled. */
typedef struct ams_schedule_task {
    const ams_env *env; /* the truth */
    const ams_scheduler *scheduler;
    const ams_policy *policy; /* NULL: true marginal values beyond all that was started */
    void *worker;             /* of the policy */
    ams_limit_options options;
    const float *expected_ms; /* (M) what the rules assume */
    const float *mem_mb;      /* (M) */
    const float *overlap;     /* (M, M) for planners, or NULL */
    double deadline_ms;       /* INFINITY: none */
    double memory_mb;         /* ignored by schedulers that run one model at a time */
} ams_schedule_task;

/* time_ms: (M) how long each model's execution on this item takes. */
void ams_schedule_item(ams_schedule *schedule, const ams_schedule_task *task, uint32_t item,
                       uint32_t draw, const float *time_ms);

/* Checks every rule of a schedule from its executions alone: no model twice, every end as its
 * time says, no counted execution past the deadline and none started after it, never more
 * memory in use than the budget, one at a time unless parallel, outputs known exactly from the
 * end of their execution on, value and recall of the finished ones.
 * @return AMS_BAD_DATA with the rule that was broken. */
ams_status ams_schedule_check(const ams_schedule *schedule, const ams_schedule_task *task,
                              uint32_t item, const float *time_ms, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
