/* A training as the files of lab/training see it. Private to them. */
#ifndef AMS_LAB_TRAINING_STATE_H
#define AMS_LAB_TRAINING_STATE_H

#include "ams/policy.h"
#include "ams/training.h"

struct ams_training {
    const ams_training_request *request; /* borrowed */
    ams_train_options train;             /* the request's, but `device` is no longer auto */
    ams_table *table;                    /* owned or another training's, and so is env */
    ams_env *env;
    bool owns_table, owns_env;
    bool partial;                  /* the table is the sample that items and seed ask for */
    char data_hash[AMS_HASH_TEXT]; /* of the file, where it is known; else "" */
    const ams_accelerator *accelerator; /* &gpu; NULL: the CPU */
    ams_accelerator gpu;
    char device[256]; /* "cpu", or the GPU's name */
    char *command;    /* for the manifest */
    ams_training_how how;
    ams_run_options run; /* made of all this by ams_training_task */
};

/* The deadlines from which on each of the n goals of a policy serves best, n > 0; leaves the
 * policy at the last goal. */
ams_status ams_training_goal_deadlines(const ams_training *t, ams_policy *policy,
                                       const double *goal, uint32_t n, double *serves_ms,
                                       ams_error *err);
/* ams_run_options.serve of a training: docs/definitions.md, "Goal inputs". */
ams_status ams_training_serve(void *training, const ams_net *net,
                              double serves_ms[AMS_MAX_GOALS], ams_error *err);

#endif
