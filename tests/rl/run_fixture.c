#include "tests/rl/run_fixture.h"

#include "base/file.h"
#include "base/memory.h"
#include "tests/env/random_table.h"
#include "tests/rl/reference.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

ams_status validate(void *context, const ams_net *net, const uint8_t *order, ams_validation *v,
                    ams_error *err)
{
    (void)context;
    (void)err;
    ck_assert_ptr_null(order); /* no device */
    for (uint64_t i = 0; i < net->n_params; i += 7) {
        v->time_ms += (double)(net->params[i] * net->params[i]);
    }
    v->area = 1 / (1 + v->time_ms);
    return AMS_OK;
}

static void progress(void *context, const ams_train_stats *stats, uint64_t steps,
                     const ams_validation *v, uint64_t since_best)
{
    fixture *f = context;
    (void)steps;
    (void)v;
    (void)since_best;
    if (f->kill_at != 0 && stats->updates == f->kill_at) {
        raise(SIGKILL);
    }
}

int kind;
uint64_t threads = 1;

static void set_kind(ams_train_options *o)
{
    if (kind == WAITING) { /* prioritised, while the newest steps must not be drawn */
        o->agent = agent_named("sarsa");
        o->gamma = 0.9;
        o->nstep = 3;
        o->priority_alpha = 0.6;
    } else if (kind == ALL) {
        o->agent = agent_named("double-dueling");
        o->gamma = 0.5;
        o->targets = 1;
        o->dropout = 0.1;
        o->priority_alpha = 1;
    } else if (kind == PATIENT) {
        o->patience = 4;
        o->best_by = AMS_BEST_AREA;
        o->validate_every = 10;
        o->lr = 0.01;
        o->weight_decay = 1;
    } else if (kind == REFINING) { /* from update 200 on, which is no multiple of 30 */
        o->end = AMS_OFF;
        o->decide = AMS_DECIDE_Q_GREEDY;
        ck_assert_int_eq(ams_train_set(o, "refine", "100", NULL), AMS_OK);
        o->refine_items = 2;
        o->refine_tries = 2;
        o->refine_from = AMS_REFINE_FROM_BEST;
    }
}

void fixture_init(fixture *f, const char *folder)
{
    *f = (fixture){0};
    random_table_options options = random_table_defaults(8);
    random_table(&f->table, &options);
    value_options(&f->train);
    f->train.steps = 300;
    f->train.batch = 16;
    f->train.replay = 300;
    f->train.warmup = 50;
    f->train.envs = 3;
    f->train.target_every = 20;
    f->train.log_every = 10;
    f->train.validate_every = 30;
    f->train.checkpoint_every = 25;
    ck_assert_int_eq(ams_train_set(&f->train, "hidden", "24", NULL), AMS_OK);
    f->train.threads = threads;
    set_kind(&f->train);
    ams_env_options env = ams_train_env_options(&f->train);
    ck_assert_int_eq(ams_env_create(&f->env, &f->table, &env, NULL), AMS_OK);
    f->run = (ams_run_options){.directory = folder,
                               .data_path = "some.h5",
                               .command = "test",
                               .version = "test",
                               .train = &f->train,
                               .validate = validate,
                               .progress = progress,
                               .progress_context = f,
                               .stop = &f->stop};
}

void fixture_fini(fixture *f)
{
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

ams_status train(fixture *f)
{
    return ams_run_train(&f->run, &f->table, f->env, &f->result, &f->err);
}

char *fresh_folder(void)
{
    char *folder = strdup("run-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

void remove_folder(char *folder)
{
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    free(folder);
}

char *contents(const char *folder, const char *name, size_t *size)
{
    char *path = NULL;
    char *bytes = NULL;
    ck_assert_int_eq(ams_join_path(&path, folder, name, NULL), AMS_OK);
    ck_assert_int_eq(ams_read_file(path, 1 << 26, &bytes, size, NULL), AMS_OK);
    free(path);
    return bytes;
}

bool same_file(const char *a, const char *b, const char *name)
{
    size_t n[2];
    char *x = contents(a, name, &n[0]);
    char *y = contents(b, name, &n[1]);
    bool same = n[0] == n[1] && memcmp(x, y, n[0]) == 0;
    free(x);
    free(y);
    return same;
}

void assert_same_file(const char *a, const char *b, const char *name)
{
    ck_assert_msg(same_file(a, b, name), "%s differs", name);
}

char *whole_run(void)
{
    char *folder = fresh_folder();
    fixture f;
    fixture_init(&f, folder);
    ck_assert_msg(train(&f) == AMS_OK, "%s", f.err.text);
    ck_assert_int_eq(f.result.outcome, AMS_RUN_FINISHED);
    ck_assert_uint_eq(f.result.resumed_at, 0);
    fixture_fini(&f);
    return folder;
}

int run_in_child(const char *folder, uint64_t kill_at)
{
    pid_t child = fork();
    if (child == 0) {
        fixture f;
        fixture_init(&f, folder);
        f.kill_at = kill_at;
        _exit(train(&f) == AMS_OK ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

void assert_same_runs_and_remove(char *expected, char *folder)
{
    assert_same_file(expected, folder, "policy.ams");
    assert_same_file(expected, folder, "metrics.tsv");
    remove_folder(expected);
    remove_folder(folder);
}
