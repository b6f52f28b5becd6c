/* What a drawn minibatch should learn: targets of the actions taken, or of all that were valid.
 *
 * B batch, M models, A = M + 1 actions, R states of a part of the expanded minibatch. */
#include "rl/trainer.h"

#include <string.h>

void ams_append_state(ams_sparse *x, const ams_env *env, uint32_t item, uint64_t mask)
{
    uint32_t at = x->ptr[x->n];
    float *value = x->value == NULL ? NULL : x->value + at;
    x->ptr[x->n + 1] = at + ams_env_features(env, item, mask, x->index + at, value);
    x->n++;
}

/* Targets of b's first n rows; with gamma 0 they are the rewards, whatever comes next. */
static void bootstrap(ams_trainer *t, minibatch *b, uint32_t n)
{
    if (t->options.gamma == 0) {
        memcpy(b->target, b->reward, n * sizeof *b->target);
        return;
    }
    ams_td_batch td = {.n = n,
                       .n_models = t->env->n_models,
                       .end_valid = t->env->options.end,
                       .reward = b->reward,
                       .discount = b->discount,
                       .terminal = b->terminal,
                       .remaining = b->remaining,
                       .next_action = b->next_action};
    if (t->fused != NULL) {
        td.q_target = ams_fused_target(t->fused, &b->next);
        td.q_online =
            t->agent->wants_online ? ams_fused_online(t->fused, &t->rows, &b->next) : NULL;
    } else {
        if (t->agent->wants_online) {
            td.q_online = ams_trainer_online(t, &t->q_choice, &b->next);
        }
        td.q_target = ams_q_forward(&t->q_next, &t->compute, &t->target, &b->next);
    }
    t->agent->targets(&td, b->target);
}

/* Row i of b: `action` was taken in (item, mask). */
static void add_row(const ams_trainer *t, minibatch *b, uint32_t i, uint32_t item,
                    uint64_t mask, uint32_t action)
{
    const ams_env *env = t->env;
    uint64_t next = action == env->n_models ? mask : mask | UINT64_C(1) << action;
    b->remaining[i] = ams_env_remaining(env, next);
    if (t->options.gamma > 0) {
        ams_append_state(&b->next, env, item, next);
    }
}

/* The slot of the episode's next step, or AMS_NO_SLOT at its end, or where that step has not
 * been made or the agent has to know what came after it. All E environments step together, so
 * an episode's steps stand E slots apart; a later one is overwritten later. */
static uint64_t step_after(const ams_trainer *t, uint64_t slot)
{
    const ams_transition *slots = t->replay.slots;
    if ((slots[slot].flags & AMS_FLAG_TERMINAL) != 0 ||
        (slots[slot].flags & AMS_FLAG_NEXT) == 0) {
        return AMS_NO_SLOT;
    }
    uint64_t next = (slot + t->options.envs) % t->replay.capacity;
    bool known = (slots[next].flags & (AMS_FLAG_TERMINAL | AMS_FLAG_NEXT)) != 0;
    return t->agent->wants_next && !known ? AMS_NO_SLOT : next;
}

/* Row i: up to `nstep` steps of the episode from the drawn one on; fewer at its end, and where
 * it goes on no further yet. */
static void add_steps(ams_trainer *t, minibatch *b, uint32_t i, uint64_t slot)
{
    const ams_transition *tr = &t->replay.slots[slot];
    double sum = 0;
    double discount = 1;
    for (uint64_t k = 0; k < t->options.nstep && slot != AMS_NO_SLOT; k++) {
        tr = &t->replay.slots[slot];
        sum += discount * (double)t->slot_reward[slot];
        discount *= t->options.gamma;
        slot = step_after(t, slot);
    }
    b->reward[i] = (float)sum;
    b->discount[i] = (float)discount;
    b->next_action[i] = tr->next_action;
    b->terminal[i] = (tr->flags & AMS_FLAG_TERMINAL) != 0;
    add_row(t, b, i, tr->item, tr->mask, tr->action);
}

static bool is_known(const ams_trainer *t, uint64_t slot)
{
    return t->slot_age != NULL && t->slot_age[slot] == t->target_age;
}

/* Only targets that are not known are worked out, in the first rows; then they go where they
 * belong, the last one first, since none moves to the front. */
static void targets_taken(ams_trainer *t)
{
    minibatch *b = &t->batch;
    uint32_t n = (uint32_t)t->options.batch;
    uint32_t unknown = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_known(t, b->slot[i])) {
            b->row[unknown] = i;
            add_steps(t, b, unknown++, b->slot[i]);
        }
    }
    bootstrap(t, b, unknown);
    for (uint32_t k = unknown; k-- > 0;) {
        b->target[b->row[k]] = b->target[k];
    }
    if (t->slot_age == NULL) {
        return;
    }
    for (uint32_t k = 0; k < unknown; k++) {
        uint64_t slot = b->slot[b->row[k]];
        t->slot_target[slot] = b->target[b->row[k]];
        t->slot_age[slot] = t->target_age;
    }
    for (uint32_t i = 0; i < n; i++) {
        b->target[i] = t->slot_target[b->slot[i]];
    }
}

/* The states behind every valid model of the states first to last, and what they are worth: the
 * agent sees them as transitions like any other. */
static void bootstrap_part(ams_trainer *t, uint32_t first, uint32_t last)
{
    minibatch *b = &t->batch;
    minibatch *all = &t->expanded;
    uint32_t rows = 0;
    all->next.n = 0;
    for (uint32_t i = first; i < last; i++) {
        const ams_transition *tr = &b->transition[i];
        float *y = b->target + (size_t)i * t->env->n_actions;
        for (uint64_t left = b->remaining[i]; left != 0; left &= left - 1) {
            uint32_t m = ams_lowest(left);
            all->reward[rows] = y[m];
            all->discount[rows] = (float)t->options.gamma;
            all->terminal[rows] =
                ams_env_finished(t->env, tr->item, tr->mask | UINT64_C(1) << m);
            add_row(t, all, rows++, tr->item, tr->mask, m);
        }
    }
    bootstrap(t, all, rows);
    rows = 0;
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
    ams_env_rewards(t->env, tr->item, tr->mask, y);
    y[t->env->n_models] = 0; /* END */
    if (t->slot_known != NULL) {
        memcpy(t->slot_rewards + slot * actions, y, actions * sizeof *y);
        t->slot_known[slot] = 1;
    }
}

static void targets_all(ams_trainer *t)
{
    minibatch *b = &t->batch;
    uint32_t n = (uint32_t)t->options.batch;
    for (uint32_t i = 0; i < n; i++) {
        rewards_of(t, i, b->target + (size_t)i * t->env->n_actions);
        b->remaining[i] = ams_env_remaining(t->env, b->transition[i].mask);
    }
    for (uint32_t i = 0; t->options.gamma > 0 && i < n; i += AMS_EXPAND) {
        bootstrap_part(t, i, n - i < AMS_EXPAND ? n : i + AMS_EXPAND);
    }
}

uint64_t ams_trainer_newest(const ams_trainer *t)
{
    return t->agent->wants_next ? t->options.envs : 0;
}

static void draw_slots(ams_trainer *t, uint32_t n, minibatch *b)
{
    const ams_train_options *o = &t->options;
    if (t->priority.n == 0) {
        ams_replay_sample(&t->replay, o->seed, t->count.updates, ams_trainer_newest(t), n,
                          b->slot);
        return;
    }
    double beta = ams_beta_at(t->count.updates, o->priority_beta, o->steps);
    ams_priority_sample(&t->priority, o->seed, t->count.updates, n, b->slot);
    ams_priority_weights(&t->priority, beta, n, b->slot, b->weight);
}

/* Copies the drawn transitions first to last; slot, item and entries lie anywhere in memory, so
 * each kind is asked for before any of it is read. */
static void copy_drawn(ams_trainer *t, uint32_t first, uint32_t last)
{
    const ams_env *env = t->env;
    minibatch *b = &t->batch;
    for (uint32_t i = first; i < last; i++) {
        __builtin_prefetch(&t->replay.slots[b->slot[i]]);
        __builtin_prefetch(&t->slot_reward[b->slot[i]]);
        if (t->slot_age != NULL) {
            __builtin_prefetch(&t->slot_age[b->slot[i]]);
            __builtin_prefetch(&t->slot_target[b->slot[i]]);
        }
        if (t->slot_known != NULL) {
            const float *rewards = t->slot_rewards + b->slot[i] * env->n_actions;
            __builtin_prefetch(&t->slot_known[b->slot[i]]);
            __builtin_prefetch(rewards);
            __builtin_prefetch(rewards + env->n_models);
        }
    }
    for (uint32_t i = first; i < last; i++) {
        b->transition[i] = t->replay.slots[b->slot[i]];
        __builtin_prefetch(&env->entry[b->transition[i].item]);
    }
    for (uint32_t i = first; i < last; i++) {
        ams_env_fetch(env, b->transition[i].item);
    }
    for (uint32_t i = first; i < last; i++) {
        ams_env_fetch_conf(env, b->transition[i].item);
    }
    for (uint32_t i = first; i < last; i++) {
        const ams_transition *tr = &b->transition[i];
        b->action[i] = tr->action;
        ams_append_state(&b->state, env, tr->item, tr->mask);
    }
}

void ams_trainer_draw(ams_trainer *t)
{
    enum { TOGETHER = 64 }; /* what they ask for fits in a second-level cache */
    minibatch *b = &t->batch;
    uint32_t n = (uint32_t)t->options.batch;
    draw_slots(t, n, b);
    b->state.n = 0;
    b->next.n = 0;
    for (uint32_t i = 0; i < n; i += TOGETHER) {
        copy_drawn(t, i, n - i < TOGETHER ? n : i + TOGETHER);
    }
    if (t->options.targets == AMS_TARGETS_ALL) {
        targets_all(t);
    } else {
        targets_taken(t);
    }
}
