/* Every series at every point with every seed; parameters are chosen on validation items. */
#include "ams/stream_study.h"

#include "base/memory.h"
#include "base/team.h"
#include "lab/stream/agent.h"
#include "lab/stream/outputs.h"
#include "lab/stream/request.h"
#include "lab/stream/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GRID = 256, JOBS_PART = 2, TUNING_SEEDS = 5 };
static const double MISS_PRICE = 0.1;
/* Seeds of validation are none of the user's. */
#define TUNING_SEED UINT64_C(0x5eed00000000)

/* Predictors of a series: for validation items, and for those of the jobs. */
typedef struct study_predictors {
    ams_fitted *fitted[3];
    ams_predictor predictor[3];
    struct ams_stream_agent *own; /* of the series' own policy; NULL: none */
} study_predictors;

typedef struct study_job {
    ams_stream_study *study;
    study_predictors *predictors; /* (series) */
    ams_stream_outputs *outputs;  /* of all series that predict by it; NULL: none does */
    uint32_t first;               /* shard of an errand */
    ams_error *err;               /* (shards) */
    ams_status *status;           /* (shards) */
} study_job;

static double machine_ms(const ams_sim_options *o, const ams_workload *w, uint32_t models)
{
    double sum = 0;
    double most = 0;
    for (uint32_t m = 0; m < models; m++) {
        sum += (double)w->time_ms[m];
        most = fmax(most, (double)w->time_ms[m]);
    }
    /* One worker per model: the slowest one limits. */
    return o->dispatch.workers > 0 ? sum / o->dispatch.workers : most;
}

static double jobs_per_ms(const ams_stream_study *s, uint32_t p)
{
    const ams_source_options *source = &s->options.base.source;
    const ams_stream_point *point = &s->point[p];
    switch (source->arrivals) {
    case AMS_ARRIVE_CLIENTS:
        return point->clients /
               ((point->deadline_low_ms + point->deadline_high_ms) / 2 + source->think_ms);
    case AMS_ARRIVE_TRACE:
        return NAN;
    default:
        return point->load / machine_ms(&s->options.base, &s->data->work[JOBS_PART],
                                        s->data->work[JOBS_PART].n_models);
    }
}

void ams_stream_offered(const ams_stream_study *s, uint32_t point, double *full,
                        double *mandatory)
{
    const ams_workload *w = &s->data->work[JOBS_PART];
    const ams_sim_options *o = &s->options.base;
    const double rate = jobs_per_ms(s, point);
    *full = rate * machine_ms(o, w, w->n_models);
    *mandatory = rate * machine_ms(o, w, o->dispatch.mandatory);
}

static ams_sim_options options_at(const ams_stream_study *s, uint32_t series, uint32_t point,
                                  uint32_t part, const study_predictors *predictors)
{
    const ams_stream_point *at = &s->point[point];
    ams_sim_options o = s->options.base;
    o.workload = &s->data->work[part];
    o.dispatch.kind = s->series[series].kind;
    o.dispatch.parameter = s->series[series].parameter[point];
    o.dispatch.predictor = predictors->predictor[part];
    o.dispatch.delta = at->delta;
    o.source.clients = at->clients;
    o.source.rate = o.source.arrivals == AMS_ARRIVE_CLIENTS ? 0 : jobs_per_ms(s, point);
    o.source.deadline_low_ms = at->deadline_low_ms;
    o.source.deadline_high_ms = at->deadline_high_ms;
    return o;
}

/* The parameter with the best mean over validation items of the score less MISS_PRICE times
 * miss_cost per missed job: where scores are level, that which misses fewer. The first of equal
 * ones. */
static ams_status tune(const study_job *j, uint32_t series, uint32_t point, ams_error *err)
{
    ams_stream_study *s = j->study;
    double value[MOST_GRID];
    double best = -INFINITY;
    double chosen = 0;
    ams_status status = AMS_OK;
    ams_sim_options o = options_at(s, series, point, AMS_VALIDATION, &j->predictors[series]);
    const uint32_t n = ams_stream_grid(o.dispatch.kind, o.workload, value, MOST_GRID);
    o.record = false;
    for (uint32_t k = 0; k < n; k++) {
        double worth = 0;
        o.dispatch.parameter = value[k];
        for (uint32_t seed = 0; seed < TUNING_SEEDS; seed++) {
            ams_sim_result r;
            o.source.seed = TUNING_SEED + seed;
            AMS_TRY(ams_simulate(&r, &o, err));
            worth += r.score - MISS_PRICE * o.dispatch.miss_cost * r.missed;
            ams_sim_result_fini(&r);
        }
        if (worth > best) {
            best = worth;
            chosen = value[k];
        }
    }
    s->series[series].parameter[point] = chosen;
out:
    return status;
}

static ams_status run_one(const study_job *j, uint32_t series, uint32_t point, uint32_t seed,
                          ams_error *err)
{
    ams_stream_study *s = j->study;
    ams_sim_options o = options_at(s, series, point, JOBS_PART, &j->predictors[series]);
    ams_sim_result *r = &s->series[series].result[(size_t)point * s->n_seeds + seed];
    const bool first = series + seed == 0 && point + 1 == s->n_points && s->options.timeline;
    ams_status status = AMS_OK;
    o.source.seed = s->options.seed[seed];
    o.record = s->options.check || first;
    AMS_TRY(ams_simulate(r, &o, err));
    if (s->options.check) {
        status = ams_stream_check(r, &o, err);
    }
    if (first && status == AMS_OK) {
        s->timeline = *r;
        r->job = NULL;
        r->execution = NULL;
    }
    free(r->job);
    free(r->execution);
    r->job = NULL;
    r->execution = NULL;
    r->n_jobs = r->n_executions = 0;
out:
    return status;
}

static void run_shard(void *context, uint32_t shard)
{
    study_job *j = context;
    const ams_stream_study *s = j->study;
    shard += j->first;
    const uint32_t series = shard / s->n_points;
    const uint32_t point = shard % s->n_points;
    ams_status status = AMS_OK;
    if (s->series[series].kind == NULL) {
        return; /* the bound comes afterwards */
    }
    if (s->series[series].tuned) {
        AMS_TRY(tune(j, series, point, &j->err[shard]));
    }
    for (uint32_t k = 0; k < s->n_seeds; k++) {
        AMS_TRY(run_one(j, series, point, k, &j->err[shard]));
    }
out:
    j->status[shard] = status;
}

/* The rows of bounds, after those of the schedulers. */
static const char *const bound_label[] = {"bound", "bound-online"};
enum { N_BOUNDS = 2, BOUND_BLOCK = 100, BOUND_CLIENTS = 12 };

/* Where requests do not depend on the scheduler: clients do not wait for answers. What a bound
 * cannot say stays unknown. */
static ams_status bound_one(const ams_sim_options *o, ams_sim_result *of,
                            ams_sim_result *online, ams_error *err)
{
    const bool exact_times = o->noise == AMS_NOISE_NONE && o->workload->item_time_ms == NULL;
    const bool few = o->source.arrivals == AMS_ARRIVE_CLIENTS &&
                     o->source.clients <= BOUND_CLIENTS && o->dispatch.workers == 1 &&
                     o->dispatch.mandatory == 1;
    ams_sim_result r;
    ams_status status = AMS_OK;
    of->missed = online->missed = online->score = NAN;
    status = ams_simulate(&r, o, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(ams_stream_bound(&r, o, BOUND_BLOCK, &of->score, err));
    if (exact_times) {
        AMS_TRY(ams_stream_online_bound(&r, o, &online->score, err));
    }
    if (exact_times && few) {
        AMS_TRY(ams_stream_fewest_missed(&r, o, &of->missed, err));
    }
out:
    ams_sim_result_fini(&r);
    return status;
}

/* -- errands: shards of simulations, and bounds -- */

enum { STUDY_SHARDS = 1, STUDY_BOUND = 2 };

/* Bounds of point a with seed b. */
static ams_status bound_errand(const study_job *j, const ams_team_errand *errand,
                               ams_bytes *result, ams_error *err)
{
    const ams_stream_study *s = j->study;
    const uint32_t first = s->n_series - N_BOUNDS;
    ams_sim_result of = {.jobs = 0};
    ams_sim_result online = {.jobs = 0};
    ams_sim_options o =
        options_at(s, first, (uint32_t)errand->a, JOBS_PART, &j->predictors[first]);
    ams_status status = AMS_OK;
    o.dispatch.kind = ams_stream_kind_named("edf-mandatory");
    o.source.seed = s->options.seed[errand->b];
    o.record = true;
    AMS_TRY(bound_one(&o, &of, &online, err));
    AMS_TRY(ams_bytes_put(result, &of, sizeof of, err));
    status = ams_bytes_put(result, &online, sizeof online, err);
out:
    return status;
}

static ams_status get_bounds(const study_job *j, const ams_team_errand *errand,
                             ams_bytes *result, ams_error *err)
{
    const ams_stream_study *s = j->study;
    const size_t at = (size_t)(errand->a * s->n_seeds + errand->b);
    const ams_stream_series *series = &s->series[s->n_series - N_BOUNDS];
    ams_status status = AMS_OK;
    AMS_TRY(ams_bytes_get(result, &series[0].result[at], sizeof(ams_sim_result), err));
    AMS_TRY(ams_bytes_get(result, &series[1].result[at], sizeof(ams_sim_result), err));
    ams_progress_update(&s->options.progress, (double)at + 1, (double)s->n_points * s->n_seeds,
                        "bound");
out:
    return status;
}

/* What a shard leaves, put into a message or taken out of one; it holds no pointers by then. */
static ams_status exchange(const ams_stream_study *s, uint32_t shard, bool put,
                           ams_bytes *result, ams_error *err)
{
    const ams_stream_series *series = &s->series[shard / s->n_points];
    const uint32_t point = shard % s->n_points;
    double *parameter = &series->parameter[point];
    ams_sim_result *row = series->result + (size_t)point * s->n_seeds;
    const size_t bytes = s->n_seeds * sizeof *row;
    ams_status status = put ? ams_bytes_put(result, parameter, sizeof *parameter, err)
                            : ams_bytes_get(result, parameter, sizeof *parameter, err);
    if (status == AMS_OK) {
        status = put ? ams_bytes_put(result, row, bytes, err)
                     : ams_bytes_get(result, row, bytes, err);
    }
    return status;
}

/* Shards a .. a + b - 1, which are divided between threads. */
static ams_status shards_errand(study_job *j, const ams_team_errand *errand, ams_bytes *result,
                                ams_error *err)
{
    const ams_stream_study *s = j->study;
    ams_status status = AMS_OK;
    j->first = (uint32_t)errand->a;
    ams_pool_run(s->options.pool, (uint32_t)errand->b, run_shard, j);
    for (uint64_t k = errand->a; k < errand->a + errand->b; k++) {
        if (j->status[k] != AMS_OK) {
            status = ams_fail(err, j->status[k], "%s", j->err[k].text);
            ams_error_prefix(err, "%s", s->series[k / s->n_points].label);
            goto out;
        }
        AMS_TRY(exchange(s, (uint32_t)k, true, result, err));
    }
out:
    return status;
}

static ams_status work(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    study_job *j = context;
    const ams_stream_study *s = j->study;
    const uint64_t shards = (uint64_t)s->n_series * s->n_points;
    if (errand->kind == STUDY_SHARDS && errand->a < shards && errand->b <= shards - errand->a) {
        return shards_errand(j, errand, result, err);
    }
    if (errand->kind == STUDY_BOUND && s->options.bound && errand->a < s->n_points &&
        errand->b < s->n_seeds) {
        return bound_errand(j, errand, result, err);
    }
    return ams_team_unknown(errand, err);
}

static ams_status fold(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    const study_job *j = context;
    ams_status status = AMS_OK;
    if (errand->kind == STUDY_BOUND) {
        return get_bounds(j, errand, result, err);
    }
    for (uint64_t k = errand->a; k < errand->a + errand->b && status == AMS_OK; k++) {
        status = exchange(j->study, (uint32_t)k, false, result, err);
    }
    return status;
}

/* Of a team, an errand has as many shards as the leader has threads. The first errand is the
 * leader's own: it is the one whose jobs are kept for the timeline. */
static uint64_t list_errands(const ams_stream_study *s, ams_team_errand *errand)
{
    const uint64_t shards = (uint64_t)s->n_series * s->n_points;
    const uint64_t each =
        ams_team_size(s->options.team) == 1 ? shards : ams_pool_threads(s->options.pool);
    const uint64_t kept = (s->n_points - 1) / each;
    uint64_t n = 0;
    for (uint64_t first = 0; first < shards; first += each) {
        const uint64_t left = shards - first;
        errand[n++] =
            (ams_team_errand){.kind = STUDY_SHARDS, .a = first, .b = left < each ? left : each};
    }
    const ams_team_errand first = errand[0];
    errand[0] = errand[kept];
    errand[kept] = first;
    for (uint64_t k = 0; s->options.bound && k < (uint64_t)s->n_points * s->n_seeds; k++) {
        errand[n++] =
            (ams_team_errand){.kind = STUDY_BOUND, .a = k / s->n_seeds, .b = k % s->n_seeds};
    }
    return n;
}

static ams_status run_errands(study_job *j, ams_error *err)
{
    const ams_stream_study *s = j->study;
    const size_t most = (size_t)s->n_points * (s->n_series + s->n_seeds);
    ams_team *team = s->options.team;
    ams_team_errand *errand = NULL;
    ams_status status = AMS_OK;
    if (!ams_team_leads(team)) {
        return ams_team_serve(team, work, j, err);
    }
    AMS_TRY(ams_alloc(&errand, most, sizeof *errand, "errands", err));
    AMS_TRY(ams_team_run(team, errand, list_errands(s, errand), work, j, fold, j, err));
    status = ams_team_dismiss(team, err);
out:
    free(errand);
    return status;
}

static ams_status make_predictors(study_job *j, uint32_t k, ams_error *err)
{
    const ams_stream_data *d = j->study->data;
    const ams_stream_series *series = &j->study->series[k];
    study_predictors *made = &j->predictors[k];
    const bool outputs = strcmp(series->predictor, "outputs") == 0;
    ams_status status = AMS_OK;
    if (series->policy != NULL) {
        AMS_TRY(ams_stream_agent_create(&made->own, d, series->policy, err));
    }
    if (outputs && j->outputs == NULL) {
        AMS_TRY(ams_stream_outputs_create(&j->outputs, d, err));
    }
    for (uint32_t part = 1; part < 3; part++) {
        if (strcmp(series->predictor, "-") == 0) {
            continue;
        }
        if (made->own != NULL) {
            made->predictor[part] = ams_stream_agent_predictor(made->own, part);
            continue;
        }
        if (outputs) {
            made->predictor[part] = ams_stream_outputs_predictor(j->outputs, part);
            continue;
        }
        if (strcmp(series->predictor, "agent") == 0) {
            if (d->agent == NULL) {
                return ams_fail(err, AMS_USAGE,
                                "%s needs a policy whose values it takes: expected --policy P, "
                                "found none",
                                series->label);
            }
            made->predictor[part] = ams_stream_agent_predictor(d->agent, part);
            continue;
        }
        const float floor = d->n_classes > 0 ? 1 / (float)d->n_classes : 0;
        AMS_TRY(ams_fitted_create(&made->fitted[part], series->predictor, &d->work[AMS_TRAIN],
                                  &d->work[part], floor, err));
        made->predictor[part] = ams_fitted_predictor(made->fitted[part]);
    }
out:
    return status;
}

static ams_status make_series(ams_stream_study *s, ams_error *err)
{
    const ams_stream_study_options *o = &s->options;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&s->point, o->n_points, sizeof *s->point, "points", err));
    memcpy(s->point, o->point, o->n_points * sizeof *s->point);
    s->n_points = o->n_points;
    s->n_seeds = o->n_seeds;
    AMS_TRY(ams_alloc(&s->series, o->n_series + N_BOUNDS, sizeof *s->series, "series", err));
    for (uint32_t k = 0; k < o->n_series + (o->bound ? N_BOUNDS : 0); k++) {
        double parameter = 0;
        ams_stream_series *series = &s->series[k];
        if (k < o->n_series) {
            AMS_TRY(ams_stream_series_parse(series, o->series[k],
                                            o->predictor != NULL ? o->predictor : "mean",
                                            &parameter, err));
        } else {
            *series = (ams_stream_series){.predictor = "-"};
            snprintf(series->label, sizeof series->label, "%s", bound_label[k - o->n_series]);
        }
        s->n_series = k + 1;
        AMS_TRY(ams_alloc(&series->parameter, s->n_points, sizeof(double), "series", err));
        AMS_TRY(ams_alloc(&series->result, (size_t)s->n_points * s->n_seeds,
                          sizeof *series->result, "series", err));
        for (uint32_t p = 0; p < s->n_points; p++) {
            series->parameter[p] = parameter;
        }
    }
out:
    return status;
}

static ams_status run_all(study_job *j, ams_error *err)
{
    ams_stream_study *s = j->study;
    const uint32_t shards = s->n_series * s->n_points;
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < s->n_series; k++) {
        AMS_TRY(make_predictors(j, k, err));
    }
    AMS_TRY(ams_alloc(&j->err, shards, sizeof *j->err, "a study", err));
    AMS_TRY(ams_alloc(&j->status, shards, sizeof *j->status, "a study", err));
    status = run_errands(j, err);
out:
    return status;
}

ams_status ams_stream_study_run(ams_stream_study *study, const ams_stream_data *data,
                                const ams_stream_study_options *options, ams_error *err)
{
    study_job j = {.study = study};
    ams_status status = AMS_OK;
    *study = (ams_stream_study){.data = data, .options = *options};
    AMS_TRY(ams_stream_check_request(study, err));
    AMS_TRY(make_series(study, err));
    AMS_TRY(ams_alloc(&j.predictors, study->n_series, sizeof *j.predictors, "a study", err));
    status = run_all(&j, err);
out:
    for (uint32_t k = 0; j.predictors != NULL && k < study->n_series; k++) {
        for (uint32_t part = 0; part < 3; part++) {
            ams_fitted_destroy(j.predictors[k].fitted[part]);
        }
        ams_stream_agent_destroy(j.predictors[k].own);
    }
    ams_stream_outputs_destroy(j.outputs);
    free(j.predictors);
    free(j.err);
    free(j.status);
    if (status != AMS_OK) {
        ams_stream_study_fini(study);
    }
    return status;
}

void ams_stream_study_fini(ams_stream_study *study)
{
    for (uint32_t k = 0; k < study->n_series; k++) {
        free(study->series[k].parameter);
        free(study->series[k].result);
    }
    free(study->series);
    free(study->point);
    ams_sim_result_fini(&study->timeline);
    *study = (ams_stream_study){.n_series = 0};
}
