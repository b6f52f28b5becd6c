/* `ams sweep`: every combination of agents, settings and seeds, each a run of its own. */
#include "cli/sweep.h"

#include "ams_commit.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const cli_option options[] = {
    {"--data", true}, {"--agents", true}, {"--seeds", true},
    {"-j", true},     {"--config", true}, {"-o", true},
};

static void iso_now(char text[32])
{
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* -- files -- */

static json_t *settings_json(const sweep *s)
{
    json_t *settings = json_object();
    for (size_t a = 0; a < s->n_axes; a++) {
        json_t *values = json_array();
        for (size_t v = 0; v < s->axis[a].n; v++) {
            json_array_append_new(values, json_string(s->axis[a].value[v]));
        }
        json_object_set_new(settings, s->axis[a].key, values);
    }
    return settings;
}

static json_t *runs_json(const sweep *s)
{
    json_t *runs = json_array();
    for (size_t r = 0; r < s->n_runs; r++) {
        const sweep_run *run = &s->run[r];
        json_t *row =
            json_pack("{s:s, s:s, s:I, s:s}", "run", run->name, "label", run->label, "seed",
                      (json_int_t)run->seed, "status", sweep_state_names[run->state]);
        if (run->state == SWEEP_FAILED) {
            json_object_set_new(row, "message", json_string(run->message));
        }
        json_array_append_new(runs, row);
    }
    return runs;
}

ams_status sweep_write_manifest(const sweep *s, const char *state, ams_error *err)
{
    char now[32];
    char *path = NULL;
    ams_file file = {0};
    json_t *seeds = json_array();
    for (size_t k = 0; k < s->n_seeds; k++) {
        json_array_append_new(seeds, json_integer((json_int_t)s->seed[k]));
    }
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:I, s:s, s:s, s:o}", "program",
                  "ams", "version", AMS_VERSION ", commit " AMS_COMMIT, "command", s->command,
                  "data", s->data_path, "data_hash", s->data_hash, "config", s->config,
                  "settings", settings_json(s), "seeds", seeds, "jobs", (json_int_t)s->jobs,
                  "start", s->start, "status", state, "runs", runs_json(s));
    if (json != NULL && strcmp(state, "running") != 0) {
        iso_now(now);
        json_object_set_new(json, "end", json_string(now));
    }
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, s->directory, "sweep.json", err));
    if (json == NULL) {
        status = ams_fail(err, AMS_BACKEND,
                          "%s cannot be described as JSON (a text that is not UTF-8, or out of "
                          "memory)",
                          path);
        goto out;
    }
    AMS_TRY(ams_file_create(&file, path, err));
    json_dumpf(json, file.stream, JSON_INDENT(2));
    fputc('\n', file.stream);
    status = ams_file_commit(&file, err);
out:
    json_decref(json);
    free(path);
    return status;
}

ams_status sweep_write_failed(const sweep *s, ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, s->directory, "failed.tsv", err));
    AMS_TRY(ams_file_create(&file, path, err));
    fputs("run\tlabel\tseed\tcode\tmessage\n", file.stream);
    for (size_t r = 0; r < s->n_runs; r++) {
        const sweep_run *run = &s->run[r];
        if (run->state == SWEEP_FAILED) {
            fprintf(file.stream, "%s\t%s\t%llu\t%d\t%s\n", run->name, run->label,
                    (unsigned long long)run->seed, run->code, run->message);
        }
    }
    status = ams_file_commit(&file, err);
out:
    free(path);
    return status;
}

static ams_status make_folders(const sweep *s, int *lock, ams_error *err)
{
    static const char *const folders[] = {"runs", "logs"};
    char *path = NULL;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < sizeof folders / sizeof(char *); k++) {
        AMS_TRY(ams_join_path(&path, s->directory, folders[k], err));
        AMS_TRY(ams_make_directories(path, err));
        free(path);
        path = NULL;
    }
    AMS_TRY(ams_join_path(&path, s->directory, "lock", err));
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*lock < 0) {
        status = ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
    } else if (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
        status = ams_fail(err, AMS_USAGE, "%s is in use by another sweep", s->directory);
    }
out:
    free(path);
    return status;
}

/* -- the command -- */

static ams_status settle_jobs(sweep *s, const cli_args *args, ams_error *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s->jobs = processors > 0 ? (uint64_t)processors : 1;
    ams_status status = cli_get_u64(args, "-j", &s->jobs, err);
    if (status == AMS_OK && (s->jobs == 0 || s->jobs > 1024)) {
        status = ams_fail(err, AMS_USAGE, "option -j: expected 1 to 1024, found %llu",
                          (unsigned long long)s->jobs);
    }
    return status;
}

/* Once here, instead of once in every run. */
static ams_status check_data(sweep *s, ams_error *err)
{
    ams_table table = {0};
    ams_status status = ams_table_read(&table, s->data_path, err);
    if (status == AMS_OK) {
        status = ams_table_hash(&table, s->data_hash, err);
        ams_table_fini(&table);
    }
    return status;
}

/* The failures once more at the end, where they are seen. */
static ams_status conclude(const sweep *s, bool stopped, ams_error *err)
{
    size_t failed = sweep_count(s, SWEEP_FAILED);
    size_t before = sweep_count(s, SWEEP_BEFORE);
    size_t done = sweep_count(s, SWEEP_FINISHED) + before;
    int code = 0;
    printf("%s: %zu of %zu runs finished (%zu of them before), %zu failed\n", s->directory,
           done, s->n_runs, before, failed);
    if (stopped) {
        printf("stopped; checkpoints are written, the same command continues\n");
    }
    for (size_t r = 0; r < s->n_runs; r++) {
        if (s->run[r].state == SWEEP_FAILED) {
            printf("  failed: %s: %s\n", s->run[r].name, s->run[r].message);
            code = code == 0 ? s->run[r].code : code;
        }
    }
    ams_status status = sweep_write_manifest(
        s, stopped ? "stopped" : (failed > 0 ? "failed" : "finished"), err);
    if (status == AMS_OK && failed > 0) {
        status = code >= AMS_USAGE && code <= AMS_BACKEND ? (ams_status)code : AMS_BACKEND;
        status = ams_fail(err, status,
                          "%zu of %zu runs failed; %s/failed.tsv has their messages, %s/logs "
                          "what they printed",
                          failed, s->n_runs, s->directory, s->directory);
    }
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    sweep s = {.command = cli_command_line(args)};
    int lock = -1;
    bool stopped = false;
    ams_status status = AMS_OK;
    iso_now(s.start);
    AMS_TRY(sweep_plan(&s, args, err));
    AMS_TRY(settle_jobs(&s, args, err));
    AMS_TRY(check_data(&s, err));
    AMS_TRY(make_folders(&s, &lock, err));
    AMS_TRY(sweep_write_failed(&s, err));
    AMS_TRY(sweep_write_manifest(&s, "running", err));
    AMS_TRY(sweep_jobs(&s, &stopped, sweep_write_failed, err));
    status = conclude(&s, stopped, err);
out:
    if (lock >= 0) {
        close(lock);
    }
    sweep_fini(&s);
    return status;
}

const ams_command ams_cmd_sweep = {
    .name = "sweep",
    .summary = "train every combination of agents, settings and seeds",
    .usage = "ams sweep --data F.h5 [--agents A,B] [--seeds 1-5] [-j N] [--config FILE]\n"
             "          [key=v1,v2 ...] -o EXP",
    .help =
        "  --data F.h5     outputs file, made by `ams data import`\n"
        "  --agents A,B    `ams list agents` (default: the configuration's)\n"
        "  --seeds LIST    1-5 or 1,2,7 (default 1-5)\n"
        "  -j N            runs side by side (default: one a processor)\n"
        "  --config FILE   key = value lines for all runs; arguments override them\n"
        "  -o EXP          folder of the experiment\n"
        "  key=v1,v2       any key of `ams list keys` but agent, seed and label; with one "
        "value\n"
        "                  it holds for all runs, with more it is varied\n"
        "\n"
        "Each combination is a run of `ams train` in EXP/runs/LABEL-SEED; the label is the\n"
        "agent with what varies (dqn,lr=0.001). EXP/logs has what the runs print, sweep.json\n"
        "what was asked for and became of it, failed.tsv the runs that failed; any failed run\n"
        "makes the exit code other than 0. The same command again continues, and skips what\n"
        "is finished; more seeds or values may be added. Ctrl-C and SIGTERM let the runs\n"
        "write checkpoints. `ams compare EXP` tells how they did.\n"
        "\n"
        "Examples:\n"
        "  ams sweep --data data/photos.h5 --seeds 1-5 -j 2 steps=5000 -o exp/first\n"
        "  ams sweep --data data/photos.h5 --config experiments/photos/dqn.ini \\\n"
        "    lr=0.001,0.0005 hidden=128,256x128 -o exp/sizes\n"
        "  ams sweep --data data/photos.h5 items=100,300,1000,3000,0 -o exp/items\n",
    CLI_OPTIONS(options),
    .run = run,
};
