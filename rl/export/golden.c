/* The golden states, and what the framework says of them. */
#include "ams/export.h"

#include "base/memory.h"
#include "base/rng.h"
#include "rl/net/q.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Ascending and distinct: up to AMS_GOLDEN_LABELS of the L labels. */
static uint32_t draw_labels(uint32_t state, uint32_t n_labels, uint32_t *index)
{
    uint32_t words[4];
    uint32_t n = 0;
    ams_philox(0, AMS_STREAM_GOLDEN, (uint64_t)state << 32, words);
    uint32_t wanted = n_labels == 0 ? 0 : 1 + ams_below(words[0], AMS_GOLDEN_LABELS);
    for (uint32_t k = 1; k <= wanted; k++) {
        ams_philox(0, AMS_STREAM_GOLDEN, (uint64_t)state << 32 | k, words);
        uint32_t label = ams_below(words[0], n_labels);
        uint32_t at = n;
        while (at > 0 && index[at - 1] > label) {
            at--;
        }
        if (at > 0 && index[at - 1] == label) {
            continue;
        }
        memmove(index + at + 1, index + at, (n - at) * sizeof *index);
        index[at] = label;
        n++;
    }
    return n;
}

/* n_goals: the last features, of which a state has one. */
static void draw_states(ams_golden *g, uint32_t n_labels, uint32_t n_goals)
{
    const uint32_t first_goal = g->x.columns - n_goals;
    uint32_t words[4];
    uint32_t at = 0;
    for (uint32_t b = 1; b < AMS_GOLDEN_STATES; b++) {
        g->x.ptr[b] = at;
        uint32_t n = draw_labels(b, n_labels, g->x.index + at);
        ams_philox(1, AMS_STREAM_GOLDEN, b, words);
        uint64_t models = (uint64_t)words[0] << 32 | words[1];
        for (uint32_t f = n_labels; f < first_goal; f++) {
            if ((models >> (f - n_labels) & 1) != 0) {
                g->x.index[at + n++] = f;
            }
        }
        g->x.head[b] = (uint8_t)(g->heads > 0 ? b % g->heads : 0);
        if (n_goals > 0) {
            g->x.index[at + n++] = first_goal + b % n_goals;
        }
        for (uint32_t i = 0; g->x.value != NULL && i < n; i++) {
            ams_philox(2, AMS_STREAM_GOLDEN, at + i, words);
            bool model = g->x.index[at + i] >= n_labels;
            g->x.value[at + i] = model ? 1 : (float)(1 + (words[0] >> 8)) * 0x1p-24F;
        }
        at += n;
    }
    g->x.n = AMS_GOLDEN_STATES;
    g->x.ptr[AMS_GOLDEN_STATES] = at;
}

ams_status ams_golden_forward(const ams_golden *golden, const ams_net *net, float *result,
                              ams_error *err)
{
    ams_compute compute = {0};
    ams_q q = {0};
    ams_status status = AMS_OK;
    if (net->width[0] != golden->x.columns || ams_net_actions(net) != golden->n_actions ||
        net->heads != golden->heads) {
        return ams_fail(
            err, AMS_BAD_DATA,
            "expected a network of %u inputs, %u actions and %u output heads, found "
            "%u, %u and %u",
            golden->x.columns, golden->n_actions, golden->heads, net->width[0],
            ams_net_actions(net), net->heads);
    }
    AMS_TRY(ams_compute_init(&compute, &ams_backend_cpu_sparse, NULL, AMS_GOLDEN_STATES,
                             net->width[0], err));
    AMS_TRY(ams_q_init(&q, net, AMS_GOLDEN_STATES, false, err));
    memcpy(result, ams_q_forward(&q, &compute, net, &golden->x),
           (size_t)AMS_GOLDEN_STATES * golden->n_actions * sizeof *result);
out:
    ams_q_fini(&q);
    ams_compute_fini(&compute);
    return status;
}

ams_status ams_golden_init(ams_golden *golden, const ams_policy_file *policy, ams_error *err)
{
    const ams_net *net = &policy->net;
    const bool binary = policy->env.features == AMS_FEATURES_LABELS ||
                        policy->env.features == AMS_FEATURES_LABELS_MASK;
    *golden = (ams_golden){.n_actions = ams_net_actions(net), .heads = net->heads};
    const size_t n = (size_t)AMS_GOLDEN_STATES * golden->n_actions;
    ams_status status = AMS_OK;
    /* One more than a state's labels: draw_labels makes room before it fills it. */
    AMS_TRY(ams_sparse_init(&golden->x, AMS_GOLDEN_STATES, net->width[0],
                            AMS_GOLDEN_LABELS + AMS_MAX_MODELS + 2, binary, err));
    AMS_TRY(ams_alloc(&golden->q, n, sizeof *golden->q, "golden states", err));
    draw_states(golden, policy->label_name.count, ams_env_goal_inputs(&policy->env));
    AMS_TRY(ams_golden_forward(golden, net, golden->q, err));
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(golden->q[i])) {
            status = ams_fail(err, AMS_DIVERGED,
                              "a Q-value of the policy is not finite in state %zu of %d; its "
                              "training diverged: train again with a lower lr",
                              i / golden->n_actions, AMS_GOLDEN_STATES);
            goto out;
        }
        golden->largest_q = fmaxf(golden->largest_q, fabsf(golden->q[i]));
    }
out:
    if (status != AMS_OK) {
        ams_golden_fini(golden);
    }
    return status;
}

void ams_golden_fini(ams_golden *golden)
{
    ams_sparse_fini(&golden->x);
    free(golden->q);
    *golden = (ams_golden){0};
}
