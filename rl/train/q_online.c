/* Q-values of the online network, for acting, for targets and for learning. */
#include "rl/train/state.h"

const float *ams_trainer_online(ams_trainer *t, ams_q *q, const ams_sparse *x)
{
    const ams_net *net = &t->online;
    if (t->first == NULL) {
        return ams_q_forward(q, &t->compute, net, x);
    }
    ams_first_forward(t->first, t->rows.ever, x, net->params + net->bias[0], q->out[0]);
    return ams_q_forward_after_first(q, &t->compute, net, x->n);
}
