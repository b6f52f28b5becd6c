/* Sessions that share workers: the dispatcher of ams/stream.h on the server's clock. Every item
 * is a job whose stages are models of the policy in a fixed order, or a set of models in any
 * order; which of all items in flight goes on is the dispatcher's choice. */
#ifndef AMS_SERVE_SHARED_H
#define AMS_SERVE_SHARED_H

#include "ams/stream_predict.h"
#include "serve/sessions.h"

#include <stdio.h>

/* All pointers are borrowed and must outlive it. */
typedef struct ams_shared_options {
    const ams_live_policy *policy;
    uint32_t stage[AMS_STREAM_STAGES]; /* (n_stages) models of the policy, in order */
    uint32_t n_stages;
    bool sets;                            /* in any order, at most AMS_STREAM_SETS */
    ams_dispatch_options dispatch;        /* all but models and times */
    const ams_saved_predictor *predictor; /* of these models; NULL: that of `dispatch` */
    FILE *trace; /* requests are written there as they arrive, for `ams stream --trace`; NULL:
                    nowhere. Made by ams_requests_open */
    double trace_from_ms; /* when its clock starts, on the clock of the trace */
} ams_shared_options;

/* Opens a file of requests for appending, with its header where it is new or empty. A torn last
 * row, as a killed server leaves it, is cut off. *last_ms: the latest arrival in it, 0 without
 * one. @return AMS_IO, AMS_BAD_DATA. */
ams_status ams_requests_open(FILE **file, double *last_ms, const char *path, ams_error *err);

/* `--scheduler`: KIND[:PARAMETER][@PREDICTOR], with o->predictor set where there is one.
 * @return AMS_USAGE: no such kind, a parameter or predictor that is missing or another one. */
ams_status ams_shared_schedule(ams_shared_options *options, const char *scheduler,
                               ams_error *err);
/* The models that are served: the names (n) or "all", of the policy's models; without any those
 * of the predictor, in its order, else all. Sets stage and n_stages, and of a predictor's
 * models whether they are sets. @return AMS_USAGE: no such model (nearest), one twice, too
 * many; AMS_BAD_DATA: the predictor is of others. */
ams_status ams_shared_choose(ams_shared_options *options, const char *const *name, size_t n,
                             ams_error *err);

typedef struct ams_shared ams_shared;
/* @return what ams_dispatcher_create returns. */
ams_status ams_shared_create(ams_shared **shared, const ams_shared_options *options,
                             ams_error *err);
void ams_shared_destroy(ams_shared *shared);

/* The session's item arrives, due after deadline_ms. now_ms: of a clock that never goes back,
 * in all calls. @return AMS_BACKEND, AMS_USAGE. */
ams_status ams_shared_begin(ams_shared *shared, ams_session *session, uint32_t client,
                            double deadline_ms, float priority, double now_ms, ams_error *err);
/* What the session is to do: start models, which then count as started; wait, until wake_ms on
 * that clock at the latest; or it is done. */
void ams_shared_next(ams_shared *shared, ams_session *session, double now_ms,
                     ams_item_step *step);
/* What a model said: labels with confidences (n), borrowed during the call. */
typedef struct ams_shared_output {
    const char *const *label;
    const float *confidence;
    size_t n;
} ams_shared_output;
/* The model ended; NULL: without an output. Of stages its largest confidence is observed, of
 * sets the value found so far: the sum of each label's largest confidence above the threshold
 * that the policy has for the model.
 * The predictor `outputs` reads all of a stage's labels.
 * @return AMS_BACKEND: no memory for the labels; the model ended all the same. */
ams_status ams_shared_ended(ams_shared *shared, ams_session *session, uint32_t model,
                            double now_ms, const ams_shared_output *output, ams_error *err);
/* The session goes, whatever it still runs. */
void ams_shared_drop(ams_shared *shared, ams_session *session, double now_ms);

#endif
