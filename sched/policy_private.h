/* What a policy holds. Private to sched/policies and the files that make, move and read
 * policies; all others go through the functions of ams/policy.h. */
#ifndef AMS_SCHED_POLICY_PRIVATE_H
#define AMS_SCHED_POLICY_PRIVATE_H

#include "ams/policy.h"

struct ams_policy {
    const ams_policy_kind *kind;
    char label[64];     /* how tables call it: "fixed", "dqn", "cost-q:dqn" */
    uint64_t seed;      /* of the training run; 0 for baselines */
    const ams_env *env; /* borrowed; recall is computed with it whatever the policy */
    ams_env *own_env;   /* of a policy file: the features it was trained with; else NULL */
    const ams_policy *sharing;  /* borrowed: whose own_env it is; NULL: this policy's */
    uint32_t draws;             /* from the kind, or set by the user for `random` */
    uint64_t draw_seed;         /* of random orders */
    const uint32_t *item_index; /* (N) borrowed: what item is in the whole file where env is a
                                   part of it; NULL: env is the whole */
    ams_policy_file file;       /* of a policy that was read from one, mapped to the table */
    ams_label_map labels;       /* what mapping it left out */
    const uint8_t *orders; /* (N, M) borrowed, whole in the rows that are scored: of the kind
                              that has them, and of trained weights where a device has rolled
                              them out */
    const ams_net *net;    /* borrowed, or file.net; NULL for baselines */
    ams_decide decide;
    bool has_goals;         /* of a baseline: its decisions depend on the goal */
    double goal;            /* the required recall of its decisions; 0: none is chosen */
    const ams_table *table; /* borrowed, during fit only: names of tasks and labels */
    const char *path;       /* borrowed, during fit only: the PATH of NAME:PATH */
    void *state;
};

#endif
