/* From the options of a sweep to its runs. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "lab/jobs/folder.h"
#include "lab/sweep/axes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- runs -- */

static ams_status make_label(const ams_sweep *sweep, size_t combination,
                             char label[AMS_TEXT_MAX], ams_error *err)
{
    size_t used = 0;
    if (sweep->base.label[0] != '\0') {
        used = (size_t)snprintf(label, AMS_TEXT_MAX, "%s-", sweep->base.label);
    }
    for (size_t a = 0; a < sweep->n_axes && used < AMS_TEXT_MAX; a++) {
        const ams_sweep_axis *axis = &sweep->axis[a];
        if (a == 0 || axis->n > 1) {
            used += (size_t)snprintf(label + used, AMS_TEXT_MAX - used, "%s%s%s%s",
                                     a == 0 ? "" : ",", a == 0 ? "" : axis->key,
                                     a == 0 ? "" : "=", ams_sweep_value(sweep, a, combination));
        }
    }
    if (used >= AMS_TEXT_MAX) {
        return ams_fail(err, AMS_USAGE,
                        "the label '%s...' is longer than %d characters; vary fewer settings "
                        "in one sweep",
                        label, AMS_TEXT_MAX - 1);
    }
    if (strchr(label, '/') != NULL) {
        return ams_fail(err, AMS_USAGE, "'%s' names a folder and cannot hold a '/'", label);
    }
    return AMS_OK;
}

static ams_status make_request(const ams_sweep *sweep, size_t combination, const ams_job *job,
                               ams_training_request *request, ams_error *err)
{
    const ams_sweep_options *o = sweep->options;
    char seed[32];
    ams_status status = AMS_OK;
    request->train = sweep->base;
    request->memory_mb = sweep->run_memory_mb;
    AMS_TRY(ams_copy_text(&request->data_path, o->data_path, err));
    if (o->config_path != NULL) {
        AMS_TRY(ams_copy_text(&request->config_path, o->config_path, err));
    }
    for (size_t a = 0; a < sweep->n_axes; a++) {
        AMS_TRY(ams_training_request_put(request, sweep->axis[a].key,
                                         ams_sweep_value(sweep, a, combination), err));
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)job->seed);
    AMS_TRY(ams_training_request_put(request, "seed", seed, err));
    AMS_TRY(ams_training_request_put(request, "label", job->label, err));
out:
    return status;
}

static ams_status add_run(ams_sweep *sweep, size_t combination, uint64_t seed, ams_error *err)
{
    ams_job *job = &sweep->job[sweep->n_jobs];
    char label[AMS_TEXT_MAX];
    ams_status status = AMS_OK;
    sweep->list[sweep->n_listed++] = job;
    sweep->n_jobs++;
    AMS_TRY(make_label(sweep, combination, label, err));
    AMS_TRY(ams_job_name(job, sweep->options->directory, label, seed, err));
    AMS_TRY(make_request(sweep, combination, job, &job->request, err));
    job->to = job->request.train.steps;
    for (size_t i = 0; i + 1 < sweep->n_jobs; i++) {
        if (strcmp(sweep->job[i].name, job->name) == 0) {
            status = ams_fail(err, AMS_USAGE, "run %s is asked for twice", job->name);
            goto out;
        }
    }
out:
    return status;
}

/* Seed by seed: an interrupted sweep has all combinations of its first seeds. */
static ams_status make_runs(ams_sweep *sweep, ams_error *err)
{
    const ams_sweep_options *o = sweep->options;
    size_t combinations = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_sweep_combinations(sweep, &combinations, err));
    AMS_TRY(ams_alloc(&sweep->job, combinations * o->n_seeds, sizeof *sweep->job, "runs", err));
    AMS_TRY(ams_alloc(&sweep->list, combinations * o->n_seeds, sizeof(ams_job *), "runs", err));
    sweep->run_memory_mb =
        ams_jobs_memory_share(o->memory_mb, o->side_by_side, combinations * o->n_seeds);
    for (size_t k = 0; k < o->n_seeds; k++) {
        for (size_t c = 0; c < combinations; c++) {
            AMS_TRY(add_run(sweep, c, o->seed[k], err));
        }
    }
out:
    return status;
}

/* -- values -- */

/* Each value by itself. */
static ams_status check_values(const ams_sweep *sweep, ams_error *err)
{
    ams_train_options scratch = sweep->base;
    ams_status status = AMS_OK;
    for (size_t a = 0; a < sweep->n_axes; a++) {
        for (size_t v = 0; v < sweep->axis[a].n; v++) {
            AMS_TRY(ams_config_set(&scratch, ams_train_keys, ams_n_train_keys,
                                   sweep->axis[a].key, sweep->axis[a].value[v], "argument",
                                   err));
        }
    }
out:
    return status;
}

static bool any_discount(const ams_sweep *sweep)
{
    bool varied = false;
    for (size_t a = 0; a < sweep->n_axes; a++) {
        const ams_sweep_axis *axis = &sweep->axis[a];
        for (size_t v = 0; strcmp(axis->key, "gamma") == 0 && v < axis->n; v++) {
            double gamma = 0;
            varied = true;
            if (ams_parse_double(axis->value[v], &gamma) && gamma > 0) {
                return true;
            }
        }
    }
    return !varied && sweep->base.gamma > 0;
}

/* Without a discount nothing is bootstrapped, and agents that differ only there are one:
 * whoever compares them should know. */
static void tell_of_equal_agents(const ams_sweep *sweep, const ams_progress *progress)
{
    uint32_t count[2] = {0, 0}; /* plain, dueling */
    for (size_t v = 0; v < sweep->axis[0].n; v++) {
        for (uint32_t i = 0; i < ams_n_agents; i++) {
            if (strcmp(ams_agents[i]->name, sweep->axis[0].value[v]) == 0) {
                count[ams_agents[i]->dueling ? 1 : 0]++;
            }
        }
    }
    if ((count[0] > 1 || count[1] > 1) && !any_discount(sweep)) {
        ams_notice(progress,
                   "gamma=0 learns what a run itself gives: dqn, double and sarsa then learn "
                   "the same, dueling and double-dueling too; `gamma=0.9 loss=huber "
                   "decide=cost-q` tells them apart");
    }
}

/* -- the plan -- */

static ams_status make_axes(ams_sweep *sweep, ams_error *err)
{
    const ams_sweep_options *o = sweep->options;
    char *agents = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_format(&agents, "agents", err, "agent=%s",
                       o->agents == NULL ? ams_agents[sweep->base.agent]->name : o->agents));
    AMS_TRY(ams_alloc(&sweep->axis, o->n_settings + 1, sizeof *sweep->axis, "settings", err));
    AMS_TRY(ams_sweep_add_axis(sweep, agents, err));
    for (size_t i = 0; i < o->n_settings; i++) {
        AMS_TRY(ams_sweep_add_axis(sweep, o->setting[i], err));
    }
out:
    free(agents);
    return status;
}

ams_status ams_sweep_plan(ams_sweep *sweep, const ams_sweep_options *options,
                          const ams_progress *progress, ams_error *err)
{
    ams_status status = AMS_OK;
    *sweep = (ams_sweep){.options = options, .lock = -1};
    ams_utc_stamp(sweep->start);
    if (options->n_seeds == 0) {
        return ams_fail(err, AMS_USAGE, "a sweep: expected at least one seed, found none");
    }
    AMS_TRY(ams_train_defaults(&sweep->base, err));
    if (options->config_path != NULL) {
        AMS_TRY(ams_config_file(&sweep->base, ams_train_keys, ams_n_train_keys,
                                options->config_path, err));
    }
    AMS_TRY(make_axes(sweep, err));
    AMS_TRY(check_values(sweep, err));
    tell_of_equal_agents(sweep, progress);
    status = make_runs(sweep, err);
out:
    return status;
}

void ams_sweep_fini(ams_sweep *sweep)
{
    for (size_t i = 0; i < sweep->n_jobs; i++) {
        ams_job_fini(&sweep->job[i]);
    }
    ams_sweep_free_axes(sweep);
    free(sweep->job);
    free(sweep->list);
    ams_claims_close(sweep->claims);
    if (sweep->lock >= 0) {
        ams_jobs_close_folder(sweep->options->directory, &sweep->lock);
    }
    *sweep = (ams_sweep){.lock = -1};
}
