#include "serve/shared.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What the models of a job have said: each label once, with its largest confidence. */
typedef struct shared_found {
    uint64_t *label; /* (n) hashes */
    float *confidence;
    uint32_t n;
    size_t label_capacity, confidence_capacity;
} shared_found;

struct ams_shared {
    ams_shared_options o;
    float time_ms[AMS_STREAM_STAGES], mem_mb[AMS_STREAM_STAGES];
    uint8_t stage_of[AMS_ONLINE_MODELS]; /* (models) AMS_STREAM_STAGES: none */
    ams_dispatcher *dispatcher;
    ams_job_outputs *outputs; /* for the predictor of that name; NULL: another one, or none */
    ams_session **session;    /* (slots) */
    size_t capacity;
    shared_found *found; /* (n_found) by slot; of sets */
    size_t found_capacity, n_found;
    uint64_t arrived;
    double end_ms[AMS_STREAM_WORKERS]; /* (workers) when what they run is expected to end */
};

static ams_status set_predictor(ams_shared *s, ams_error *err)
{
    const ams_saved_predictor *p = s->o.predictor;
    ams_status status = AMS_OK;
    if (p != NULL && p->regressions != NULL) {
        AMS_TRY(ams_job_outputs_create(&s->outputs, p->regressions, err));
        s->o.dispatch.predictor = ams_job_outputs_predictor(s->outputs);
    } else if (p != NULL) {
        s->o.dispatch.predictor = ams_fitted_predictor(p->fitted);
    }
out:
    return status;
}

ams_status ams_shared_create(ams_shared **shared, const ams_shared_options *options,
                             ams_error *err)
{
    ams_shared *s = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s, 1, sizeof *s, "shared workers", err));
    s->o = *options;
    for (uint32_t m = 0; m < AMS_ONLINE_MODELS; m++) {
        s->stage_of[m] = AMS_STREAM_STAGES;
    }
    for (uint32_t k = 0; k < options->n_stages; k++) {
        s->time_ms[k] = ams_online_model_ms(options->policy->online, options->stage[k]);
        s->mem_mb[k] = ams_online_model_mb(options->policy->online, options->stage[k]);
        s->stage_of[options->stage[k]] = (uint8_t)k;
    }
    s->o.dispatch.n_models = options->n_stages;
    s->o.dispatch.sets = options->sets;
    s->o.dispatch.time_ms = s->time_ms;
    s->o.dispatch.mem_mb = isfinite(options->dispatch.memory_mb) ? s->mem_mb : NULL;
    AMS_TRY(set_predictor(s, err));
    AMS_TRY(ams_dispatcher_create(&s->dispatcher, &s->o.dispatch, err));
out:
    if (status != AMS_OK) {
        ams_shared_destroy(s);
        s = NULL;
    }
    *shared = s;
    return status;
}

void ams_shared_destroy(ams_shared *shared)
{
    if (shared != NULL) {
        ams_dispatcher_destroy(shared->dispatcher);
        ams_job_outputs_destroy(shared->outputs);
        for (size_t k = 0; k < shared->n_found; k++) {
            free(shared->found[k].label);
            free(shared->found[k].confidence);
        }
        free(shared->found);
        free(shared->session);
        free(shared);
    }
}

/* Names go into the trace as they are: CSV has no place for a comma or a quote in them. */
static void write_request(const ams_shared *s, const ams_stream_job *job, const char *name)
{
    fprintf(s->o.trace, "%.3f,%.3f,", s->o.trace_from_ms + job->arrival_ms,
            job->deadline_ms - job->arrival_ms);
    for (const char *at = name; *at != '\0'; at++) {
        const bool plain = (unsigned char)*at >= ' ' && *at != ',' && *at != '"';
        fputc(plain ? *at : '_', s->o.trace);
    }
    fprintf(s->o.trace, ",%u\n", job->client);
    fflush(s->o.trace);
}

static ams_status room_for(ams_shared *s, uint32_t slot, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&s->found, &s->found_capacity, (size_t)slot + 1, sizeof *s->found,
                     "labels", err));
    for (; s->n_found <= slot; s->n_found++) {
        s->found[s->n_found] = (shared_found){.n = 0};
    }
    s->found[slot].n = 0;
out:
    return status;
}

ams_status ams_shared_begin(ams_shared *s, ams_session *session, uint32_t client,
                            double deadline_ms, float priority, double now_ms, ams_error *err)
{
    const ams_stream_job job = {.id = s->arrived,
                                .client = client,
                                .arrival_ms = now_ms,
                                .deadline_ms = now_ms + deadline_ms,
                                .priority = priority};
    ams_status status = AMS_OK;
    AMS_TRY(ams_dispatcher_arrive(s->dispatcher, &job, &session->slot, err));
    status = ams_grow(&s->session, &s->capacity, (size_t)session->slot + 1,
                      sizeof(ams_session *), "sessions", err);
    if (status == AMS_OK && s->o.sets) {
        status = room_for(s, session->slot, err);
    }
    if (status != AMS_OK) {
        ams_dispatcher_cancel(s->dispatcher, session->slot);
        goto out;
    }
    s->arrived++;
    s->session[session->slot] = session;
    session->in_flight = true;
    session->granted = 0;
    if (s->o.trace != NULL) {
        write_request(s, &job, session->name);
    }
out:
    return status;
}

/* Starts are handed to whom they belong when that session asks; it has them from now on. */
static void take_turns(ams_shared *s, double now_ms)
{
    ams_stream_start start;
    ams_stream_job job;
    while (ams_dispatcher_left(s->dispatcher, now_ms, &job)) {
        s->session[job.slot]->in_flight = false;
    }
    while (ams_dispatcher_next(s->dispatcher, now_ms, &start)) {
        s->session[start.slot]->granted |= UINT64_C(1) << s->o.stage[start.model];
        s->end_ms[start.worker] = now_ms + (double)s->time_ms[start.model];
    }
    while (ams_dispatcher_left(s->dispatcher, now_ms, &job)) {
        s->session[job.slot]->in_flight = false;
    }
}

/* The next expected end of a model, when the turn may come; a model that is late may end at any
 * time. */
static double next_turn(const ams_shared *s, const ams_session *session, double now_ms)
{
    const double often_ms = 1;
    double next = ams_dispatcher_job(s->dispatcher, session->slot)->deadline_ms;
    const uint32_t workers = s->o.dispatch.workers > 0 ? s->o.dispatch.workers : s->o.n_stages;
    for (uint32_t w = 0; w < workers; w++) {
        const double end = s->end_ms[w] > now_ms ? s->end_ms[w] : now_ms + often_ms;
        next = s->end_ms[w] > 0 && end < next ? end : next;
    }
    next = fmin(next, ams_dispatcher_waits(s->dispatcher));
    return next > now_ms ? next : now_ms;
}

void ams_shared_next(ams_shared *s, ams_session *session, double now_ms, ams_item_step *step)
{
    *step = (ams_item_step){.answer = AMS_ITEM_WAIT, .wake_ms = INFINITY};
    take_turns(s, now_ms);
    for (; session->granted != 0; session->granted &= session->granted - 1) {
        step->model[step->n++] = (uint32_t)__builtin_ctzll(session->granted);
        step->answer = AMS_ITEM_START;
    }
    if (!session->in_flight) {
        step->answer = AMS_ITEM_DONE;
    } else {
        step->wake_ms = next_turn(s, session, now_ms);
    }
}

static ams_status add_label(shared_found *f, const char *label, float confidence,
                            ams_error *err)
{
    const uint64_t hash = XXH3_64bits(label, strlen(label));
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < f->n; k++) {
        if (f->label[k] == hash) {
            f->confidence[k] = fmaxf(f->confidence[k], confidence);
            return AMS_OK;
        }
    }
    AMS_TRY(ams_grow(&f->label, &f->label_capacity, (size_t)f->n + 1, sizeof *f->label,
                     "labels", err));
    AMS_TRY(ams_grow(&f->confidence, &f->confidence_capacity, (size_t)f->n + 1,
                     sizeof *f->confidence, "labels", err));
    f->label[f->n] = hash;
    f->confidence[f->n++] = confidence;
out:
    return status;
}

/* What is seen of the job after this output. */
static ams_status observe(ams_shared *s, uint32_t slot, uint32_t model,
                          const ams_shared_output *output, float *observed, ams_error *err)
{
    const float threshold = ams_online_model_threshold(s->o.policy->online, model);
    double value = 0;
    ams_status status = AMS_OK;
    *observed = 0;
    for (size_t i = 0; i < output->n && !s->o.sets; i++) {
        *observed = fmaxf(*observed, output->confidence[i]);
    }
    if (!s->o.sets) {
        return s->outputs == NULL
                   ? AMS_OK
                   : ams_job_outputs_add(s->outputs, slot, s->stage_of[model], output->label,
                                         output->confidence, output->n, err);
    }
    for (size_t i = 0; i < output->n; i++) {
        if (output->confidence[i] > threshold) {
            AMS_TRY(add_label(&s->found[slot], output->label[i], output->confidence[i], err));
        }
    }
out:
    for (uint32_t k = 0; k < s->found[slot].n; k++) {
        value += (double)s->found[slot].confidence[k];
    }
    *observed = (float)value;
    return status;
}

ams_status ams_shared_ended(ams_shared *s, ams_session *session, uint32_t model, double now_ms,
                            const ams_shared_output *output, ams_error *err)
{
    const uint8_t stage = s->stage_of[model];
    float observed = 0;
    ams_status status = AMS_OK;
    if (!session->in_flight || stage == AMS_STREAM_STAGES) {
        return AMS_OK; /* its time was over, or it was started without being asked for */
    }
    if (output == NULL) {
        ams_dispatcher_failed(s->dispatcher, session->slot, stage);
    } else {
        status = observe(s, session->slot, model, output, &observed, err);
        ams_dispatcher_ended(s->dispatcher, session->slot, stage, now_ms, observed);
    }
    take_turns(s, now_ms);
    return status;
}

void ams_shared_drop(ams_shared *s, ams_session *session, double now_ms)
{
    if (session->in_flight) {
        ams_dispatcher_cancel(s->dispatcher, session->slot);
        session->in_flight = false;
        take_turns(s, now_ms);
    }
}
