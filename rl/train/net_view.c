/* The online network as its users see it: the fast paths keep weights in a form of their own.
 */
#include "rl/train/state.h"

const ams_net *ams_trainer_net(ams_trainer *t)
{
    if (t->fused != NULL) {
        ams_fused_weights(t->fused, &t->rows, t->online.params);
    } else if (t->first != NULL) {
        ams_first_store(t->first, t->rows.ever, t->online.params, NULL, NULL);
    }
    return &t->online;
}
