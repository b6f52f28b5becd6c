/* Drawing a minibatch from the replay: its states and what came after them.
 *
 * Where threads share the work, they do it by pieces of AMS_DRAW_PIECE samples, which are put
 * together in their order: what is drawn does not depend on threads. */
#include "rl/train/state.h"

#include "env/fetch.h"

#include <string.h>

void ams_append_state(ams_sparse *x, const ams_env *env, uint32_t item, uint64_t mask)
{
    uint32_t at = x->ptr[x->n];
    float *value = x->value == NULL ? NULL : x->value + at;
    x->head[x->n] = (uint8_t)env->goal_at;
    x->ptr[x->n + 1] = at + ams_env_features(env, item, mask, x->index + at, value);
    x->n++;
}

void ams_append_training(const ams_trainer *t, ams_sparse *x, const ams_env *env, uint32_t item,
                         uint64_t mask)
{
    const uint32_t at = x->ptr[x->n];
    if (t->compact.outputs == NULL) {
        ams_append_state(x, env, item, mask);
        return;
    }
    x->head[x->n] = (uint8_t)env->goal_at;
    x->ptr[x->n + 1] =
        at + ams_compact_features(&t->compact, env, item, mask, x->index + at, x->value + at);
    x->n++;
}

void ams_append_next(const ams_trainer *t, ams_minibatch *b, const ams_transition *step)
{
    const bool end = step->action == t->env->n_models;
    const uint64_t next = end ? step->mask : step->mask | UINT64_C(1) << step->action;
    b->remaining[b->unknown++] = ams_env_remaining(t->env, next);
    if (t->options.gamma == 0) {
        return;
    }
    if (b->terminal[b->unknown - 1] && !t->agent->wants_online) {
        /* It counts for nothing. Its row keeps the places of the others in the library's
         * product of its head, which rounds by them. The online network is asked all the same,
         * since a question brings rows of the fast path up to date, and rounds. */
        b->next.head[b->next.n] = (uint8_t)ams_trainer_env(t, step)->goal_at;
        b->next.ptr[b->next.n + 1] = b->next.ptr[b->next.n];
        b->next.n++;
    } else {
        ams_append_training(t, &b->next, ams_trainer_env(t, step), step->item, next);
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

/* Another row of b: up to `nstep` steps of the episode from the drawn one on; fewer at its end,
 * and where it goes on no further yet. */
static void append_steps(const ams_trainer *t, ams_minibatch *b, uint64_t slot)
{
    const ams_transition *step = &t->replay.slots[slot];
    const uint32_t row = b->unknown;
    double sum = 0;
    double discount = 1;
    for (uint64_t k = 1; slot != AMS_NO_SLOT; k++) {
        step = &t->replay.slots[slot];
        sum += discount * (double)t->slot_reward[slot];
        discount *= t->options.gamma;
        slot = k < t->options.nstep ? step_after(t, slot) : AMS_NO_SLOT;
    }
    b->reward[row] = (float)sum;
    b->discount[row] = (float)discount;
    b->next_action[row] = step->next_action;
    b->terminal[row] = (step->flags & AMS_FLAG_TERMINAL) != 0;
    ams_append_next(t, b, step);
}

static bool is_known(const ams_trainer *t, uint64_t slot)
{
    return t->slot_age != NULL &&
           (t->slot_age[slot] == t->target_age || t->slot_age[slot] == AMS_ALWAYS);
}

uint64_t ams_trainer_newest(const ams_trainer *t)
{
    return t->agent->wants_next ? t->options.envs : 0;
}

/* -- n samples -- */

/* Slot, item and outputs lie anywhere in memory, so each kind is asked for some samples before
 * it is read: few enough that what is asked for stays in the first-level cache. */
AMS_FETCHES void ask_for_slot(const ams_trainer *t, uint64_t slot)
{
    __builtin_prefetch(&t->replay.slots[slot]);
    __builtin_prefetch(&t->slot_reward[slot]);
    if (t->slot_age != NULL) {
        __builtin_prefetch(&t->slot_age[slot]);
        __builtin_prefetch(&t->slot_target[slot]);
    }
    if (t->slot_known != NULL) {
        const float *rewards = t->slot_rewards + slot * t->env->n_actions;
        __builtin_prefetch(&t->slot_known[slot]);
        __builtin_prefetch(rewards);
        __builtin_prefetch(rewards + t->env->n_models);
    }
}

AMS_FETCHES void ask_for_item(const ams_trainer *t, uint32_t item)
{
    if (t->compact.outputs != NULL) {
        ams_compact_fetch_start(&t->compact, item);
    } else {
        __builtin_prefetch(&t->env->entry[item]);
    }
}

AMS_FETCHES void ask_for_outputs(const ams_trainer *t, uint32_t item)
{
    if (t->compact.outputs != NULL) {
        ams_compact_fetch(&t->compact, item);
    } else {
        ams_env_fetch(t->env, item);
    }
}

/* Sample i of b, whose slot is drawn, and what came after it. */
static void append_sample(const ams_trainer *t, ams_minibatch *b, uint32_t i)
{
    const ams_transition *step = &b->transition[i];
    b->action[i] = step->action;
    ams_append_training(t, &b->state, ams_trainer_env(t, step), step->item, step->mask);
    if (t->options.targets == AMS_TARGETS_TAKEN && !is_known(t, b->slot[i])) {
        b->row[b->unknown] = i;
        append_steps(t, b, b->slot[i]);
    }
}

/* The n samples of b, whose slots are drawn. */
static void append_samples(const ams_trainer *t, ams_minibatch *b, uint32_t n)
{
    enum { ITEM = 8, OUTPUTS = 12, CONF = 14, READ = 16 }; /* samples after their slots */
    for (uint32_t i = 0; i < n + READ; i++) {
        if (i < n) {
            ask_for_slot(t, b->slot[i]);
        }
        if (i >= ITEM && i < n + ITEM) {
            b->transition[i - ITEM] = t->replay.slots[b->slot[i - ITEM]];
            ask_for_item(t, b->transition[i - ITEM].item);
        }
        if (i >= OUTPUTS && i < n + OUTPUTS) {
            ask_for_outputs(t, b->transition[i - OUTPUTS].item);
        }
        if (t->compact.outputs == NULL && i >= CONF && i < n + CONF) {
            ams_env_fetch_conf(t->env, b->transition[i - CONF].item);
        }
        if (i >= READ) {
            append_sample(t, b, i - READ);
        }
    }
}

/* Samples `first` on of the minibatch become the n of b, which was empty or holds their slots
 * if they go by priority. */
static void draw(const ams_trainer *t, ams_minibatch *b, uint32_t first, uint32_t n)
{
    b->state.n = 0;
    b->next.n = 0;
    b->unknown = 0;
    if (t->priority.n == 0) {
        uint64_t counter = t->count.updates * t->options.batch + first;
        ams_replay_sample(&t->replay, t->options.seed, counter, ams_trainer_newest(t), n,
                          b->slot);
    }
    append_samples(t, b, n);
}

/* -- pieces -- */

static uint32_t piece_size(const ams_trainer *t, uint32_t p)
{
    const uint32_t left = (uint32_t)t->options.batch - p * AMS_DRAW_PIECE;
    return left < AMS_DRAW_PIECE ? left : AMS_DRAW_PIECE;
}

static void draw_piece(void *context, uint32_t p)
{
    const ams_trainer *t = context;
    ams_minibatch *piece = &t->piece[p];
    const uint32_t first = p * AMS_DRAW_PIECE;
    const uint32_t n = piece_size(t, p);
    if (t->priority.n > 0) {
        memcpy(piece->slot, t->batch.slot + first, n * sizeof *piece->slot);
    }
    draw(t, piece, first, n);
}

static void append_states(ams_sparse *to, const ams_sparse *from)
{
    const uint32_t at = to->ptr[to->n];
    const uint32_t n = from->ptr[from->n];
    for (uint32_t s = 1; s <= from->n; s++) {
        to->ptr[to->n + s] = at + from->ptr[s];
    }
    memcpy(to->index + at, from->index, n * sizeof *to->index);
    if (to->value != NULL) {
        memcpy(to->value + at, from->value, n * sizeof *to->value);
    }
    memcpy(to->head + to->n, from->head, from->n);
    to->n += from->n;
}

#define COPY(member, at, n) memcpy(b->member + (at), piece->member, (n) * sizeof *b->member)

static void append_piece(ams_minibatch *b, const ams_minibatch *piece)
{
    const uint32_t first = b->state.n;
    const uint32_t n = piece->state.n;
    COPY(slot, first, n);
    COPY(transition, first, n);
    COPY(action, first, n);
    append_states(&b->state, &piece->state);
    for (uint32_t k = 0; k < piece->unknown; k++) {
        b->row[b->unknown + k] = first + piece->row[k];
    }
    COPY(reward, b->unknown, piece->unknown);
    COPY(discount, b->unknown, piece->unknown);
    COPY(next_action, b->unknown, piece->unknown);
    COPY(terminal, b->unknown, piece->unknown);
    COPY(remaining, b->unknown, piece->unknown);
    append_states(&b->next, &piece->next);
    b->unknown += piece->unknown;
}

void ams_trainer_draw(ams_trainer *t)
{
    const ams_train_options *o = &t->options;
    ams_minibatch *b = &t->batch;
    const uint32_t n = (uint32_t)o->batch;
    if (t->priority.n > 0) {
        double beta = ams_beta_at(t->count.updates, o->priority_beta, ams_train_learning(o));
        ams_priority_sample(&t->priority, o->seed, t->count.updates, n, b->slot);
        ams_priority_weights(&t->priority, beta, n, b->slot, b->weight);
    }
    if (t->n_pieces == 0) {
        draw(t, b, 0, n);
        return;
    }
    ams_pool_run(t->pool, t->n_pieces, draw_piece, t);
    b->state.n = 0;
    b->next.n = 0;
    b->unknown = 0;
    for (uint32_t p = 0; p < t->n_pieces; p++) {
        append_piece(b, &t->piece[p]);
    }
}
