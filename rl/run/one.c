/* A run's beginning and end; what is between stands in steps.c. */
#include "ams/run.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "rl/run/config.h"
#include "rl/run/manifest.h"
#include "rl/run/state.h"

#include <stdlib.h>
#include <string.h>

/* What can be said before the folder is touched. */
static ams_status check(const ams_run_state *r, ams_error *err)
{
    const ams_train_options *train = r->options->train;
    ams_status status = ams_train_check(train, err);
    if (status == AMS_OK && train->patience > 0 && r->options->validate == NULL) {
        status = ams_fail(err, AMS_USAGE,
                          "patience=%llu: expected items in the validation split, found none; "
                          "`ams data split` makes one",
                          (unsigned long long)train->patience);
    }
    return status;
}

static ams_status name_data(ams_run_state *r, ams_error *err)
{
    if (r->options->data_hash != NULL) {
        snprintf(r->progress.data_hash, AMS_HASH_TEXT, "%s", r->options->data_hash);
        return AMS_OK;
    }
    return ams_table_hash(r->table, r->progress.data_hash, err);
}

/* *ready = false where the device has no room. */
static ams_status make_trainer(ams_run_state *r, ams_device *device, bool *ready,
                               ams_error *err)
{
    const ams_run_options *o = r->options;
    ams_status status = AMS_OK;
    *ready = true;
    AMS_TRY(ams_trainer_create(&r->trainer, r->env, o->train, o->choose, err));
    if (o->accelerator != NULL) {
        if (device->accelerator == NULL) {
            AMS_TRY(ams_device_open(device, o->accelerator, err));
        }
        AMS_TRY(ams_trainer_join(r->trainer, device, ready, err));
        AMS_TRY(ams_alloc(&r->order, (size_t)r->env->n_items * r->env->n_models, 1,
                          "the orders of a validation", err));
    }
    AMS_TRY(ams_alloc(&r->best, ams_trainer_net(r->trainer)->n_params, sizeof(float),
                      "the best weights", err));
out:
    return status;
}

static ams_status restore(ams_run_state *r, ams_run_result *result, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_run_progress fresh = r->progress;
    ams_checkpoint_file found = AMS_CHECKPOINT_NONE;
    AMS_TRY(ams_checkpoint_read(r->options->directory, r->trainer, &r->progress, r->best,
                                &found, result->damaged, err));
    r->last_good = found == AMS_CHECKPOINT_LAST;
    if (found == AMS_CHECKPOINT_NONE) {
        r->progress = fresh;
    } else if (strcmp(r->progress.data_hash, fresh.data_hash) != 0) {
        status =
            ams_fail(err, AMS_USAGE,
                     "%s was trained on other data (content hash %s, now %s); choose another "
                     "folder",
                     r->options->directory, r->progress.data_hash, fresh.data_hash);
        goto out;
    }
    result->resumed_at = ams_trainer_updates(r->trainer);
    r->first_update = result->resumed_at;
    if (r->set_aside > 0) {
        AMS_TRY(ams_run_set_aside(r, err));
    }
    AMS_TRY(ams_run_write_config(r->options->directory, r->options->train, err));
    AMS_TRY(ams_run_open_metrics(r, err));
    AMS_TRY(ams_run_manifest(r, "running", err));
out:
    return status;
}

/* The folder, locked, if it holds this run or nothing that was trained. */
static ams_status take_folder(ams_run_state *r, ams_run_result *result, bool *finished,
                              ams_error *err)
{
    bool begun = false;
    uint64_t fewer = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_run_lock(r, err));
    result->held_file = r->held_file;
    AMS_TRY(ams_run_has_begun(r->options->directory, &begun, err));
    if (begun) {
        AMS_TRY(ams_run_fewer_steps(r->options->directory, r->options->train, &fewer, err));
    }
    if (fewer > 0) {
        AMS_TRY(ams_run_lengthen(r, fewer, err));
    } else if (begun) {
        AMS_TRY(ams_run_check_config(r->options->directory, r->options->train, err));
    }
    AMS_TRY(ams_run_already_finished(r, finished, err));
    *finished = *finished && r->set_aside == 0;
    if (*finished) {
        AMS_TRY(ams_run_write_config(r->options->directory, r->options->train, err));
        status = ams_run_mend_manifest(r, err);
    }
out:
    return status;
}

/* A folder that is not there is made once nothing but the disk can refuse the run, so that a
 * start that fails leaves none. */
ams_status ams_run_begin(ams_run_state *r, const ams_run_task *task, ams_device *device,
                         ams_run_result *result, ams_run_phase *phase, ams_error *err)
{
    const char *directory = task->options->directory;
    bool finished = false;
    bool ready = false;
    ams_status status = AMS_OK;
    *result = (ams_run_result){0};
    *r = (ams_run_state){.options = task->options,
                         .table = task->table,
                         .env = task->env,
                         .lock = -1,
                         .started = ams_seconds()};
    *phase = AMS_RUN_OVER;
    AMS_TRY(check(r, err));
    AMS_TRY(name_data(r, err));
    if (ams_exists(directory)) {
        AMS_TRY(take_folder(r, result, &finished, err));
    }
    if (!finished) {
        AMS_TRY(make_trainer(r, device, &ready, err));
        *phase = ready ? AMS_RUN_TRAINS : AMS_RUN_WAITS;
    }
    if (ready && r->lock < 0) {
        AMS_TRY(take_folder(r, result, &finished, err));
    }
    if (finished) {
        result->outcome = AMS_RUN_ALREADY;
        *phase = AMS_RUN_OVER;
    } else if (ready) {
        status = restore(r, result, err);
    }
out:
    return status;
}

static void summarize(const ams_run_state *r, bool stopped, ams_run_result *result)
{
    result->outcome = !stopped              ? AMS_RUN_FINISHED
                      : ams_run_at_until(r) ? AMS_RUN_PAUSED
                                            : AMS_RUN_STOPPED;
    result->updates = ams_trainer_updates(r->trainer);
    result->early = ams_run_stopped_early(r);
    result->best_updates = r->progress.best_updates;
    result->best = r->progress.best;
    result->seconds = ams_run_seconds_since(r->started);
    result->updates_per_s =
        (double)(ams_trainer_updates(r->trainer) - r->first_update) / result->seconds;
}

ams_status ams_run_conclude(ams_run_state *r, ams_status status, bool stopped,
                            ams_run_result *result, ams_error *err)
{
    if (status == AMS_OK && !stopped) {
        status = ams_run_write_policy(r, err);
    }
    if (status != AMS_OK) {
        (void)ams_run_manifest(r, "failed", NULL); /* the first error is the one to report */
        if (status == AMS_IO) {
            ams_run_say_what_is_kept(r, err);
        }
        return status;
    }
    status = ams_run_manifest(r, stopped ? "stopped" : "finished", err);
    if (status == AMS_OK) {
        summarize(r, stopped, result);
    }
    return status;
}

void ams_run_fini(ams_run_state *r)
{
    ams_trainer_destroy(r->trainer);
    free(r->best);
    free(r->order);
    if (r->metrics != NULL) {
        fclose(r->metrics);
    }
    if (r->timing != NULL) {
        fclose(r->timing);
    }
    ams_run_unlock(r);
    *r = (ams_run_state){.lock = -1};
}
