/* `ams reproduce`: the papers' evaluation, every figure and table, with verdicts. */
#include "lab/reproduce/reproduce.h"
#include "ams/options.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/version.h"
#include "cli/jobs.h"
#include "cli/json.h"
#include "lab/report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct reproduce_job {
    ams_reproduction_options how;
    const char *sets, *recipe;
    int device; /* as ams_device_names has it */
    bool dry_run, list, json;
} reproduce_job;

static const cli_option options[] = {
    CLI_VALUE("--set", "LIST",
              "photos: the shipped photos; synthetic: generated data with the papers' workload "
              "(default: photos,synthetic)",
              CLI_INTO_TEXT(reproduce_job, sets)),
    CLI_VALUE("--scale", "S",
              "small (default), or paper: as many items as the papers have; tiny is for tests",
              CLI_INTO_TEXT(reproduce_job, how.recipe.scale)),
    CLI_VALUE("-j", "N", "steps side by side (default: one per processor)"),
    CLI_VALUE("--device", "D", "cpu (default), cuda, cuda:N or auto, for the training runs",
              CLI_INTO_CHOICE(reproduce_job, device, ams_device_names)),
    CLI_FILE("--recipe", "FOLDER", CLI_READS,
             "folder with reproduce/*.tsv and expected/*.tsv (default: $AMS_EXPERIMENTS, else "
             "experiments here, else the installed one)",
             CLI_INTO_TEXT(reproduce_job, recipe)),
    CLI_JOIN_ROWS(reproduce_job, how.join, CLI_FAILED_TOO),
    CLI_FLAG("--dry-run", "print the commands and how long they will take",
             CLI_INTO_FLAG(reproduce_job, dry_run)),
    CLI_FLAG("--list", "print the experiments", CLI_INTO_FLAG(reproduce_job, list)),
    CLI_FLAG("--json", "print them as JSON", CLI_INTO_FLAG(reproduce_job, json)),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER, "folder of the results",
             CLI_INTO_TEXT(reproduce_job, how.recipe.out)),
};

static ams_status parse_sets(const char *text, ams_recipe_options *o, ams_error *err)
{
    do {
        size_t length = strcspn(text, ",");
        bool photos = length == 6 && strncmp(text, "photos", length) == 0;
        bool synthetic = length == 9 && strncmp(text, "synthetic", length) == 0;
        if (!photos && !synthetic) {
            return ams_fail(err, AMS_USAGE,
                            "option --set: expected photos, synthetic or both, found '%.*s'",
                            (int)length, text);
        }
        o->photos = o->photos || photos;
        o->synthetic = o->synthetic || synthetic;
        text += length + (text[length] == ',');
    } while (*text != '\0');
    return AMS_OK;
}

/* PREFIX/share/ams of the program that runs, PREFIX/bin/ams; "" where that is not known. */
static void find_share(char share[4096])
{
    ssize_t length = readlink("/proc/self/exe", share, 3072);
    share[length > 0 ? length : 0] = '\0';
    for (int level = 0; level < 2; level++) {
        char *slash = strrchr(share, '/');
        share[slash == NULL ? 0 : slash - share] = '\0';
    }
    if (share[0] != '\0') {
        size_t used = strlen(share);
        snprintf(share + used, 4096 - used, "/share/ams");
    }
}

/* Each step is this program again. */
static ams_status spawn(void *context, const ams_recipe_step *step, ams_child *child,
                        ams_error *err)
{
    (void)context;
    (void)step;
    (void)err;
    child->program = "/proc/self/exe";
    return AMS_OK;
}

static ams_status get_options(reproduce_job *job, char **folder, const cli_args *args,
                              ams_error *err)
{
    ams_reproduction_options *o = &job->how;
    char share[4096];
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, job, err));
    if (!job->list) {
        AMS_TRY(cli_require(args, "-o", &o->recipe.out, err));
    }
    o->recipe.device = ams_device_names[job->device];
    o->recipe.wanted = args->operand;
    o->recipe.n_wanted = (size_t)args->n_operands;
    o->recipe.out = o->recipe.out == NULL ? "DIR" : o->recipe.out;
    AMS_TRY(parse_sets(job->sets, &o->recipe, err));
    AMS_TRY(cli_get_jobs(args, &o->side_by_side, NULL, err));
    AMS_TRY(cli_get_join(args, &o->join, err));
    find_share(share);
    AMS_TRY(ams_recipe_find(folder, job->recipe, share[0] == '\0' ? NULL : share, err));
    o->recipe.folder = *folder;
    o->version = ams_version;
    o->commit = ams_commit;
    o->spawn = spawn;
out:
    return status;
}

/* The failures once more at the end, where they are seen. */
static ams_status conclude(const ams_reproduction *r, int stopped, ams_error *err)
{
    size_t failed = ams_reproduction_count(r, AMS_STEP_FAILED);
    int code = 0;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const ams_step *step = &r->step[s];
        if (step->state == AMS_STEP_FAILED || step->state == AMS_STEP_SKIPPED) {
            printf("  %s: %s: %s\n", step->state == AMS_STEP_FAILED ? "failed" : "not run",
                   r->recipe.step[s].name, step->message);
        }
        code = code == 0 && step->state == AMS_STEP_FAILED ? step->code : code;
    }
    if (stopped != 0) {
        printf("stopped; the same command resumes\n");
    }
    if (failed == 0 || (r->options.join.on && ams_reproduction_left(r) > 0)) {
        return stopped != 0 || ams_reproduction_left(r) > 0
                   ? cli_left(&r->options.join, stopped)
                   : AMS_OK;
    }
    return ams_fail(
        err, code >= AMS_USAGE && code <= AMS_DIVERGED ? (ams_status)code : AMS_BACKEND,
        "%zu steps failed and %zu were not run; %s/logs has what they printed. To try "
        "again, run the same command%s",
        failed, ams_reproduction_count(r, AMS_STEP_SKIPPED), r->directory,
        r->options.join.on ? " with --failed" : "");
}

/* Tables and report, and what moved against the rows that are kept of this scale. */
static ams_status report(void *context, ams_error *err)
{
    ams_reproduction *r = context;
    char *expected = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_reproduction_write(r, err));
    ams_reproduction_summary(stdout, r);
    AMS_TRY(ams_join_path(&expected, r->recipe.options.folder, "expected", err));
    AMS_TRY(ams_report_write(r->directory, expected, err));
    printf("The report: %s/report.md and %s/report.html.\n", r->directory, r->directory);
    status = ams_report_drift(r->directory, expected, stdout, err);
out:
    free(expected);
    return status;
}

static ams_status reproduce(ams_reproduction *r, reproduce_job *job, cli_progress *bar,
                            ams_error *err)
{
    int stopped = 0;
    ams_finish finish = AMS_FINISH_NOT_YET;
    ams_status status = AMS_OK;
    AMS_TRY(ams_reproduction_init(r, &job->how, err));
    if (job->list) {
        return ams_reproduction_list(stdout, r, job->json, err);
    }
    if (job->dry_run) {
        ams_reproduction_plan(stdout, r);
        return ams_reproduction_estimate(stdout, r, err);
    }
    AMS_TRY(ams_reproduction_open(r, err));
    AMS_TRY(ams_reproduction_estimate(stdout, r, err));
    status = ams_reproduction_run(r, &stopped, err);
    cli_progress_end(bar);
    AMS_TRY(status);
    AMS_TRY(ams_reproduction_finish(r, report, r, &stopped, &finish, err));
    if (finish == AMS_FINISH_ELSEWHERE) {
        printf("%s: another process wrote the tables\n", r->directory);
    }
    status = conclude(r, stopped, err);
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_reproduction r = {.lock = -1};
    reproduce_job job = {.sets = "photos,synthetic",
                         .recipe = getenv("AMS_EXPERIMENTS"),
                         .how = {.recipe = {.scale = "small"}}};
    cli_progress bar = {.what = NULL};
    char *folder = NULL;
    ams_status status = AMS_OK;
    cli_progress_begin(&bar, "reproduce");
    job.how.command = cli_command_line(args);
    job.how.progress = cli_progress_listener(&bar);
    AMS_TRY(get_options(&job, &folder, args, err));
    status = reproduce(&r, &job, &bar, err);
out:
    ams_reproduction_fini(&r);
    free(folder);
    return status;
}

const ams_command ams_cmd_reproduce = {
    .name = "reproduce",
    .summary = "repeat the papers' evaluation, with verdicts",
    .usage = "ams reproduce [EXPERIMENT ...] [--set photos,synthetic] [--scale small] [-j N]\n"
             "          [--device D] [--dry-run] -o DIR",
    .help =
        "Repeats the papers' evaluation on the shipped photos and on generated data, and\n"
        "compares every number. EXPERIMENTs are named by --list (default: all).\n\n"
        "Tables and photos are taken from\n"
        "the working directory (the root of the repository), else from the installation.\n"
        "Each step is one command of ams, which is printed with what it gave. What is done\n"
        "is not done again: the same command resumes after an interruption. A step that\n"
        "fails is reported, those that need it are skipped, the others go on, and the exit\n"
        "code is that of the step.\n\n"
        "DIR/rows.tsv has every number of the papers next to ours, with interval, verdict,\n"
        "reason, command and time. experiments.tsv has the figures, notes.tsv the facts,\n"
        "choices.tsv the options that were tried, steps.tsv seconds and memory of each\n"
        "step; report.md and report.html are made of them (`ams report`). What moved\n"
        "against expected/SCALE.tsv of the recipe is printed. docs/reproduce.md has the\n"
        "rule of verdicts.\n\n"
        "Examples:\n"
        "  ams reproduce -o results/reproduce\n"
        "  ams reproduce deadline memory --set synthetic -o results/limits\n"
        "  ams reproduce --scale paper --dry-run -o results/paper\n",
    CLI_OPTIONS(options),
    .run = run,
};
