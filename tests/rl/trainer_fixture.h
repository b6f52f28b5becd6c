/* A trainer on a small random table, for tests that compare the bits of two trainings. */
#ifndef AMS_TESTS_RL_TRAINER_FIXTURE_H
#define AMS_TESTS_RL_TRAINER_FIXTURE_H

#include "ams/train.h"
#include "tests/env/random_table.h"

typedef struct trainer_fixture {
    ams_table table;
    ams_env *env;
} trainer_fixture;

/* 60 items, otherwise as random_table_defaults says. */
void trainer_fixture_init(trainer_fixture *f, const ams_train_options *o);
/* Many labels for few samples, so that most rows of the first layer wait for their update. */
void trainer_fixture_init_waiting(trainer_fixture *f, const ams_train_options *o);
void trainer_fixture_fini(trainer_fixture *f);
/* After so many updates; destroyed by the caller. */
ams_trainer *trainer_fixture_trained(const trainer_fixture *f, const ams_train_options *o,
                                     int updates);
/* Saves `from` and restores it into `into`, which may have done other things before. */
void trainer_fixture_restore(ams_trainer *from, ams_trainer *into);
/* The online networks have the same bits. */
void trainer_fixture_assert_same(ams_trainer *a, ams_trainer *b);

#endif
