/* Distillation: how the teacher's weight falls, what it says where there are many states, and
 * which teachers are refused. That an update follows its definition, and its bits, are in
 * test_refine.c. */
#include "ams/sections.h"
#include "base/rng.h"
#include "rl/train/state.h"
#include "tests/base/suite.h"
#include "tests/rl/reference.h"
#include "tests/rl/trainer_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static trainer_fixture f;
static ams_net teacher;
static const char teacher_hash[AMS_HASH_TEXT] = "0123456789abcdef0123456789abcdef";

static ams_train_options teach_options(void)
{
    ams_train_options o;
    ck_assert_int_eq(ams_train_defaults(&o, NULL), AMS_OK);
    ck_assert_int_eq(ams_train_set(&o, "hidden", "16", NULL), AMS_OK);
    o.batch = 70;
    o.replay = 500;
    o.warmup = 100;
    o.steps = 60;
    o.refine = 20;
    o.refine_items = 3;
    o.refine_tries = 4;
    return o;
}

static void make_teacher(void)
{
    const uint32_t width[] = {13};
    const ams_env *env = f.env;
    ams_rng rng = ams_rng_init(5, AMS_STREAM_TEST);
    ck_assert_int_eq(
        ams_net_init_hidden(&teacher, env->n_features, width, 1, env->n_actions, NULL), AMS_OK);
    for (uint64_t i = 0; i < teacher.n_params; i++) {
        teacher.params[i] = (float)(ams_rng_unit(&rng) - 0.5);
    }
}

static ams_trainer *created(const ams_train_options *o, bool taught)
{
    ams_trainer *t = NULL;
    ck_assert_int_eq(ams_trainer_create(&t, f.env, o, NULL, NULL), AMS_OK);
    if (taught) {
        ck_assert_int_eq(ams_trainer_teach(t, &teacher, teacher_hash, NULL), AMS_OK);
    }
    return t;
}

static ams_trainer *trained(const ams_train_options *o, bool taught, uint64_t updates)
{
    ams_trainer *t = created(o, taught);
    ck_assert_int_eq(ams_trainer_advance(t, updates, NULL), AMS_OK);
    return t;
}

/* One after the other from the same state, of which the trainer `from` is in. */
static ams_trainer *continued(ams_trainer *from, const ams_train_options *o, uint64_t updates)
{
    ams_trainer *t = created(o, true);
    trainer_fixture_restore(from, t);
    ck_assert_int_eq(ams_trainer_advance(t, updates, NULL), AMS_OK);
    return t;
}

/* The teacher's weight falls in a line and is 0 after `teach_updates`, or at the end. */
START_TEST(teacher_fades)
{
    ams_train_options o = teach_options();
    trainer_fixture_init(&f, &o);
    make_teacher();
    ams_trainer *from = trained(&o, true, 45); /* 5 of 20 are done */
    static const struct {
        uint64_t updates, equal_to;
        double teach, instead;
        bool same;
    } cases[] = {{0, 20, 0.8, 0.8, true},   {10, 20, 0.8, 0.8 * 0.5 / 0.75, true},
                 {5, 20, 0.8, 0, true},     {3, 1, 0.8, 0.5, true},
                 {10, 20, 0.8, 0.8, false}, {6, 20, 0.8, 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        o.teach = cases[i].teach;
        o.teach_updates = cases[i].updates;
        ams_trainer *one = continued(from, &o, 1);
        o.teach = cases[i].instead;
        o.teach_updates = cases[i].equal_to;
        ams_trainer *other = continued(from, &o, 1);
        const ams_net *a = ams_trainer_net(one);
        const ams_net *b = ams_trainer_net(other);
        double apart = 0;
        for (uint64_t k = 0; k < a->n_params; k++) {
            apart = fmax(apart, fabs((double)(a->params[k] - b->params[k])));
        }
        ck_assert_msg(cases[i].same == (apart < 1e-9), "case %zu: %g", i, apart);
        ams_trainer_destroy(one);
        ams_trainer_destroy(other);
    }
    ams_trainer_destroy(from);
    ams_net_fini(&teacher);
    trainer_fixture_fini(&f);
}
END_TEST

/* dq (states, A) in double precision: of all states, as the definition says. */
static double *slope_of_all(const ams_trainer *t)
{
    const ams_refine *r = t->refine;
    const uint32_t columns = t->env->n_actions;
    double *dq = calloc((size_t)r->state.n * columns, sizeof *dq);
    double *theirs = reference_q(&teacher, &r->state);
    double *own = reference_q(&t->online, &r->state);
    for (uint32_t i = 0; i < r->state.n; i++) {
        double *const q[] = {theirs + (size_t)i * columns, own + (size_t)i * columns};
        double p[2][AMS_MAX_MODELS] = {{0}};
        for (int k = 0; k < 2; k++) {
            double sum = 0;
            for (uint32_t m = 0; m < t->env->n_models; m++) {
                if ((r->at[i].mask >> m & 1) == 0) {
                    p[k][m] = exp((q[k][m] - log((double)t->env->time_ms[m])) /
                                  t->options.refine_temperature);
                    sum += p[k][m];
                }
            }
            for (uint32_t m = 0; m < t->env->n_models; m++) {
                p[k][m] /= sum;
            }
        }
        for (uint32_t m = 0; m < t->env->n_models; m++) {
            dq[(size_t)i * columns + m] = t->options.teach * r->at[i].visits *
                                          (p[1][m] - p[0][m]) /
                                          (t->options.refine_temperature * r->n_orders);
        }
    }
    free(theirs);
    free(own);
    return dq;
}

/* Where there are many states an update asks about every k-th, each beginning at another: the
 * mean of k updates is what all of them say. */
START_TEST(a_part_of_many_states)
{
    ams_train_options o = teach_options();
    o.refine_items = 400;
    o.refine_lr = 0;
    o.teach_updates = UINT64_C(1) << 60;
    trainer_fixture_init(&f, &o);
    make_teacher();
    ams_trainer *t = trained(&o, true, 41);
    ams_refine *r = t->refine;
    const size_t n = (size_t)r->state.n * t->env->n_actions;
    const uint32_t every = (r->state.n + AMS_TEACHER_STATES - 1) / AMS_TEACHER_STATES;
    ck_assert_uint_ge(every, 2);
    double *expected = slope_of_all(t);
    double largest = 0;
    memset(r->q.dq, 0, n * sizeof(float));
    for (uint32_t u = 0; u < every; u++) {
        ams_trainer_follow_teacher(t, 7 * every + u);
    }
    for (size_t i = 0; i < n; i++) {
        ck_assert_double_eq_tol((double)r->q.dq[i] / every, expected[i], 1e-7);
        largest = fmax(largest, fabs(expected[i]));
    }
    ck_assert_double_gt(largest, 1e-5);
    free(expected);
    ams_trainer_destroy(t);
    ams_net_fini(&teacher);
    trainer_fixture_fini(&f);
}
END_TEST

static void refuses_to_restore(ams_trainer *from, ams_trainer *into, const char *says)
{
    ams_blob blob = {0};
    ams_sections sections;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_blob_begin(&blob, "TEST", NULL), AMS_OK);
    ck_assert_int_eq(ams_trainer_save(from, &blob, NULL), AMS_OK);
    ck_assert_int_eq(ams_sections_open(&sections, blob.data, blob.size, "TEST", "blob", NULL),
                     AMS_OK);
    ck_assert_int_eq(ams_trainer_restore(into, &sections, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
    ams_blob_fini(&blob);
}

START_TEST(teacher_refused)
{
    static const char other_hash[AMS_HASH_TEXT] = "fedcba9876543210fedcba9876543210";
    ams_train_options o = teach_options();
    ams_error err;
    trainer_fixture_init(&f, &o);
    make_teacher();
    ams_trainer *without = trained(&o, false, 41);
    ams_trainer *other = created(&o, false);
    ams_trainer *with = trained(&o, true, 41);
    ck_assert_int_eq(ams_trainer_teach(with, &teacher, teacher_hash, &err), AMS_USAGE);
    ck_assert_int_eq(ams_trainer_teach(other, &teacher, other_hash, &err), AMS_OK);
    refuses_to_restore(with, without, "0123456789abcdef0123456789abcdef, now none");
    refuses_to_restore(without, with, "none, now 0123456789abcdef0123456789abcdef");
    refuses_to_restore(with, other, "now fedcba9876543210fedcba9876543210");
    ams_trainer_destroy(with);
    ams_trainer_destroy(other);
    o.refine = 0;
    ck_assert_int_eq(ams_trainer_create(&other, f.env, &o, NULL, &err), AMS_OK);
    ck_assert_int_eq(ams_trainer_teach(other, &teacher, teacher_hash, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "refine above 0"));
    ams_trainer_destroy(other);
    teacher.width[0]++;
    ck_assert_int_eq(ams_trainer_teach(without, &teacher, teacher_hash, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "inputs"));
    ams_trainer_destroy(without);
    ck_assert_int_eq(ams_train_set(&o, "teacher", "mean.ams", &err), AMS_OK);
    ck_assert_int_eq(ams_train_check(&o, &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "teacher=mean.ams: expected refine above 0"));
    ams_net_fini(&teacher);
    trainer_fixture_fini(&f);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, teacher_fades);
    tcase_add_test(tests, a_part_of_many_states);
    tcase_add_test(tests, teacher_refused);
}

int main(void)
{
    return run_suite("rl_teach", add);
}
