/* Acting: each environment takes a step, and the replay remembers it. */
#include "rl/train/state.h"

#include "base/rng.h"
#include "env/outlook.h"

#include <string.h>

enum { AMS_UNDECIDED = UINT8_MAX }; /* no action has that number */

double ams_trainer_look_out(ams_trainer *t, uint32_t i)
{
    return t->outlook == NULL ? 0
                              : ams_env_outlook(ams_episodes_env(&t->episodes, i),
                                                t->episodes.item[i], t->episodes.mask[i],
                                                t->outlook + (size_t)i * t->env->n_actions);
}

void ams_trainer_begin_episode(ams_trainer *t, uint32_t i)
{
    uint32_t words[4];
    ams_philox(t->options.seed, AMS_STREAM_EPISODE, t->count.begun++, words);
    ams_episodes_reset(&t->episodes, i, t->train_item[ams_below(words[0], t->n_train)]);
    t->last_slot[i] = AMS_NO_SLOT;
    (void)ams_trainer_look_out(t, i);
}

double ams_trainer_epsilon(const ams_trainer *t, uint64_t update)
{
    const ams_train_options *o = &t->options;
    return ams_epsilon_at(update, o->epsilon_start, o->epsilon_end, o->epsilon_steps);
}

/* The k-th lowest one of `bits`, k < number of ones. */
static uint32_t nth_one(uint64_t bits, uint32_t k)
{
    while (k-- > 0) {
        bits &= bits - 1;
    }
    return ams_lowest(bits);
}

static uint8_t greedy(const ams_trainer *t, const float *q, uint64_t remaining)
{
    uint32_t end = t->env->n_models;
    if (t->choose == NULL) {
        return (uint8_t)ams_masked_argmax(q, remaining, end, t->env->options.end);
    }
    uint32_t model = t->choose(q, t->env, remaining);
    return (uint8_t)(t->env->options.end && q[end] > q[model] ? end : model);
}

/* Epsilon-greedy over the models left and END: word 0 is the coin, word 1 the random action.
 * What the network has to decide is AMS_UNDECIDED. */
static uint8_t explore(const ams_trainer *t, uint32_t i, double epsilon)
{
    uint32_t words[4];
    ams_philox(t->options.seed, AMS_STREAM_EXPLORE, t->count.acts * t->episodes.n + i, words);
    if (ams_unit(words[0]) >= epsilon) {
        return AMS_UNDECIDED;
    }
    uint64_t remaining = ams_env_remaining(t->env, t->episodes.mask[i]);
    uint32_t models = ams_ones(remaining);
    uint32_t k = ams_below(words[1], models + (t->env->options.end ? 1 : 0));
    return (uint8_t)(k == models ? t->env->n_models : nth_one(remaining, k));
}

void ams_trainer_look(ams_trainer *t, uint64_t update)
{
    double epsilon = ams_trainer_epsilon(t, update);
    t->act_state.n = 0;
    for (uint32_t i = 0; i < t->episodes.n; i++) {
        t->action[i] = explore(t, i, epsilon);
        if (t->action[i] == AMS_UNDECIDED) {
            ams_append_training(t, &t->act_state, ams_episodes_env(&t->episodes, i),
                                t->episodes.item[i], t->episodes.mask[i]);
        }
    }
}

/* Q of the states in act_state. */
static const float *q_of_act(ams_trainer *t)
{
    return t->takes ? ams_fused_online(t->fused, &t->rows, &t->act_state)
                    : ams_trainer_online(t, &t->q_act, &t->act_state);
}

/* Only states that do not explore go through the network. */
static void choose_actions(ams_trainer *t)
{
    const uint32_t columns = t->takes ? ams_fused_columns(t->fused) : t->env->n_actions;
    const bool looked = t->looked;
    if (!looked) {
        ams_trainer_look(t, t->count.updates);
    }
    t->looked = false;
    if (t->act_state.n == 0) {
        return;
    }
    const float *q = looked ? t->act_q : q_of_act(t);
    for (uint32_t i = 0; i < t->episodes.n; i++) {
        if (t->action[i] == AMS_UNDECIDED) {
            t->action[i] = greedy(t, q, ams_env_remaining(t->env, t->episodes.mask[i]));
            q += columns;
        }
    }
}

/* A new transition is drawn soon, whatever its error (Schaul et al. 2016, algorithm 1, line 6);
 * where the agent has to know the next action, once `newest` others have come after it. */
static void give_priority(ams_trainer *t, uint64_t slot)
{
    if (t->priority.n == 0) {
        return;
    }
    uint64_t newest = ams_trainer_newest(t);
    if (newest > 0) {
        ams_priority_set(&t->priority, slot, 0);
    }
    if (t->replay.size > newest) {
        uint64_t known = (slot + t->replay.capacity - newest) % t->replay.capacity;
        ams_priority_set(&t->priority, known, t->priority.top);
    }
}

void ams_trainer_forget_target(ams_trainer *t, uint64_t slot)
{
    bool terminal = (t->replay.slots[slot].flags & AMS_FLAG_TERMINAL) != 0;
    t->slot_target[slot] = t->slot_reward[slot];
    t->slot_age[slot] = terminal ? AMS_ALWAYS : 0;
}

static void remember(ams_trainer *t, uint32_t i)
{
    if (t->last_slot[i] != AMS_NO_SLOT) {
        ams_transition *previous = &t->replay.slots[t->last_slot[i]];
        previous->next_action = t->action[i];
        previous->flags |= AMS_FLAG_NEXT;
    }
    const uint32_t goal = (uint32_t)t->episodes.goal[i] << AMS_FLAG_GOAL;
    ams_transition transition = {
        .item = t->episodes.item[i],
        .mask = t->mask_before[i],
        .action = t->action[i],
        .flags = (uint16_t)(goal | (t->episodes.done[i] ? AMS_FLAG_TERMINAL : 0))};
    t->last_slot[i] = ams_replay_push(&t->replay, transition);
    t->slot_reward[t->last_slot[i]] = t->reward[i];
    if (t->slot_age != NULL) {
        ams_trainer_forget_target(t, t->last_slot[i]);
    }
    if (t->outlook != NULL) {
        const uint32_t actions = t->env->n_actions;
        memcpy(t->slot_rewards + t->last_slot[i] * actions,
               t->outlook_before + (size_t)i * actions, actions * sizeof *t->outlook);
        t->slot_known[t->last_slot[i]] = 1;
    }
    give_priority(t, t->last_slot[i]);
    if (t->episodes.done[i]) {
        t->count.episodes++;
        ams_trainer_begin_episode(t, i);
    }
}

enum { STEP_PIECE = 8 }; /* environments */

/* ams_episodes_step of actions that are valid, where the rewards of all are worked out ahead:
 * one pass over the entries of each item says how the state after it ends and what it offers.
 */
static void step_piece(void *context, uint32_t piece)
{
    ams_trainer *t = context;
    const uint32_t actions = t->env->n_actions;
    ams_episodes *e = &t->episodes;
    const uint32_t first = piece * STEP_PIECE;
    const uint32_t end = e->n - first < STEP_PIECE ? e->n : first + STEP_PIECE;
    for (uint32_t i = first; i < end; i++) {
        t->reward[i] = t->outlook[(size_t)i * actions + t->action[i]];
        if (t->action[i] == t->env->n_models) {
            e->done[i] = 1;
            continue;
        }
        e->mask[i] |= UINT64_C(1) << t->action[i];
        const double value = ams_trainer_look_out(t, i);
        e->done[i] = ams_env_finished_at(ams_episodes_env(e, i), e->item[i], e->mask[i], value);
    }
}

static void step_by_outlook(ams_trainer *t)
{
    const uint32_t n = t->episodes.n;
    memcpy(t->outlook_before, t->outlook, (size_t)n * t->env->n_actions * sizeof *t->outlook);
    ams_pool_run(t->pool, (n + STEP_PIECE - 1) / STEP_PIECE, step_piece, t);
}

void ams_trainer_act(ams_trainer *t)
{
    const uint32_t n = t->episodes.n;
    choose_actions(t);
    t->count.acts++;
    memcpy(t->mask_before, t->episodes.mask, n * sizeof *t->mask_before);
    if (t->outlook != NULL) {
        step_by_outlook(t);
    } else {
        /* choose_actions() gives valid ones only, so the step cannot be refused. */
        (void)ams_episodes_step(&t->episodes, t->action, t->reward, NULL);
    }
    for (uint32_t i = 0; i < n; i++) {
        remember(t, i);
    }
}
