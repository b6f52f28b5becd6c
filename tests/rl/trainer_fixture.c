#include "tests/rl/trainer_fixture.h"

#include <check.h>

static void init(trainer_fixture *f, const random_table_options *table,
                 const ams_train_options *o)
{
    random_table(&f->table, table);
    ams_env_options env_options = ams_train_env_options(o);
    f->env = NULL;
    ck_assert_int_eq(ams_env_create(&f->env, &f->table, &env_options, NULL), AMS_OK);
}

void trainer_fixture_init(trainer_fixture *f, const ams_train_options *o)
{
    random_table_options table = random_table_defaults(4);
    table.n_items = 60;
    init(f, &table, o);
}

void trainer_fixture_init_waiting(trainer_fixture *f, const ams_train_options *o)
{
    random_table_options table = random_table_defaults(4);
    table.n_items = 40;
    table.n_labels = 200;
    table.n_tasks = 20;
    table.n_models = 20;
    init(f, &table, o);
}

void trainer_fixture_fini(trainer_fixture *f)
{
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

ams_trainer *trainer_fixture_trained(const trainer_fixture *f, const ams_train_options *o,
                                     int updates)
{
    ams_trainer *t = NULL;
    ck_assert_int_eq(ams_trainer_create(&t, f->env, o, NULL, NULL), AMS_OK);
    for (int i = 0; i < updates; i++) {
        ams_trainer_update(t);
    }
    return t;
}
