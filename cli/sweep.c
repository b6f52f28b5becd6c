/* `ams sweep`: every combination of agents, settings and seeds, each a run of its own. */
#include "cli/sweep.h"

#include "ams_commit.h"

#include "base/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    {.name = "--data", .takes_value = true},   {.name = "--agents", .takes_value = true},
    {.name = "--seeds", .takes_value = true},  {.name = "-j", .takes_value = true},
    {.name = "--config", .takes_value = true}, {.name = "-o", .takes_value = true},
    {.name = "--device", .takes_value = true}, {.name = "--memory", .takes_value = true},
};

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
        const job *run = &s->run[r];
        json_t *row =
            json_pack("{s:s, s:s, s:I, s:s}", "run", run->name, "label", run->label, "seed",
                      (json_int_t)run->seed, "status", job_state_names[run->state]);
        if (run->state == JOB_FAILED) {
            json_object_set_new(row, "message", json_string(run->message));
        }
        json_array_append_new(runs, row);
    }
    return runs;
}

ams_status sweep_write_manifest(const sweep *s, const char *state, ams_error *err)
{
    char now[32];
    json_t *seeds = json_array();
    for (size_t k = 0; k < s->n_seeds; k++) {
        json_array_append_new(seeds, json_integer((json_int_t)s->seed[k]));
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:I, s:s, s:s, s:o}",
                             "program", "ams", "version", AMS_VERSION ", commit " AMS_COMMIT,
                             "command", s->command, "data", s->data_path, "data_hash",
                             s->data_hash, "config", s->config, "settings", settings_json(s),
                             "seeds", seeds, "jobs", (json_int_t)s->side_by_side, "start",
                             s->start, "status", state, "runs", runs_json(s));
    if (json != NULL && strcmp(state, "running") != 0) {
        cli_now(now);
        json_object_set_new(json, "end", json_string(now));
    }
    return jobs_write_json(s->directory, "sweep.json", json, err);
}

/* -- the command -- */

static size_t count(const sweep *s, job_state state)
{
    const jobs all = {.job = s->list, .n = s->n_runs};
    return jobs_count(&all, state);
}

/* The failures once more at the end, where they are seen. */
static ams_status conclude(const sweep *s, bool stopped, ams_error *err)
{
    size_t failed = count(s, JOB_FAILED);
    size_t before = count(s, JOB_BEFORE);
    size_t done = count(s, JOB_FINISHED) + before;
    printf("%s: %zu of %zu runs finished (%zu of them before), %zu failed\n", s->directory,
           done, s->n_runs, before, failed);
    if (stopped) {
        printf("stopped; checkpoints are written, the same command continues\n");
    }
    ams_status code = jobs_print_failed(s->list, s->n_runs);
    ams_status status = sweep_write_manifest(
        s, stopped ? "stopped" : (failed > 0 ? "failed" : "finished"), err);
    if (status == AMS_OK && failed > 0) {
        status = ams_fail(err, code,
                          "%zu of %zu runs failed; %s/failed.tsv has their messages, %s/logs "
                          "what they printed",
                          failed, s->n_runs, s->directory, s->directory);
    }
    return status;
}

static ams_status write_failed(void *context, ams_error *err)
{
    const sweep *s = context;
    return jobs_write_failed(s->directory, s->list, s->n_runs, err);
}

static ams_status train_all(sweep *s, const sigset_t *mask, bool *stopped, ams_error *err)
{
    cli_progress bar;
    jobs all = {.command = "ams sweep",
                .note = "",
                .job = s->list,
                .n = s->n_runs,
                .side_by_side = s->side_by_side,
                .together = s->together,
                .mask = mask,
                .bar = &bar,
                .failed = write_failed,
                .context = s};
    for (size_t r = 0; r < s->n_runs; r++) {
        all.total += (double)(s->run[r].to - s->run[r].from);
    }
    cli_progress_begin(&bar, "ams sweep");
    ams_status status = jobs_run(&all, stopped, err);
    cli_progress_end(&bar);
    return status;
}

static ams_status sweep_all(sweep *s, const sigset_t *mask, ams_error *err)
{
    bool stopped = false;
    ams_status status = AMS_OK;
    AMS_TRY(write_failed(s, err));
    AMS_TRY(sweep_write_manifest(s, "running", err));
    AMS_TRY(train_all(s, mask, &stopped, err));
    status = conclude(s, stopped, err);
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    sweep s = {.command = cli_command_line(args)};
    int lock = -1;
    sigset_t mask;
    ams_status status = AMS_OK;
    cli_now(s.start);
    AMS_TRY(jobs_side_by_side(args, &s.side_by_side, err));
    AMS_TRY(jobs_memory(args, &s.memory_mb, err));
    s.together = jobs_together(args, s.side_by_side);
    AMS_TRY(sweep_plan(&s, args, err));
    AMS_TRY(jobs_check_data(s.data_path, s.memory_mb, s.data_hash, err));
    AMS_TRY(jobs_open_folder(s.directory, &lock, err));
    jobs_hold_signals(&mask);
    status = sweep_all(&s, &mask, err);
    jobs_release_signals(&mask);
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
    .usage = "ams sweep --data F.h5 [--agents A,B] [--seeds 1-5] [-j N] [--device D]\n"
             "          [--config FILE] [key=v1,v2 ...] -o EXP",
    .help =
        "  --data F.h5     outputs file, made by `ams data import`\n"
        "  --agents A,B    `ams list agents` (default: the configuration's)\n"
        "  --seeds LIST    1-5 or 1,2,7 (default 1-5)\n"
        "  -j N            runs side by side (default: one a processor, each on one thread:\n"
        "                  `ams bench --what whole` shows that to be faster than a run on "
        "two)\n"
        "  --config FILE   key = value lines for all runs; arguments override them\n"
        "  --device D      same as device=D: cpu, cuda or auto (`ams train --help`). A GPU "
        "trains\n"
        "                  runs together, as many as -j says (default 256) and its memory\n"
        "                  holds; the others follow, and each has the bits it has alone.\n"
        "                  Together go runs that agree in `targets` and in whether there is\n"
        "                  priority_alpha and grad_clip; with a batch of 512 or more, or a\n"
        "                  `precision`, in these, in `hidden` and in whether the agent is a\n"
        "                  double one. auto counts the updates of all of them. Not run on a\n"
        "                  GPU yet\n"
        "  --memory MB     of the runs side by side together: each gets its share as `ams "
        "train\n"
        "                  --memory` (default: 4096 each); it counts for files that need more\n"
        "  -o EXP          folder of the experiment\n"
        "  key=v1,v2       any key of `ams list keys` but agent, seed and label; with one "
        "value\n"
        "                  it holds for all runs, with more it is varied\n"
        "\n"
        "Each combination is a run of `ams train` in EXP/runs/LABEL-SEED; the label is the\n"
        "agent with what varies (dqn,lr=0.001), behind the label of the configuration if it\n"
        "has one (papers-dqn): sweeps of several can share an EXP. EXP/logs has what the runs\n"
        "print, sweep.json what was asked for last and became of it, failed.tsv the runs that\n"
        "failed; any failed run makes the exit code other than 0. The same command again\n"
        "continues, and skips what is finished; more seeds or values may be added. Ctrl-C\n"
        "and SIGTERM let the runs write checkpoints. `ams compare EXP` tells how they did.\n"
        "\n"
        "Examples:\n"
        "  ams sweep --data data/photos.h5 --seeds 1-5 -j 2 steps=5000 -o exp/first\n"
        "  ams sweep --data data/photos.h5 --config experiments/photos/left.ini \\\n"
        "    lr=0.001,0.0005 hidden=128,256x128 -o exp/sizes\n"
        "  ams sweep --data data/photos.h5 items=100,300,1000,3000,0 -o exp/items\n",
    CLI_OPTIONS(options),
    .run = run,
};
