#include "ams/choices.h"

#include "base/memory.h"
#include "env/math.h"
#include "rl/policy/scorer.h"

#include <stdlib.h>
#include <string.h>

/* States per shard: enough that a worker's set-up does not count. */
enum { SHARD = 256 };

typedef struct choices_job {
    const ams_policy *policy;
    const ams_env *env; /* that the weights see */
    const uint32_t *item;
    const uint64_t *mask;
    size_t n;
    float *q;
    uint32_t *model;
    ams_status *status; /* (shards) */
    ams_error *err;     /* (shards) */
} choices_job;

static void choose(const choices_job *job, ams_scorer *scorer, size_t i)
{
    const ams_env *env = job->env;
    ams_scorer_begin(scorer, job->item[i]);
    for (uint64_t left = job->mask[i]; left != 0; left &= left - 1) {
        ams_scorer_run(scorer, ams_lowest(left));
    }
    const float *q = ams_scorer_q(scorer);
    if (job->q != NULL) {
        memcpy(job->q + i * env->n_actions, q, env->n_actions * sizeof *q);
    }
    if (job->model != NULL) {
        const uint64_t remaining = ams_env_remaining(env, job->mask[i]);
        job->model[i] =
            remaining == 0
                ? AMS_NO_CHOICE
                : ams_decide_rules[ams_policy_decide(job->policy)](q, env, remaining);
    }
}

static void choose_shard(void *context, uint32_t shard)
{
    const choices_job *job = context;
    const ams_policy_kind *kind = ams_policy_kind_of(job->policy);
    void *worker = NULL;
    job->status[shard] = kind->worker_create(job->policy, &worker, &job->err[shard]);
    if (job->status[shard] != AMS_OK) {
        return;
    }
    const size_t first = (size_t)shard * SHARD;
    for (size_t i = first; i < job->n && i < first + SHARD; i++) {
        choose(job, worker, i);
    }
    kind->worker_destroy(worker);
}

static ams_status check(const choices_job *job, ams_error *err)
{
    if (ams_policy_net(job->policy) == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "policy '%s': Q-values are asked for, and only trained weights have "
                        "them; expected a run folder or a policy file",
                        ams_policy_label(job->policy));
    }
    for (size_t i = 0; i < job->n; i++) {
        if (job->item[i] >= job->env->n_items) {
            return ams_fail(err, AMS_USAGE,
                            "state %zu: expected an item from 0 to %u, found %u", i,
                            job->env->n_items - 1, job->item[i]);
        }
        if ((job->mask[i] & ~job->env->all_models) != 0) {
            return ams_fail(err, AMS_USAGE,
                            "state %zu: expected a set of %u models, found bits of others", i,
                            job->env->n_models);
        }
    }
    return AMS_OK;
}

ams_status ams_policy_choose(const ams_policy *policy, const uint32_t *item,
                             const uint64_t *mask, size_t n, float *q, uint32_t *model,
                             ams_pool *pool, ams_error *err)
{
    choices_job job = {.policy = policy,
                       .env = ams_policy_features(policy),
                       .item = item,
                       .mask = mask,
                       .n = n};
    const size_t shards = (n + SHARD - 1) / SHARD;
    ams_status status = AMS_OK;
    job.q = q;
    job.model = model;
    AMS_TRY(check(&job, err));
    if (shards > UINT32_MAX) {
        return ams_fail(err, AMS_USAGE, "expected fewer than 2^40 states, found %zu", n);
    }
    AMS_TRY(ams_alloc(&job.status, shards, sizeof *job.status, "choices", err));
    AMS_TRY(ams_alloc(&job.err, shards, sizeof *job.err, "choices", err));
    ams_pool_run(pool, (uint32_t)shards, choose_shard, &job);
    for (size_t s = 0; s < shards; s++) {
        if (job.status[s] != AMS_OK) {
            status = job.status[s];
            if (err != NULL) {
                *err = job.err[s];
            }
            break;
        }
    }
out:
    free(job.status);
    free(job.err);
    return status;
}
