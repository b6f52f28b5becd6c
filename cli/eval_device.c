/* --device of `ams eval` and `ams compare`: trained policies are rolled out by the GPU, what
 * their orders are worth is computed as ever. */
#include "cli/eval.h"

#include "base/memory.h"
#include "cuda/choose.h"
#include "cuda/cuda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_trained(const ams_policy *policy)
{
    return policy->net != NULL;
}

uint32_t eval_trained(const eval_session *s)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        n += is_trained(s->run[r].policy);
    }
    return n;
}

ams_status eval_read_device(eval_session *s, const cli_args *args, ams_error *err)
{
    ams_cuda_device device;
    s->device = cli_get(args, "--device", "cpu");
    if (strcmp(s->device, "cpu") == 0 || strcmp(s->device, "auto") == 0) {
        return AMS_OK;
    }
    if (strcmp(s->device, "cuda") != 0) {
        return ams_fail(err, AMS_USAGE,
                        "option --device: expected cpu, cuda or auto, found '%s'", s->device);
    }
    ams_status status = ams_cuda_find(&device, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "--device cuda");
    }
    return status;
}

/* Multiply-adds of all decisions, as cuda/choose.h counts them. */
static double count_work(const eval_session *s, uint32_t n_items)
{
    double work = 0;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        if (is_trained(s->run[r].policy)) {
            work += ams_cuda_roll_work(s->run[r].policy->net, s->env->n_models);
        }
    }
    return work * n_items;
}

static bool auto_takes_gpu(const eval_session *s, const char *what, uint32_t n_items)
{
    ams_cuda_device device;
    ams_error reason = {{0}};
    const double work = count_work(s, n_items);
    const bool large = work >= AMS_CUDA_ROLL_WORTHWHILE;
    const bool found = large && ams_cuda_find(&device, &reason) == AMS_OK;
    fprintf(stderr, "%s: --device auto chose %s: ", what, found ? "cuda" : "cpu");
    if (large && !found) {
        fprintf(stderr, "%s\n", reason.text);
    } else {
        fprintf(stderr,
                "%u trained policies on %u items have %.3g multiply-adds, %s than %.3g\n",
                eval_trained(s), n_items, work, large ? "not fewer" : "fewer",
                AMS_CUDA_ROLL_WORTHWHILE);
    }
    return found;
}

static ams_status create_roller(eval_session *s, ams_error *err)
{
    ams_cuda_policy *policy = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&policy, eval_trained(s), sizeof *policy, "policies", err));
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_policy *p = s->run[r].policy;
        if (is_trained(p)) {
            policy[n++] = (ams_cuda_policy){p->net, p->decide};
        }
    }
    AMS_TRY(ams_cuda_roller_create(&s->roller, policy, n, err));
out:
    free(policy);
    return status;
}

ams_status eval_settle_device(eval_session *s, const char *what, ams_error *err)
{
    uint32_t n_items = s->parts != NULL ? s->n_items : 0;
    for (uint32_t i = 0; s->parts == NULL && i < s->env->n_items; i++) {
        n_items += s->env->split[i] == s->options.split;
    }
    if (strcmp(s->device, "cpu") == 0 || eval_trained(s) == 0 ||
        (strcmp(s->device, "auto") == 0 && !auto_takes_gpu(s, what, n_items))) {
        return AMS_OK;
    }
    fprintf(stderr,
            "%s: trained policies are rolled out on the GPU; this backend was never run on one "
            "by its authors: compare its result with --device cpu\n",
            what);
    return create_roller(s, err);
}

static bool is_asked_for(uint32_t r, const uint32_t *run, uint32_t n)
{
    bool found = run == NULL;
    for (uint32_t k = 0; k < n; k++) {
        found = found || run[k] == r;
    }
    return found;
}

/* The environments in the order of the roller's policies, NULL for those that wait; returns how
 * many do not. */
static uint32_t list_envs(const eval_session *s, const uint32_t *run, uint32_t n,
                          const ams_env **env)
{
    uint32_t trained = 0;
    uint32_t listed = 0;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_policy *policy = s->run[r].policy;
        if (is_trained(policy)) {
            bool asked = is_asked_for(r, run, n);
            env[trained++] = asked ? ams_policy_features(policy) : NULL;
            listed += asked;
        }
    }
    return listed;
}

ams_status eval_roll(eval_session *s, const ams_env *env, const uint32_t *run, uint32_t n,
                     ams_error *err)
{
    const size_t rows = (size_t)env->n_items * env->n_models;
    const ams_env **envs = NULL;
    ams_status status = AMS_OK;
    eval_forget_orders(s);
    if (s->roller == NULL) {
        return AMS_OK;
    }
    AMS_TRY(ams_alloc(&envs, eval_trained(s), sizeof(void *), "policies", err));
    const uint32_t listed = list_envs(s, run, n, envs);
    if (listed == 0) {
        goto out;
    }
    AMS_TRY(ams_alloc(&s->rolled, listed * rows, sizeof *s->rolled, "orders", err));
    AMS_TRY(ams_cuda_roll(s->roller, envs, s->options.split, s->rolled, err));
    const uint8_t *next = s->rolled;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        if (is_trained(s->run[r].policy) && is_asked_for(r, run, n)) {
            s->run[r].policy->orders = next;
            next += rows;
        }
    }
out:
    free(envs);
    return status;
}

void eval_forget_orders(eval_session *s)
{
    for (uint32_t r = 0; s->rolled != NULL && r < s->n_runs; r++) {
        s->run[r].policy->orders = NULL;
    }
    free(s->rolled);
    s->rolled = NULL;
}
