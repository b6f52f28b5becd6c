/* One update: draw a minibatch, follow the gradient of its loss. */
#include "rl/trainer.h"

#include <math.h>

static void apply_adam(ams_trainer *t)
{
    const ams_train_options *o = &t->options;
    const ams_net *net = &t->online;
    ams_adam adam =
        ams_adam_at(o->lr, o->adam_beta1, o->adam_beta2, o->adam_epsilon, t->count.updates + 1);
    const uint32_t fh[2] = {net->width[0], net->width[1]};
    float *const wmv[3] = {net->params, t->moment1, t->moment2};
    t->compute.ops->adam_rows(&t->compute, &adam, &t->rows, fh, t->gradient, wmv);
    /* Everything behind the first layer's rows. */
    uint64_t from = net->bias[0];
    t->compute.ops->adam(&t->compute, &adam, net->n_params - from, t->gradient + from,
                         net->params + from, t->moment1 + from, t->moment2 + from);
}

/* Loss of the minibatch; its slope goes to q_state.dq. */
static double loss_and_slope(ams_trainer *t, const float *q)
{
    const minibatch *b = &t->batch;
    const ams_backend *ops = t->compute.ops;
    float delta = t->options.loss == 0 ? (float)t->options.huber_delta : INFINITY;
    if (t->options.targets == AMS_TARGETS_ALL) {
        ams_all_actions all = {.n = (uint32_t)t->options.batch,
                               .n_models = t->env->n_models,
                               .end_valid = t->env->options.end,
                               .remaining = b->remaining,
                               .target = b->target};
        return ops->td_loss_all(&t->compute, &all, q, delta, t->q_state.dq);
    }
    const uint32_t ba[2] = {(uint32_t)t->options.batch, t->env->n_actions};
    return ops->td_loss(&t->compute, ba, q, b->action, b->target, delta, t->q_state.dq);
}

void ams_trainer_learn(ams_trainer *t)
{
    minibatch *b = &t->batch;
    uint32_t n = (uint32_t)t->options.batch;
    ams_trainer_draw(t);
    const float *q = ams_q_forward(&t->q_state, &t->compute, &t->online, &b->state);
    double q_sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        q_sum += (double)q[(size_t)i * t->env->n_actions + b->action[i]];
    }
    t->count.stat_loss += loss_and_slope(t, q);
    t->count.stat_q += q_sum / n;
    t->count.stat_updates++;
    ams_q_backward(&t->q_state, &t->compute, &t->online, &b->state, t->gradient, &t->rows);
    apply_adam(t);
}
