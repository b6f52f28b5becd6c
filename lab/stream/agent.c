#include "lab/stream/agent.h"

#include "ams/policy.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 10, PARTS = 3 };

typedef struct agent_part {
    const struct ams_stream_agent *agent;
    float *value; /* (items, S, M) the policy's values in each state */
} agent_part;

/* From state s to a state above it: z is the sum of the values of the models in between; for s
 * itself, of all models that are left. */
struct ams_stream_agent {
    const ams_stream_data *data; /* while it is created */
    uint32_t states, models;
    bool sets;
    agent_part part[PARTS];
    float *edge; /* (S, S, BINS - 1) of z on training items */
    float *mean; /* (S, S, BINS) utility of the upper state */
};

static bool is_above(const struct ams_stream_agent *a, uint32_t from, uint32_t to)
{
    return a->sets ? (from & ~to) == 0 : from <= to;
}

static float sum_between(const struct ams_stream_agent *a, const float *value, uint32_t from,
                         uint32_t to)
{
    float z = 0;
    /* What the present state is worth shows in what all others would add. */
    const uint32_t until = to == from ? a->states - 1 : to;
    uint64_t bits = ams_stream_mask(a->sets, until) & ~ams_stream_mask(a->sets, from);
    for (; bits != 0; bits &= bits - 1) {
        z += value[__builtin_ctzll(bits)];
    }
    return z;
}

static const float *values_of(const struct ams_stream_agent *a, uint32_t part, uint32_t item,
                              uint32_t state)
{
    return a->part[part].value + ((size_t)item * a->states + state) * a->models;
}

/* The policy follows the item from its beginning to the state. */
static void ask_policy(const agent_part *p, const ams_policy *policy, void *worker,
                       uint32_t row, uint32_t state, float *value)
{
    const struct ams_stream_agent *a = p->agent;
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    const ams_stream_data *d = a->data;
    const uint32_t part = (uint32_t)(p - a->part);
    const uint32_t item = d->item[part][row];
    float all[AMS_MAX_MODELS + 1];
    uint64_t seen = 0;
    kind->begin(policy, worker, item);
    for (uint64_t bits = ams_stream_mask(a->sets, state); bits != 0; bits &= bits - 1) {
        const uint32_t stage = (uint32_t)__builtin_ctzll(bits);
        const uint32_t m = ams_stream_data_model(d, part, row, stage);
        if (kind->ran != NULL) {
            kind->ran(policy, worker, item, seen, m);
        }
        seen |= UINT64_C(1) << m;
    }
    kind->values(policy, worker, item, seen, all);
    for (uint32_t k = 0; k < a->models; k++) {
        value[k] = all[ams_stream_data_model(d, part, row, k)];
    }
}

static ams_status ask_part(struct ams_stream_agent *a, uint32_t part, const ams_policy *policy,
                           void *worker, ams_error *err)
{
    const uint32_t n = a->data->work[part].n_items;
    ams_status status = AMS_OK;
    a->part[part].agent = a;
    AMS_TRY(ams_alloc(&a->part[part].value, (size_t)n * a->states * a->models, sizeof(float),
                      "values of a policy", err));
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t s = 0; s < a->states; s++) {
            ask_policy(&a->part[part], policy, worker, i, s,
                       a->part[part].value + ((size_t)i * a->states + s) * a->models);
        }
    }
out:
    return status;
}

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return (x > y) - (x < y);
}

static uint32_t bin_of(const float *edge, float z)
{
    uint32_t bin = 0;
    while (bin < BINS - 1 && z >= edge[bin]) {
        bin++;
    }
    return bin;
}

/* Mean utility of training items in state `to`, by tenths of z in state `from`. */
static void fit_pair(struct ams_stream_agent *a, uint32_t from, uint32_t to, float *sorted)
{
    const ams_workload *w = &a->data->work[AMS_TRAIN];
    const size_t pair = (size_t)from * a->states + to;
    float *edge = a->edge + pair * (BINS - 1);
    double sum[BINS] = {0};
    double all = 0;
    uint32_t count[BINS] = {0};
    for (uint32_t i = 0; i < w->n_items; i++) {
        sorted[i] = sum_between(a, values_of(a, 0, i, from), from, to);
    }
    qsort(sorted, w->n_items, sizeof *sorted, by_value);
    for (uint32_t b = 1; b < BINS; b++) {
        edge[b - 1] = sorted[(size_t)w->n_items * b / BINS];
    }
    for (uint32_t i = 0; i < w->n_items; i++) {
        const uint32_t b = bin_of(edge, sum_between(a, values_of(a, 0, i, from), from, to));
        const double u = (double)w->utility[(size_t)i * a->states + to];
        sum[b] += u;
        all += u;
        count[b]++;
    }
    for (uint32_t b = 0; b < BINS; b++) {
        a->mean[pair * BINS + b] = (float)(count[b] > 0 ? sum[b] / count[b] : all / w->n_items);
    }
}

static ams_status fit(struct ams_stream_agent *a, ams_error *err)
{
    const size_t pairs = (size_t)a->states * a->states;
    float *sorted = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&a->edge, pairs * (BINS - 1), sizeof *a->edge, "bins", err));
    AMS_TRY(ams_alloc(&a->mean, pairs * BINS, sizeof *a->mean, "means", err));
    AMS_TRY(ams_alloc(&sorted, a->data->work[AMS_TRAIN].n_items, sizeof *sorted, "bins", err));
    for (uint32_t from = 0; from < a->states; from++) {
        for (uint32_t to = 0; to < a->states; to++) {
            if (is_above(a, from, to)) {
                fit_pair(a, from, to, sorted);
            }
        }
    }
out:
    free(sorted);
    return status;
}

/* Rising with the models, and at most 1. */
static void predict(const void *state, const ams_stream_job *job, float *u)
{
    const agent_part *part = state;
    const struct ams_stream_agent *a = part->agent;
    const uint32_t from = ams_stream_state(a->sets, job->done);
    const float *value = part->value + ((size_t)job->item * a->states + from) * a->models;
    for (uint32_t to = from; to < a->states; to++) {
        if (!is_above(a, from, to)) {
            continue;
        }
        const size_t pair = (size_t)from * a->states + to;
        const float z = sum_between(a, value, from, to);
        float least = a->mean[pair * BINS + bin_of(a->edge + pair * (BINS - 1), z)];
        uint64_t more = ams_stream_mask(a->sets, to) & ~ams_stream_mask(a->sets, from);
        if (!a->sets) {
            more = to > from && to <= AMS_STREAM_STAGES ? UINT64_C(1) << (to - 1) : 0;
        }
        for (; more != 0; more &= more - 1) {
            const uint64_t below = ams_stream_mask(a->sets, to) & ~(more & -more);
            const float lower = u[ams_stream_state(a->sets, below)];
            least = lower > least ? lower : least;
        }
        u[to] = least < 1 ? least : 1;
    }
}

ams_predictor ams_stream_agent_predictor(const struct ams_stream_agent *agent, uint32_t part)
{
    return (ams_predictor){.name = "agent", .state = &agent->part[part], .predict = predict};
}

static ams_status ask_all(struct ams_stream_agent *a, const char *spec, ams_error *err)
{
    const ams_stream_data *d = a->data;
    ams_policy *policy = NULL;
    void *worker = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_policy_create(&policy, spec, &d->table, d->env, err));
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    if (kind->values == NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "policy %s is an order of models and predicts no values: expected a "
                          "trained policy, cooccur, knn or linear",
                          spec);
        goto out;
    }
    if (kind->worker_create != NULL) {
        AMS_TRY(kind->worker_create(policy, &worker, err));
    }
    for (uint32_t part = 0; part < PARTS; part++) {
        AMS_TRY(ask_part(a, part, policy, worker, err));
    }
out:
    if (worker != NULL) {
        ams_policy_kind_of(policy)->worker_destroy(worker);
    }
    ams_policy_destroy(policy);
    return status;
}

ams_status ams_stream_agent_create(struct ams_stream_agent **agent, const ams_stream_data *data,
                                   const char *policy, ams_error *err)
{
    struct ams_stream_agent *a = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&a, 1, sizeof *a, "a predictor", err));
    a->data = data;
    a->sets = data->work[0].sets;
    a->models = data->work[0].n_models;
    a->states = ams_stream_states(a->sets, a->models);
    if (data->work[0].n_items == 0) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "the data have no training item to fit a predictor "
                          "to");
        goto out;
    }
    AMS_TRY(ask_all(a, policy, err));
    AMS_TRY(fit(a, err));
    a->data = NULL;
out:
    if (status != AMS_OK) {
        ams_stream_agent_destroy(a);
        a = NULL;
    }
    *agent = a;
    return status;
}

void ams_stream_agent_destroy(struct ams_stream_agent *agent)
{
    if (agent != NULL) {
        for (uint32_t part = 0; part < PARTS; part++) {
            free(agent->part[part].value);
        }
        free(agent->edge);
        free(agent->mean);
        free(agent);
    }
}
