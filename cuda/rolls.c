#include "cuda/rolls.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 256, ENV_ARRAYS = 8 };

static void add(ams_roll_plan *plan, ams_roll_array array)
{
    array.at = plan->bytes;
    plan->bytes += (array.bytes + AMS_GAP + LINE - 1) / LINE * LINE;
    plan->array[plan->n++] = array;
}

static ams_status plan_init(ams_roll_plan *plan, size_t most, ams_error *err)
{
    *plan = (ams_roll_plan){.n = 0};
    return ams_alloc(&plan->array, most, sizeof *plan->array, "roll-outs", err);
}

void ams_roll_plan_fini(ams_roll_plan *plan)
{
    free(plan->array);
    *plan = (ams_roll_plan){.n = 0};
}

ams_status ams_roll_plan_weights(ams_roll_plan *plan, const ams_cuda_policy *policy, uint32_t n,
                                 ams_roll *roll, ams_error *err)
{
    ams_status status = plan_init(plan, n, err);
    for (uint32_t i = 0; status == AMS_OK && i < n; i++) {
        const ams_net *net = policy[i].net;
        roll[i] = (ams_roll){.decide = policy[i].decide,
                             .dueling = net->dueling,
                             .n_layers = net->n_layers,
                             .lanes = 1};
        memcpy(roll[i].width, net->width, sizeof net->width);
        memcpy(roll[i].weight, net->weight, sizeof net->weight);
        memcpy(roll[i].bias, net->bias, sizeof net->bias);
        add(plan, (ams_roll_array){.member = offsetof(ams_roll, params),
                                   .bytes = net->n_params * sizeof *net->params,
                                   .from = net->params,
                                   .first = i});
    }
    return status;
}

/* Of one table, so that features and thresholds decide whether entries are the same. */
static bool alike(const ams_env *a, const ams_env *b)
{
    return ams_env_binary(a) == ams_env_binary(b) &&
           memcmp(a->threshold, b->threshold, a->n_models * sizeof *a->threshold) == 0;
}

static void add_env(ams_roll_plan *plan, const ams_env *env, uint32_t first)
{
    const size_t n = env->n_items;
    const size_t entries = env->entry[n];
    const bool binary = ams_env_binary(env);
/* NOLINTNEXTLINE(bugprone-macro-parentheses): members, not expressions */
#define SHARED(name, count)                                                                    \
    {                                                                                          \
        offsetof(ams_roll, env.name), 0, (count) * sizeof *env->name, env->name, NULL, first,  \
            env                                                                                \
    }
    const ams_roll_array array[ENV_ARRAYS] = {
        SHARED(entry, n + 1),
        SHARED(label, entries),
        SHARED(seen, entries),
        SHARED(time_ms, env->n_models),
        SHARED(log_time, env->n_models),
        SHARED(split, n),
        SHARED(conf_at, entries + 1),
        SHARED(conf, env->conf_at[entries]),
    };
#undef SHARED
    for (int i = 0; i < (binary ? ENV_ARRAYS - 2 : ENV_ARRAYS); i++) {
        add(plan, array[i]);
    }
}

static ams_status describe(ams_roll *roll, const ams_env *env, ams_split split, ams_error *err)
{
    const uint32_t heads = env->n_actions + (roll->dueling ? 1 : 0);
    if (roll->width[0] != env->n_features || roll->width[roll->n_layers] != heads) {
        return ams_fail(err, AMS_BAD_DATA,
                        "the network has %u inputs and %u outputs, the environment %u features "
                        "and %u actions",
                        roll->width[0], roll->width[roll->n_layers], env->n_features,
                        env->n_actions);
    }
    roll->env = *env;
    roll->binary = ams_env_binary(env);
    roll->split = split;
    roll->words = (env->max_features + AMS_WORD - 1) / AMS_WORD;
    return AMS_OK;
}

static bool is_planned(const ams_env *const *env, uint32_t i)
{
    bool known = false;
    for (uint32_t k = 0; k < i; k++) {
        known = known || (env[k] != NULL && alike(env[k], env[i]));
    }
    return known;
}

ams_status ams_roll_plan_window(ams_roll_plan *plan, const ams_env *const *env, uint32_t n,
                                ams_split split, uint8_t *order, ams_roll *roll, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(plan_init(plan, (size_t)n * (ENV_ARRAYS + 1), err));
    for (uint32_t i = 0; i < n; i++) {
        roll[i].env.n_items = 0;
        if (env[i] == NULL) {
            continue;
        }
        const size_t rows = (size_t)env[i]->n_items * env[i]->n_models;
        AMS_TRY(describe(&roll[i], env[i], split, err));
        if (!is_planned(env, i)) {
            add_env(plan, env[i], i);
        }
        add(plan,
            (ams_roll_array){
                .member = offsetof(ams_roll, order), .bytes = rows, .to = order, .first = i});
        order += rows;
    }
out:
    if (status != AMS_OK) {
        ams_roll_plan_fini(plan);
    }
    return status;
}

void ams_roll_of_view(const ams_view *view, ams_split split, ams_roll *roll)
{
    *roll = (ams_roll){.env = view->env,
                       .binary = ams_env_binary(&view->env),
                       .dueling = view->dueling,
                       .decide = (ams_decide)view->options.decide,
                       .split = split,
                       .n_layers = view->n_layers,
                       .params = view->online,
                       .order = view->order,
                       .words = (view->env.max_features + AMS_WORD - 1) / AMS_WORD,
                       .lanes = 1};
    memcpy(roll->width, view->width, sizeof roll->width);
    memcpy(roll->weight, view->weight, sizeof roll->weight);
    memcpy(roll->bias, view->bias, sizeof roll->bias);
}

void ams_roll_plan_point(const ams_roll_plan *plan, unsigned char *base, uint32_t n,
                         ams_roll *roll)
{
    for (uint32_t a = 0; a < plan->n; a++) {
        const ams_roll_array *array = &plan->array[a];
        void *data = base + array->at;
        for (uint32_t i = array->first; i < n; i++) {
            const bool shares = array->share != NULL && roll[i].env.n_items > 0 &&
                                alike(array->share, &roll[i].env);
            if (i == array->first || shares) {
                memcpy((char *)&roll[i] + array->member, &data, sizeof data);
            }
        }
    }
}

ams_status ams_roll_no_room(size_t bytes, size_t free_bytes, const char *what,
                            const char *option, ams_error *err)
{
    return ams_fail(err, AMS_BACKEND,
                    "out of the device's memory: %s need %zu bytes, %zu are free; %s, or use "
                    "--device cpu",
                    what, bytes, free_bytes, option);
}
