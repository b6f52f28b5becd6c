/* `linear`: ridge regression of each model's gain on what the networks see.
 *
 * x(d, S): the labels found, the executed models and a 1, all binary; F = L + M + 1 features.
 * For each m the weights minimise, over the drawn states that have not run m, sum of (w_m .
 * x(d, S) - (f(S+m,d) - f(S,d)) / f(M,d))^2 + RIDGE |w_m|^2, found for all models at once by
 * conjugate gradients with the diagonal as preconditioner: X is sparse, and F x F normal
 * equations of 10,000 labels would not be. The order follows the rule `cost-q` on the
 * predictions. */
#include "sched/policies/kinds.h"

#include "base/memory.h"
#include "base/rng.h"
#include "env/math.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* States per training item: prefixes of random orders, of uniform length 0 .. M - 1. */
    DRAWS = 8,
    MOST_STEPS = 200,
    BLOCK = 8 /* columns whose sums stay in registers */
};
/* The best of 1, 3, 10, 30 and 100 on the validation split of the shipped photos. */
static const double RIDGE = 100;
/* Squared residual, relative to that of all-zero weights, at which the solver stops. */
static const double SMALL = 1e-12;

typedef double linear_block __attribute__((vector_size(BLOCK * sizeof(double)), aligned(8)));

typedef struct linear_state {
    uint32_t item;
    uint64_t mask;
} linear_state;

/* Matrices are (F, stride), row-major, with columns of zeros after the M of the models; X
 * (states, F) is sparse: start (states + 1), feature. */
typedef struct linear_problem {
    const ams_env *env;
    uint32_t n_features, n_states;
    uint32_t stride; /* M, rounded up to whole blocks */
    linear_state *state;
    uint64_t *start;
    uint32_t *feature;
    size_t feature_room;
    double *weight, *residual, *direction, *product, *scale;
} linear_problem;

static ams_status draw_states(linear_problem *p, ams_error *err)
{
    const ams_env *env = p->env;
    ams_rng rng = ams_rng_init(0, AMS_STREAM_STATES);
    uint32_t order[AMS_MAX_MODELS];
    size_t most = (size_t)env->n_items * DRAWS;
    ams_status status = ams_alloc(&p->state, most, sizeof *p->state, "training states", err);
    for (uint32_t i = 0; status == AMS_OK && i < env->n_items; i++) {
        bool fits = env->split[i] == AMS_TRAIN && env->full[i] > 0;
        for (uint32_t draw = 0; fits && draw < DRAWS; draw++) {
            uint64_t mask = 0;
            for (uint32_t m = 0; m < env->n_models; m++) {
                order[m] = m;
            }
            ams_rng_shuffle(&rng, order, env->n_models);
            for (uint32_t k = ams_rng_below(&rng, env->n_models); k > 0; k--) {
                mask |= UINT64_C(1) << order[k - 1];
            }
            p->state[p->n_states++] = (linear_state){i, mask};
        }
    }
    if (status == AMS_OK && p->n_states == 0) {
        status = ams_policy_no_training("linear", p->env, err);
    }
    return status;
}

static ams_status list_features(linear_problem *p, ams_error *err)
{
    const ams_env *env = p->env;
    ams_status status = AMS_OK;
    uint64_t n = 0;
    AMS_TRY(ams_alloc(&p->start, (size_t)p->n_states + 1, sizeof *p->start, "states", err));
    for (uint32_t s = 0; s < p->n_states; s++) {
        uint32_t item = p->state[s].item;
        uint64_t entries = env->entry[item + 1] - env->entry[item];
        AMS_TRY(ams_grow(&p->feature, &p->feature_room, n + entries + env->n_models + 1,
                         sizeof *p->feature, "states", err));
        for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
            if (env->makers[e] & p->state[s].mask) {
                p->feature[n++] = env->label[e];
            }
        }
        for (uint64_t bits = p->state[s].mask; bits != 0; bits &= bits - 1) {
            p->feature[n++] = env->n_labels + ams_lowest(bits);
        }
        p->feature[n++] = p->n_features - 1;
        p->start[s + 1] = n;
    }
out:
    return status;
}

/* to += x's outer product with row (stride), for the models that have not run. */
static void spread(const linear_problem *p, uint32_t s, const double *row, double *to)
{
    for (uint32_t k = 0; k < p->stride; k += BLOCK) {
        const linear_block added = *(const linear_block *)(row + k);
        for (uint64_t at = p->start[s]; at < p->start[s + 1]; at++) {
            *(linear_block *)(to + (size_t)p->feature[at] * p->stride + k) += added;
        }
    }
}

/* row (stride) = x' from. */
static void gather(const linear_problem *p, uint32_t s, const double *from, double *row)
{
    for (uint32_t k = 0; k < p->stride; k += BLOCK) {
        linear_block sum = {0};
        for (uint64_t at = p->start[s]; at < p->start[s + 1]; at++) {
            sum += *(const linear_block *)(from + (size_t)p->feature[at] * p->stride + k);
        }
        *(linear_block *)(row + k) = sum;
    }
}

/* Right side, which is the residual of all-zero weights, and the diagonal. */
static void begin(linear_problem *p)
{
    uint32_t n_models = p->env->n_models;
    for (size_t at = 0; at < (size_t)p->n_features * p->stride; at++) {
        p->scale[at] = RIDGE;
    }
    for (uint32_t s = 0; s < p->n_states; s++) {
        double gain[AMS_MAX_MODELS] = {0};
        double one[AMS_MAX_MODELS] = {0};
        uint32_t item = p->state[s].item;
        ams_env_gains(p->env, item, p->state[s].mask, gain);
        for (uint32_t m = 0; m < n_models; m++) {
            gain[m] /= p->env->full[item];
            one[m] = p->state[s].mask >> m & 1 ? 0 : 1;
        }
        spread(p, s, gain, p->residual);
        spread(p, s, one, p->scale);
    }
    for (size_t at = 0; at < (size_t)p->n_features * p->stride; at++) {
        p->direction[at] = p->residual[at] / p->scale[at];
    }
}

/* product = (X' X + RIDGE) direction, each model on the states that have not run it. */
static void multiply(linear_problem *p)
{
    for (size_t at = 0; at < (size_t)p->n_features * p->stride; at++) {
        p->product[at] = RIDGE * p->direction[at];
    }
    for (uint32_t s = 0; s < p->n_states; s++) {
        double row[AMS_MAX_MODELS];
        gather(p, s, p->direction, row);
        for (uint64_t bits = p->state[s].mask; bits != 0; bits &= bits - 1) {
            row[ams_lowest(bits)] = 0;
        }
        spread(p, s, row, p->product);
    }
}

/* dot[m] = sum over features of a b / c, c NULL for 1. */
static void dots(const linear_problem *p, const double *a, const double *b, const double *c,
                 double dot[AMS_MAX_MODELS])
{
    memset(dot, 0, p->stride * sizeof *dot);
    for (size_t row = 0; row < p->n_features; row++) {
        for (uint32_t m = 0; m < p->stride; m++) {
            size_t at = row * p->stride + m;
            dot[m] += c == NULL ? a[at] * b[at] : a[at] * b[at] / c[at];
        }
    }
}

/* Along the direction, each model by its own alpha. */
static void go(linear_problem *p, const double *alpha)
{
    for (size_t row = 0; row < p->n_features; row++) {
        for (uint32_t m = 0; m < p->stride; m++) {
            size_t at = row * p->stride + m;
            p->weight[at] += alpha[m] * p->direction[at];
            p->residual[at] -= alpha[m] * p->product[at];
        }
    }
}

static void turn(linear_problem *p, const double *beta)
{
    for (size_t row = 0; row < p->n_features; row++) {
        for (uint32_t m = 0; m < p->stride; m++) {
            size_t at = row * p->stride + m;
            p->direction[at] = p->residual[at] / p->scale[at] + beta[m] * p->direction[at];
        }
    }
}

static void solve(linear_problem *p)
{
    const uint32_t stride = p->stride;
    double first[AMS_MAX_MODELS] = {0};
    double now[AMS_MAX_MODELS] = {0};
    double next[AMS_MAX_MODELS] = {0};
    double curve[AMS_MAX_MODELS] = {0};
    double by[AMS_MAX_MODELS] = {0};
    begin(p);
    dots(p, p->residual, p->residual, p->scale, now);
    memcpy(first, now, sizeof first);
    for (uint32_t step = 0; step < MOST_STEPS; step++) {
        bool open = false;
        multiply(p);
        dots(p, p->direction, p->product, NULL, curve);
        for (uint32_t m = 0; m < stride; m++) {
            by[m] = curve[m] > 0 ? now[m] / curve[m] : 0;
        }
        go(p, by);
        dots(p, p->residual, p->residual, p->scale, next);
        for (uint32_t m = 0; m < stride; m++) {
            by[m] = now[m] > 0 ? next[m] / now[m] : 0;
            open = open || next[m] > SMALL * first[m];
            now[m] = next[m];
        }
        if (!open) {
            break;
        }
        turn(p, by);
    }
}

static ams_status fit_linear(ams_policy *policy, ams_error *err)
{
    static const char *const what = "a linear model";
    const ams_env *env = policy->env;
    linear_problem p = {.env = env,
                        .n_features = env->n_labels + env->n_models + 1,
                        .stride = (env->n_models + BLOCK - 1) / BLOCK * BLOCK};
    size_t n = (size_t)p.n_features * p.stride;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p.weight, n, sizeof *p.weight, what, err));
    AMS_TRY(ams_alloc(&p.residual, n, sizeof *p.residual, what, err));
    AMS_TRY(ams_alloc(&p.direction, n, sizeof *p.direction, what, err));
    AMS_TRY(ams_alloc(&p.product, n, sizeof *p.product, what, err));
    AMS_TRY(ams_alloc(&p.scale, n, sizeof *p.scale, what, err));
    AMS_TRY(draw_states(&p, err));
    AMS_TRY(list_features(&p, err));
    solve(&p);
    for (size_t row = 1; row < p.n_features; row++) { /* without the columns of zeros */
        memmove(p.weight + row * env->n_models, p.weight + row * p.stride,
                env->n_models * sizeof *p.weight);
    }
    policy->state = p.weight;
    p.weight = NULL;
out:
    free(p.weight);
    free(p.residual);
    free(p.direction);
    free(p.product);
    free(p.scale);
    free(p.state);
    free(p.start);
    free(p.feature);
    return status;
}

static void fini_linear(ams_policy *policy)
{
    free(policy->state);
}

static ams_status create_scratch(const ams_policy *policy, void **worker, ams_error *err)
{
    return ams_alloc(worker, policy->env->n_models, sizeof(double), "a worker", err);
}

/* predicted (M) gains the feature's weights. */
static void add_feature(const ams_policy *policy, uint32_t feature, double *predicted)
{
    uint32_t n_models = policy->env->n_models;
    const double *weight = policy->state;
    for (uint32_t m = 0; m < n_models; m++) {
        predicted[m] += weight[(size_t)feature * n_models + m];
    }
}

static void begin_linear(const ams_policy *policy, void *worker, uint32_t item)
{
    const ams_env *env = policy->env;
    (void)item;
    memset(worker, 0, env->n_models * sizeof(double));
    add_feature(policy, env->n_labels + env->n_models, worker);
}

static void values_linear(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                          float value[AMS_MAX_MODELS + 1])
{
    const double *predicted = worker;
    (void)item;
    (void)mask;
    for (uint32_t m = 0; m < policy->env->n_models; m++) {
        value[m] = (float)predicted[m];
    }
    value[policy->env->n_models] = -INFINITY;
}

static void ran_linear(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                       uint32_t model)
{
    const ams_env *env = policy->env;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        if ((env->makers[e] >> model & 1) && !(env->makers[e] & mask)) {
            add_feature(policy, env->label[e], worker);
        }
    }
    add_feature(policy, env->n_labels + model, worker);
}

/* A network of one layer with the same weights, rounded to floats; the last row is its biases.
 */
static ams_status linear_to_net(const ams_policy *policy, ams_policy_file *file, ams_error *err)
{
    const uint32_t n = policy->env->n_models;
    const uint32_t width[] = {policy->env->n_labels + n, n + 1};
    const double *weight = policy->state;
    ams_status status = ams_net_init_widths(&file->net, width, 1, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_net *net = &file->net;
    memset(net->params, 0, net->n_params * sizeof(float));
    for (uint32_t row = 0; row <= width[0]; row++) {
        float *to = net->params +
                    (row < width[0] ? net->weight[0] + (size_t)row * width[1] : net->bias[0]);
        for (uint32_t m = 0; m < n; m++) {
            to[m] = (float)weight[(size_t)row * n + m];
        }
    }
    file->decide = AMS_DECIDE_COST_Q;
    file->env.features = AMS_FEATURES_LABELS_MASK;
    file->env.reward = AMS_REWARD_GAIN;
    return AMS_OK;
}

const ams_policy_kind ams_policy_linear = {
    .name = "linear",
    .help = "ridge regression of new value on labels and models run: largest per time first",
    .draws = 1,
    .fit = fit_linear,
    .fini = fini_linear,
    .worker_create = create_scratch,
    .worker_destroy = free,
    .order = ams_policy_order_by_rate,
    .begin = begin_linear,
    .values = values_linear,
    .ran = ran_linear,
    .to_net = linear_to_net};
