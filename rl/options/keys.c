/* The keys of `ams train`. The papers publish no learning rate, discount, epsilon schedule,
 * replay size, batch, target period, optimizer or number of episodes: every default here is
 * ours. */
#include "rl/options/adam.h"

#include "base/number.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const backends[] = {"sparse", "dense", NULL};
const char *const ams_device_names[] = {"cpu",     "cuda",    "auto",    "cuda:0",  "cuda:1",
                                        "cuda:2",  "cuda:3",  "cuda:4",  "cuda:5",  "cuda:6",
                                        "cuda:7",  "cuda:8",  "cuda:9",  "cuda:10", "cuda:11",
                                        "cuda:12", "cuda:13", "cuda:14", "cuda:15", NULL};
_Static_assert(sizeof ams_device_names / sizeof(char *) ==
                   AMS_DEVICE_CUDA_0 + AMS_MOST_DEVICES + 1,
               "a name per device");
static const char *const precisions[] = {"fp32", "tf32", "bf16", NULL};
static const char *const on_off[] = {"off", "on", NULL};
const char *const ams_goal_input_names[] = {"off", "on", "heads", "auto", NULL};
static const char *const losses[] = {"huber", "squared", "logistic", NULL};
static const char *const episodes[] = {"all", "goals", NULL};
static const char *const targets[] = {"taken", "all", NULL};
static const char *const schedules[] = {"constant", "linear", "cosine", NULL};
static const char *const refine_starts[] = {"last", "best", NULL};
static const char *const best_by[] = {"time", "area", "last", NULL};

#define AT(field) offsetof(ams_train_options, field)
enum { AMS_MOST_ORDERS = 4096 }; /* of a goal and update: states of all its steps are held */
static const double MOST = 9007199254740992; /* 2^53: whole numbers a double holds exactly */

/* NOLINTBEGIN(bugprone-macro-parentheses): members of an initializer, not an expression */
#define WHOLE(key, value, low, high, text)                                                     \
    {                                                                                          \
        .name = #key, .type = AMS_KEY_U64, .offset = AT(key), .default_value = value,          \
        .minimum = low, .maximum = high, .help = text                                          \
    }
#define REAL(key, value, low, high, text)                                                      \
    {                                                                                          \
        .name = #key, .type = AMS_KEY_DOUBLE, .offset = AT(key), .default_value = value,       \
        .minimum = low, .maximum = high, .help = text                                          \
    }
#define CHOICE(key, value, list, text)                                                         \
    {                                                                                          \
        .name = #key, .type = AMS_KEY_CHOICE, .offset = AT(key), .default_value = value,       \
        .choices = list, .help = text                                                          \
    }
#define TEXT(key, value, text)                                                                 \
    {                                                                                          \
        .name = #key, .type = AMS_KEY_TEXT, .offset = AT(key), .default_value = value,         \
        .help = text                                                                           \
    }
#define PARSED(key, value, function, wanted, text)                                             \
    {                                                                                          \
        .name = #key, .type = AMS_KEY_TEXT, .offset = AT(key), .default_value = value,         \
        .parse = function, .expected = wanted, .help = text                                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* Hidden units, layer by layer: "256" or "256x128". */
static bool parse_hidden(const char *text, void *options)
{
    ams_train_options *o = options;
    return ams_net_parse_hidden(text, o->hidden_width, &o->n_hidden);
}

/* Ascending required recalls, separated by commas. */
static bool parse_goals(const char *text, void *options)
{
    ams_train_options *o = options;
    double goal[AMS_MAX_GOALS];
    uint32_t n = 0;
    for (bool more = true; more; n++) {
        char part[AMS_TEXT_MAX];
        const size_t length = strcspn(text, ",");
        const double least = n == 0 ? 0 : goal[n - 1];
        snprintf(part, sizeof part, "%.*s", (int)length, text);
        if (n == AMS_MAX_GOALS || !ams_parse_double(part, &goal[n]) ||
            !(goal[n] > least && goal[n] <= 1)) {
            return false;
        }
        more = text[length] != '\0';
        text += length + 1;
    }
    memcpy(o->goal, goal, n * sizeof *goal);
    o->n_goals = n;
    return true;
}

/* Updates that refine, or "auto". */
static bool parse_refine(const char *text, void *options)
{
    ams_train_options *o = options;
    o->refine_updates = AMS_REFINE_AUTO;
    return strcmp(text, "auto") == 0 ||
           (ams_parse_u64(text, &o->refine_updates) && o->refine_updates <= (uint64_t)MOST);
}

const ams_key ams_train_keys[] = {
    CHOICE(agent, "dqn", ams_agent_names, "training algorithm"),
    TEXT(label, "", "name in tables and figures; empty: the agent's name"),
    WHOLE(seed, "0", 0, MOST, "seed of initial weights, exploration and sampling"),
    WHOLE(items, "0", 0, MOST,
          "number of training items, drawn by the seed; a larger sample contains a smaller "
          "one; 0: "
          "all"),
    WHOLE(steps, "14000", 1, MOST, "number of updates of the network"),
    PARSED(
        refine, "auto", parse_refine, "a whole number of updates, or auto",
        "of the steps, the last so many follow the mean time until the goals itself, by orders "
        "drawn from the policy; 0: none; auto: an eighth where goals are inputs, with "
        "decide=odds or q-greedy, end=off, patience=0 and device=cpu, else 0"),
    WHOLE(refine_items, "8", 1, 65536, "refine: items per goal and update"),
    WHOLE(refine_tries, "8", 2, 65536,
          "refine: orders drawn per item, compared with each other"),
    CHOICE(refine_from, "best", refine_starts,
           "refine: from the weights learned last, or the best ones on the validation split"),
    REAL(refine_lr, "0.0002", 0, 1, "refine: Adam's learning rate"),
    REAL(refine_temperature, "0.5", 0.001, 1000,
         "refine: temperature of the softmax that orders are drawn from"),
    WHOLE(batch, "64", 1, 65536, "transitions per update"),
    REAL(lr, "0.0005", 0, 1, "Adam's learning rate"),
    CHOICE(
        lr_schedule, "linear", schedules,
        "learning rate over the steps: constant, or falling to 0 linearly or by half a cosine"),
    REAL(weight_decay, "0.3", 0, 10,
         "decoupled weight decay per update, as a share of the weights per unit of lr"),
    REAL(grad_clip, "0", 0, 1e6,
         "gradients of a larger norm are scaled down to this norm; 0: no limit"),
    REAL(dropout, "0.3", 0, 0.9, "share of the hidden units that are dropped in an update"),
    REAL(gamma, "0", 0, 1,
         "discount; 0: the reward of the execution alone; above 0 another loss and decide are "
         "needed"),
    WHOLE(nstep, "1", 1, 64, "number of steps whose rewards are summed in a target"),
    PARSED(hidden, "256", parse_hidden,
           "one to three layers of 1 to 4096 units, as in 256 or 256x128",
           "hidden units, one to three layers: 256 or 256x128"),
    WHOLE(replay, "100000", 1, 4294967295.0,
          "transitions that the replay buffer keeps (16 bytes each)"),
    REAL(priority_alpha, "0", 0, 1,
         "prioritised replay: exponent of a transition's error in its probability; 0: uniform, "
         "1: proportional"),
    REAL(priority_beta, "0.4", 0, 1,
         "exponent of the importance weights at the first step; rises linearly to 1 at the "
         "last"),
    REAL(priority_eps, "0.001", 1e-12, 1e6,
         "added to every error, so that each transition can be drawn"),
    WHOLE(warmup, "1000", 1, 4294967295.0, "transitions before the first update"),
    WHOLE(envs, "32", 1, 65536, "environments, each stepped once before every update"),
    WHOLE(target_every, "500", 1, MOST, "updates between copies to the target network"),
    REAL(tau, "0", 0, 1,
         "soft updates of the target network: share of the difference per update; 0: a copy "
         "every target_every updates"),
    REAL(epsilon_start, "1", 0, 1, "exploration rate at the first update"),
    REAL(epsilon_end, "0.1", 0, 1, "exploration rate after epsilon_steps updates"),
    WHOLE(epsilon_steps, "3000", 0, MOST,
          "updates over which the exploration rate falls linearly"),
    CHOICE(targets, "taken", targets,
           "actions of a state that an update learns: the one taken, or all valid ones, whose "
           "outcomes are in the table"),
    CHOICE(loss, "logistic", losses,
           "loss of the TD error; logistic: Q-values are log-odds of a reward from 0 to 1"),
    REAL(huber_delta, "1", 1e-6, 1e6, "error above which the Huber loss is linear"),
    REAL(adam_beta1, "0.9", 0, 0.999999, "decay of Adam's first moment"),
    REAL(adam_beta2, "0.999", 0, 0.999999, "decay of Adam's second moment"),
    REAL(adam_epsilon, "1e-08", 1e-12, 1, "Adam's epsilon"),
    CHOICE(features, "conf+mask", ams_feature_modes,
           "what the state holds: labels found (or their confidences), and with +mask the "
           "models run"),
    {.name = "reward",
     .type = AMS_KEY_CHOICE,
     .offset = AT(reward),
     .default_value = "remaining",
     .choices = ams_reward_modes,
     .aliases = ams_reward_aliases,
     .help = "reward of an execution; see docs/definitions.md"},
    TEXT(theta, "",
         "priority of models in the reward `paper`: MODEL=5,MODEL=2; of the others that of the "
         "data set"),
    PARSED(goals, "0.5,0.8,0.9,1", parse_goals,
           "1 to 8 required recalls above 0, ascending up to 1, separated by commas, like "
           "0.8,0.9,1",
           "required recalls that the rewards `remaining` and `time` serve"),
    CHOICE(goal_input, "auto", ams_goal_input_names,
           "the required recall is chosen when deciding: `on`, it is an input; `heads`, the "
           "network has outputs of their own for each of the goals; every episode of training "
           "has one of them; auto: on with reward=remaining, device=cpu and an environment per "
           "goal, else off"),
    CHOICE(episode, "goals", episodes,
           "when an episode of training ends: after all models, or at the highest goal"),
    CHOICE(value, "conf", ams_value_modes, "value of a label"),
    CHOICE(end, "off", on_off, "whether END is an action in training"),
    CHOICE(decide, "odds", ams_decide_modes, "decision rule: how Q-values become a choice"),
    CHOICE(best_by, "time", best_by,
           "which weights are kept: those of the smallest mean time to recall 0.8, 0.9 and 1.0 "
           "(with goals as inputs also 0.5, each with its own) on "
           "the validation split, of the largest area under recall/time there, or the last"),
    WHOLE(patience, "0", 0, MOST,
          "training ends after so many validations in a row without improvement of best_by; 0: "
          "never"),
    CHOICE(backend, "sparse", backends,
           "first layer: sparse sums of rows, or a dense product by OpenBLAS"),
    CHOICE(device, "cpu", ams_device_names,
           "what trains: the CPU, or a GPU by CUDA (never run on one yet), where cuda:N is "
           "that of "
           "the number; auto: by the size of an update"),
    CHOICE(
        precision, "fp32", precisions,
        "precision of a GPU's matrix products: fp32, or factors rounded to tf32 (10 bits) or "
        "bf16 (7 bits); the CPU has only fp32"),
    WHOLE(threads, "1", 1, 256, "CPU threads; the result does not depend on it"),
    WHOLE(log_every, "250", 1, MOST, "updates between rows of metrics.tsv"),
    WHOLE(validate_every, "250", 1, MOST, "updates between validations"),
    WHOLE(checkpoint_every, "5000", 1, MOST, "updates between checkpoints"),
};
const size_t ams_n_train_keys = sizeof ams_train_keys / sizeof *ams_train_keys;

ams_status ams_train_defaults(ams_train_options *options, ams_error *err)
{
    *options = (ams_train_options){0};
    return ams_config_defaults(options, ams_train_keys, ams_n_train_keys, err);
}

/* What log-odds ask for: a share to be the odds of, nothing to bootstrap from (a sum of rewards
 * is no share), and a rule that knows them for what they are. */
static ams_status check_logistic(const ams_train_options *o, ams_error *err)
{
    bool odds = o->decide == AMS_DECIDE_ODDS;
    if ((o->loss == AMS_LOSS_LOGISTIC) != odds) {
        return ams_fail(
            err, AMS_USAGE,
            "decide=%s: expected loss=logistic with decide=odds, since it makes log-odds of Q, "
            "or loss=huber or squared with another rule; found loss=%s",
            ams_decide_modes[o->decide], losses[o->loss]);
    }
    if (odds && o->reward != AMS_REWARD_GAIN && o->reward != AMS_REWARD_REMAINING) {
        return ams_fail(
            err, AMS_USAGE,
            "loss=logistic: expected reward=gain or reward=remaining, which are shares "
            "from 0 to 1, found reward=%s",
            ams_reward_modes[o->reward]);
    }
    if (odds && o->gamma > 0) {
        return ams_fail(err, AMS_USAGE,
                        "loss=logistic: expected gamma=0, since a sum of rewards is no share; "
                        "found gamma=%g (loss=huber decide=q-greedy takes it)",
                        o->gamma);
    }
    return AMS_OK;
}

/* Goals that are asked for: rewards that depend on the goal, and an environment for each. */
static ams_status check_goals(const ams_train_options *options, ams_error *err)
{
    const int way = ams_train_goal_input(options);
    const char *found = ams_goal_input_names[way];
    if (way == AMS_OFF) {
        return AMS_OK;
    }
    if (way == AMS_GOAL_HEADS && ams_agents[options->agent]->dueling) {
        return ams_fail(
            err, AMS_USAGE,
            "goal_input=heads: expected an agent without dueling heads, such as dqn "
            "or double; found agent=%s",
            ams_agents[options->agent]->name);
    }
    if (options->reward != AMS_REWARD_REMAINING && options->reward != AMS_REWARD_TIME) {
        return ams_fail(err, AMS_USAGE,
                        "goal_input=%s: expected reward=remaining or reward=time, which depend "
                        "on the goal; found reward=%s",
                        found, ams_reward_modes[options->reward]);
    }
    if (options->envs < options->n_goals) {
        return ams_fail(err, AMS_USAGE,
                        "envs=%llu: expected at least %u with goal_input=%s, an "
                        "environment per goal (goal_input=off needs no more than one)",
                        (unsigned long long)options->envs, options->n_goals, found);
    }
    if (ams_device_is_cuda(options->device)) {
        return ams_fail(err, AMS_USAGE,
                        "goal_input=%s: expected device=cpu, since the CUDA backend knows no "
                        "goals; found device=%s",
                        found, ams_device_names[options->device]);
    }
    return AMS_OK;
}

/* Refinement follows the time until the goals, so nothing may end an order before, and what the
 * decision rule compares has to be smooth in Q. */
static ams_status check_refine(const ams_train_options *o, ams_error *err)
{
    const unsigned long long refine = ams_train_refine(o);
    if (refine == 0) {
        return AMS_OK;
    }
    if (refine > o->steps) {
        return ams_fail(err, AMS_USAGE,
                        "refine=%llu: expected at most steps=%llu, of which they are the last",
                        refine, (unsigned long long)o->steps);
    }
    if (o->end == AMS_ON) {
        return ams_fail(
            err, AMS_USAGE,
            "refine=%llu: expected end=off, since END reaches no goal; found end=on", refine);
    }
    if (o->decide == AMS_DECIDE_COST_Q) {
        return ams_fail(err, AMS_USAGE,
                        "refine=%llu: expected decide=odds or decide=q-greedy, found decide=%s",
                        refine, ams_decide_modes[o->decide]);
    }
    if (o->patience > 0) {
        return ams_fail(err, AMS_USAGE,
                        "patience=%llu: expected 0 with refine=%llu, which comes last",
                        (unsigned long long)o->patience, refine);
    }
    if (ams_device_is_cuda(o->device)) {
        return ams_fail(err, AMS_USAGE,
                        "refine=%llu: expected device=cpu, since the CUDA backend knows no "
                        "refinement; found device=%s",
                        refine, ams_device_names[o->device]);
    }
    if (o->refine_items * o->refine_tries > AMS_MOST_ORDERS) {
        return ams_fail(
            err, AMS_USAGE,
            "refine_items=%llu and refine_tries=%llu: expected at most %d orders per "
            "goal and update",
            (unsigned long long)o->refine_items, (unsigned long long)o->refine_tries,
            AMS_MOST_ORDERS);
    }
    return AMS_OK;
}

ams_status ams_train_set(ams_train_options *options, const char *name, const char *value,
                         ams_error *err)
{
    return ams_config_set(options, ams_train_keys, ams_n_train_keys, name, value, "argument",
                          err);
}

ams_status ams_train_check(const ams_train_options *options, ams_error *err)
{
    if (options->warmup > options->replay) {
        return ams_fail(err, AMS_USAGE,
                        "warmup=%llu: expected at most replay=%llu, or the replay never fills",
                        (unsigned long long)options->warmup,
                        (unsigned long long)options->replay);
    }
    if (options->envs > options->replay) {
        return ams_fail(err, AMS_USAGE,
                        "envs=%llu: expected at most replay=%llu, or a step overwrites itself",
                        (unsigned long long)options->envs, (unsigned long long)options->replay);
    }
    if (ams_agents[options->agent]->wants_next && options->envs >= options->warmup) {
        return ams_fail(err, AMS_USAGE,
                        "warmup=%llu: expected more than envs=%llu, since agent=%s learns from "
                        "steps whose next action is known",
                        (unsigned long long)options->warmup, (unsigned long long)options->envs,
                        ams_agents[options->agent]->name);
    }
    if (options->targets == AMS_TARGETS_ALL && ams_agents[options->agent]->wants_next) {
        return ams_fail(err, AMS_USAGE,
                        "targets=all: expected with agents that need no next action, found "
                        "agent=%s",
                        ams_agents[options->agent]->name);
    }
    if (options->targets == AMS_TARGETS_ALL && options->nstep > 1) {
        return ams_fail(err, AMS_USAGE,
                        "nstep=%llu: expected 1 with targets=all, which follows no episode",
                        (unsigned long long)options->nstep);
    }
    if (options->theta[0] != 0 && options->reward != AMS_REWARD_PAPER) {
        return ams_fail(err, AMS_USAGE, "theta=%s: scales the reward of reward=paper only",
                        options->theta);
    }
    if (options->lr * options->weight_decay >= 1) {
        return ams_fail(
            err, AMS_USAGE,
            "weight_decay=%g: expected less than 1 / lr = %g, or an update reverses the "
            "weights",
            options->weight_decay, 1 / options->lr);
    }
    if (options->patience > 0 && options->best_by == AMS_BEST_LAST) {
        return ams_fail(err, AMS_USAGE,
                        "patience=%llu: expected best_by=time or best_by=area, since the last "
                        "weights are always the best by best_by=last",
                        (unsigned long long)options->patience);
    }
    if (options->validate_every % options->log_every != 0) {
        return ams_fail(err, AMS_USAGE,
                        "validate_every=%llu: expected a multiple of log_every=%llu, since a "
                        "validation is a cell of a row of metrics.tsv",
                        (unsigned long long)options->validate_every,
                        (unsigned long long)options->log_every);
    }
    if (options->precision != AMS_PRECISION_FP32 && options->device == AMS_DEVICE_CPU) {
        return ams_fail(err, AMS_USAGE,
                        "precision=%s: expected device=cuda, since the CPU computes in fp32 "
                        "alone; found device=cpu; choose precision=fp32, or a GPU",
                        precisions[options->precision]);
    }
    ams_status status = check_goals(options, err);
    status = status == AMS_OK ? check_refine(options, err) : status;
    return status == AMS_OK ? check_logistic(options, err) : status;
}

/* Learning rate of update t, from 1 on; refinement has a schedule of its own. */
static double lr_of(const ams_train_options *o, uint64_t t)
{
    const uint64_t learning = ams_train_learning(o);
    const ams_lr_schedule schedule = (ams_lr_schedule)o->lr_schedule;
    return t > learning
               ? ams_lr_at(schedule, o->refine_lr, t - learning - 1, o->steps - learning)
               : ams_lr_at(schedule, o->lr, t - 1, learning);
}

ams_adam ams_train_adam(const ams_train_options *o, uint64_t t)
{
    const uint64_t learning = ams_train_learning(o);
    return ams_adam_at(lr_of(o, t), o->adam_beta1, o->adam_beta2, o->adam_epsilon,
                       t > learning ? t - learning : t);
}

float ams_train_keep(const ams_train_options *o, uint64_t t)
{
    return (float)(1 - lr_of(o, t) * o->weight_decay);
}

int ams_train_goal_input(const ams_train_options *options)
{
    if (options->goal_input != AMS_GOAL_AUTO) {
        return options->goal_input;
    }
    const bool can = options->reward == AMS_REWARD_REMAINING &&
                     options->device == AMS_DEVICE_CPU && options->envs >= options->n_goals;
    return can ? AMS_ON : AMS_OFF;
}

uint64_t ams_train_refine(const ams_train_options *options)
{
    if (options->refine_updates != AMS_REFINE_AUTO) {
        return options->refine_updates;
    }
    const bool can = ams_train_goal_input(options) != AMS_OFF && options->end == AMS_OFF &&
                     options->decide != AMS_DECIDE_COST_Q && options->patience == 0 &&
                     !ams_device_is_cuda(options->device);
    return can ? options->steps / 8 : 0;
}

void ams_train_resolve(ams_train_options *options)
{
    options->goal_input = ams_train_goal_input(options);
    options->refine_updates = ams_train_refine(options);
}

ams_env_options ams_train_env_options(const ams_train_options *options)
{
    ams_env_options env = {.value = (ams_value_mode)options->value,
                           .reward = (ams_reward_mode)options->reward,
                           .features = (ams_feature_mode)options->features,
                           .end = options->end == AMS_ON,
                           .until_goals = options->episode == AMS_EPISODE_GOALS,
                           .goal_input = ams_train_goal_input(options) != AMS_OFF,
                           .goal_heads = ams_train_goal_input(options) == AMS_GOAL_HEADS,
                           .n_goals = options->n_goals,
                           .theta = options->theta};
    memcpy(env.goal, options->goal, options->n_goals * sizeof *env.goal);
    return env;
}
