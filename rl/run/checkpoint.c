#include "rl/run/checkpoint.h"

#include "ams/sections.h"
#include "base/file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "AMSCKPT1";
enum { MOST_BYTES = INT32_MAX };

static ams_status path_of(char **path, const char *directory, const char *name, ams_error *err)
{
    char *folder = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&folder, directory, "checkpoints", err));
    AMS_TRY(ams_join_path(path, folder, name, err));
out:
    free(folder);
    return status;
}

static ams_status make_folder(const char *directory, ams_error *err)
{
    char *folder = NULL;
    ams_status status = ams_join_path(&folder, directory, "checkpoints", err);
    if (status == AMS_OK) {
        status = ams_make_directories(folder, err);
    }
    free(folder);
    return status;
}

/* `next`, which is whole, becomes `last`. Between the two steps only `previous` may exist, to
 * which reading falls back. */
static ams_status rotate(const char *directory, const char *next, bool last_good,
                         ams_error *err)
{
    char *last = NULL;
    char *previous = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(path_of(&last, directory, "last", err));
    AMS_TRY(path_of(&previous, directory, "previous", err));
    if (last_good && rename(last, previous) != 0 && errno != ENOENT) {
        status = ams_fail(err, AMS_IO, "cannot rename %s: %s", last, strerror(errno));
        goto out;
    }
    status = ams_file_publish(next, last, err);
out:
    free(last);
    free(previous);
    return status;
}

ams_status ams_checkpoint_write(const char *directory, ams_trainer *trainer,
                                const ams_run_progress *progress, const float *best,
                                bool last_good, ams_error *err)
{
    ams_status status = AMS_OK;
    ams_blob blob = {0};
    char *next = NULL;
    size_t block = ams_trainer_net(trainer)->n_params * sizeof(float);
    AMS_TRY(make_folder(directory, err));
    AMS_TRY(path_of(&next, directory, "next", err));
    AMS_TRY(ams_blob_begin(&blob, MAGIC, err));
    AMS_TRY(ams_blob_add(&blob, "progress", progress, sizeof *progress, err));
    AMS_TRY(ams_blob_add(&blob, "best", best, block, err));
    AMS_TRY(ams_trainer_save(trainer, &blob, err));
    AMS_TRY(ams_blob_write(&blob, next, err));
    status = rotate(directory, next, last_good, err);
out:
    ams_blob_fini(&blob);
    free(next);
    return status;
}

static bool good_progress(const ams_run_progress *p, uint64_t updates)
{
    return p->best_updates <= updates && p->since_best <= updates && p->has_best <= 1 &&
           p->has_latest <= 1 && memchr(p->data_hash, '\0', sizeof p->data_hash) != NULL &&
           isfinite(p->best.area) && isfinite(p->best.time_ms) && isfinite(p->latest.area) &&
           isfinite(p->latest.time_ms);
}

bool ams_all_finite(const float *x, uint64_t n)
{
    bool finite = true;
    for (uint64_t i = 0; i < n; i++) {
        finite = finite && isfinite(x[i]);
    }
    return finite;
}

static ams_status read_one(const char *path, ams_trainer *trainer, ams_run_progress *progress,
                           float *best, ams_error *err)
{
    char *bytes = NULL;
    size_t size = 0;
    ams_sections sections;
    ams_status status = AMS_OK;
    size_t block = ams_trainer_net(trainer)->n_params * sizeof(float);
    AMS_TRY(ams_read_file(path, MOST_BYTES, &bytes, &size, err));
    AMS_TRY(ams_sections_open(&sections, bytes, size, MAGIC, path, err));
    AMS_TRY(ams_sections_copy(&sections, "progress", progress, sizeof *progress, err));
    AMS_TRY(ams_sections_copy(&sections, "best", best, block, err));
    AMS_TRY(ams_trainer_restore(trainer, &sections, err));
    if (!good_progress(progress, ams_trainer_updates(trainer)) ||
        !ams_all_finite(best, ams_trainer_net(trainer)->n_params)) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: the checkpoint's best weights or what is known of them are not "
                          "those of a run",
                          path);
    }
out:
    free(bytes);
    return status;
}

static const char *const names[] = {
    [AMS_CHECKPOINT_LAST] = "last", [AMS_CHECKPOINT_PREVIOUS] = "previous"};

ams_status ams_checkpoint_read(const char *directory, ams_trainer *trainer,
                               ams_run_progress *progress, float *best,
                               ams_checkpoint_file *found, char *damaged, ams_error *err)
{
    *found = AMS_CHECKPOINT_NONE;
    damaged[0] = '\0';
    for (int i = AMS_CHECKPOINT_LAST; i <= AMS_CHECKPOINT_PREVIOUS && *found == 0; i++) {
        char *path = NULL;
        ams_status status = path_of(&path, directory, names[i], err);
        if (status != AMS_OK) {
            return status;
        }
        if (ams_exists(path)) {
            ams_error reason = {{0}};
            if (read_one(path, trainer, progress, best, &reason) == AMS_OK) {
                *found = (ams_checkpoint_file)i;
            } else {
                size_t used = strlen(damaged);
                snprintf(damaged + used, AMS_CHECKPOINT_REASON - used, "%s%s",
                         used > 0 ? "; " : "", reason.text);
            }
        }
        free(path);
    }
    if (*found == AMS_CHECKPOINT_NONE && damaged[0] != '\0') {
        return ams_fail(err, AMS_BAD_DATA,
                        "no checkpoint can be used: %s; remove %s/checkpoints to start again",
                        damaged, directory);
    }
    return AMS_OK;
}

ams_status ams_checkpoint_exists(const char *directory, bool *exists, ams_error *err)
{
    *exists = false;
    for (int i = AMS_CHECKPOINT_LAST; i <= AMS_CHECKPOINT_PREVIOUS; i++) {
        char *path = NULL;
        ams_status status = path_of(&path, directory, names[i], err);
        if (status != AMS_OK) {
            return status;
        }
        *exists = *exists || ams_exists(path);
        free(path);
    }
    return AMS_OK;
}
