#include "base/memory.h"
#include "lab/training/sample.h"
#include "lab/training/state.h"

#include <stdlib.h>
#include <string.h>

static uint64_t memory_of(const ams_training *t)
{
    return t->request->memory_mb == 0 ? AMS_TRAINING_MEMORY_MB : t->request->memory_mb;
}

static ams_status read_data(ams_training *t, const ams_progress *progress, ams_error *err)
{
    const ams_training_request *request = t->request;
    ams_training_sample_options wanted = {.path = request->data_path,
                                          .memory_mb = memory_of(t),
                                          .items = t->train.items,
                                          .seed = t->train.seed};
    ams_training_sample loaded;
    ams_status status = ams_alloc(&t->table, 1, sizeof *t->table, "a table", err);
    if (status != AMS_OK) {
        return status;
    }
    t->owns_table = true;
    status = ams_training_sample_read(&wanted, t->table, &loaded, err);
    t->partial = loaded.partial;
    if (status == AMS_OK && loaded.partial) {
        ams_notice(progress,
                   "%s is larger than --memory: %u of %u training items and %u of %u "
                   "validation items were read",
                   request->data_path, loaded.training, loaded.of_training, loaded.validation,
                   loaded.of_validation);
        /* With all validation items the run is the one on the whole file. */
        if (loaded.validation == loaded.of_validation) {
            status = ams_table_stored_hash(request->data_path, t->data_hash, err);
        }
    }
    return status;
}

/* -- sharing -- */

static bool same_table(const ams_training *a, const ams_training *b)
{
    return strcmp(a->request->data_path, b->request->data_path) == 0 &&
           memory_of(a) == memory_of(b) &&
           (!a->partial ||
            (a->train.items == b->train.items && a->train.seed == b->train.seed));
}

static ams_env_options env_options(const ams_training *t)
{
    return ams_train_env_options(&t->train);
}

static void borrow_data(ams_training *t, ams_training *const *before, size_t n)
{
    const ams_env_options wanted = env_options(t);
    for (size_t i = 0; i < n && t->env == NULL; i++) {
        const ams_training *other = before[i];
        if (other->env == NULL || !same_table(other, t)) {
            continue;
        }
        t->table = other->table;
        t->partial = other->partial;
        memcpy(t->data_hash, other->data_hash, sizeof t->data_hash);
        const ams_env_options has = env_options(other);
        t->env = ams_env_options_same(&has, &wanted) ? other->env : NULL;
    }
}

/* -- opening -- */

static ams_status make_command(ams_training *t, ams_error *err)
{
    return t->request->command != NULL
               ? ams_copy_text(&t->command, t->request->command, err)
               : ams_training_request_command(t->request, &t->command, err);
}

ams_status ams_training_open(ams_training **training, const ams_training_request *request,
                             ams_training *const *before, size_t n,
                             const ams_progress *progress, ams_error *err)
{
    ams_training *t = NULL;
    ams_status status = AMS_OK;
    *training = NULL;
    AMS_TRY(ams_train_check(&request->train, err));
    AMS_TRY(ams_alloc(&t, 1, sizeof *t, "a training", err));
    *t = (ams_training){.request = request, .train = request->train, .device = "cpu"};
    ams_train_resolve(&t->train);
    AMS_TRY(make_command(t, err));
    borrow_data(t, before, n);
    if (t->table == NULL) {
        AMS_TRY(read_data(t, progress, err));
    }
    if (t->env == NULL) {
        const ams_env_options wanted = env_options(t);
        AMS_TRY(ams_env_create(&t->env, t->table, &wanted, err));
        t->owns_env = true;
    }
    *training = t;
    t = NULL;
out:
    ams_training_close(t);
    return status;
}

void ams_training_close(ams_training *t)
{
    if (t == NULL) {
        return;
    }
    if (t->owns_env) {
        ams_env_destroy(t->env);
    }
    if (t->owns_table) {
        ams_table_fini(t->table);
        free(t->table);
    }
    free(t->command);
    free(t);
}
