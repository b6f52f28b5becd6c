/* The first layer on its own: weights, moments and all else of a checkpoint have the bits that
 * passes over all rows in every update give, for any number of threads and after a restore. */
#include "ams/sections.h"
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/rl/trainer_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static trainer_fixture fixture;

enum { UPDATES = 300 }; /* rows wait 128 at most */

typedef struct setting {
    const char *agent, *hidden;
    double gamma, dropout, weight_decay, priority_alpha;
    int targets, features, schedule;
} setting;

static const setting settings[] = {
    {"dqn", "128", 0, 0.1, 0.5, 0.5, AMS_TARGETS_ALL, AMS_FEATURES_CONF_MASK, AMS_LR_LINEAR},
    {"dqn", "64x32", 0.9, 0.1, 0, 0, AMS_TARGETS_TAKEN, AMS_FEATURES_CONF, AMS_LR_COSINE},
    {"double-dueling", "64", 0.9, 0, 0, 0, AMS_TARGETS_TAKEN, AMS_FEATURES_LABELS_MASK,
     AMS_LR_CONSTANT},
    {"double", "128", 0.9, 0, 0.1, 0, AMS_TARGETS_ALL, AMS_FEATURES_LABELS, AMS_LR_CONSTANT},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static ams_train_options options_of(const setting *s)
{
    ams_train_options o;
    ck_assert_int_eq(ams_train_defaults(&o, NULL), AMS_OK);
    while (strcmp(ams_agent_names[o.agent], s->agent) != 0) {
        o.agent++;
    }
    ck_assert_int_eq(ams_train_set(&o, "hidden", s->hidden, NULL), AMS_OK);
    o.gamma = s->gamma;
    o.dropout = s->dropout;
    o.weight_decay = s->weight_decay;
    o.priority_alpha = s->priority_alpha;
    o.targets = s->targets;
    o.features = s->features;
    o.lr_schedule = s->schedule;
    o.loss = AMS_LOSS_HUBER;
    o.reward = AMS_REWARD_GAIN;
    o.decide = AMS_DECIDE_Q_GREEDY;
    o.batch = 9;
    o.replay = 500;
    o.warmup = 100;
    o.envs = 5;
    o.steps = UPDATES;
    o.target_every = 70;
    o.epsilon_steps = 100;
    return o;
}

static ams_trainer *created(const ams_train_options *o)
{
    ams_trainer *t = NULL;
    ck_assert_int_eq(ams_trainer_create(&t, fixture.env, o, NULL, NULL), AMS_OK);
    ck_assert_ptr_nonnull(t->first);
    ck_assert_ptr_null(t->fused);
    return t;
}

static void update(ams_trainer *t, int n)
{
    for (int i = 0; i < n; i++) {
        ams_trainer_update(t);
    }
}

/* All layers alike, and no rewards kept: the plain way. */
static ams_trainer *plain(const ams_train_options *o)
{
    ams_trainer *t = created(o);
    ams_first_destroy(t->first);
    free(t->slot_rewards);
    free(t->slot_known);
    t->first = NULL;
    t->slot_rewards = NULL;
    t->slot_known = NULL;
    return t;
}

static ams_blob saved(ams_trainer *t)
{
    ams_blob blob = {0};
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(t, &blob, NULL), AMS_OK);
    return blob;
}

static void assert_equal(ams_trainer *a, ams_trainer *b)
{
    ams_blob x = saved(a);
    ams_blob y = saved(b);
    ck_assert_uint_eq(x.size, y.size);
    ck_assert_mem_eq(x.data, y.data, x.size);
    ams_blob_fini(&x);
    ams_blob_fini(&y);
    const ams_net *p = ams_trainer_net(a);
    ck_assert_mem_eq(p->params, ams_trainer_net(b)->params, p->n_params * sizeof(float));
}

START_TEST(bits_of_the_plain_way)
{
    ams_train_options o = options_of(&settings[_i]);
    trainer_fixture_init_waiting(&fixture, &o);
    ams_trainer *expected = plain(&o);
    update(expected, UPDATES);
    for (o.threads = 1; o.threads <= 3; o.threads++) {
        ams_trainer *t = created(&o);
        update(t, UPDATES);
        assert_equal(expected, t);
        ams_trainer_destroy(t);
    }
    ams_trainer_destroy(expected);
    trainer_fixture_fini(&fixture);
}
END_TEST

/* Saved before, at and after the update in which nothing may wait; looking at the weights
 * changes nothing. */
START_TEST(restore_continues)
{
    static const int saves[] = {41, 127, 128, 129};
    ams_train_options o = options_of(&settings[_i % SETTINGS]);
    trainer_fixture_init_waiting(&fixture, &o);
    ams_trainer *whole = created(&o);
    ams_trainer *half = created(&o);
    ams_trainer *other = created(&o);
    const int at = saves[_i / SETTINGS];
    update(whole, UPDATES);
    update(half, at);
    (void)ams_trainer_net(half);
    ams_blob blob = saved(half);
    ams_sections sections;
    ck_assert_int_eq(ams_sections_open(&sections, blob.data, blob.size, "TEST", "blob", NULL),
                     AMS_OK);
    update(other, 3);
    ck_assert_int_eq(ams_trainer_restore(other, &sections, NULL), AMS_OK);
    update(other, UPDATES - at);
    update(half, UPDATES - at);
    assert_equal(whole, other);
    assert_equal(whole, half);
    ams_blob_fini(&blob);
    ams_trainer_destroy(whole);
    ams_trainer_destroy(half);
    ams_trainer_destroy(other);
    trainer_fixture_fini(&fixture);
}
END_TEST

START_TEST(what_fits)
{
    ams_train_options o = options_of(&settings[0]);
    ck_assert(ams_first_fits(&o));
    ck_assert_int_eq(ams_train_set(&o, "hidden", "100x64", NULL), AMS_OK);
    ck_assert(!ams_first_fits(&o));
    o = options_of(&settings[0]);
    o.grad_clip = 1;
    ck_assert(!ams_first_fits(&o));
    o = options_of(&settings[0]);
    o.tau = 0.01;
    ck_assert(!ams_first_fits(&o));
    o = options_of(&settings[0]);
    o.backend = 1;
    ck_assert(!ams_first_fits(&o));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, what_fits);
    tcase_add_loop_test(tests, bits_of_the_plain_way, 0, SETTINGS);
    tcase_add_loop_test(tests, restore_continues, 0, 4 * SETTINGS);
}

int main(void)
{
    return run_suite("rl/first", add);
}
