/* The folder of an experiment: what was planned, which runs there are, and which failed. */
#include "lab/live/parts.h"

#include "ams/claims.h"
#include "ams/names.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/tsv.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* -- runs by name -- */

/* LABEL of LABEL-SEED. */
static void set_label(ams_live_run *run)
{
    const char *dash = strrchr(run->name, '-');
    const size_t length = dash == NULL ? strlen(run->name) : (size_t)(dash - run->name);
    snprintf(run->label, sizeof run->label, "%.*s", (int)length, run->name);
}

static ams_status add(ams_live *live, const char *name, ams_error *err)
{
    ams_status status =
        ams_grow(&live->run, &live->capacity, live->n + 1, sizeof *live->run, "runs", err);
    if (status == AMS_OK) {
        ams_live_run *run = &live->run[live->n];
        *run = (ams_live_run){.state = AMS_LIVE_WAITING, .best = NAN};
        AMS_TRY(ams_copy_text(&run->name, name, err));
        set_label(run);
        live->n++;
    }
out:
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ams_live_run *)a)->name, ((const ams_live_run *)b)->name);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The runs by their names, whose indices are those of the runs. */
static ams_status list(const ams_live *live, ams_names *names, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; i < live->n && status == AMS_OK; i++) {
        uint32_t index = 0;
        const char *name = live->run[i].name;
        status = ams_names_add(names, name, strlen(name), &index, err);
    }
    return status;
}

static uint32_t index_of(const ams_names *names, const char *name)
{
    return ams_names_find(names, name, strlen(name));
}

static bool is_folder(const char *directory, const char *name)
{
    char *path = NULL;
    const bool folder =
        ams_join_path(&path, directory, name, NULL) == AMS_OK && ams_is_directory(path);
    free(path);
    return folder;
}

/* Folders in runs/ that no plan names: of an earlier sweep, or of another program. */
static ams_status add_folders(ams_live *live, const char *runs, ams_error *err)
{
    struct dirent **entries = NULL;
    ams_names planned = {0};
    const int n = scandir(runs, &entries, is_shown, alphasort);
    ams_status status = list(live, &planned, err);
    for (int i = 0; i < n && status == AMS_OK; i++) {
        const char *name = entries[i]->d_name;
        if (name[ams_control_at(name, strlen(name))] == '\0' && /* else nobody's of ours */
            index_of(&planned, name) == AMS_NO_NAME && is_folder(runs, name)) {
            status = add(live, name, err);
        }
    }
    ams_names_fini(&planned);
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* -- sweep.json and tune.json -- */

/* *json is NULL where there is no such file; free it by json_decref. */
static ams_status load(json_t **json, const char *directory, const char *name, ams_error *err)
{
    char *path = NULL;
    json_error_t reason = {.text = "no JSON object"};
    ams_status status = AMS_OK;
    *json = NULL;
    AMS_TRY(ams_join_path(&path, directory, name, err));
    if (ams_exists(path)) {
        *json = json_load_file(path, 0, &reason);
        if (!json_is_object(*json)) {
            status =
                ams_fail(err, AMS_BAD_DATA, "%s: expected the plan of a sweep or search: %s",
                         path, reason.text);
        }
    }
out:
    free(path);
    return status;
}

enum { MOST_JOBS = 1024 }; /* side by side; what says more was not written by `ams` */

static ams_status read_plan(ams_live *live, const json_t *plan, ams_error *err)
{
    const json_int_t jobs = json_integer_value(json_object_get(plan, "jobs"));
    const char *data = json_string_value(json_object_get(plan, "data"));
    const char *start = json_string_value(json_object_get(plan, "start"));
    const json_t *runs = json_object_get(plan, "runs");
    ams_status status = AMS_OK;
    live->side_by_side = jobs > 0 ? (uint64_t)(jobs < MOST_JOBS ? jobs : MOST_JOBS) : 0;
    if (data != NULL) {
        AMS_TRY(ams_copy_text(&live->data, data, err));
    }
    if (start != NULL) {
        AMS_TRY(ams_copy_text(&live->start, start, err));
    }
    for (size_t i = 0; i < json_array_size(runs); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(runs, i), "run"));
        if (name != NULL) {
            AMS_TRY(add(live, name, err));
        }
    }
out:
    return status;
}

/* Updates of a whole search: each rung trains its trials on from the rung before it, and the
 * last one trains every seed but the first from the beginning. */
static double updates_of(const json_t *plan)
{
    const json_t *rungs = json_object_get(plan, "rungs");
    const size_t seeds = json_array_size(json_object_get(plan, "seeds"));
    double before = 0;
    double all = 0;
    double trials = 0;
    for (size_t i = 0; i < json_array_size(rungs); i++) {
        const json_t *rung = json_array_get(rungs, i);
        const double updates = json_number_value(json_object_get(rung, "updates"));
        trials = json_number_value(json_object_get(rung, "trials"));
        all += trials * (updates - before);
        before = updates;
    }
    return all + (seeds > 1 ? (double)(seeds - 1) * trials * before : 0);
}

static ams_status read_plans(ams_live *live, ams_error *err)
{
    json_t *sweep = NULL;
    json_t *search = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(load(&sweep, live->directory, "sweep.json", err));
    AMS_TRY(load(&search, live->directory, "tune.json", err));
    live->kind = search != NULL  ? AMS_LIVE_SEARCH
                 : sweep != NULL ? AMS_LIVE_SWEEP
                                 : AMS_LIVE_EXPERIMENT;
    live->all_updates = search != NULL ? updates_of(search) : 0;
    status = read_plan(live, search != NULL ? search : sweep, err);
out:
    json_decref(sweep);
    json_decref(search);
    return status;
}

/* -- failed.tsv and tune.tsv -- */

static void fail(ams_live_run *run, const char *message)
{
    run->state = AMS_LIVE_FAILED;
    snprintf(run->message, sizeof run->message, "%.*s", (int)sizeof run->message - 1, message);
}

/* DIRECTORY/FILE where it is there, and two of its columns; ams_tsv_fini frees it. */
static ams_status read_table(ams_tsv *tsv, const char *directory, const char *file,
                             const char *const name[2], size_t column[2], ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, directory, file, err));
    if (ams_exists(path)) {
        AMS_TRY(ams_tsv_read(tsv, path, err));
        AMS_TRY(ams_tsv_require(tsv, name[0], &column[0], err));
        AMS_TRY(ams_tsv_require(tsv, name[1], &column[1], err));
    }
out:
    free(path);
    return status;
}

/* What failed and was begun again since is no failure. */
static ams_status mark_failed(ams_live *live, ams_error *err)
{
    static const char *const columns[2] = {"run", "message"};
    ams_tsv tsv = {0};
    ams_names names = {0};
    size_t column[2] = {0, 0};
    ams_status status = AMS_OK;
    AMS_TRY(list(live, &names, err));
    AMS_TRY(read_table(&tsv, live->directory, "failed.tsv", columns, column, err));
    for (size_t row = 0; row < tsv.n_rows; row++) {
        const uint32_t i = index_of(&names, ams_tsv_cell(&tsv, row, column[0]));
        if (i != AMS_NO_NAME && live->run[i].state != AMS_LIVE_RUNNING &&
            live->run[i].state != AMS_LIVE_FINISHED) {
            fail(&live->run[i], ams_tsv_cell(&tsv, row, column[1]));
        }
    }
out:
    ams_names_fini(&names);
    ams_tsv_fini(&tsv);
    return status;
}

/* A trial's label is that of its runs. */
static ams_status mark_dropped(ams_live *live, ams_error *err)
{
    static const char *const columns[2] = {"trial", "status"};
    ams_tsv tsv = {0};
    size_t column[2] = {0, 0};
    ams_status status = AMS_OK;
    AMS_TRY(read_table(&tsv, live->directory, "tune.tsv", columns, column, err));
    for (size_t row = 0; row < tsv.n_rows; row++) {
        if (strcmp(ams_tsv_cell(&tsv, row, column[1]), "dropped") != 0) {
            continue;
        }
        for (size_t i = 0; i < live->n; i++) {
            if (strcmp(live->run[i].label, ams_tsv_cell(&tsv, row, column[0])) == 0) {
                live->run[i].state = AMS_LIVE_DROPPED;
            }
        }
    }
out:
    ams_tsv_fini(&tsv);
    return status;
}

/* -- all of it -- */

static ams_status read_runs(ams_live *live, const char *runs, double now, ams_error *err)
{
    for (size_t i = 0; i < live->n; i++) {
        ams_live_run *run = &live->run[i];
        char *directory = NULL;
        ams_error why = {.text = ""};
        ams_status status = ams_join_path(&directory, runs, run->name, err);
        if (status != AMS_OK) {
            return status;
        }
        if (ams_live_read_run(live, run, directory, now, &why) != AMS_OK) {
            fail(run, why.text); /* the others are worth seeing */
        }
        free(directory);
    }
    return AMS_OK;
}

/* Twice what others wait for a sign of life: clocks of machines differ. */
static const double QUIET_S = 2 * AMS_CLAIMS_PATIENCE;

/* Not the file that a process makes its claims of, @NAME.new; a host's name may have that
 * within it. */
static int is_counter(const struct dirent *entry)
{
    static const char end[] = ".new";
    const size_t length = strlen(entry->d_name);
    const size_t n = sizeof end - 1;
    return entry->d_name[0] == '@' &&
           !(length >= n && strcmp(entry->d_name + length - n, end) == 0);
}

/* Whether processes that share the folder (ams/claims.h) have counted of late. */
static bool is_shared(const char *directory, double now)
{
    char *claims = NULL;
    struct dirent **entries = NULL;
    bool shared = false;
    if (ams_join_path(&claims, directory, "claims", NULL) != AMS_OK) {
        return false;
    }
    const int n = scandir(claims, &entries, is_counter, NULL);
    for (int i = 0; i < n; i++) {
        char *path = NULL;
        char *text = NULL;
        size_t size = 0;
        struct stat info;
        if (ams_join_path(&path, claims, entries[i]->d_name, NULL) == AMS_OK &&
            stat(path, &info) == 0 && now - (double)info.st_mtim.tv_sec < QUIET_S &&
            ams_read_file(path, 4096, &text, &size, NULL) == AMS_OK) {
            shared = shared || strcmp(text, "end\n") != 0;
        }
        free(text);
        free(path);
        free(entries[i]);
    }
    free(entries);
    free(claims);
    return shared;
}

/* A sweep goes on with what was stopped, and begins what waits. Where several share it, another
 * machine may train a run whose lock is not seen from here. */
static void wait_for_turn(ams_live *live, bool shared)
{
    for (size_t i = 0; live->working && i < live->n; i++) {
        ams_live_run *run = &live->run[i];
        if (shared && run->state == AMS_LIVE_INTERRUPTED && run->quiet_s < QUIET_S) {
            run->state = AMS_LIVE_RUNNING;
        } else if (run->state == AMS_LIVE_STOPPED || run->state == AMS_LIVE_INTERRUPTED) {
            run->state = AMS_LIVE_WAITING;
        }
    }
}

static ams_status read_experiment(ams_live *live, double now, ams_error *err)
{
    char *runs = NULL;
    char *lock = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&runs, live->directory, "runs", err));
    AMS_TRY(ams_join_path(&lock, live->directory, "lock", err));
    AMS_TRY(read_plans(live, err));
    AMS_TRY(add_folders(live, runs, err));
    if (live->n > 0) {
        qsort(live->run, live->n, sizeof *live->run, by_name);
    }
    /* First, so that no run is taken for one that waits when the last of them has just ended.
     */
    const bool shared = is_shared(live->directory, now);
    live->working = shared || ams_lock_in_use(lock);
    AMS_TRY(read_runs(live, runs, now, err));
    wait_for_turn(live, shared);
    AMS_TRY(mark_failed(live, err));
    status = mark_dropped(live, err);
out:
    free(runs);
    free(lock);
    return status;
}

ams_status ams_live_read(ams_live *live, const char *directory, double now, ams_error *err)
{
    char *runs = NULL;
    ams_status status = AMS_OK;
    live->directory = directory;
    if (!ams_is_directory(directory)) {
        return ams_fail(err, AMS_IO, "no such folder: %s", directory);
    }
    AMS_TRY(ams_join_path(&runs, directory, "runs", err));
    if (ams_is_directory(runs) || !ams_live_is_folder(directory)) { /* yet */
        status = read_experiment(live, now, err);
    } else {
        AMS_TRY(add(live, directory, err));
        snprintf(live->run[0].label, sizeof live->run[0].label, "%.63s", directory);
        status = ams_live_read_run(live, &live->run[0], directory, now, err);
    }
    if (live->unit[0] == '\0') {
        snprintf(live->unit, sizeof live->unit, "ms");
    }
out:
    free(runs);
    return status;
}
