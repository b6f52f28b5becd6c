/* The simulated environment: a table in which running a model is a look-up.
 *
 * N items, M models, L labels, E distinct (item, label) entries, A = M + 1 actions (the last is
 * END). A state is (item, mask of executed models); reward, value, next state and features are
 * pure functions of it. Exact meaning of every quantity: docs/definitions.md. */
#ifndef AMS_ENV_H
#define AMS_ENV_H

#include "ams/config.h"
#include "ams/table.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_value_mode { AMS_VALUE_CONF, AMS_VALUE_COUNT, AMS_VALUE_BEST } ams_value_mode;
typedef enum ams_reward_mode {
    AMS_REWARD_PAPER, /* ln(theta * sum of conf of newly output labels + 1), or -1 if none */
    AMS_REWARD_GAIN,  /* (f(S+m) - f(S)) / f(M), 0 if f(M) = 0 */
    AMS_REWARD_GAIN_RATE, /* gain / (time / mean time of the models) */
    AMS_REWARD_REMAINING, /* mean over goals of the share that m adds of what S lacks to the
                             goal */
    AMS_REWARD_TIME /* -(time / time of all models) * share of the goals that S has not reached
                     */
} ams_reward_mode;
typedef enum ams_feature_mode {
    AMS_FEATURES_LABELS,      /* the paper's: bit l = label l was output */
    AMS_FEATURES_LABELS_MASK, /* + M bits: model was executed */
    AMS_FEATURES_CONF,        /* largest confidence so far (also below the threshold) */
    AMS_FEATURES_CONF_MASK
} ams_feature_mode;

/* Names for config tables, NULL-terminated, in enum order. */
extern const char *const ams_value_modes[];
extern const char *const ams_reward_modes[];
extern const ams_alias ams_reward_aliases[]; /* `left`, the older name of `remaining` */
extern const char *const ams_feature_modes[];

enum { AMS_MAX_GOALS = 8 };

/* What a network sees of a state, where that is not `features`. Only training knows it:
 * scorers, vector environments and accelerators do not. */
typedef struct ams_env_observer {
    /* Ascending indices below n and their values, at most `most`; returns how many. NULL: there
     * is no such observer. Any number of threads call it. */
    uint32_t (*observe)(const void *context, uint32_t item, uint64_t mask, uint32_t *index,
                        float *value);
    const void *context; /* borrowed as long as the environment */
    uint32_t n, most;
} ams_env_observer;

typedef struct ams_env_options {
    ams_value_mode value;
    ams_reward_mode reward;
    ams_feature_mode features;
    bool end;         /* END is an action (default true) */
    bool until_goals; /* an episode also ends at the highest goal (default false) */
    bool goal_input;  /* the state says which goal is asked for: one feature per goal (default
                         false). An episode then has one goal, see ams_env_for_goal. */
    bool goal_heads;  /* with goal_input: in place of those features the network has an output
                         head per goal (default false) */
    uint32_t n_goals;
    double goal[AMS_MAX_GOALS]; /* required recalls, ascending (default 0.8, 0.9, 1) */
    /* In place of the table's, NULL for those. Both are read by ams_env_create and not kept. */
    const char *theta;      /* priorities, as ams_theta_parse takes them */
    const float *threshold; /* (M) confidences above which a label counts as output, 0 to 1 */
    /* (N, 2^M) what each set of executed models is worth on each item; NULL: there is none.
     * Then the reward of an execution is what it adds to that, less price times its time, in
     * place of options.reward; END's is 0. Borrowed as long as the environment. At most 16
     * models; no accelerator knows it. */
    const float *worth;
    double price;
    ams_env_observer observer; /* what a network sees in place of labels, models and goals */
} ams_env_options;
ams_env_options ams_env_defaults(void);
/* Whether two environments of one table may be one, by all that says what a policy sees and
 * learns; not by thresholds, worth and observers, which the caller knows. */
bool ams_env_options_same(const ams_env_options *a, const ams_env_options *b);
/* Features of the goals. */
static inline uint32_t ams_env_goal_inputs(const ams_env_options *options)
{
    return options->goal_input && !options->goal_heads ? options->n_goals : 0;
}

/* Immutable after create, so any number of threads may read it. */
typedef struct ams_env {
    ams_env_options options;
    uint32_t n_items, n_models, n_labels;
    uint32_t n_actions;  /* M + 1; END = M, also when options.end is false (then never valid) */
    uint32_t n_features; /* L, or L + M: the labels, then the mask bits; then the G goal
                            inputs, if any */
    uint32_t n_goals;    /* G with options.goal_input, else 0: an episode has one of them */
    uint32_t n_goal_inputs; /* their features: n_goals, but 0 with options.goal_heads */
    uint32_t goal_at;       /* of the goals, the one that is asked for; n_goals: none */
    uint32_t max_features;  /* upper bound on the features of any state */
    uint64_t all_models;    /* the mask with M ones */
    const float *time_ms;   /* (M), owned */
    const float *log_time;  /* (M), owned: ln(time_ms), for the rule `odds` */
    const float *theta;     /* (M), owned */
    const float *threshold; /* (M), owned: a label counts as output above this confidence */
    const uint8_t *split;   /* (N), owned */
    double total_time_ms;   /* sum over models, in double */
    double mean_time_ms;
    char
        cost_unit[AMS_COST_UNIT_MAX + 1]; /* of the times, which may be any cost: the table's */

    /* Entries of item i: [entry[i], entry[i+1]), ascending by label. */
    const uint64_t *entry;  /* (N + 1) */
    const uint32_t *label;  /* (E) */
    const uint64_t *makers; /* (E) models that output the label above the threshold; 0 if only
                               below (such entries are kept for features=conf alone) */
    const uint64_t
        *seen; /* (E) models that output it at any confidence; == makers unless conf */
    const double *profit; /* (E) p(l,d); 0 where makers is 0 */
    const uint64_t
        *conf_at; /* (E + 1) confidences of an entry, in order of the bits of `seen` */
    const float *conf;
    const double *full; /* (N) f(all models, item) */
} ams_env;

/* theta (M): "MODEL=THETA,MODEL=THETA" sets those named, the others stay. AMS_USAGE. */
ams_status ams_theta_parse(float *theta, const ams_table *table, const char *text,
                           ams_error *err);

/* Copies all it needs: the table may be freed afterwards. */
ams_status ams_env_create(ams_env **env, const ams_table *table, const ams_env_options *options,
                          ams_error *err);
void ams_env_destroy(ams_env *env);
/* The environment as an episode with goal k, k < n_goals, sees it: rewards and the end of
 * episodes are those of this goal alone, and it is the one asked for. Borrows the arrays of
 * env; not to be destroyed. */
ams_env ams_env_for_goal(const ams_env *env, uint32_t k);

/* Why nothing can be learned from n training items that are all worth 0, or from none, and what
 * helps. @return AMS_BAD_DATA always. */
ams_status ams_env_no_training(const ams_env *env, uint32_t n, ams_error *err);

/* f(S, item), definitions.md "Value". */
double ams_env_value(const ams_env *env, uint32_t item, uint64_t mask);
/* f(S + model) - f(S), without the rounding of a difference of two sums; 0 if already in S. */
double ams_env_gain(const ams_env *env, uint32_t item, uint64_t mask, uint32_t model);
/* The same for every model: gain (M), 0 for those in S. One pass where M calls would take M. */
void ams_env_gains(const ams_env *env, uint32_t item, uint64_t mask, double *gain);
/* Reward of `action` (model or END) in state (item, mask), by options.reward. */
float ams_env_reward(const ams_env *env, uint32_t item, uint64_t mask, uint32_t action);
/* The same for every model: reward (M), 0 for those in S. One pass where M calls would take M.
 */
void ams_env_rewards(const ams_env *env, uint32_t item, uint64_t mask, float *reward);
/* No action is left to take but END: every model was executed, or, with options.until_goals,
 * the highest goal is reached. */
bool ams_env_finished(const ams_env *env, uint32_t item, uint64_t mask);
/* Bits of the actions that may be taken: unexecuted models, and bit M for END if options.end. M
 * = 64 leaves no bit for END in one word, so END is asked for apart. */
static inline uint64_t ams_env_remaining(const ams_env *env, uint64_t mask)
{
    return env->all_models & ~mask;
}
/* The state's features, ascending: index (max_features) and value (max_features; may be NULL
 * when the features are binary). Returns how many. */
uint32_t ams_env_features(const ams_env *env, uint32_t item, uint64_t mask, uint32_t *index,
                          float *value);
static inline bool ams_env_binary(const ams_env *env)
{
    return env->options.features == AMS_FEATURES_LABELS ||
           env->options.features == AMS_FEATURES_LABELS_MASK;
}
/* Many episodes at once. An episode ends with END or when its state is finished; the next step
 * of that slot needs a reset. */
typedef struct ams_episodes {
    const ams_env *env; /* borrowed */
    /* (G) borrowed: env for each goal, where it has goal inputs; else NULL. Set after init. */
    const ams_env *goal_env;
    uint32_t n;
    uint8_t *goal;  /* (n) of goal_env, which one the slot's episodes are in; 0 after init */
    uint32_t *item; /* (n) */
    uint64_t *mask; /* (n) executed models */
    uint8_t *done;  /* (n) */
} ams_episodes;
ams_status ams_episodes_init(ams_episodes *episodes, const ams_env *env, uint32_t n,
                             ams_error *err);
void ams_episodes_fini(ams_episodes *episodes);
/* Slot i starts at item with no model executed. */
void ams_episodes_reset(ams_episodes *episodes, uint32_t i, uint32_t item);
/* The environment that slot i steps in. */
static inline const ams_env *ams_episodes_env(const ams_episodes *episodes, uint32_t i)
{
    return episodes->goal_env == NULL ? episodes->env : &episodes->goal_env[episodes->goal[i]];
}
/* One action per slot: action (n) in, reward (n) out. Slots that are done must not be stepped;
 * an action that is not valid in its state is AMS_USAGE and no slot is changed. */
ams_status ams_episodes_step(ams_episodes *episodes, const uint8_t *action, float *reward,
                             ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
