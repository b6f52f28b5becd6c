/* A training while it runs, and what is said of it. */
#include "ams/evaluate.h"

#include "base/text.h"
#include "base/version.h"
#include "lab/training/state.h"

#include <string.h>

static ams_status validate(void *context, const ams_net *net, const uint8_t *order,
                           ams_validation *result, ams_error *err)
{
    const ams_training *t = context;
    ams_policy *policy = NULL;
    ams_eval_options eval = {.split = AMS_VALIDATION, .pool = t->how.pool};
    ams_status status = AMS_OK;
    if (order != NULL) {
        AMS_TRY(ams_policy_create_from_orders(&policy, t->env, order, err));
    } else {
        AMS_TRY(
            ams_policy_create_from_net(&policy, t->env, net, (ams_decide)t->train.decide, err));
    }
    AMS_TRY(ams_validate(result, policy, t->table, &eval, err));
out:
    ams_policy_destroy(policy);
    return status;
}

static bool has_validation(const ams_training *t)
{
    return memchr(t->table->split, AMS_VALIDATION, t->table->n_items) != NULL;
}

const char *ams_training_cost_unit(const ams_training *training)
{
    return ams_table_cost_unit(training->table);
}

/* One decimal, or what small and huge ones need. */
static void print_time(char out[AMS_AMOUNT_BYTES], double time)
{
    ams_amount_print(out, time, time);
}

static void report(void *context, const ams_train_stats *stats, uint64_t steps,
                   const ams_validation *validation, uint64_t since_best)
{
    const ams_training *t = context;
    const uint64_t until = t->request->until;
    char note[200];
    int used =
        snprintf(note, sizeof note, "loss %.4f  epsilon %.2f", stats->loss, stats->epsilon);
    if (validation != NULL && used > 0) {
        char time[AMS_AMOUNT_BYTES];
        print_time(time, validation->time_ms);
        used += snprintf(note + used, sizeof note - (size_t)used, "  validation %s %s", time,
                         ams_training_cost_unit(t));
        if (t->train.patience > 0) {
            snprintf(note + used, sizeof note - (size_t)used, "  patience %llu/%llu",
                     (unsigned long long)since_best, (unsigned long long)t->train.patience);
        }
    }
    ams_progress_update(t->how.progress, (double)stats->updates,
                        (double)(until > 0 && until < steps ? until : steps), note);
}

ams_run_task ams_training_task(ams_training *t, const ams_training_how *how)
{
    const ams_training_request *request = t->request;
    t->how = *how;
    t->run = (ams_run_options){
        .directory = request->directory,
        .data_path = request->data_path,
        .data_hash = t->data_hash[0] == '\0' ? NULL : t->data_hash,
        .command = t->command,
        .version = ams_version_commit,
        .train = &t->train,
        .choose = ams_decide_rules[t->train.decide],
        .device = t->device,
        .accelerator = t->accelerator,
        .validate = has_validation(t) ? validate : NULL,
        .validate_context = t,
        .serve = has_validation(t) ? ams_training_serve : NULL,
        .progress = how->progress == NULL || how->progress->update == NULL ? NULL : report,
        .progress_context = t,
        .stop = how->stop,
        .until = request->until};
    return (ams_run_task){.options = &t->run, .table = t->table, .env = t->env};
}

ams_status ams_training_run(ams_training *t, const ams_training_how *how,
                            ams_run_result *result, ams_error *err)
{
    ams_training_how mine = *how;
    ams_pool *pool = NULL;
    *result = (ams_run_result){.outcome = AMS_RUN_STOPPED};
    if (how->pool == NULL && t->train.threads > 1) {
        ams_status made = ams_pool_create(&pool, (uint32_t)t->train.threads, err);
        if (made != AMS_OK) {
            return made;
        }
        mine.pool = pool;
    }
    const ams_run_task task = ams_training_task(t, &mine);
    ams_status status = ams_run_train(task.options, task.table, task.env, result, err);
    ams_training_tell(t, status, result, how->progress);
    ams_pool_destroy(pool);
    return status;
}

void ams_training_tell(const ams_training *t, ams_status status, const ams_run_result *r,
                       const ams_progress *progress)
{
    if (r->held_file) {
        ams_notice(progress,
                   "%s cannot be locked: its file system has no locks. The file %s/lock.held "
                   "stands for one",
                   t->request->directory, t->request->directory);
    }
    if (r->damaged[0] != '\0') {
        ams_notice(progress, "a damaged checkpoint was passed over: %s", r->damaged);
    }
    if (status == AMS_OK && r->resumed_at > 0) {
        ams_notice(progress, "continued at update %llu", (unsigned long long)r->resumed_at);
    }
    if (status == AMS_OK && r->outcome != AMS_RUN_ALREADY && !has_validation(t)) {
        ams_notice(progress, "the validation split is empty, the last weights are kept");
    }
}

ams_status ams_training_fixed(const ams_training *t, ams_validation *result, ams_error *err)
{
    const ams_eval_options eval = {.split = AMS_VALIDATION};
    ams_policy *fixed = NULL;
    ams_status status = AMS_OK;
    const char *spec = t->env->n_goals > 0 ? "fixed:each" : "fixed";
    AMS_TRY(ams_policy_create(&fixed, spec, t->table, t->env, err));
    status = ams_validate(result, fixed, t->table, &eval, err);
out:
    ams_policy_destroy(fixed);
    return status;
}

static void print_finished(const ams_training *t, const ams_run_result *r, FILE *out)
{
    fprintf(out, "%s: %llu updates in %.1f s (%.0f updates/s); kept the weights of update %llu",
            t->request->directory, (unsigned long long)r->updates, r->seconds, r->updates_per_s,
            (unsigned long long)r->best_updates);
    if (r->early) {
        fprintf(out, ", since when %llu validations were no better",
                (unsigned long long)t->train.patience);
    }
    if (r->best.time_ms > 0) {
        char time[AMS_AMOUNT_BYTES];
        print_time(time, r->best.time_ms);
        fprintf(
            out, ", validation: %s %s to recall %s, area %.4f", time, ams_training_cost_unit(t),
            t->env->n_goals > 0 ? "0.5-1.0, each by its own goal" : "0.8-1.0", r->best.area);
    }
    fputc('\n', out);
}

void ams_training_print(const ams_training *t, const ams_run_result *r, FILE *stream)
{
    const char *directory = t->request->directory;
    const uint64_t until = t->request->until;
    switch (r->outcome) {
    case AMS_RUN_ALREADY:
        fprintf(stream, "%s: already finished\n", directory);
        break;
    case AMS_RUN_STOPPED:
        fprintf(stream, "%s: stopped, checkpoint written; the same command continues it\n",
                directory);
        break;
    case AMS_RUN_PAUSED:
        fprintf(stream,
                "%s: paused at update %llu of %llu, checkpoint written; the same command "
                "without --until continues it\n",
                directory, (unsigned long long)(r->resumed_at > until ? r->resumed_at : until),
                (unsigned long long)t->train.steps);
        break;
    case AMS_RUN_FINISHED:
        print_finished(t, r, stream);
        break;
    }
}
