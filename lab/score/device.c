/* Trained policies rolled out by a GPU; what their orders are worth is computed as ever. */
#include "ams/cuda.h"
#include "ams/options.h"
#include "base/memory.h"
#include "cuda/choose.h"
#include "lab/score/parts.h"

#include <stdlib.h>

static bool is_trained(const ams_policy *policy)
{
    /* The CUDA backend knows no goals: the CPU decides for those policies. */
    return ams_policy_net(policy) != NULL && !ams_policy_has_goals(policy);
}

uint32_t ams_score_trained(const ams_score_session *s)
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < s->n_policies; p++) {
        n += is_trained(s->policy[p]);
    }
    return n;
}

ams_status ams_score_find_device(int device, ams_error *err)
{
    ams_cuda_device found;
    if (!ams_device_is_cuda(device)) {
        return AMS_OK;
    }
    ams_status status = ams_cuda_find(ams_device_number(device), &found, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "--device %s", ams_device_names[device]);
    }
    return status;
}

/* Multiply-adds of all decisions, as cuda/choose.h counts them. */
static double count_work(const ams_score_session *s, uint32_t n_items)
{
    double work = 0;
    for (uint32_t p = 0; p < s->n_policies; p++) {
        if (is_trained(s->policy[p])) {
            work += ams_cuda_roll_work(ams_policy_net(s->policy[p]), s->env->n_models);
        }
    }
    return work * n_items;
}

static bool auto_takes_gpu(const ams_score_session *s)
{
    ams_cuda_device device;
    ams_error reason = {{0}};
    const double work = count_work(s, s->n_items);
    const bool large = work >= AMS_CUDA_ROLL_WORTHWHILE;
    const bool found = large && ams_cuda_find(0, &device, &reason) == AMS_OK;
    if (large && !found) {
        ams_notice(s->options.progress, "--device auto chose cpu: %s", reason.text);
    } else {
        ams_notice(s->options.progress,
                   "--device auto chose %s: %u trained policies on %u items have %.3g "
                   "multiply-adds, %s than %.3g",
                   found ? "cuda" : "cpu", ams_score_trained(s), s->n_items, work,
                   large ? "not fewer" : "fewer", AMS_CUDA_ROLL_WORTHWHILE);
    }
    return found;
}

static ams_status create_roller(ams_score_session *s, ams_error *err)
{
    ams_cuda_policy *trained = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&trained, ams_score_trained(s), sizeof *trained, "policies", err));
    for (uint32_t p = 0; p < s->n_policies; p++) {
        const ams_policy *policy = s->policy[p];
        if (is_trained(policy)) {
            trained[n++] = (ams_cuda_policy){ams_policy_net(policy), ams_policy_decide(policy)};
        }
    }
    AMS_TRY(ams_cuda_roller_create(&s->roller, ams_device_number(s->options.device), trained, n,
                                   err));
out:
    free(trained);
    return status;
}

ams_status ams_score_choose_device(ams_score_session *s, ams_error *err)
{
    const int device = s->options.device;
    if (device == AMS_DEVICE_CPU || ams_score_trained(s) == 0 ||
        (device == AMS_DEVICE_AUTO && !auto_takes_gpu(s))) {
        return AMS_OK;
    }
    ams_notice(s->options.progress,
               "trained policies are rolled out on the GPU; this backend was never run on one "
               "by its authors: compare its result with --device cpu");
    return create_roller(s, err);
}

static bool is_asked_for(uint32_t p, const uint32_t *policy, uint32_t n)
{
    bool found = policy == NULL;
    for (uint32_t k = 0; k < n; k++) {
        found = found || policy[k] == p;
    }
    return found;
}

/* The environments in the order of the roller's policies, NULL for those that wait; returns how
 * many do not. */
static uint32_t list_envs(const ams_score_session *s, const uint32_t *policy, uint32_t n,
                          const ams_env **env)
{
    uint32_t trained = 0;
    uint32_t listed = 0;
    for (uint32_t p = 0; p < s->n_policies; p++) {
        if (is_trained(s->policy[p])) {
            const bool asked = is_asked_for(p, policy, n);
            env[trained++] = asked ? ams_policy_features(s->policy[p]) : NULL;
            listed += asked;
        }
    }
    return listed;
}

ams_status ams_score_roll(ams_score_session *s, uint32_t n_items, const uint32_t *policy,
                          uint32_t n, ams_error *err)
{
    const size_t rows = (size_t)n_items * s->env->n_models;
    const ams_env **env = NULL;
    ams_status status = AMS_OK;
    ams_score_forget_orders(s);
    if (s->roller == NULL) {
        return AMS_OK;
    }
    AMS_TRY(ams_alloc(&env, ams_score_trained(s), sizeof(ams_env *), "policies", err));
    const uint32_t listed = list_envs(s, policy, n, env);
    if (listed == 0) {
        goto out;
    }
    AMS_TRY(ams_alloc(&s->rolled, listed * rows, sizeof *s->rolled, "orders", err));
    AMS_TRY(ams_cuda_roll(s->roller, env, s->options.split, s->rolled, err));
    const uint8_t *next = s->rolled;
    for (uint32_t p = 0; p < s->n_policies; p++) {
        if (is_trained(s->policy[p]) && is_asked_for(p, policy, n)) {
            ams_policy_set_orders(s->policy[p], next);
            next += rows;
        }
    }
out:
    free(env);
    return status;
}

void ams_score_forget_orders(ams_score_session *s)
{
    for (uint32_t p = 0; s->rolled != NULL && p < s->n_policies; p++) {
        if (is_trained(s->policy[p])) {
            ams_policy_set_orders(s->policy[p], NULL);
        }
    }
    free(s->rolled);
    s->rolled = NULL;
}
