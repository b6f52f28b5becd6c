/* What the jobs in flight have output, and what regressions let expect of them. */
#include "ams/stream_predict.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one stage of a job output. */
typedef struct kept_output {
    uint32_t *place;
    float *confidence;
    size_t n, place_capacity, confidence_capacity;
} kept_output;

typedef struct job_outputs {
    uint32_t state;     /* how many stages `score` knows of; 0: none */
    float *score;       /* (S) to expect from that state on */
    kept_output before; /* of the last stage, which the next one comes after */
} job_outputs;

struct ams_job_outputs {
    const ams_regressions *r;
    job_outputs *job; /* (n_jobs) by slot */
    size_t n_jobs, capacity;
    float *prior;    /* (S) to expect before any stage */
    kept_output now; /* what is read */
    double *x;       /* (F) a row */
    uint32_t *used;  /* (F) its columns that are not 0 */
    uint32_t *seen;  /* (L) where a label stands in it, + 1; 0: nowhere */
};

static void free_output(kept_output *kept)
{
    free(kept->place);
    free(kept->confidence);
}

ams_status ams_job_outputs_create(ams_job_outputs **outputs, const ams_regressions *regressions,
                                  ams_error *err)
{
    const size_t most = ams_regressions_columns(regressions, regressions->n_models);
    ams_job_outputs *o = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&o, 1, sizeof *o, "a predictor", err));
    o->r = regressions;
    AMS_TRY(ams_alloc(&o->x, most, sizeof *o->x, "a predictor", err));
    AMS_TRY(ams_alloc(&o->used, most, sizeof *o->used, "a predictor", err));
    AMS_TRY(ams_alloc(&o->seen, regressions->label.count, sizeof *o->seen, "a predictor", err));
    AMS_TRY(ams_alloc(&o->prior, regressions->states, sizeof *o->prior, "a predictor", err));
    const uint32_t n_used = ams_regressions_row(regressions, 0, NULL, NULL, o->x, o->used);
    ams_regressions_predict(regressions, 0, o->x, o->used, n_used, o->prior);
out:
    if (status != AMS_OK) {
        ams_job_outputs_destroy(o);
        o = NULL;
    }
    *outputs = o;
    return status;
}

void ams_job_outputs_destroy(ams_job_outputs *outputs)
{
    if (outputs == NULL) {
        return;
    }
    for (size_t k = 0; k < outputs->n_jobs; k++) {
        free(outputs->job[k].score);
        free_output(&outputs->job[k].before);
    }
    free_output(&outputs->now);
    free(outputs->job);
    free(outputs->prior);
    free(outputs->x);
    free(outputs->used);
    free(outputs->seen);
    free(outputs);
}

static ams_status room_for(ams_job_outputs *o, uint32_t slot, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&o->job, &o->capacity, (size_t)slot + 1, sizeof *o->job,
                     "outputs of items", err));
    for (; o->n_jobs <= slot; o->n_jobs++) {
        o->job[o->n_jobs] = (job_outputs){.state = 0};
    }
    if (o->job[slot].score == NULL) {
        status = ams_alloc(&o->job[slot].score, o->r->states, sizeof(float), "scores to expect",
                           err);
    }
out:
    return status;
}

static ams_status make_room(kept_output *kept, size_t n, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&kept->place, &kept->place_capacity, n, sizeof *kept->place,
                     "outputs of items", err));
    status = ams_grow(&kept->confidence, &kept->confidence_capacity, n,
                      sizeof *kept->confidence, "outputs of items", err);
out:
    return status;
}

/* Into o->now, each label of the regressions once. */
static ams_status read_labels(ams_job_outputs *o, const char *const *label,
                              const float *confidence, size_t n, ams_error *err)
{
    kept_output *now = &o->now;
    ams_status status = AMS_OK;
    AMS_TRY(make_room(now, n, err));
    now->n = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t place = ams_names_find(&o->r->label, label[i], strlen(label[i]));
        if (place != AMS_NO_NAME && o->seen[place] != 0) {
            float *largest = &now->confidence[o->seen[place] - 1];
            *largest = fmaxf(*largest, confidence[i]);
            continue;
        }
        now->place[now->n] = place;
        now->confidence[now->n++] = confidence[i];
        if (place != AMS_NO_NAME) {
            o->seen[place] = (uint32_t)now->n;
        }
    }
    for (size_t i = 0; i < now->n; i++) {
        if (now->place[i] != AMS_NO_NAME) {
            o->seen[now->place[i]] = 0;
        }
    }
out:
    return status;
}

/* Of labels that the regressions do not know the greatest confidence alone, so that no item
 * takes more memory than they need, whatever a client sends. */
static ams_status keep(kept_output *before, const kept_output *now, ams_error *err)
{
    float greatest = 0;
    size_t known = 0;
    ams_status status = AMS_OK;
    before->n = 0;
    for (size_t i = 0; i < now->n; i++) {
        known += now->place[i] != AMS_NO_NAME;
    }
    AMS_TRY(make_room(before, known + 1, err));
    for (size_t i = 0; i < now->n; i++) {
        if (now->place[i] == AMS_NO_NAME) {
            greatest = fmaxf(greatest, now->confidence[i]);
            continue;
        }
        before->place[before->n] = now->place[i];
        before->confidence[before->n++] = now->confidence[i];
    }
    before->place[before->n] = AMS_NO_NAME;
    before->confidence[before->n++] = greatest;
out:
    return status;
}

static ams_stage_output view(const kept_output *kept)
{
    return (ams_stage_output){
        .place = kept->place, .confidence = kept->confidence, .n = (uint32_t)kept->n};
}

ams_status ams_job_outputs_add(ams_job_outputs *o, uint32_t slot, uint32_t stage,
                               const char *const *label, const float *confidence, size_t n,
                               ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(room_for(o, slot, err));
    job_outputs *job = &o->job[slot];
    if (job->state != stage) { /* what came before it is another job's, or not known */
        job->before.n = 0;
    }
    job->state = 0;
    AMS_TRY(read_labels(o, label, confidence, n, err));
    const ams_stage_output last = view(&o->now);
    const ams_stage_output before = view(&job->before);
    const uint32_t n_used = ams_regressions_row(o->r, stage + 1, &last, &before, o->x, o->used);
    ams_regressions_predict(o->r, stage + 1, o->x, o->used, n_used, job->score);
    AMS_TRY(keep(&job->before, &o->now, err));
    job->state = stage + 1;
out:
    return status;
}

static void predict(const void *state, const ams_stream_job *job, float *u)
{
    const ams_job_outputs *o = state;
    const uint32_t from = ams_stream_state(false, job->done);
    const bool known = from > 0 && job->slot < o->n_jobs && o->job[job->slot].state == from;
    const float *score = known ? o->job[job->slot].score : o->prior;
    memcpy(u + from, score + from, (o->r->states - from) * sizeof *u);
}

ams_predictor ams_job_outputs_predictor(const ams_job_outputs *outputs)
{
    return (ams_predictor){.name = "outputs", .state = outputs, .predict = predict};
}
