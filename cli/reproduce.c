/* `ams reproduce`: the papers' evaluation, every figure and table, with verdicts. */
#include "cli/reproduce.h"

#include "base/file.h"
#include "base/memory.h"
#include "cli/jobs.h"
#include "lab/report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cli_option options[] = {
    {.name = "--set", .takes_value = true},
    {.name = "--scale", .takes_value = true},
    {.name = "--device", .takes_value = true},
    {.name = "-j", .takes_value = true},
    {.name = "-o", .takes_value = true},
    {.name = "--recipe", .takes_value = true},
    {.name = "--dry-run"},
    {.name = "--list"},
};

static ams_status parse_sets(const char *text, ams_recipe_options *o, ams_error *err)
{
    while (*text != '\0') {
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
    }
    return o->photos || o->synthetic
               ? AMS_OK
               : ams_fail(err, AMS_USAGE, "option --set: expected photos, synthetic or both");
}

/* A command line as one can type it. */
static ams_status print_words(const ams_recipe_step *step, char **text, ams_error *err)
{
    size_t size = 0;
    FILE *stream = open_memstream(text, &size);
    if (stream == NULL) {
        return ams_no_memory(err, 0, "a command");
    }
    fputs("ams", stream);
    for (size_t w = 0; w < step->n_words; w++) {
        bool plain = strpbrk(step->word[w], " \t\"'$&;|<>()*?[]\\#`") == NULL;
        fprintf(stream, plain ? " %s" : " '%s'", step->word[w]);
    }
    return fclose(stream) == 0 ? AMS_OK : ams_no_memory(err, size, "a command");
}

static ams_status settle(reproduce *r, const cli_args *args, ams_error *err)
{
    ams_recipe_options o = {.folder = cli_get(args, "--recipe", "experiments"),
                            .device = cli_get(args, "--device", "cpu"),
                            .scale = cli_get(args, "--scale", "small"),
                            .out = cli_get(args, "-o", NULL),
                            .wanted = args->operand,
                            .n_wanted = (size_t)args->n_operands};
    ams_status status = AMS_OK;
    if (!cli_has(args, "--list")) {
        AMS_TRY(cli_require(args, "-o", &o.out, err));
    }
    o.out = o.out == NULL ? "DIR" : o.out;
    r->directory = o.out;
    AMS_TRY(parse_sets(cli_get(args, "--set", "photos,synthetic"), &o, err));
    AMS_TRY(jobs_side_by_side(args, &r->side_by_side, err));
    AMS_TRY(ams_recipe_read(&r->recipe, &o, err));
    AMS_TRY(ams_alloc(&r->step, r->recipe.n_steps, sizeof *r->step, "steps", err));
    AMS_TRY(ams_alloc(&r->number, r->recipe.n_rows, sizeof *r->number, "numbers", err));
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        r->step[s].state = r->recipe.step[s].wanted ? STEP_WAITING : STEP_UNWANTED;
        AMS_TRY(print_words(&r->recipe.step[s], &r->step[s].text, err));
    }
out:
    return status;
}

static void print_list(const reproduce *r)
{
    for (size_t e = 0; e < r->recipe.table[AMS_RECIPE_EXPERIMENTS].n_rows; e++) {
        printf("  %-18s  %s\n",
               ams_recipe_text(&r->recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment"),
               ams_recipe_text(&r->recipe, AMS_RECIPE_EXPERIMENTS, e, "question"));
    }
}

static ams_status print_estimate(const reproduce *r, ams_error *err)
{
    bool *done = NULL;
    size_t unknown = 0;
    size_t n = r->recipe.n_steps;
    ams_status status = ams_alloc(&done, n, sizeof *done, "steps", err);
    if (status != AMS_OK) {
        return status;
    }
    for (size_t s = 0; s < n; s++) {
        done[s] = r->step[s].state == STEP_BEFORE;
    }
    double seconds = ams_recipe_seconds(&r->recipe, done, r->side_by_side, &unknown);
    printf(
        "%zu steps, %zu of them done before; the rest takes about %.1f minutes with %llu side "
        "by side",
        n - reproduce_count(r, STEP_UNWANTED), reproduce_count(r, STEP_BEFORE), seconds / 60,
        (unsigned long long)r->side_by_side);
    if (unknown > 0) {
        printf(", without %zu steps of no recorded time", unknown);
    }
    printf("\n");
    free(done);
    return fflush(stdout) == 0 ? AMS_OK : ams_fail(err, AMS_IO, "cannot write to stdout");
}

static void print_plan(const reproduce *r)
{
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        if (r->step[s].state == STEP_WAITING) {
            printf("%s (about %.0f s)\n  %s\n", r->recipe.step[s].name,
                   r->recipe.step[s].seconds, r->step[s].text);
        }
    }
}

/* The failures once more at the end, where they are seen. */
static ams_status conclude(const reproduce *r, bool stopped, ams_error *err)
{
    size_t failed = reproduce_count(r, STEP_FAILED);
    int code = 0;
    for (size_t s = 0; s < r->recipe.n_steps; s++) {
        const reproduce_step *step = &r->step[s];
        if (step->state == STEP_FAILED || step->state == STEP_SKIPPED) {
            printf("  %s: %s: %s\n", step->state == STEP_FAILED ? "failed" : "not run",
                   r->recipe.step[s].name, step->message);
        }
        code = code == 0 && step->state == STEP_FAILED ? step->code : code;
    }
    if (stopped) {
        printf("stopped; the same command continues\n");
    }
    if (failed == 0) {
        return AMS_OK;
    }
    return ams_fail(err,
                    code >= AMS_USAGE && code <= AMS_DIFFERS ? (ams_status)code : AMS_BACKEND,
                    "%zu steps failed and %zu were not run; %s/logs has what they printed, the "
                    "same command tries again",
                    failed, reproduce_count(r, STEP_SKIPPED), r->directory);
}

/* The report, and what moved against the rows that are kept of this scale. */
static ams_status report(const reproduce *r, ams_error *err)
{
    char *expected = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&expected, r->recipe.options.folder, "expected", err));
    AMS_TRY(ams_report_write(r->directory, expected, err));
    printf("%s/report.md and %s/report.html are to be read.\n", r->directory, r->directory);
    status = ams_report_drift(r->directory, expected, stdout, err);
out:
    free(expected);
    return status;
}

static ams_status reproduce_all(reproduce *r, const cli_args *args, ams_error *err)
{
    bool stopped = false;
    ams_status status = AMS_OK;
    AMS_TRY(settle(r, args, err));
    if (cli_has(args, "--list")) {
        print_list(r);
        goto out;
    }
    if (cli_has(args, "--dry-run")) {
        print_plan(r);
        AMS_TRY(print_estimate(r, err));
        goto out;
    }
    AMS_TRY(reproduce_open(r, err));
    AMS_TRY(print_estimate(r, err));
    AMS_TRY(reproduce_run(r, &stopped, err));
    AMS_TRY(reproduce_write(r, err));
    reproduce_print(r);
    AMS_TRY(report(r, err));
    status = conclude(r, stopped, err);
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    reproduce r = {.command = cli_command_line(args), .lock = -1};
    ams_status status = reproduce_all(&r, args, err);
    for (size_t s = 0; r.step != NULL && s < r.recipe.n_steps; s++) {
        free(r.step[s].text);
    }
    if (r.lock >= 0) {
        close(r.lock);
    }
    free(r.step);
    free(r.number);
    free(r.command);
    ams_recipe_fini(&r.recipe);
    return status;
}

const ams_command ams_cmd_reproduce = {
    .name = "reproduce",
    .summary = "the papers' evaluation on photos and on a synthetic workload, with verdicts",
    .usage = "ams reproduce [FIGURE ...] [--set photos,synthetic] [--scale small] [-j N]\n"
             "          [--device D] [--dry-run] -o DIR",
    .help =
        "  FIGURE ...       experiments, as --list names them (default: all)\n"
        "  --set LIST       photos: the shipped photos; synthetic: generated data of the "
        "papers'\n"
        "                   workload (default: both)\n"
        "  --scale S        small (default) or paper: as many items as the papers have\n"
        "  -j N             steps side by side (default: one a processor, each on one thread)\n"
        "  --device D       cpu (default), cuda or auto, for the trainings\n"
        "  --recipe FOLDER  where reproduce/*.tsv and expected/*.tsv are (default "
        "experiments)\n"
        "  --dry-run        prints the commands and how long they will take\n"
        "  --list           prints the experiments\n"
        "  -o DIR           folder of the results\n"
        "\n"
        "To be run in the root of the repository. Each step is one command of ams, which is\n"
        "printed beside what it gave. What is done is not done again: the same command\n"
        "continues where it was stopped. A step that fails is told, those that need it are\n"
        "left out, the others go on, and the exit code is that of the step.\n"
        "\n"
        "DIR/rows.tsv has every number of the papers beside ours, with interval, verdict,\n"
        "why, command and time; experiments.tsv the figures, notes.tsv the facts,\n"
        "choices.tsv the options that were tried, steps.tsv seconds and memory of each\n"
        "step; report.md and report.html are made of them (`ams report`). What moved\n"
        "against experiments/expected/SCALE.tsv is printed. docs/reproduce.md has the rule\n"
        "of verdicts.\n"
        "\n"
        "Examples:\n"
        "  ams reproduce -o results/reproduce\n"
        "  ams reproduce deadline memory --set synthetic -o results/limits\n"
        "  ams reproduce --scale paper --dry-run -o results/paper\n",
    CLI_OPTIONS(options),
    .run = run,
};
