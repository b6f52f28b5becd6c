/* The options of a training: every key of `ams train`, its default, and what goes together. */
#ifndef AMS_OPTIONS_H
#define AMS_OPTIONS_H

#include "ams/agent.h"
#include "ams/config.h"
#include "ams/env.h"
#include "ams/net.h"
#include "ams/policy_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One member per key of `ams train`. ams_train_keys has the meaning, unit, range and default of
 * each, and `ams list keys` prints them. An int is a choice: its place among the key's choices.
 * Start with ams_train_defaults, then ams_train_set or ams_config_file. The papers publish none
 * of these values, so every default is ours. */
typedef struct ams_train_options {
    int agent, backend, features, reward, value, end, decide, loss, best_by, targets;
    int lr_schedule, episode, device, precision, goal_input, refine_from;
    uint64_t seed, items, steps, batch, nstep, replay, warmup, target_every, epsilon_steps,
        envs, threads;
    uint64_t refine_items, refine_tries;
    uint64_t log_every, validate_every, checkpoint_every, patience;
    double lr, gamma, huber_delta, epsilon_start, epsilon_end, adam_beta1, adam_beta2,
        adam_epsilon, grad_clip, weight_decay, dropout, tau;
    double priority_alpha, priority_beta, priority_eps;
    double refine_lr, refine_temperature;
    char hidden[AMS_TEXT_MAX];
    char goals[AMS_TEXT_MAX];
    char label[AMS_TEXT_MAX];
    char theta[AMS_TEXT_MAX]; /* names models, so ams_env_create reads it with the table */
    char refine[AMS_TEXT_MAX];
    /* What `hidden`, `goals` and `refine` say, written with them by ams_train_set and
     * ams_config_*. */
    uint32_t n_hidden, hidden_width[AMS_MAX_LAYERS - 1];
    uint32_t n_goals;
    double goal[AMS_MAX_GOALS];
    uint64_t refine_updates; /* AMS_REFINE_AUTO: as ams_train_refine says */
} ams_train_options;

static const uint64_t AMS_REFINE_AUTO = UINT64_MAX;

/* options.end and the like. */
enum { AMS_OFF, AMS_ON };

/* options.goal_input is one of those, asks for an output head per goal, or leaves it to
 * ams_train_goal_input. */
enum { AMS_GOAL_HEADS = AMS_ON + 1, AMS_GOAL_AUTO };
extern const char *const ams_goal_input_names[]; /* "off", "on", "heads", "auto" */

/* options.backend: how the CPU computes the first layer. */
enum { AMS_BACKEND_SPARSE, AMS_BACKEND_DENSE };

/* options.targets: the actions that learn from a state. */
enum { AMS_TARGETS_TAKEN, AMS_TARGETS_ALL };

/* options.episode: what ends an episode of training. */
enum { AMS_EPISODE_ALL, AMS_EPISODE_GOALS };

/* options.device; the caller resolves AUTO to one of the others. "cuda" is the first device of
 * CUDA, or in a sweep all that there are; AMS_DEVICE_CUDA_0 + N is "cuda:N", that device alone.
 */
enum { AMS_MOST_DEVICES = 16 };
enum { AMS_DEVICE_CPU, AMS_DEVICE_CUDA, AMS_DEVICE_AUTO, AMS_DEVICE_CUDA_0 };
extern const char *const ams_device_names[]; /* of these, up to NULL */

/* Whether it is one of CUDA's, and its number there: 0 where none is said. */
static inline bool ams_device_is_cuda(int device)
{
    return device == AMS_DEVICE_CUDA || device >= AMS_DEVICE_CUDA_0;
}
static inline uint32_t ams_device_number(int device)
{
    return device >= AMS_DEVICE_CUDA_0 ? (uint32_t)(device - AMS_DEVICE_CUDA_0) : 0;
}

/* options.precision: to what a device rounds the factors of its matrix products. */
enum { AMS_PRECISION_FP32, AMS_PRECISION_TF32, AMS_PRECISION_BF16 };

/* options.refine_from: the weights that refinement begins with. */
enum { AMS_REFINE_FROM_LAST, AMS_REFINE_FROM_BEST };

/* options.best_by: the validation metric that decides which weights are kept. */
enum { AMS_BEST_TIME, AMS_BEST_AREA, AMS_BEST_LAST };

extern const ams_key ams_train_keys[];
extern const size_t ams_n_train_keys;

/* @return AMS_OK; the table's defaults are valid. */
ams_status ams_train_defaults(ams_train_options *options, ams_error *err);
/* One key by its name and value as text, as in an argument `name=value`.
 * @return AMS_USAGE: no such key, or no such value. */
ams_status ams_train_set(ams_train_options *options, const char *name, const char *value,
                         ams_error *err);
/* What no single key's range can say: a batch larger than the replay, ... AMS_USAGE. */
ams_status ams_train_check(const ams_train_options *options, ams_error *err);
/* Of `steps`, the last so many refine. options.refine_updates, and for AMS_REFINE_AUTO an
 * eighth of the steps where goals are inputs or heads, and nothing else forbids it; else 0. */
uint64_t ams_train_refine(const ams_train_options *options);
/* Updates that learn rewards: `steps` but for those that refine. */
static inline uint64_t ams_train_learning(const ams_train_options *options)
{
    return options->steps - ams_train_refine(options);
}
/* options.goal_input, and for AMS_GOAL_AUTO what it means: AMS_ON with reward=remaining,
 * device=cpu and an environment per goal, as the plain `ams train` has. A trainer and the files
 * of its run hold that. */
int ams_train_goal_input(const ams_train_options *options);
/* Puts what `auto` means in the place of goal_input and refine_updates. The text of `refine`
 * stays "auto", so that runs of other steps or rewards differ in nothing but these. */
void ams_train_resolve(ams_train_options *options);
/* The environment that these options ask for; thresholds are the table's. Borrows
 * options->theta. */
ams_env_options ams_train_env_options(const ams_train_options *options);

#ifdef __cplusplus
}
#endif
#endif
