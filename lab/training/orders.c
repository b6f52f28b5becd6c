#include "lab/training/orders.h"

#include <stdio.h>
#include <string.h>

/* Hidden unit g is on where goal g is asked for, and its weights are the order: M times the
 * model's time for the first, down to 1 time its time for the last. The rule `cost-q` divides
 * by the time again, and so does Algorithm 1. */
static ams_status make_net(const ams_orders *orders, ams_net *net, ams_error *err)
{
    const ams_policy *policy = orders->policy;
    const ams_table *table = orders->table;
    const uint32_t n = orders->n;
    const ams_policy_kind *kind = ams_policy_kind_of(policy);
    const uint32_t models = table->n_models;
    const uint32_t width[] = {table->n_labels + n, n, models + 1};
    void *worker = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_net_init_widths(net, width, 2, err));
    memset(net->params, 0, net->n_params * sizeof *net->params);
    AMS_TRY(kind->worker_create(policy, &worker, err));
    for (uint32_t g = 0; g < n; g++) {
        uint8_t order[AMS_MAX_MODELS];
        float *unit = net->params + net->weight[1] + (size_t)g * (models + 1);
        net->params[net->weight[0] + (size_t)(table->n_labels + g) * n + g] = 1;
        (void)kind->aim(policy, worker, orders->goal[g]);
        (void)kind->order(policy, worker, 0, 0, order);
        for (uint32_t k = 0; k < models; k++) {
            unit[order[k]] = (float)(models - k) * table->time_ms[order[k]];
        }
    }
    kind->worker_destroy(worker);
out:
    return status;
}

ams_status ams_orders_write(const ams_orders *orders, const char *path, ams_error *err)
{
    const ams_table *table = orders->table;
    ams_policy_file file = {.decide = AMS_DECIDE_COST_Q,
                            .env = ams_env_defaults(),
                            .model_name = table->model_name,
                            .label_name = table->label_name,
                            .time_ms = table->time_ms,
                            .mem_mb = table->mem_mb,
                            .theta = table->theta,
                            .threshold = table->threshold};
    ams_status status = AMS_OK;
    snprintf(file.agent, sizeof file.agent, "fixed");
    snprintf(file.label, sizeof file.label, "%s", ams_policy_label(orders->policy));
    file.env.end = false;
    file.env.reward = AMS_REWARD_REMAINING;
    file.env.goal_input = true;
    file.env.n_goals = orders->n;
    memcpy(file.env.goal, orders->goal, orders->n * sizeof *orders->goal);
    memcpy(file.serves_ms, orders->serves_ms, orders->n * sizeof *orders->serves_ms);
    AMS_TRY(ams_table_hash(table, file.data_hash, err));
    AMS_TRY(make_net(orders, &file.net, err));
    status = ams_policy_file_write(&file, path, err);
out:
    ams_net_fini(&file.net);
    return status;
}
