#include "tests/online/fixture.h"

#include "base/file.h"
#include "tests/env/random_table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

online_shape online_defaults(uint64_t seed)
{
    return (online_shape){.seed = seed,
                          .n_items = 300,
                          .n_models = 12,
                          .n_labels = 90,
                          .decide = AMS_DECIDE_Q_GREEDY,
                          .reward = AMS_REWARD_GAIN,
                          .hidden = "24"};
}

static void write_policy(const online_fixture *f, const online_shape *shape, const char *path)
{
    const ams_table *t = &f->table;
    ams_error err = {{0}};
    ams_net net;
    ck_assert_int_eq(
        ams_net_init(&net, f->env->n_features, shape->hidden,
                     (t->n_models + (shape->dueling ? 2 : 1)) * (shape->heads ? 3 : 1), &err),
        AMS_OK);
    net.dueling = shape->dueling;
    net.heads = shape->heads ? 3 : 0;
    ams_net_randomize(&net, shape->seed);
    /* Untrained outputs are tiny; times 20 they are of both signs and far apart. */
    const uint32_t last = net.n_layers - 1;
    for (uint64_t i = net.weight[last]; i < net.n_params; i++) {
        net.params[i] *= 20;
    }
    ams_policy_file file = {.agent = "dqn",
                            .label = "test",
                            .seed = 1,
                            .decide = shape->decide,
                            .env = f->env->options,
                            .data_hash = "00000000000000000000000000000000",
                            .model_name = t->model_name,
                            .time_ms = t->time_ms,
                            .mem_mb = t->mem_mb,
                            .theta = t->theta,
                            .threshold = t->threshold,
                            .label_name = t->label_name,
                            .net = net,
                            .stored = shape->stored,
                            .serves_ms = {0, 300, 700}};
    ck_assert_msg(ams_policy_file_write(&file, path, &err) == AMS_OK, "%s", err.text);
    ams_net_fini(&net);
}

static void open_online(online_fixture *f)
{
    size_t size = 0;
    ck_assert_int_eq(ams_online_size(f->bytes, f->n_bytes, &size), AMS_ONLINE_OK);
    f->memory = malloc(size + 1);
    ck_assert_ptr_nonnull(f->memory);
    ck_assert_int_eq(
        ams_online_open(&f->online, f->bytes, f->n_bytes, (char *)f->memory + 1, size),
        AMS_ONLINE_OK);
    f->room_size = ams_item_size(f->online);
    f->room = malloc(f->room_size);
    ck_assert_ptr_nonnull(f->room);
    memset(f->room, 0xA5, f->room_size);
}

static void finish(online_fixture *f, const online_shape *shape)
{
    ams_env_options options = ams_env_defaults();
    ams_error err = {{0}};
    char path[64];
    char *bytes = NULL;
    options.features = shape->features;
    options.reward = shape->reward;
    options.goal_input = shape->goals;
    options.goal_heads = shape->heads;
    options.goal[0] = shape->goals ? 0.5 : options.goal[0];
    options.goal[1] = shape->goals ? 0.8 : options.goal[1];
    ck_assert_msg(ams_env_create(&f->env, &f->table, &options, &err) == AMS_OK, "%s", err.text);
    snprintf(path, sizeof path, "test_online_%d.ams", (int)getpid());
    write_policy(f, shape, path);
    if (shape->thresholds) { /* what a policy sees is as it was trained, whatever the table's */
        ck_assert_int_eq(ams_table_set_threshold(&f->table, "0.9", &err), AMS_OK);
    }
    ck_assert_msg(ams_policy_create(&f->policy, path, &f->table, f->env, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_int_eq(ams_read_file(path, SIZE_MAX / 2, &bytes, &f->n_bytes, &err), AMS_OK);
    unlink(path);
    /* To the byte. */
    f->bytes = malloc(f->n_bytes);
    ck_assert_ptr_nonnull(f->bytes);
    memcpy(f->bytes, bytes, f->n_bytes);
    free(bytes);
    open_online(f);
}

void online_make(online_fixture *f, const online_shape *shape)
{
    random_table_options table = random_table_defaults(shape->seed);
    *f = (online_fixture){.env = NULL};
    table.n_items = shape->n_items;
    table.n_models = shape->n_models;
    table.n_labels = shape->n_labels;
    table.meaning = shape->thresholds;
    random_table(&f->table, &table);
    for (uint32_t m = 0; m < shape->n_models; m++) {
        f->table.mem_mb[m] = (float)((7 * m + shape->seed) % 9) * 64; /* 0 MB too */
    }
    finish(f, shape);
}

void online_make_from(online_fixture *f, const online_shape *shape, const char *path)
{
    ams_error err = {{0}};
    *f = (online_fixture){.env = NULL};
    ck_assert_msg(ams_table_read(&f->table, path, &err) == AMS_OK, "%s", err.text);
    finish(f, shape);
}

void online_drop(online_fixture *f)
{
    ams_policy_destroy(f->policy);
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
    free(f->bytes);
    free(f->memory);
    free(f->room);
}

online_output online_output_of(const online_fixture *f, uint32_t item, uint32_t model)
{
    const ams_table *t = &f->table;
    const uint64_t row = (uint64_t)item * t->n_models + model;
    return (online_output){.label = t->label + t->indptr[row],
                           .conf = t->conf + t->indptr[row],
                           .n = t->indptr[row + 1] - t->indptr[row]};
}
