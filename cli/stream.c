/* `ams stream`: requests with deadlines on shared workers, by many schedulers. */
#include "cli/stream.h"

#include "base/memory.h"
#include "base/team.h"
#include "base/version.h"
#include "cli/json.h"
#include "cli/readers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* As ams_stream_scoring. */
static const char *const scores[] = {"auto", "truth", "value", NULL};

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`",
             CLI_REQUIRED(cli_stream_job, data.path)),
    CLI_FILE("--fit", "F.h5", CLI_READS,
             "outputs file whose training and validation items predictors and parameters are "
             "fitted to (default: the one the jobs are of); the same models, found by name",
             CLI_INTO_TEXT(cli_stream_job, data.fit_path)),
    CLI_VALUE(
        "--score", "S",
        "truth: whether the last stage's label is right; value: the share of the value of "
        "the models (default: truth for stages where the file has it)",
        CLI_INTO_CHOICE(cli_stream_job, data.score, scores)),
    CLI_VALUE(
        "--stages", "LIST",
        "models in the order in which they run; or a network, for its exits; task:NAME, "
        "cheapest first; policy:P, in its order for each item; or all (default: the exits "
        "of the file's network; without exits all models)",
        CLI_INTO_NAMES(cli_stream_job, data.model, data.n_models)),
    CLI_VALUE("--sets", "LIST", "or models in any order, at most 8; or all",
              CLI_INTO_NAMES(cli_stream_job, sets, n_sets)),
    CLI_VALUE("--split", "S", "whose items the jobs are: test (default), validation, train",
              CLI_INTO(cli_stream_job, data.split, cli_read_split)),
    CLI_FILE("--policy", "P", CLI_READS,
             "a policy as of `ams eval` that predicts values, for the predictor agent",
             CLI_INTO_TEXT(cli_stream_job, data.policy)),
    CLI_VALUE("--scheduler", "LIST",
              "KIND[:PARAMETER][@PREDICTOR], several between commas; a parameter that is not "
              "given is chosen on validation items (default: all kinds)",
              CLI_INTO_NAMES(cli_stream_job, study.series, n_series)),
    CLI_VALUE("--predictor", "P",
              "where a scheduler names none: a name, or links:FILE "
              "(default mean)",
              CLI_INTO_TEXT(cli_stream_job, study.predictor)),
    CLI_STREAM_ARRIVALS,
    CLI_STREAM_DISPATCH,
    CLI_FILE("--save-predictor", "F.tsv", CLI_WRITES_TSV,
             "write the predictor of --predictor (mean, calibrated or outputs) and the names "
             "of its models, for `ams serve --predictor`",
             CLI_INTO_TEXT(cli_stream_job, predictor)),
    CLI_FLAG("--bound",
             "also what no scheduler exceeds (stages; needs GLPK): one that knows everything, "
             "and the "
             "fewest jobs missed; bound-online: one that learns of an item as its stages end",
             CLI_INTO_FLAG(cli_stream_job, study.bound)),
    CLI_FLAG("--check", "put every schedule through the validity check",
             CLI_INTO_FLAG(cli_stream_job, study.check)),
    CLI_VALUE("--threads", "N", "changes no result (default: all processors)",
              CLI_INTO_THREADS(cli_stream_job, threads)),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "write stream.tsv, timing.tsv, stream.json and timeline.tsv there",
             CLI_INTO_TEXT(cli_stream_job, directory)),
    CLI_JSON_INTO(cli_stream_job, json),
};

/* What the command holds. */
typedef struct stream_command {
    cli_stream_job job;
    ams_stream_data data;
    ams_stream_trace trace;
    ams_stream_study study;
    ams_result result;
    cli_progress bar;
} stream_command;

static void print_point(const ams_stream_study *s, uint32_t p)
{
    const ams_stream_point *at = &s->point[p];
    double full = 0;
    double mandatory = 0;
    ams_stream_offered(s, p, &full, &mandatory);
    printf("%s%s", p == 0 ? "" : "\n", ams_arrivals_names[s->options.base.source.arrivals]);
    if (at->clients > 0) {
        printf(" %u", at->clients);
    }
    if (isfinite(full)) {
        printf(": offered load %.2f, mandatory %.2f; deadlines %.4g to %.4g %s", full,
               mandatory, at->deadline_low_ms, at->deadline_high_ms,
               ams_table_cost_unit(&s->data->table));
    }
    printf("; delta %g; %u seed%s\n", at->delta, s->n_seeds, s->n_seeds == 1 ? "" : "s");
}

/* A table per point, the best series first. */
static ams_status print_points(const ams_stream_study *s, const ams_frame *rows, ams_error *err)
{
    uint32_t *order = NULL;
    ams_status status = ams_alloc(&order, s->n_series, sizeof *order, "series", err);
    for (uint32_t p = 0; status == AMS_OK && p < s->n_points; p++) {
        ams_stream_study_rank(s, p, order);
        print_point(s, p);
        ams_frame_print_order(rows, order, s->n_series, stdout);
    }
    free(order);
    return status;
}

/* Models and series, by default all of them. */
static void choose_names(cli_stream_job *job, bool sets)
{
    if (sets) {
        job->data.model = job->sets;
        job->data.n_models = job->n_sets;
    }
    if (job->n_series == 0) {
        job->study.series = sets ? ams_stream_default_sets : ams_stream_default_stages;
        while (job->study.series[job->n_series] != NULL) {
            job->n_series++;
        }
    }
    job->study.n_series = (uint32_t)job->n_series;
    job->study.n_seeds = (uint32_t)job->n_seeds;
}

static ams_status stream(stream_command *c, const cli_args *args, ams_error *err)
{
    cli_stream_job *job = &c->job;
    ams_stream_study_options *how = &job->study;
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, job, err));
    job->data.sets = job->sets != NULL;
    AMS_TRY(cli_stream_check(job, args, err));
    choose_names(job, job->data.sets);
    cli_progress_begin(&c->bar, "stream");
    AMS_TRY(ams_stream_data_open(&c->data, &job->data, err));
    AMS_TRY(cli_stream_finish(job, &c->data, &c->trace, args, err));
    AMS_TRY(cli_stream_points(job, &c->data, args, err));
    AMS_TRY(ams_pool_create(&how->pool, job->threads, err));
    if (job->predictor != NULL && ams_team_leads(args->team)) { /* before hours of work */
        AMS_TRY(ams_stream_data_write_predictor(&c->data, how->predictor, job->predictor, err));
    }
    how->timeline = job->directory != NULL;
    how->team = args->team;
    how->progress = cli_progress_listener(&c->bar);
    status = ams_stream_study_run(&c->study, &c->data, how, err);
    cli_progress_end(&c->bar);
    AMS_TRY(status);
    AMS_TRY(ams_stream_study_result(&c->study, &c->result, err));
    AMS_TRY(job->json ? ams_result_print_json(&c->result, stdout, err)
                      : print_points(&c->study, ams_result_frame(&c->result, "rows"), err));
    if (job->directory != NULL) {
        status = ams_stream_study_write(&c->study, job->directory, cli_command_line(args),
                                        ams_version_commit, err);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    static const uint64_t seeds[] = {1, 2, 3, 4, 5};
    stream_command c = {.job = {.data = {.split = AMS_TEST},
                                .clients = "8",
                                .load = "1",
                                .low = "1.2m",
                                .high = "2x",
                                .delta = "0.01",
                                .n_seeds = 5}};
    c.job.study = (ams_stream_study_options){.seed = seeds};
    c.job.study.base = (ams_sim_options){.dispatch = ams_dispatch_defaults(),
                                         .source = ams_source_defaults(),
                                         .warmup = 500,
                                         .measure = true};
    const ams_status status = stream(&c, args, err);
    ams_result_fini(&c.result);
    ams_stream_study_fini(&c.study);
    ams_pool_destroy(c.job.study.pool);
    ams_stream_trace_fini(&c.trace);
    ams_stream_data_fini(&c.data);
    return status;
}

const ams_command ams_cmd_stream = {
    .name = "stream",
    .summary = "score schedulers of requests that share workers",
    .usage = "ams stream --data F.h5 [--stages LIST | --sets LIST]\n"
             "          [--scheduler LIST] [--clients LIST | --arrivals A --load LIST |\n"
             "          --trace F.csv] [-o DIR]",
    .help =
        "Schedulers of stages (equal workers):\n"
        "  dp            dynamic program over depths, planned anew at arrivals and ends\n"
        "  dp-greedy     at arrivals only; in between a greedy update\n"
        "  hedged:P      the same plans, where the mean time of a stage costs P of utility;\n"
        "                run by gain per time while all of the plan holds\n"
        "Of stages or sets:\n"
        "  subset-dp     dynamic program over sets of models and workers\n"
        "  subset-hedged:P   the same as hedged, for sets\n"
        "  density       most expected gain per time that endangers no mandatory part\n"
        "  edf-full, edf-mandatory   earliest deadline first: all models, or the first ones\n"
        "  static:N      the first N models, or the set of that mask\n"
        "  threshold:C   until a confidence of C is observed\n"
        "  gated:S       the cheapest choice of S x the best expected utility\n"
        "  greedy-edf, greedy-fifo, greedy-sjf   each job in turn the best set that fits\n"
        "  lcf, rr, sjf, fifo, laxity   least confidence, round robin, shortest, first come,\n"
        "                least laxity first\n"
        "Predictors: mean (default), calibrated, outputs, prior, exp, exp-own, lin, max,\n"
        "agent (of --policy), links:FILE, and two that nobody can have: oracle (the\n"
        "utilities), truth (the scores). docs/streams.md defines all of them.\n"
        "\n"
        "Examples:\n"
        "  ams stream --data data/exits.h5 --clients 1..6:1 -o results/exits\n"
        "  ams stream --data photos.h5 --sets face-a,face-b,pose --workers models \\\n"
        "    --arrivals poisson --load 0.5..2:0.5 --slo-scale 1.5\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
