/* Predictors of streams that outlast the data that they are fitted to: regressions on what jobs
 * have output, and predictors in files, as `ams stream --save-predictor` writes them for
 * `ams serve`.
 *
 *     ams_saved_predictor saved;
 *     ams_saved_predictor_read(&saved, "outputs.tsv", &err);
 *     ams_job_outputs *outputs;
 *     ams_job_outputs_create(&outputs, saved.regressions, &err);
 *     options.predictor = ams_job_outputs_predictor(outputs);      of a dispatcher
 *     ams_job_outputs_add(outputs, slot, stage, label, confidence, n, &err);
 *     ams_dispatcher_ended(dispatcher, slot, stage, now_ms, observed);
 *
 * M stages, S = M + 1 states, as in ams/stream.h; L labels; F columns of a state. */
#ifndef AMS_STREAM_PREDICT_H
#define AMS_STREAM_PREDICT_H

#include "ams/names.h"
#include "ams/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The predictor `outputs`: the score in each later state, by a linear function of what the
 * last two stages output. docs/streams.md has the columns. ---- */

typedef struct ams_regressions {
    uint32_t n_models, states;
    ams_names label;                       /* (L) in the order of their columns */
    double *weight[AMS_STREAM_STAGES + 1]; /* (S) each (F, S): of the score in a state from
                                            * this one on; 0 of those before it */
} ams_regressions;

/* All weights are 0. The labels become its own, and `label` is empty afterwards.
 * @return AMS_USAGE: more than AMS_STREAM_STAGES stages, or none; AMS_BACKEND. */
ams_status ams_regressions_create(ams_regressions **regressions, uint32_t n_models,
                                  ams_names *label, ams_error *err);
void ams_regressions_destroy(ams_regressions *regressions);
/* F of that state. */
uint32_t ams_regressions_columns(const ams_regressions *regressions, uint32_t state);

/* What a stage output: (n) places of labels among those of the regressions, AMS_NO_NAME: none
 * of them; and confidences. */
typedef struct ams_stage_output {
    const uint32_t *place;
    const float *confidence;
    uint32_t n;
} ams_stage_output;
/* The row of a job in that state. x (F): its columns; used (F): those that are not 0, in order.
 * `last` and `before` are what the last stage output and the one before it, and are not looked
 * at in a state that has none. Returns how many columns are used. */
uint32_t ams_regressions_row(const ams_regressions *regressions, uint32_t state,
                             const ams_stage_output *last, const ams_stage_output *before,
                             double *x, uint32_t *used);
/* score (S), from this state on: probabilities that do not fall. */
void ams_regressions_predict(const ams_regressions *regressions, uint32_t state,
                             const double *x, const uint32_t *used, uint32_t n_used,
                             float *score);

/* What the jobs of a dispatcher have output, by slot. The regressions are borrowed. */
typedef struct ams_job_outputs ams_job_outputs;
ams_status ams_job_outputs_create(ams_job_outputs **outputs, const ams_regressions *regressions,
                                  ams_error *err);
void ams_job_outputs_destroy(ams_job_outputs *outputs);
/* Stage number `stage` (from 0) of the job in that slot has output labels (n) with confidences.
 * To be said before ams_dispatcher_ended. Of a label that comes twice the largest confidence
 * counts. @return AMS_BACKEND: the job's later stages are then expected to score what they do
 * on average. */
ams_status ams_job_outputs_add(ams_job_outputs *outputs, uint32_t slot, uint32_t stage,
                               const char *const *label, const float *confidence, size_t n,
                               ams_error *err);
/* Borrowed from it. */
ams_predictor ams_job_outputs_predictor(const ams_job_outputs *outputs);

/* ---- Predictors in files (docs/format.md): tables by tenths of what is observed, or
 * regressions, with the models that they are of. ---- */

typedef struct ams_saved_predictor {
    bool sets; /* of models in any order; else of stages */
    uint32_t n_models;
    ams_names model;    /* (n_models) in order; empty: the file is of a version without them */
    ams_fitted *fitted; /* mean or calibrated; or else: */
    ams_regressions *regressions;
} ams_saved_predictor;
/* "mean", "calibrated" or "outputs". */
const char *ams_saved_predictor_name(const ams_saved_predictor *saved);
/* On failure as after fini. @return AMS_IO; AMS_BAD_DATA with file, line, what was expected and
 * what was found; AMS_BACKEND. */
ams_status ams_saved_predictor_read(ams_saved_predictor *saved, const char *path,
                                    ams_error *err);
/* The models have to be named. @return AMS_USAGE: neither of the three; AMS_IO: nothing is left
 * of the file, or a former one of that name stays; AMS_BACKEND. */
ams_status ams_saved_predictor_write(const ams_saved_predictor *saved, const char *path,
                                     ams_error *err);
void ams_saved_predictor_fini(ams_saved_predictor *saved);

#ifdef __cplusplus
}
#endif
#endif
