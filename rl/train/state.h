/* The trainer's state: the seam between the trainer's files and to the device in cuda/, which
 * copies these arrays (cuda/layout.c) and goes on where they stand. Nothing else may include
 * it.
 *
 * In rl/train: train.c makes the state, act.c acts, draw.c, targets.c and learn.c learn,
 * q_online.c and net_view.c ask the online network, refine.c makes the last updates, advance.c
 * and device.c make many, save.c saves and restores it. All arrays are the trainer's.
 *
 * E environments, F features, B batch, A actions. */
#ifndef AMS_RL_TRAIN_STATE_H
#define AMS_RL_TRAIN_STATE_H

#include "ams/accelerator.h"
#include "ams/train.h"
#include "env/compact.h"
#include "rl/fast/fused.h"
#include "rl/net/q.h"
#include "rl/replay/priority.h"
#include "rl/replay/replay.h"
#include "rl/train/refine.h"

/* Counters of everything that is drawn or reported; saved as they are. */
typedef struct ams_trainer_counters {
    uint64_t updates;  /* done */
    uint64_t acts;     /* steps of all environments together, rounds of E */
    uint64_t begun;    /* episodes begun: the counter of the stream EPISODE */
    uint64_t episodes; /* finished */
    uint64_t replay_size, replay_head;
    uint64_t stat_updates;
    double stat_loss, stat_q;
} ams_trainer_counters;

/* One sampled minibatch, and what the agent needs of it. With targets=all, `target` is (B, A)
 * and `remaining` that of the states, not of the next ones. */
typedef struct ams_minibatch {
    ams_transition *transition;               /* (B) */
    uint64_t *slot;                           /* (B) where they stand in the replay */
    float *reward, *target, *discount;        /* (B) */
    uint8_t *action, *next_action, *terminal; /* (B) */
    uint8_t *only_action;                     /* (B) zeros */
    uint64_t *remaining;                      /* (B) */
    /* Samples whose targets are not known yet, ascending: theirs are the first `unknown` rows
     * of next, reward, discount, next_action, terminal and remaining. */
    uint32_t *row; /* (B) */
    uint32_t unknown;
    float *weight, *error; /* (B) with priorities: of the losses; |Q - target| */
    double *loss;          /* (B) of each state, where all of its actions learn */
    ams_sparse state, next;
} ams_minibatch;

struct ams_trainer {
    const ams_env *env;
    ams_env *goal_env; /* (G) env for each goal, where it has goal inputs; else NULL */
    ams_train_options options;
    const ams_agent *agent;
    ams_choose_fn *choose; /* NULL: largest Q */
    ams_pool *pool;
    ams_compute compute;
    ams_fused *fused;   /* NULL where the options ask for more than it does. With it, the first
                           two layers of online and the moments are only written for
                           ams_trainer_net and checkpoints, those of target when they are
                           copied and for checkpoints. */
    uint64_t *reached;  /* (F) for checkpoints of fused; NULL where the options do not fit it */
    ams_device *device; /* borrowed, or `own`; NULL: the CPU trains */
    void *on_device;    /* this run there */
    ams_device own;     /* of ams_trainer_accelerate */
    bool takes;         /* ams_fused_takes, with fused */
    bool stale;         /* the device's arrays are newer than these */
    bool restored;      /* these are newer than the device's */
    uint32_t *train_item; /* items of the training split */
    uint32_t n_train;
    ams_compact compact; /* of those; all zero where it does not fit */

    ams_net online, target;
    float *gradient, *moment1, *moment2; /* (n_params) */
    ams_rows rows;
    ams_q q_state, q_next, q_choice, q_act; /* q_choice: next states, online network */
    ams_minibatch batch, expanded; /* expanded: next states of every model, part by part */
    ams_minibatch *piece; /* (n_pieces) of the minibatch, each drawn by one thread; NULL for one
                         thread */
    uint32_t n_pieces;

    ams_replay replay;
    float *slot_reward; /* (capacity) of the slot's own step: what the table would say again */
    /* Targets of drawn slots, good until the target network changes or the slot is overwritten:
     * (capacity) each, where target_age says so. NULL where a target depends on more than its
     * slot. Not part of a checkpoint: computed again they have the same bits. */
    float *slot_target;
    uint32_t *slot_age;  /* the target_age that slot_target is of; 0: none; AMS_ALWAYS: every */
    uint32_t target_age; /* copies of the target network so far, and one */
    /* With targets=all the rewards of all actions of drawn slots: (capacity, A) where
     * slot_known (capacity) says so. NULL where they would take more than AMS_KEPT_REWARDS. */
    float *slot_rewards;
    uint8_t *slot_known;
    /* With those: (E, A) rewards of all actions in the states that environments are in, and in
     * those that they have just left. A transition's are known when it is remembered; slots of
     * a restored replay wait until they are drawn. */
    float *outlook, *outlook_before;
    ams_priority priority; /* of the replay's slots; n = 0: all the same (priority_alpha=0) */
    ams_episodes episodes;
    uint64_t *last_slot; /* (E) replay slot of the running episode's last step; AMS_NO_SLOT at
                            its start */
    /* The coming act, once it is looked at: `action` of those that explore, the others' states,
     * and where the update before has computed it, their Q. */
    bool looked;
    ams_sparse act_state;
    const float *act_q;
    uint64_t *mask_before; /* (E) */
    uint8_t *action;       /* (E) */
    float *reward;         /* (E) */
    ams_refine *refine;    /* NULL with refine=0 */
    ams_trainer_counters count;
};

/* slot_age of terminal transitions, whose targets are their rewards. */
#define AMS_ALWAYS UINT32_MAX
/* States expanded at a time, for their up to 64 successors each: bounds memory, and is enough
 * rows for a matrix product. */
enum { AMS_EXPAND = 32 };
/* Samples of a piece: two of them in the smallest usual minibatch. */
enum { AMS_DRAW_PIECE = 32 };
/* Bytes that rewards of drawn slots may take: 200,000 slots of 31 actions are 25 MB. */
enum { AMS_KEPT_REWARDS = 64 << 20 };

/* The environment of a transition: that of its goal, where goals are inputs. */
static inline const ams_env *ams_trainer_env(const ams_trainer *t, const ams_transition *step)
{
    return t->goal_env == NULL ? t->env : &t->goal_env[step->flags >> AMS_FLAG_GOAL];
}
void ams_append_state(ams_sparse *x, const ams_env *env, uint32_t item, uint64_t mask);
/* The same of a training item. */
void ams_append_training(const ams_trainer *t, ams_sparse *x, const ams_env *env, uint32_t item,
                         uint64_t mask);
/* The newest transitions of the replay that are not drawn: where the agent has to know the next
 * action, the latest step of each environment may still wait for it. */
uint64_t ams_trainer_newest(const ams_trainer *t);
/* Another row of b: what `step` led to. */
void ams_append_next(const ams_trainer *t, ams_minibatch *b, const ams_transition *step);
void ams_trainer_draw(ams_trainer *t); /* fills batch, but for the targets */
/* The targets of the drawn batch. q: what the fast path was asked about it; else NULL. */
void ams_trainer_targets(ams_trainer *t, const ams_fused_q *q);
/* One step of the online network. acts: an act comes next, after update count.updates + 1. */
void ams_trainer_learn(ams_trainer *t, bool acts);
/* Backward and Adam's step from the slope in q->dq of the states x, layer by layer. */
void ams_trainer_step(ams_trainer *t, ams_q *q, const ams_sparse *x);
/* -- refinement: refine.h -- */
ams_status ams_trainer_create_refine(ams_trainer *t, ams_error *err);
void ams_trainer_free_refine(ams_trainer *t);
/* The most states that an update of it has; 0 with refine=0. */
static inline uint64_t ams_trainer_refine_states(const ams_trainer *t)
{
    const uint64_t goals = t->goal_env == NULL ? 1 : t->env->n_goals;
    const ams_train_options *o = &t->options;
    return ams_train_refine(o) == 0
               ? 0
               : goals * o->refine_items * o->refine_tries * t->env->n_models;
}
/* The coming update is one of it. */
static inline bool ams_trainer_refines(const ams_trainer *t)
{
    return t->refine != NULL && t->count.updates >= ams_train_learning(&t->options);
}
void ams_trainer_refine(ams_trainer *t); /* one update of it */
/* The weights go to online and target, and the updates from here on by layers. */
void ams_trainer_leave_fused(ams_trainer *t);
/* The slot's target is as unknown as that of a new transition. */
void ams_trainer_forget_target(ams_trainer *t, uint64_t slot);
void ams_trainer_begin_episode(ams_trainer *t, uint32_t i);
/* Works out the outlook of the state that environment i is in, where there is one. Returns the
 * state's value; 0 without. */
double ams_trainer_look_out(ams_trainer *t, uint32_t i);
double ams_trainer_epsilon(const ams_trainer *t, uint64_t update);
void ams_trainer_act(ams_trainer *t); /* a step of every environment */
/* Who explores in the act of update `update`, and the states of the others. */
void ams_trainer_look(ams_trainer *t, uint64_t update);
/* Q (n, A) of the online and of the target network, wherever its layers are. */
const float *ams_trainer_online(ams_trainer *t, ams_q *q, const ams_sparse *x);
const float *ams_trainer_target(ams_trainer *t, ams_q *q, const ams_sparse *x);
/* The same from what the fast path has said of n states. */
const float *ams_trainer_after_second(const ams_trainer *t, ams_q *q, const ams_net *net,
                                      const float *outputs, const ams_sparse *x);
/* Where the parameters begin that the fast path does not hold. */
static inline uint64_t ams_trainer_tail(const ams_trainer *t)
{
    return t->fused == NULL         ? 0
           : t->online.n_layers > 2 ? t->online.weight[2]
                                    : t->online.n_params;
}
/* Rows that `reached` says are late take the steps they missed. */
ams_status ams_trainer_catch_up(ams_trainer *t, ams_error *err);
/* `updates` updates of the n trainers of one device, n > 0. */
ams_status ams_device_advance(ams_trainer *const *trainer, size_t n, uint64_t updates,
                              ams_error *err);
void ams_trainer_leave_device(ams_trainer *t);
void ams_trainer_follow(ams_trainer *t); /* the target network, once the update is counted */

/* last_slot of an environment whose episode has just begun. */
#define AMS_NO_SLOT UINT64_MAX

#endif
