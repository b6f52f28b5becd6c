/* policy.ams: trained weights with everything that using them needs. Equal training gives equal
 * bytes: no time, host or thread count is in it. Layout: docs/format.md.
 *
 * M models, L labels, F features, A = M + 1 actions. */
#ifndef AMS_POLICY_FILE_H
#define AMS_POLICY_FILE_H

#include "ams/env.h"
#include "ams/net.h"
#include "ams/sections.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_decide { AMS_DECIDE_Q_GREEDY, AMS_DECIDE_COST_Q, AMS_DECIDE_ODDS } ams_decide;
extern const char *const ams_decide_modes[]; /* "q-greedy", "cost-q", "odds" */

/* How a file holds the weights; in memory they are floats. */
typedef enum ams_stored { AMS_STORED_FP32, AMS_STORED_FP16, AMS_STORED_INT8 } ams_stored;
extern const char *const ams_stored_modes[]; /* "fp32", "fp16", "int8" */

typedef struct ams_policy_file {
    char agent[64];      /* "dqn" */
    char label[64];      /* how tables and figures call it; the agent's name by default */
    uint64_t seed;       /* of the training run */
    uint64_t updates;    /* at which the weights were taken */
    ams_decide decide;   /* the rule it was validated with */
    ams_env_options env; /* features, reward, value it was trained with */
    char data_hash[AMS_HASH_TEXT];
    ams_names model_name;            /* (M) */
    float *time_ms, *mem_mb, *theta; /* (M) */
    float *threshold;                /* (M) a label is found above it; NULL: 0.5 each, which is
                                        never read */
    ams_names label_name;            /* (L) in the order of the features */
    ams_net net;                     /* shape and weights */
    /* fp32 is written as version 1, the others, rounded, as version 2; where thresholds differ
     * between models all are version 3, with env.goal_input version 4, and with output heads
     * version 5. */
    ams_stored stored;
    /* (env.n_goals) with env.goal_input: under a deadline of at least so many ms, and less than
     * what follows, this goal finds the most (ascending, the first 0). */
    double serves_ms[AMS_MAX_GOALS];
} ams_policy_file;

/* The file's bytes, for the caller to ams_blob_fini().
 * @return AMS_BAD_DATA where a weight is too large for `stored`, AMS_BACKEND. */
ams_status ams_policy_file_bytes(const ams_policy_file *policy, ams_blob *blob, ams_error *err);
ams_status ams_policy_file_write(const ams_policy_file *policy, const char *path,
                                 ams_error *err);
/* What a path means: a policy file itself, or policy.ams in a run's folder; free() *path.
 * @return AMS_USAGE for a folder without one. */
ams_status ams_policy_file_path(char **path, const char *target, ams_error *err);
/* Trusts no byte: magic, version, lengths, CRC-32 of each section, then ranges.
 * @return AMS_IO, AMS_BAD_DATA. On failure the struct is all zero. */
ams_status ams_policy_file_read(ams_policy_file *policy, const char *path, ams_error *err);
/* The same from bytes in memory (fuzzed); `path` is for messages. */
ams_status ams_policy_file_parse(ams_policy_file *policy, const void *bytes, size_t size,
                                 const char *path, ams_error *err);
void ams_policy_file_fini(ams_policy_file *policy);
/* Above what confidence the model's labels are found. */
static inline float ams_policy_file_threshold(const ams_policy_file *policy, uint32_t model)
{
    return policy->threshold == NULL ? AMS_DEFAULT_THRESHOLD : policy->threshold[model];
}
bool ams_policy_file_one_threshold(const ams_policy_file *policy);
bool ams_policy_file_same_thresholds(const ams_policy_file *a, const ams_policy_file *b);
/* The environment whose features the policy was trained with; borrows its thresholds, which
 * have to be in the order of the table's models. */
ams_env_options ams_policy_file_env(const ams_policy_file *policy);

/* How the labels of a table and those of a policy differ. */
typedef struct ams_label_map {
    uint32_t unknown; /* the table's that the policy does not know: it does not see them */
    uint32_t missing; /* the policy's that the table does not have: they are never found */
} ams_label_map;

/* Makes the policy one for this table: inputs and outputs of its network are put into the
 * table's order of labels and models, by name. A label that it does not know gets weights of
 * zero, and one that the table does not have is left out, so it decides as if labels were
 * mapped in every state. Where the names are equal nothing changes. (Times may differ: the
 * table's are used.)
 * @return AMS_BAD_DATA unless both have the same models, with what to do; AMS_BACKEND. */
ams_status ams_policy_file_map(ams_policy_file *policy, const ams_table *table,
                               ams_label_map *map, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
