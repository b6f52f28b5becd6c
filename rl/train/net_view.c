/* The online network as its users see it: the fast path keeps weights in a form of its own.
 */
#include "rl/train/state.h"

const ams_net *ams_trainer_net(ams_trainer *t)
{
    if (t->fused != NULL) {
        ams_fused_weights(t->fused, &t->rows, t->online.params);
    }
    return &t->online;
}
