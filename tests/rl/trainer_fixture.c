#include "tests/rl/trainer_fixture.h"

#include "ams/sections.h"

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

void trainer_fixture_restore(ams_trainer *from, ams_trainer *into)
{
    ams_blob blob = {0};
    ams_sections sections;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(from, &blob, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_open(&sections, blob.data, blob.size, "TEST", "blob", NULL),
                     AMS_OK);
    ck_assert_msg(ams_trainer_restore(into, &sections, &err) == AMS_OK, "%s", err.text);
    ams_blob_fini(&blob);
}

void trainer_fixture_assert_same(ams_trainer *a, ams_trainer *b)
{
    const ams_net *x = ams_trainer_net(a);
    const ams_net *y = ams_trainer_net(b);
    ck_assert_uint_eq(x->n_params, y->n_params);
    ck_assert_mem_eq(x->params, y->params, x->n_params * sizeof(float));
}
