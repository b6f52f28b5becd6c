/* Expected utilities, fitted to training items. Formulas: docs/streams.md. */
#include "stream/predict_private.h"

#include "ams/names.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = FITTED_BINS };

const char *const ams_predictor_names[] = {"exp",        "exp-own", "max",    "lin",   "mean",
                                           "calibrated", "prior",   "oracle", "truth", NULL};
/* Utilities are probabilities that do not fall with more models. */
static void clip(const ams_fitted *f, uint64_t done, float *u)
{
    const uint32_t first = ams_stream_state(f->sets, done);
    for (uint32_t s = first; s < f->states; s++) {
        float least = 0;
        if (f->sets && (done & ~(uint64_t)s) != 0) {
            continue;
        }
        for (uint64_t more = f->sets ? s & ~done : 0; more != 0; more &= more - 1) {
            least = fmaxf(least, u[s & ~(more & -more)]);
        }
        if (!f->sets && s > first) {
            least = u[s - 1];
        }
        u[s] = fminf(1, fmaxf(least, u[s]));
    }
}

static uint32_t bin_of(const float *edge, float observed)
{
    uint32_t bin = 0;
    while (bin < BINS - 1 && observed >= edge[bin]) {
        bin++;
    }
    return bin;
}

/* The next stage from what was observed of the job. */
static float extrapolate(const ams_fitted *f, const ams_stream_job *job, uint32_t depth,
                         uint32_t l)
{
    const float u = job->observed;
    const float before = depth > 1 ? job->previous : f->floor;
    const float steps = (float)(l - depth);
    float rho = f->rho;
    switch (f->rule) {
    case FITTED_MAX:
        return 1;
    case FITTED_LIN:
        return u + steps * (u - before);
    case FITTED_EXP_OWN:
        if (depth > 1) {
            rho = before < 1 ? fminf(1, fmaxf(0.05F, (1 - u) / (1 - before))) : 1;
        }
        break;
    default:
        break;
    }
    return 1 - (1 - u) * powf(rho, steps);
}

static const float *known_row(const ams_fitted *f, const ams_stream_job *job)
{
    const uint32_t state = ams_stream_state(f->sets, job->done);
    switch (f->rule) {
    case FITTED_ORACLE:
        return f->of->utility + (size_t)job->item * f->states;
    case FITTED_TRUTH:
        return f->of->score + (size_t)job->item * f->states;
    case FITTED_MEAN:
    case FITTED_CALIBRATED:
        return f->mean + ((size_t)state * BINS +
                          bin_of(f->edge + (size_t)state * (BINS - 1), job->observed)) *
                             f->states;
    default:
        return f->prior;
    }
}

static void predict(const void *state, const ams_stream_job *job, float *u)
{
    const ams_fitted *f = state;
    const uint32_t depth = ams_stream_state(f->sets, job->done);
    const bool extrapolated =
        f->rule <= FITTED_LIN && (job->done != 0 || f->rule == FITTED_MAX);
    if (extrapolated) {
        u[depth] = job->done == 0 ? 0 : job->observed;
        for (uint32_t l = depth + 1; l < f->states; l++) {
            u[l] = extrapolate(f, job, depth, l);
        }
    } else {
        memcpy(u, known_row(f, job), f->states * sizeof *u);
    }
    clip(f, job->done, u);
}

ams_predictor ams_fitted_predictor(const ams_fitted *fitted)
{
    return (ams_predictor){
        .name = ams_predictor_names[fitted->rule], .state = fitted, .predict = predict};
}

/* What is predicted, (N, S). */
static const float *target_of(const ams_fitted *f, const ams_workload *training)
{
    return f->rule == FITTED_CALIBRATED ? training->score : training->utility;
}

static void fit_prior(ams_fitted *f, const ams_workload *training)
{
    const float *target = target_of(f, training);
    for (uint32_t s = 0; s < f->states; s++) {
        double sum = 0;
        for (uint32_t i = 0; i < training->n_items; i++) {
            sum += (double)target[(size_t)i * f->states + s];
        }
        f->prior[s] = training->n_items == 0 ? 0 : (float)(sum / training->n_items);
    }
}

static void fit_rho(ams_fitted *f, const ams_workload *training)
{
    double sum = 0;
    uint64_t n = 0;
    for (uint32_t i = 0; i < training->n_items && !f->sets; i++) {
        const float *u = training->utility + (size_t)i * f->states;
        for (uint32_t l = 1; l + 1 < f->states; l++, n++) {
            sum += log((1 - (double)u[l + 1] + 1e-3) / (1 - (double)u[l] + 1e-3));
        }
    }
    f->rho = n == 0 ? 1 : (float)fmin(1, fmax(0.05, exp(sum / (double)n)));
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Bins of equal frequency; a bin without items has the state's means over all. */
static void fit_state(ams_fitted *f, const ams_workload *training, uint32_t s, float *sorted,
                      double *sum)
{
    const uint32_t n = training->n_items;
    uint32_t count[BINS] = {0};
    float *edge = f->edge + (size_t)s * (BINS - 1);
    for (uint32_t i = 0; i < n; i++) {
        sorted[i] = training->observed[(size_t)i * f->states + s];
    }
    qsort(sorted, n, sizeof *sorted, by_value);
    for (uint32_t b = 1; b < BINS; b++) {
        edge[b - 1] = n == 0 ? 1 : sorted[(size_t)n * b / BINS];
    }
    memset(sum, 0, (size_t)BINS * f->states * sizeof *sum);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t bin = bin_of(edge, training->observed[(size_t)i * f->states + s]);
        const float *u = target_of(f, training) + (size_t)i * f->states;
        count[bin]++;
        for (uint32_t to = 0; to < f->states; to++) {
            sum[bin * f->states + to] += (double)u[to];
        }
    }
    for (uint32_t b = 0; b < BINS; b++) {
        float *mean = f->mean + ((size_t)s * BINS + b) * f->states;
        for (uint32_t to = 0; to < f->states; to++) {
            mean[to] =
                count[b] == 0 ? f->prior[to] : (float)(sum[b * f->states + to] / count[b]);
        }
    }
}

static ams_status fit_means(ams_fitted *f, const ams_workload *training, ams_error *err)
{
    const size_t states = f->states;
    float *sorted = NULL;
    double *sum = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&f->edge, states * (BINS - 1), sizeof *f->edge, "bins", err));
    AMS_TRY(ams_alloc(&f->mean, states * BINS * states, sizeof *f->mean, "means", err));
    AMS_TRY(ams_alloc(&sorted, training->n_items, sizeof *sorted, "bins", err));
    AMS_TRY(ams_alloc(&sum, BINS * states, sizeof *sum, "bins", err));
    for (uint32_t s = 0; s < f->states; s++) {
        fit_state(f, training, s, sorted, sum);
    }
out:
    free(sorted);
    free(sum);
    return status;
}

static ams_status rule_named(const char *name, bool sets, fitted_rule *rule, ams_error *err)
{
    size_t n = 0;
    while (ams_predictor_names[n] != NULL && strcmp(ams_predictor_names[n], name) != 0) {
        n++;
    }
    if (ams_predictor_names[n] == NULL) {
        return ams_unknown_name("predictor", name, ams_predictor_names, n, err);
    }
    *rule = (fitted_rule)n;
    if (sets && *rule < FITTED_MEAN) {
        return ams_fail(err, AMS_USAGE,
                        "predictor %s follows stages; expected mean, calibrated, prior, oracle "
                        "or truth for "
                        "sets of models",
                        name);
    }
    return AMS_OK;
}

ams_status ams_fitted_create(ams_fitted **fitted, const char *name,
                             const ams_workload *training, const ams_workload *of, float floor,
                             ams_error *err)
{
    fitted_rule rule = FITTED_MEAN;
    ams_fitted *f = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(rule_named(name, of->sets, &rule, err));
    AMS_TRY(ams_alloc(&f, 1, sizeof *f, "a predictor", err));
    *f = (ams_fitted){.rule = rule,
                      .of = of,
                      .states = ams_stream_states(of->sets, of->n_models),
                      .sets = of->sets,
                      .floor = floor};
    AMS_TRY(ams_alloc(&f->prior, f->states, sizeof *f->prior, "means", err));
    fit_prior(f, training);
    fit_rho(f, training);
    if (rule == FITTED_MEAN || rule == FITTED_CALIBRATED) {
        AMS_TRY(fit_means(f, training, err));
    }
out:
    if (status != AMS_OK) {
        ams_fitted_destroy(f);
        f = NULL;
    }
    *fitted = f;
    return status;
}

void ams_fitted_destroy(ams_fitted *fitted)
{
    if (fitted != NULL) {
        free(fitted->prior);
        free(fitted->edge);
        free(fitted->mean);
        free(fitted);
    }
}
