#include "cuda/choose.h"

#include "ams/net.h"

/* Ones of a state; many data sets have some tens. */
static const double ONES = 32;

ams_status ams_cuda_work(const ams_train_options *o, const ams_env *env, double *work,
                         ams_error *err)
{
    ams_net net;
    const ams_agent *agent = ams_agents[o->agent];
    ams_status status = ams_net_init_hidden(&net, env->n_features, o->hidden_width, o->n_hidden,
                                            env->n_actions + (agent->dueling ? 1 : 0), err);
    if (status != AMS_OK) {
        return status;
    }
    double state = ONES * net.width[1];
    for (uint32_t k = 1; k < net.n_layers; k++) {
        state += (double)net.width[k] * net.width[k + 1];
    }
    ams_net_fini(&net);
    double next = o->gamma == 0 ? 0 : (agent->wants_online ? 2 : 1);
    if (o->targets == AMS_TARGETS_ALL) { /* all: a next state per model */
        next *= env->n_models;
    }
    *work = (double)o->batch * (3 + next) * state;
    return AMS_OK;
}

ams_status ams_cuda_too_few(uint32_t number, uint32_t n, ams_error *err)
{
    return ams_fail(err, AMS_USAGE,
                    "no CUDA device has the number %u: expected 0 to %u, since %u can be seen "
                    "(CUDA_VISIBLE_DEVICES may hide others; nvidia-smi lists what there is)",
                    number, n - 1, n);
}

double ams_cuda_roll_work(const ams_net *net, uint32_t n_models)
{
    double decision = 0;
    for (uint32_t k = 1; k < net->n_layers; k++) {
        decision += (double)net->width[k] * net->width[k + 1];
    }
    return decision * n_models;
}
