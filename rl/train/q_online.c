/* Q-values of both networks, for acting, for targets and for learning. */
#include "rl/train/state.h"

#include <string.h>

const float *ams_trainer_after_second(const ams_trainer *t, ams_q *q, const ams_net *net,
                                      const float *outputs, const ams_sparse *x)
{
    const uint32_t columns = ams_fused_columns(t->fused);
    const uint32_t width = ams_net_outputs(net, 1);
    for (uint32_t s = 0; s < x->n; s++) {
        memcpy(q->out[1] + (size_t)s * width, outputs + (size_t)s * columns,
               width * sizeof *outputs);
    }
    return ams_q_forward_from(q, &t->compute, net, 2, x);
}

const float *ams_trainer_online(ams_trainer *t, ams_q *q, const ams_sparse *x)
{
    return t->fused == NULL ? ams_q_forward(q, &t->compute, &t->online, x)
                            : ams_trainer_after_second(
                                  t, q, &t->online, ams_fused_online(t->fused, &t->rows, x), x);
}

const float *ams_trainer_target(ams_trainer *t, ams_q *q, const ams_sparse *x)
{
    return t->fused == NULL
               ? ams_q_forward(q, &t->compute, &t->target, x)
               : ams_trainer_after_second(t, q, &t->target, ams_fused_target(t->fused, x), x);
}
