#include "ams/auto.h"

#include "ams/evaluate.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/training/orders.h"
#include "lab/training/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMES = 3 };
static const double goals[] = {0.5, 0.8, 0.9, 1};

/* Settings of experiments/photos/goals.ini, but for goals as inputs, which did as well on
 * tables of services, and its steps, and of gain.ini, with all outcomes of a state in an update
 * and fewer updates. */
static const char *const goal_settings[] = {"label=goals",       "features=conf+mask",
                                            "reward=remaining",  "goals=0.5,0.8,0.9,1",
                                            "goal_input=on",     "episode=goals",
                                            "loss=logistic",     "decide=odds",
                                            "targets=all",       "gamma=0",
                                            "end=off",           "hidden=256",
                                            "batch=256",         "lr=0.0002691",
                                            "dropout=0.107",     "lr_schedule=linear",
                                            "epsilon_end=0.075", "weight_decay=0.02804",
                                            "envs=32",           "epsilon_steps=3000",
                                            "replay=200000",     "priority_alpha=0.5",
                                            "refine_lr=0.0001",  "refine_items=32",
                                            "refine_from=last",  NULL};
static const char *const gain_settings[] = {"label=gain",
                                            "features=conf+mask",
                                            "reward=gain",
                                            "goal_input=off",
                                            "episode=all",
                                            "loss=huber",
                                            "decide=cost-q",
                                            "targets=all",
                                            "gamma=0",
                                            "end=off",
                                            "hidden=128",
                                            "batch=256",
                                            "lr=0.0002",
                                            "dropout=0.107",
                                            "lr_schedule=linear",
                                            "epsilon_end=0.2",
                                            "envs=32",
                                            "epsilon_steps=3000",
                                            "replay=200000",
                                            "weight_decay=0",
                                            NULL};
/* The defaults of `ams train` with fewer updates that learn and more that refine, at a lower
 * rate: small batches of the actions taken, more dropout and weight decay, which is better
 * where training items are few. */
static const char *const few_settings[] = {"label=few-items",  "features=conf+mask",
                                           "reward=remaining", "goals=0.5,0.8,0.9,1",
                                           "goal_input=on",    "episode=goals",
                                           "loss=logistic",    "decide=odds",
                                           "targets=taken",    "gamma=0",
                                           "end=off",          "hidden=256",
                                           "batch=64",         "lr=0.0005",
                                           "dropout=0.3",      "lr_schedule=linear",
                                           "epsilon_end=0.1",  "weight_decay=0.3",
                                           "envs=32",          "epsilon_steps=3000",
                                           "replay=100000",    "priority_alpha=0",
                                           "refine_lr=0.0001", "refine_items=8",
                                           "refine_from=best", NULL};
static const struct {
    const char *name;
    const char *const *setting;
    /* By default. Few items are soon known by heart: the best weights are then found between
     * two early updates. */
    uint64_t steps, validate_every;
    uint64_t refined_one; /* in so many steps refines; 0: none */
} schemes[SCHEMES] = {{"goals", goal_settings, 13000, 500, 4},
                      {"gain", gain_settings, 10000, 500, 0},
                      {"few-items", few_settings, 12000, 250, 4}};

static bool scheme_chooses(uint32_t scheme, const char *name)
{
    const size_t length = strlen(name);
    bool chosen = false;
    for (const char *const *s = schemes[scheme].setting; *s != NULL; s++) {
        chosen = chosen || (strncmp(*s, name, length) == 0 && (*s)[length] == '=');
    }
    return chosen;
}

/* What a scheme chooses cannot be asked for as well. */
static ams_status check_settings(const ams_train_options *given, ams_error *err)
{
    ams_train_options defaults;
    ams_status status = AMS_OK;
    AMS_TRY(ams_train_defaults(&defaults, err));
    for (size_t k = 0; k < ams_n_train_keys; k++) {
        const char *name = ams_train_keys[k].name;
        char text[2][2 * AMS_TEXT_MAX];
        bool chosen = strcmp(name, "refine") == 0;
        for (uint32_t s = 0; s < SCHEMES; s++) {
            chosen = chosen || scheme_chooses(s, name);
        }
        ams_config_print(given, &ams_train_keys[k], text[0], sizeof text[0]);
        ams_config_print(&defaults, &ams_train_keys[k], text[1], sizeof text[1]);
        if (chosen && strcmp(text[0], text[1]) != 0) {
            return ams_fail(err, AMS_USAGE,
                            "%s=%s: the automatic training tries schemes that choose `%s` "
                            "themselves; leave it out, or train without --auto",
                            name, text[0], name);
        }
    }
out:
    return status;
}

static ams_status make_request(ams_training_request *request, const ams_training_request *base,
                               uint32_t scheme, ams_error *err)
{
    ams_train_options defaults;
    ams_status status = AMS_OK;
    AMS_TRY(ams_training_request_init(request, err));
    AMS_TRY(ams_train_defaults(&defaults, err));
    request->train = base->train;
    request->memory_mb = base->memory_mb;
    if (base->train.steps == defaults.steps) {
        request->train.steps = schemes[scheme].steps;
    }
    if (base->train.validate_every == defaults.validate_every &&
        base->train.log_every == defaults.log_every) {
        request->train.validate_every = schemes[scheme].validate_every;
        request->train.log_every = schemes[scheme].validate_every;
    }
    for (size_t i = 0; schemes[scheme].setting[i] != NULL; i++) {
        AMS_TRY(ams_training_request_set(request, schemes[scheme].setting[i], err));
    }
    if (schemes[scheme].refined_one > 0) {
        char refine[64];
        snprintf(refine, sizeof refine, "refine=%llu",
                 (unsigned long long)(request->train.steps / schemes[scheme].refined_one));
        AMS_TRY(ams_training_request_set(request, refine, err));
    }
    AMS_TRY(ams_copy_text(&request->data_path, base->data_path, err));
    AMS_TRY(ams_copy_text(&request->command, base->command, err));
    status = ams_join_path(&request->directory, base->directory, schemes[scheme].name, err);
out:
    return status;
}

/* ---- scores ---- */

static ams_status score(const ams_training *t, const char *spec, ams_auto_row *row,
                        ams_error *err)
{
    static const uint32_t recalls[] = {AMS_AT_50, AMS_AT_80, AMS_AT_90, AMS_AT_100};
    const ams_eval_options eval = {.split = AMS_VALIDATION, .pool = t->how.pool};
    const double begun = ams_seconds();
    ams_policy *policy = NULL;
    ams_scores scores = {0};
    double time_ms[4] = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_policy_create(&policy, spec, t->table, t->env, err));
    AMS_TRY(ams_evaluate(&scores, policy, t->table, &eval, err));
    for (uint32_t i = 0; i < scores.n; i++) {
        for (size_t q = 0; q < 4; q++) {
            time_ms[q] += scores.time_ms[(size_t)i * AMS_RECALLS + recalls[q]] / scores.n;
        }
        row->area += scores.area[i] / scores.n;
    }
    /* Geometric: a percent at 0.5 counts as much as one at 1, which takes several times as
     * long. */
    row->time_ms =
        exp((log(time_ms[0]) + log(time_ms[1]) + log(time_ms[2]) + log(time_ms[3])) / 4);
    row->seconds += ams_seconds() - begun;
out:
    ams_scores_fini(&scores);
    ams_policy_destroy(policy);
    return status;
}

/* ---- candidates ---- */

typedef struct auto_paths {
    char *policy[SCHEMES + 1]; /* of the candidates, the last the order's */
    char *folder;              /* of the order */
} auto_paths;

static ams_status train_scheme(const ams_training_request *request, ams_training **training,
                               ams_training *const *before, size_t n,
                               const ams_training_how *how, ams_auto_row *row, bool *stopped,
                               ams_error *err)
{
    const double begun = ams_seconds();
    ams_run_result result;
    ams_status status = AMS_OK;
    AMS_TRY(ams_training_open(training, request, before, n, how->progress, err));
    const ams_table *table = (*training)->table;
    if (memchr(table->split, AMS_VALIDATION, table->n_items) == NULL) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s: expected validation items, by which the best is kept; found none "
                     "(`ams data split` deals items to splits)",
                     request->data_path);
        goto out;
    }
    AMS_TRY(ams_training_choose_device(training, 1, how->progress, err));
    AMS_TRY(ams_training_run(*training, how, &result, err));
    *stopped = result.outcome == AMS_RUN_STOPPED || result.outcome == AMS_RUN_PAUSED;
    row->seconds = ams_seconds() - begun;
out:
    return status;
}

static ams_status make_orders(const ams_training *t, const auto_paths *paths, ams_error *err)
{
    double serves_ms[4];
    ams_policy *policy = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(paths->folder, err));
    AMS_TRY(ams_policy_create(&policy, "fixed:each", t->table, t->env, err));
    AMS_TRY(ams_training_goal_deadlines(t, policy, goals, 4, serves_ms, err));
    const ams_orders orders = {policy, t->table, goals, serves_ms, 4};
    status = ams_orders_write(&orders, paths->policy[SCHEMES], err);
out:
    ams_policy_destroy(policy);
    return status;
}

static ams_status print_rows(FILE *stream, const void *context, ams_error *err)
{
    const ams_auto_result *r = context;
    (void)err;
    fprintf(stream, "policy\tkept\tcandidate\ttime_ms\tarea\n");
    for (uint32_t i = 0; i < r->n; i++) {
        const ams_auto_row *row = &r->row[i];
        fprintf(stream, "%s\t%d\t%d\t%.9g\t%.9g\n", row->name, row->is_kept, row->can_be_kept,
                row->time_ms, row->area);
    }
    return AMS_OK;
}

static ams_status score_all(const ams_training *t, const auto_paths *paths, ams_auto_result *r,
                            ams_error *err)
{
    static const char *const baselines[] = {"knn", "knn:remaining", "cooccur", "linear"};
    ams_status status = AMS_OK;
    uint32_t best = 0;
    for (uint32_t k = 0; k <= SCHEMES; k++) {
        AMS_TRY(score(t, paths->policy[k], &r->row[k], err));
        best = r->row[k].time_ms < r->row[best].time_ms ? k : best;
    }
    r->row[best].is_kept = true;
    for (size_t k = 0; k < sizeof baselines / sizeof *baselines; k++) {
        ams_auto_row *row = &r->row[r->n++];
        *row = (ams_auto_row){.name = baselines[k]};
        AMS_TRY(score(t, baselines[k], row, err));
    }
out:
    return status;
}

/* The best one's policy.ams in the folder itself, with what all of them have. */
static ams_status keep(const ams_training_request *request, const auto_paths *paths,
                       const ams_auto_result *r, ams_error *err)
{
    ams_policy_file file = {.net = {.n_layers = 0}};
    char *path = NULL;
    uint32_t best = 0;
    ams_status status = AMS_OK;
    while (!r->row[best].is_kept) {
        best++;
    }
    AMS_TRY(ams_policy_file_read(&file, paths->policy[best], err));
    AMS_TRY(ams_join_path(&path, request->directory, "policy.ams", err));
    AMS_TRY(ams_policy_file_write(&file, path, err));
    status = ams_file_write(request->directory, "auto.tsv", print_rows, r, err);
out:
    ams_policy_file_fini(&file);
    free(path);
    return status;
}

static ams_status make_paths(auto_paths *paths, const ams_training_request *request,
                             const ams_training_request *of_scheme, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < SCHEMES; k++) {
        AMS_TRY(ams_join_path(&paths->policy[k], of_scheme[k].directory, "policy.ams", err));
    }
    AMS_TRY(ams_join_path(&paths->folder, request->directory, "fixed", err));
    status = ams_join_path(&paths->policy[SCHEMES], paths->folder, "policy.ams", err);
out:
    return status;
}

ams_status ams_auto_train(const ams_training_request *request, const ams_training_how *how,
                          ams_auto_result *r, ams_error *err)
{
    ams_training_request of_scheme[SCHEMES] = {{.data_path = NULL}};
    ams_training *training[SCHEMES] = {NULL};
    auto_paths paths = {.folder = NULL};
    ams_status status = AMS_OK;
    *r = (ams_auto_result){.n = SCHEMES + 1};
    r->row[SCHEMES] = (ams_auto_row){.name = "fixed:each", .can_be_kept = true};
    AMS_TRY(check_settings(&request->train, err));
    for (uint32_t k = 0; k < SCHEMES && !r->is_stopped; k++) {
        r->row[k] = (ams_auto_row){.name = schemes[k].name, .can_be_kept = true};
        AMS_TRY(make_request(&of_scheme[k], request, k, err));
        AMS_TRY(train_scheme(&of_scheme[k], &training[k], training, k, how, &r->row[k],
                             &r->is_stopped, err));
    }
    if (!r->is_stopped) {
        snprintf(r->cost_unit, sizeof r->cost_unit, "%s", ams_training_cost_unit(training[0]));
        AMS_TRY(make_paths(&paths, request, of_scheme, err));
        AMS_TRY(make_orders(training[0], &paths, err));
        AMS_TRY(score_all(training[0], &paths, r, err));
        status = keep(request, &paths, r, err);
    }
out:
    for (uint32_t k = SCHEMES; k-- > 0;) { /* the later may borrow from the earlier */
        ams_training_close(training[k]);
        ams_training_request_fini(&of_scheme[k]);
    }
    for (uint32_t k = 0; k <= SCHEMES; k++) {
        free(paths.policy[k]);
    }
    free(paths.folder);
    return status;
}
