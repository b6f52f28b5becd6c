/* The folder of a reproduction: its lock, its scale, and the records of what is done. */
#include "lab/reproduce/records.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"
#include "lab/figures/columns.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

ams_status ams_step_path(const ams_reproduction *r, size_t step, const char *folder,
                         const char *ending, char **path, ams_error *err)
{
    if (asprintf(path, "%s/%s/%s.%s", r->directory, folder, r->recipe.step[step].name, ending) <
        0) {
        *path = NULL;
        return ams_no_memory(err, 0, "a path");
    }
    return AMS_OK;
}

/* -- records -- */

/* False: no such column, or no number. */
static bool read_field(const ams_tsv *tsv, const char *name, double *value)
{
    size_t column = ams_tsv_column(tsv, name);
    return column != AMS_NO_COLUMN && ams_tsv_number(tsv, 0, column, value, NULL) == AMS_OK;
}

/* A record that is damaged, or of another command, counts as none. */
ams_status ams_step_find(ams_reproduction *r, size_t s, ams_error *err)
{
    char *path = NULL;
    ams_tsv tsv = {0};
    ams_step *step = &r->step[s];
    ams_status status = ams_step_path(r, s, "steps", "tsv", &path, err);
    if (status == AMS_OK && ams_exists(path) && ams_tsv_read(&tsv, path, NULL) == AMS_OK) {
        size_t command = ams_tsv_column(&tsv, AMS_COL_COMMAND);
        if (tsv.n_rows == 1 && command != AMS_NO_COLUMN &&
            strcmp(ams_tsv_cell(&tsv, 0, command), step->text) == 0 &&
            read_field(&tsv, AMS_COL_SECONDS, &step->seconds) &&
            read_field(&tsv, AMS_COL_CPU_SECONDS, &step->cpu_seconds) &&
            read_field(&tsv, AMS_COL_PEAK_MB, &step->peak_mb)) {
            size_t commit = ams_tsv_column(&tsv, AMS_COL_COMMIT);
            snprintf(step->commit, sizeof step->commit, "%s",
                     commit == AMS_NO_COLUMN ? "unknown" : ams_tsv_cell(&tsv, 0, commit));
            step->state = AMS_STEP_BEFORE;
        }
        ams_tsv_fini(&tsv);
    }
    free(path);
    return status;
}

static ams_status print_record(FILE *stream, const void *context, ams_error *err)
{
    const ams_step *step = context;
    (void)err;
    fprintf(stream, AMS_RECORD_HEADER "%s\t%.3f\t%.3f\t%.1f\t%s\n", step->text, step->seconds,
            step->cpu_seconds, step->peak_mb, step->commit);
    return AMS_OK;
}

ams_status ams_step_record(const ams_reproduction *r, size_t step, ams_error *err)
{
    char *path = NULL;
    ams_status status = ams_step_path(r, step, "steps", "tsv", &path, err);
    if (status == AMS_OK) {
        status = ams_file_write(NULL, path, print_record, &r->step[step], err);
    }
    free(path);
    return status;
}

/* A result is valid only while everything that it was made of is. */
static void forget_stale(ams_reproduction *r)
{
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_recipe_step *step = &r->recipe.step[s];
        for (size_t k = 0; k < step->n_needs && r->step[s].state == AMS_STEP_BEFORE; k++) {
            if (r->step[step->need[k]].state != AMS_STEP_BEFORE) {
                r->step[s].state = AMS_STEP_WAITING;
            }
        }
    }
}

/* -- the folder -- */

/* Steps of a process that was killed have the lock until they end, which they do soon. */
static ams_status take_lock(ams_reproduction *r, ams_error *err)
{
    const struct timespec tick = {.tv_nsec = 100000000};
    const double patience = 20;
    char *path = NULL;
    double begun = ams_seconds();
    ams_lock lock = {.state = AMS_LOCK_IN_USE};
    ams_status status = ams_join_path(&path, r->directory, "lock", err);
    if (status != AMS_OK) {
        return status;
    }
    while (status == AMS_OK) {
        status = r->options.join.on
                     ? ams_lock_share(&r->lock, path, &lock, err)
                     : ams_lock_open(&r->lock, path, true, &lock, err); /* see reproduce.h */
        if (status != AMS_OK || lock.state != AMS_LOCK_IN_USE) {
            break;
        }
        if (ams_seconds() - begun > patience) {
            status = ams_fail(err, AMS_USAGE, "%s is in use by %s; ams reproduce works there",
                              r->directory, lock.by);
        }
        nanosleep(&tick, NULL);
    }
    free(path);
    return status;
}

void ams_reproduction_unlock(ams_reproduction *r)
{
    char *path = NULL;
    if (ams_join_path(&path, r->directory, "lock", NULL) == AMS_OK) {
        ams_lock_close(r->lock, path);
    }
    free(path);
}

static ams_status print_scale(FILE *stream, const void *context, ams_error *err)
{
    (void)err;
    fprintf(stream, "%s\n", (const char *)context);
    return AMS_OK;
}

/* Whether DIR/FOLDER has an entry; false where it cannot be read, which is found out later. */
static bool holds_anything(const ams_reproduction *r, const char *name)
{
    char *path = NULL;
    bool found = false;
    DIR *folder =
        ams_join_path(&path, r->directory, name, NULL) == AMS_OK ? opendir(path) : NULL;
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        found = found || entry->d_name[0] != '.';
    }
    if (folder != NULL) {
        closedir(folder);
    }
    free(path);
    return found;
}

/* Results of two scales in one folder could not be distinguished. Where a start failed before
 * there were any, the folder takes another scale. */
static ams_status check_scale(const ams_reproduction *r, ams_error *err)
{
    char *path = NULL;
    char *text = NULL;
    size_t size = 0;
    const char *scale = r->recipe.options.scale;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, r->directory, "scale", err));
    if (!ams_exists(path) || !(holds_anything(r, "steps") || holds_anything(r, "work") ||
                               holds_anything(r, "data"))) {
        status = ams_file_write(NULL, path, print_scale, scale, err);
        goto out;
    }
    AMS_TRY(ams_read_file(path, 4096, &text, &size, err));
    text[strcspn(text, "\n")] = '\0';
    if (strcmp(text, scale) != 0) {
        status = ams_fail(err, AMS_USAGE,
                          "%s was begun with --scale %s, found --scale %s; give another -o",
                          r->directory, text, scale);
    }
out:
    free(path);
    free(text);
    return status;
}

ams_status ams_records_open(ams_reproduction *r, ams_error *err)
{
    static const char *const folders[] = {"data", "work", "logs", "steps"};
    char *path = NULL;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
        AMS_TRY(ams_join_path(&path, r->directory, folders[k], err));
        AMS_TRY(ams_make_directories(path, err));
        free(path);
        path = NULL;
    }
    AMS_TRY(take_lock(r, err));
    status = check_scale(r, err);
out:
    free(path);
    return status;
}

ams_status ams_records_find(ams_reproduction *r, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == AMS_STEP_WAITING) {
            AMS_TRY(ams_step_find(r, s, err));
        }
    }
    forget_stale(r);
out:
    return status;
}
