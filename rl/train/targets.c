/* What a minibatch should learn: targets of the actions taken, or of all that were valid.
 *
 * B batch, M models, A = M + 1 actions, R states of a part of the expanded minibatch. */
#include "rl/train/state.h"

#include <string.h>

/* Targets of the rows of b that are not known, from what the fast path has asked the networks,
 * or NULL; with gamma 0 they are the rewards, whatever comes next. */
static void bootstrap(ams_trainer *t, ams_minibatch *b, const ams_fused_q *q)
{
    if (t->options.gamma == 0) {
        memcpy(b->target, b->reward, b->unknown * sizeof *b->target);
        return;
    }
    if (b->unknown == 0) {
        return;
    }
    ams_td_batch td = {.n = b->unknown,
                       .n_models = t->env->n_models,
                       .columns = t->env->n_actions,
                       .end_valid = t->env->options.end,
                       .reward = b->reward,
                       .discount = b->discount,
                       .terminal = b->terminal,
                       .remaining = b->remaining,
                       .next_action = b->next_action};
    if (q != NULL) {
        td.columns = q->columns;
        td.q_target = q->target;
        td.q_online = q->online;
    } else {
        if (t->agent->wants_online) {
            td.q_online = ams_trainer_online(t, &t->q_choice, &b->next);
        }
        td.q_target = ams_trainer_target(t, &t->q_next, &b->next);
    }
    t->agent->targets(&td, b->target);
}

/* Only targets that are not known were worked out, in the first rows; they go where they
 * belong, the last one first, since none moves to the front. */
static void targets_taken(ams_trainer *t, const ams_fused_q *q)
{
    ams_minibatch *b = &t->batch;
    uint32_t n = (uint32_t)t->options.batch;
    bootstrap(t, b, q);
    for (uint32_t k = b->unknown; k-- > 0;) {
        b->target[b->row[k]] = b->target[k];
    }
    if (t->slot_age == NULL) {
        return;
    }
    for (uint32_t k = 0; k < b->unknown; k++) {
        uint64_t slot = b->slot[b->row[k]];
        t->slot_target[slot] = b->target[b->row[k]];
        t->slot_age[slot] = t->target_age;
    }
    for (uint32_t i = 0; i < n; i++) {
        b->target[i] = t->slot_target[b->slot[i]];
    }
}

/* The next states of every valid model in the states first to last, and what they are worth:
 * the agent sees them as transitions like any other. */
static void bootstrap_part(ams_trainer *t, uint32_t first, uint32_t last)
{
    ams_minibatch *b = &t->batch;
    ams_minibatch *all = &t->expanded;
    all->next.n = 0;
    all->unknown = 0;
    for (uint32_t i = first; i < last; i++) {
        const ams_transition *tr = &b->transition[i];
        float *y = b->target + (size_t)i * t->env->n_actions;
        for (uint64_t left = b->remaining[i]; left != 0; left &= left - 1) {
            const uint32_t m = ams_lowest(left);
            const uint32_t row = all->unknown;
            ams_transition step = *tr;
            step.action = (uint8_t)m;
            all->reward[row] = y[m];
            all->discount[row] = (float)t->options.gamma;
            all->terminal[row] =
                ams_env_finished(ams_trainer_env(t, tr), tr->item, tr->mask | UINT64_C(1) << m);
            ams_append_next(t, all, &step);
        }
    }
    bootstrap(t, all, NULL);
    uint32_t rows = 0;
    for (uint32_t i = first; i < last; i++) {
        float *y = b->target + (size_t)i * t->env->n_actions;
        for (uint64_t left = b->remaining[i]; left != 0; left &= left - 1) {
            y[ams_lowest(left)] = all->target[rows++];
        }
    }
}

/* y (A): what each action earns in the drawn state i, 0 for END and for those that are over. */
static void rewards_of(ams_trainer *t, uint32_t i, float *y)
{
    const uint32_t actions = t->env->n_actions;
    const ams_transition *tr = &t->batch.transition[i];
    const uint64_t slot = t->batch.slot[i];
    if (t->slot_known != NULL && t->slot_known[slot]) {
        memcpy(y, t->slot_rewards + slot * actions, actions * sizeof *y);
        return;
    }
    ams_env_rewards(ams_trainer_env(t, tr), tr->item, tr->mask, y);
    y[t->env->n_models] = 0; /* END */
    if (t->slot_known != NULL) {
        memcpy(t->slot_rewards + slot * actions, y, actions * sizeof *y);
        t->slot_known[slot] = 1;
    }
}

static void targets_all(ams_trainer *t)
{
    ams_minibatch *b = &t->batch;
    uint32_t n = (uint32_t)t->options.batch;
    for (uint32_t i = 0; i < n; i++) {
        rewards_of(t, i, b->target + (size_t)i * t->env->n_actions);
        b->remaining[i] = ams_env_remaining(t->env, b->transition[i].mask);
    }
    for (uint32_t i = 0; t->options.gamma > 0 && i < n; i += AMS_EXPAND) {
        bootstrap_part(t, i, n - i < AMS_EXPAND ? n : i + AMS_EXPAND);
    }
}

void ams_trainer_targets(ams_trainer *t, const ams_fused_q *q)
{
    if (t->options.targets == AMS_TARGETS_ALL) {
        targets_all(t);
    } else {
        targets_taken(t, q);
    }
}
