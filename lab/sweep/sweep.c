#include "ams/sweep.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/version.h"
#include "lab/jobs/folder.h"
#include "lab/jobs/join.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

size_t ams_sweep_count(const ams_sweep *sweep, ams_job_state state)
{
    return ams_jobs_count(sweep->list, sweep->n_listed, state);
}

/* -- sweep.json -- */

static json_t *settings_json(const ams_sweep *sweep)
{
    json_t *settings = json_object();
    for (size_t a = 0; a < sweep->n_axes; a++) {
        json_t *values = json_array();
        for (size_t v = 0; v < sweep->axis[a].n; v++) {
            json_array_append_new(values, json_string(sweep->axis[a].value[v]));
        }
        json_object_set_new(settings, sweep->axis[a].key, values);
    }
    return settings;
}

static json_t *runs_json(const ams_sweep *sweep)
{
    json_t *runs = json_array();
    for (size_t i = 0; i < sweep->n_jobs; i++) {
        const ams_job *job = &sweep->job[i];
        json_t *row =
            json_pack("{s:s, s:s, s:I, s:s}", "run", job->name, "label", job->label, "seed",
                      (json_int_t)job->seed, "status", ams_job_state_names[job->state]);
        if (job->state == AMS_JOB_FAILED) {
            json_object_set_new(row, "message", json_string(job->message));
        }
        json_array_append_new(runs, row);
    }
    return runs;
}

/* EXP/sweep.json; state: "running", "stopped", "failed" or "finished". */
static ams_status write_manifest(const ams_sweep *sweep, const char *state, ams_error *err)
{
    const ams_sweep_options *o = sweep->options;
    char now[AMS_STAMP];
    json_t *seeds = json_array();
    for (size_t k = 0; k < o->n_seeds; k++) {
        json_array_append_new(seeds, json_integer((json_int_t)o->seed[k]));
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:I, s:s, s:s, s:o}",
                             "program", "ams", "version", ams_version_commit, "command",
                             o->command, "data", o->data_path, "data_hash", sweep->data_hash,
                             "config", o->config_path, "settings", settings_json(sweep),
                             "seeds", seeds, "jobs", (json_int_t)o->side_by_side, "start",
                             sweep->start, "status", state, "runs", runs_json(sweep));
    if (json != NULL && strcmp(state, "running") != 0) {
        ams_utc_stamp(now);
        json_object_set_new(json, "end", json_string(now));
    }
    return ams_jobs_write_json(o->directory, "sweep.json", json, err);
}

/* -- running -- */

/* Every run of the sweep, not only those that this process is to train. */
static ams_status all_jobs(const ams_sweep *sweep, ams_job ***all, ams_error *err)
{
    ams_status status = ams_alloc(all, sweep->n_jobs, sizeof(ams_job *), "runs", err);
    for (size_t i = 0; status == AMS_OK && i < sweep->n_jobs; i++) {
        (*all)[i] = &sweep->job[i];
    }
    return status;
}

static ams_status write_failed(void *context, ams_error *err)
{
    const ams_sweep *sweep = context;
    ams_job **all = NULL;
    ams_status status = all_jobs(sweep, &all, err);
    if (status == AMS_OK) {
        status = ams_jobs_write_failed(sweep->options->directory, all, sweep->n_jobs, err);
    }
    free(all);
    return status;
}

static ams_status recall_failed(const ams_sweep *sweep, ams_error *err)
{
    const ams_sweep_options *o = sweep->options;
    ams_job **all = NULL;
    ams_status status = all_jobs(sweep, &all, err);
    if (status == AMS_OK) {
        status = ams_jobs_recall_failed(o->directory, o->join.failed, all, sweep->n_jobs, err);
    }
    free(all);
    return status;
}

ams_status ams_sweep_open(ams_sweep *sweep, ams_error *err)
{
    const ams_sweep_options *o = sweep->options;
    ams_status status = AMS_OK;
    AMS_TRY(ams_jobs_check_data(o->data_path, o->memory_mb, sweep->data_hash, err));
    if (o->join.on) {
        AMS_TRY(
            ams_jobs_join_folder(o->directory, &o->join, &sweep->lock, &sweep->claims, err));
    } else {
        AMS_TRY(ams_jobs_open_folder(o->directory, &sweep->lock, err));
    }
    for (size_t i = 0; sweep->claims != NULL && i < sweep->n_jobs; i++) {
        AMS_TRY(ams_job_make_key(&sweep->job[i], sweep->data_hash, err));
    }
    AMS_TRY(sweep->claims == NULL ? recall_failed(sweep, err) : AMS_OK);
    ams_jobs_select(&o->join, sweep->claims, sweep->job, sweep->n_jobs, sweep->list,
                    &sweep->n_listed);
out:
    return status;
}

/* After the runs; what a signal stopped is not settled. Of all runs, whoever did them. */
static ams_status write_end(void *context, ams_error *err)
{
    ams_sweep *sweep = context;
    size_t failed = 0;
    bool all = false;
    ams_status status = AMS_OK;
    AMS_TRY(ams_jobs_settle(sweep->claims, sweep->job, sweep->n_jobs, &all, err));
    AMS_TRY(write_failed(sweep, err));
    for (size_t i = 0; i < sweep->n_jobs; i++) {
        failed += sweep->job[i].state == AMS_JOB_FAILED;
    }
    status =
        write_manifest(sweep, !all ? "stopped" : (failed > 0 ? "failed" : "finished"), err);
out:
    return status;
}

/* The files of a shared sweep are written by one process, whenever all runs are settled anew.
 */
static ams_status share_end(ams_sweep *sweep, int *stopped, ams_error *err)
{
    char *key = NULL;
    bool all = false;
    ams_status status = AMS_OK;
    AMS_TRY(ams_claims_look_now(sweep->claims, err));
    AMS_TRY(ams_jobs_settle(sweep->claims, sweep->job, sweep->n_jobs, &all, err));
    if (all && *stopped == 0) {
        AMS_TRY(ams_jobs_state_key(sweep->claims, sweep->job, sweep->n_jobs, &key, err));
        status = ams_claims_once(sweep->claims, key, write_end, sweep, stopped, err);
    }
out:
    free(key);
    return status;
}

ams_status ams_sweep_run(ams_sweep *sweep, const ams_jobs_spawner *spawner,
                         const ams_progress *progress, int *stopped, ams_error *err)
{
    const ams_join *join = &sweep->options->join;
    ams_jobs jobs = {.job = sweep->list,
                     .n = sweep->n_listed,
                     .side_by_side = sweep->options->side_by_side,
                     .together = sweep->options->together,
                     .spawner = spawner,
                     .progress = progress,
                     .failed = sweep->claims == NULL ? write_failed : NULL,
                     .context = sweep,
                     .claims = sweep->claims,
                     .join = join,
                     .data_hash = sweep->data_hash,
                     .until = join->seconds > 0 ? ams_seconds() + join->seconds : 0};
    ams_status status = AMS_OK;
    for (size_t i = 0; i < sweep->n_listed; i++) {
        jobs.total += (double)(sweep->list[i]->to - sweep->list[i]->from);
    }
    if (sweep->claims != NULL) {
        AMS_TRY(ams_jobs_run(&jobs, stopped, err));
        return share_end(sweep, stopped, err);
    }
    AMS_TRY(write_failed(sweep, err));
    AMS_TRY(write_manifest(sweep, "running", err));
    AMS_TRY(ams_jobs_run(&jobs, stopped, err));
    status = write_end(sweep, err);
out:
    return status;
}
