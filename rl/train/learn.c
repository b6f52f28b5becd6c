/* One update: draw a minibatch, follow the gradient of its loss. */
#include "rl/options/adam.h"
#include "rl/train/state.h"

#include <math.h>
#include <string.h>

/* What cuts the length of a gradient to grad_clip: 1 if it is no longer. */
static float clip_factor(const ams_trainer *t, double squares)
{
    const double norm = sqrt(squares);
    return norm <= t->options.grad_clip ? 1 : (float)(t->options.grad_clip / norm);
}

/* Rows of the first layer that were not written have gradient 0, whatever is left in them. */
static void clip_gradient(ams_trainer *t)
{
    const ams_net *net = &t->online;
    const ams_compute *c = &t->compute;
    const uint32_t h = net->width[1];
    const uint64_t from = net->bias[0];
    double sum = c->ops->sum_squares(c, net->n_params - from, t->gradient + from);
    for (uint32_t i = 0; i < t->rows.n_touched; i++) {
        sum += c->ops->sum_squares(c, h, t->gradient + (size_t)t->rows.touched[i] * h);
    }
    const float factor = clip_factor(t, sum);
    if (factor == 1) {
        return;
    }
    c->ops->scale(c, net->n_params - from, factor, t->gradient + from);
    for (uint32_t i = 0; i < t->rows.n_touched; i++) {
        c->ops->scale(c, h, factor, t->gradient + (size_t)t->rows.touched[i] * h);
    }
}

/* Loshchilov and Hutter 2019, algorithm 2: weights shrink apart from Adam's step. All of them,
 * so that rows of features never seen fade, too; biases do not. From layer `first` on. */
static void decay_weights(ams_trainer *t, float factor, uint32_t first)
{
    const ams_net *net = &t->online;
    for (uint32_t k = first; k < net->n_layers; k++) {
        uint64_t n = (uint64_t)net->width[k] * net->width[k + 1];
        t->compute.ops->scale(&t->compute, n, factor, net->params + net->weight[k]);
    }
}

/* Everything from parameter `from` on. */
static void adam_from(ams_trainer *t, const ams_adam *adam, uint64_t from)
{
    const ams_net *net = &t->online;
    t->compute.ops->adam(&t->compute, adam, net->n_params - from, t->gradient + from,
                         net->params + from, t->moment1 + from, t->moment2 + from);
}

static void adam_rows(ams_trainer *t, const ams_adam *adam)
{
    const uint32_t fh[2] = {t->online.width[0], t->online.width[1]};
    float *const wmv[3] = {t->online.params, t->moment1, t->moment2};
    t->compute.ops->adam_rows(&t->compute, adam, &t->rows, fh, t->gradient, wmv);
}

static ams_loss loss_of(const ams_trainer *t)
{
    return (ams_loss){(ams_loss_kind)t->options.loss, (float)t->options.huber_delta};
}

/* -- what threads do side by side, once the network has answered -- */

enum { LOSS_PIECE = 32 }; /* states */

typedef struct beside_job {
    ams_trainer *t;
    const float *q;  /* (B, A) */
    bool fast, acts; /* of the fast path: what else is left to do */
} beside_job;

static void look_ahead(ams_trainer *t, bool acts)
{
    if (acts) {
        ams_trainer_look(t, t->count.updates + 1);
    } else {
        t->act_state.n = 0;
    }
}

/* Losses of the minibatch's states from `first` on, where all actions learn; their slopes go to
 * q_state.dq. */
static void lose_piece(ams_trainer *t, const float *q, uint32_t first)
{
    const ams_minibatch *b = &t->batch;
    const uint32_t batch = (uint32_t)t->options.batch;
    const size_t at = (size_t)first * t->env->n_actions;
    const ams_emphasis by_priority = {.weight = b->weight + first, .error = b->error + first};
    const ams_all_actions all = {.n = batch - first < LOSS_PIECE ? batch - first : LOSS_PIECE,
                                 .n_models = t->env->n_models,
                                 .batch = batch,
                                 .end_valid = t->env->options.end,
                                 .remaining = b->remaining + first,
                                 .target = b->target + at,
                                 .loss = b->loss + first};
    (void)t->compute.ops->td_loss_all(&t->compute, &all, q + at, loss_of(t),
                                      t->priority.n > 0 ? &by_priority : NULL,
                                      t->q_state.dq + at);
}

/* Pieces of losses, after what the fast path still has to do: the longest first, so that it is
 * not what all wait for. */
static void beside_shard(void *context, uint32_t shard)
{
    enum { FILL, LOOK, LOSSES };
    const beside_job *j = context;
    shard += j->fast ? 0 : LOSSES;
    if (shard == FILL) {
        ams_rows_fill(&j->t->rows, &j->t->batch.state);
    } else if (shard == LOOK) {
        look_ahead(j->t, j->acts);
    } else {
        lose_piece(j->t, j->q, (shard - LOSSES) * LOSS_PIECE);
    }
}

/* Loss of the actions taken; its slope goes to q_state.dq. q is (B, columns). */
static double lose_taken(ams_trainer *t, const float *q, const uint8_t *action,
                         uint32_t columns)
{
    const ams_minibatch *b = &t->batch;
    const ams_emphasis by_priority = {.weight = b->weight, .error = b->error};
    const uint32_t ba[2] = {(uint32_t)t->options.batch, columns};
    return t->compute.ops->td_loss(&t->compute, ba, q, action, b->target, loss_of(t),
                                   t->priority.n > 0 ? &by_priority : NULL, t->q_state.dq);
}

/* Loss of whichever actions learn, and what else the job says. */
static double lose(ams_trainer *t, beside_job *job)
{
    const uint32_t n = (uint32_t)t->options.batch;
    const bool all = t->options.targets == AMS_TARGETS_ALL;
    const uint32_t pieces = all ? (n + LOSS_PIECE - 1) / LOSS_PIECE : 0;
    double total = 0;
    ams_pool_run(t->pool, pieces + (job->fast ? 2 : 0), beside_shard, job);
    for (uint32_t i = 0; all && i < n; i++) {
        total += t->batch.loss[i];
    }
    return all ? total / n : lose_taken(t, job->q, t->batch.action, t->env->n_actions);
}

/* What the minibatch says, for the next row of metrics and for the replay's priorities; its Q
 * are q (B, columns). */
static void note_loss(ams_trainer *t, double loss, const float *q, const uint8_t *action,
                      uint32_t columns)
{
    const ams_minibatch *b = &t->batch;
    const ams_train_options *o = &t->options;
    const uint32_t n = (uint32_t)o->batch;
    double q_sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        q_sum += (double)q[(size_t)i * columns + action[i]];
    }
    t->count.stat_loss += loss;
    if (t->priority.n > 0) {
        ams_priority_learn(&t->priority, o->priority_alpha, o->priority_eps, n, b->slot,
                           b->error);
    }
    t->count.stat_q += q_sum / n;
    t->count.stat_updates++;
}

void ams_trainer_step(ams_trainer *t, ams_q *q, const ams_sparse *x)
{
    const ams_train_options *o = &t->options;
    const ams_adam adam = ams_train_adam(o, t->count.updates + 1);
    ams_q_backward(q, &t->compute, &t->online, x, t->gradient, &t->rows);
    if (o->grad_clip > 0) {
        clip_gradient(t);
    }
    if (o->weight_decay > 0) {
        decay_weights(t, ams_train_keep(o, t->count.updates + 1), 0);
    }
    adam_rows(t, &adam);
    adam_from(t, &adam, t->online.bias[0]);
}

static void step_by_layers(ams_trainer *t)
{
    const ams_minibatch *b = &t->batch;
    const ams_train_options *o = &t->options;
    t->q_state.dropout = (ams_dropout){o->dropout, o->seed, t->count.updates};
    const float *q = ams_trainer_online(t, &t->q_state, &b->state);
    beside_job job = {.t = t, .q = q};
    note_loss(t, lose(t, &job), q, b->action, t->env->n_actions);
    ams_trainer_step(t, &t->q_state, &b->state);
}

/* -- the fast path -- */

/* A step of the layers that the fast path leaves alone. */
static void step_tail(ams_trainer *t)
{
    const ams_adam adam = ams_train_adam(&t->options, t->count.updates + 1);
    if (t->options.weight_decay > 0) {
        decay_weights(t, ams_train_keep(&t->options, t->count.updates + 1), 2);
    }
    adam_from(t, &adam, ams_trainer_tail(t));
}

/* The gradient of all layers is cut to grad_clip: here that of the tail, and by back->factor
 * that of the others. */
static void clip(ams_trainer *t, ams_fused_back *back)
{
    const ams_compute *c = &t->compute;
    const uint64_t from = ams_trainer_tail(t);
    const uint64_t n = t->online.n_params - from;
    back->factor = 1;
    if (t->options.grad_clip > 0) {
        const double squares = ams_fused_squares(t->fused, &t->rows, back);
        back->factor = clip_factor(t, squares + c->ops->sum_squares(c, n, t->gradient + from));
        c->ops->scale(c, n, back->factor, t->gradient + from);
    }
}

static void learn_all(ams_trainer *t, bool acts)
{
    const ams_minibatch *b = &t->batch;
    const ams_train_options *o = &t->options;
    ams_q *q_state = &t->q_state;
    ams_trainer_targets(t, NULL);
    q_state->dropout = (ams_dropout){o->dropout, o->seed, t->count.updates};
    const float *outputs = ams_fused_learn(t->fused, &t->rows, &b->state, &q_state->dropout);
    const float *q = ams_trainer_after_second(t, q_state, &t->online, outputs, &b->state);
    beside_job job = {.t = t, .q = q, .fast = true, .acts = acts};
    note_loss(t, lose(t, &job), q, b->action, t->env->n_actions);
    ams_q_backward_to(q_state, &t->compute, &t->online, 2, &b->state, t->gradient);
    ams_fused_back back = {.state = &b->state,
                           .action = ams_fused_one_slope(o) ? b->action : NULL,
                           .dq = q_state->slope[1],
                           .then = &t->act_state};
    clip(t, &back);
    step_tail(t);
    outputs = ams_fused_step(t->fused, &t->rows, &back);
    t->act_q = ams_trainer_after_second(t, &t->q_act, &t->online, outputs, &t->act_state);
}

static void learn_taken(ams_trainer *t, bool acts)
{
    const ams_minibatch *b = &t->batch;
    const ams_fused_ask ask = {.state = &b->state,
                               .action = b->action,
                               .next = &b->next,
                               .wants_online = t->agent->wants_online};
    const ams_fused_q q = ams_fused_forward(t->fused, &t->rows, &ask);
    ams_trainer_targets(t, &q);
    /* To the loss, Q of the actions taken is the output of a network with one action. */
    note_loss(t, lose_taken(t, q.taken, b->only_action, 1), q.taken, b->only_action, 1);
    ams_rows_fill(&t->rows, &b->state);
    look_ahead(t, acts);
    ams_fused_back back = {
        .state = &b->state, .action = b->action, .dq = t->q_state.dq, .then = &t->act_state};
    clip(t, &back);
    t->act_q = ams_fused_step(t->fused, &t->rows, &back);
}

void ams_trainer_learn(ams_trainer *t, bool acts)
{
    ams_trainer_draw(t);
    if (t->fused == NULL) {
        ams_trainer_targets(t, NULL);
        step_by_layers(t);
        return;
    }
    if (t->takes) {
        learn_taken(t, acts);
    } else {
        learn_all(t, acts);
    }
    t->looked = acts;
}

/* The target network goes `share` of the way to the online one. */
static void follow(ams_trainer *t, float share)
{
    const uint64_t from = ams_trainer_tail(t);
    const uint64_t n = t->online.n_params - from;
    if (t->fused != NULL) {
        ams_fused_follow(t->fused, &t->rows, share);
    }
    if (share < 1) {
        t->compute.ops->blend(&t->compute, n, share, t->online.params + from,
                              t->target.params + from);
    } else {
        memcpy(t->target.params + from, t->online.params + from, n * sizeof(float));
    }
}

void ams_trainer_follow(ams_trainer *t)
{
    if (t->options.tau > 0) {
        follow(t, (float)t->options.tau);
    } else if (t->count.updates % t->options.target_every == 0) {
        follow(t, 1);
        if (t->fused != NULL) {
            ams_fused_target_weights(t->fused, t->target.params);
        }
        t->target_age++;
    }
}
