#include "rl/run/checkpoint.h"

#include "ams/sections.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "AMSCKPT1";
enum { MOST_BYTES = INT32_MAX };

static ams_status path_of(char **path, const char *directory, const char *name, ams_error *err)
{
    char *folder = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&folder, directory, "checkpoints", err));
    AMS_TRY(ams_make_directories(folder, err));
    AMS_TRY(ams_join_path(path, folder, name, err));
out:
    free(folder);
    return status;
}

ams_status ams_checkpoint_write(const char *directory, ams_trainer *trainer,
                                const ams_run_progress *progress, const float *best,
                                ams_error *err)
{
    ams_status status = AMS_OK;
    ams_blob blob = {0};
    char *last = NULL;
    char *previous = NULL;
    size_t block = ams_trainer_net(trainer)->n_params * sizeof(float);
    AMS_TRY(path_of(&last, directory, "last", err));
    AMS_TRY(path_of(&previous, directory, "previous", err));
    AMS_TRY(ams_blob_begin(&blob, MAGIC, err));
    AMS_TRY(ams_blob_add(&blob, "progress", progress, sizeof *progress, err));
    AMS_TRY(ams_blob_add(&blob, "best", best, block, err));
    AMS_TRY(ams_trainer_save(trainer, &blob, err));
    /* Between these two steps only `previous` exists, which reading falls back to. */
    if (rename(last, previous) != 0 && errno != ENOENT) {
        status = ams_fail(err, AMS_IO, "cannot rename %s: %s", last, strerror(errno));
        goto out;
    }
    status = ams_blob_write(&blob, last, err);
out:
    ams_blob_fini(&blob);
    free(last);
    free(previous);
    return status;
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
out:
    free(bytes);
    return status;
}

ams_status ams_checkpoint_read(const char *directory, ams_trainer *trainer,
                               ams_run_progress *progress, float *best, bool *found,
                               char *damaged, size_t damaged_size, ams_error *err)
{
    static const char *const names[] = {"last", "previous"};
    *found = false;
    damaged[0] = '\0';
    ams_status status = AMS_OK;
    for (int i = 0; i < 2 && !*found; i++) {
        char *path = NULL;
        status = path_of(&path, directory, names[i], err);
        if (status != AMS_OK) {
            return status;
        }
        if (ams_exists(path)) {
            ams_error reason = {{0}};
            status = read_one(path, trainer, progress, best, &reason);
            *found = status == AMS_OK;
            if (status != AMS_OK) {
                size_t used = strlen(damaged);
                snprintf(damaged + used, damaged_size - used, "%s%s", used > 0 ? "; " : "",
                         reason.text);
            }
        }
        free(path);
    }
    if (!*found && damaged[0] != '\0') {
        return ams_fail(err, AMS_BAD_DATA,
                        "no checkpoint can be used: %s; remove %s/checkpoints to start again",
                        damaged, directory);
    }
    return AMS_OK;
}
