/* `ams stream`: requests with deadlines on shared workers, by many schedulers. */
#include "cli/stream.h"
#include "cli/readers.h"

#include "base/version.h"
#include "cli/json.h"
#include "console/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const default_stages[] = {
    "hedged",    "dp",     "dp-greedy", "density", "edf-full",  "edf-mandatory", "static",
    "threshold", "gated",  "lcf",       "rr",      "sjf",       "fifo",          "laxity",
    "dp@prior",  "dp@exp", "dp@lin",    "dp@max",  "dp@oracle", "dp@truth"};
static const char *const default_sets[] = {
    "subset-hedged", "subset-dp", "greedy-edf", "greedy-fifo",     "greedy-sjf",      "density",
    "edf-full",      "static",    "gated",      "subset-dp@prior", "subset-dp@oracle"};

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`"),
    CLI_VALUE(
        "--score", "S",
        "truth: whether the last stage's label is right; value: the share of the value of "
        "the models (default: truth for stages where the file has it)"),
    CLI_VALUE("--stages", "LIST",
              "models in the order in which they run (default: all of the file)"),
    CLI_VALUE("--sets", "LIST", "or models in any order, at most 8; or all"),
    CLI_VALUE("--split", "S", "whose items the jobs are: test (default), validation, train"),
    CLI_FILE("--policy", "P", CLI_READS,
             "a policy as of `ams eval` that predicts values, for the predictor agent"),
    CLI_VALUE("--scheduler", "LIST",
              "KIND[:PARAMETER][@PREDICTOR], several between commas; a parameter that is not "
              "given is chosen on validation items (default: all kinds)"),
    CLI_VALUE("--predictor", "P",
              "where a scheduler names none: a name, or links:FILE "
              "(default mean)"),
    CLI_STREAM_ARRIVALS,
    CLI_STREAM_DISPATCH,
    CLI_FILE("--save-predictor", "F.tsv", CLI_WRITES_TSV,
             "write the predictor mean of these stages, for `ams serve --predictor`"),
    CLI_FLAG("--bound",
             "also what no scheduler exceeds (stages; needs GLPK): one that knows everything, "
             "and the "
             "fewest jobs missed; bound-online: one that learns of an item as its stages end"),
    CLI_FLAG("--check", "put every schedule through the validity check"),
    CLI_VALUE("--threads", "N", "changes no result (default: all processors)"),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "write stream.tsv, timing.tsv, stream.json and timeline.tsv there"),
    CLI_JSON,
};

/* What the command holds. */
typedef struct stream_command {
    const char *command;
    cli_names models, series;
    uint64_t *seed;
    size_t n_seeds;
    ams_stream_point *point;
    ams_stream_data data;
    ams_stream_trace trace;
    ams_stream_study study;
    ams_stream_study_options how;
    cli_progress bar;
} stream_command;

static ams_status open_data(stream_command *c, const cli_args *args, ams_error *err)
{
    static const char *const scores[] = {"truth", "value", NULL};
    int score = 0;
    ams_stream_data_options o = {.sets = cli_has(args, "--sets"),
                                 .policy = cli_get(args, "--policy", NULL)};
    ams_status status = AMS_OK;
    if (o.sets && cli_has(args, "--stages")) {
        return ams_fail(err, AMS_USAGE, "option --sets: models are stages or sets, not both");
    }
    AMS_TRY(cli_require(args, "--data", &o.path, err));
    if (cli_has(args, "--score")) {
        AMS_TRY(cli_get_choice(args, "--score", scores, &score, err));
        o.score = score == 0 ? AMS_STREAM_TRUTH : AMS_STREAM_VALUE;
    }
    AMS_TRY(cli_get_split_name(args, &o.split, err));
    AMS_TRY(cli_get_names(args, o.sets ? "--sets" : "--stages", &c->models, err));
    if (c->models.count == 1 && strcmp(c->models.name[0], "all") == 0) {
        c->models.count = 0;
    }
    o.model = c->models.name;
    o.n_models = c->models.count;
    AMS_TRY(ams_stream_data_open(&c->data, &o, err));
out:
    return status;
}

/* --memory as of `ams trace`. */
static ams_status read_memory(stream_command *c, const cli_args *args, ams_error *err)
{
    double largest = 0;
    size_t n = 0;
    for (uint32_t m = 0; m < c->data.work[2].n_models; m++) {
        largest = fmax(largest, (double)c->data.mem_mb[m]);
    }
    const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}, {"x", largest}};
    if (!cli_has(args, "--memory")) {
        return AMS_OK;
    }
    return cli_parse_units("--memory", cli_get(args, "--memory", ""), mb, 3,
                           &c->how.base.dispatch.memory_mb, 1, &n, err);
}

static ams_status read_threads(stream_command *c, const cli_args *args, ams_error *err)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads = processors > 0 ? (uint64_t)processors : 1;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_count(args, "--threads", 256, &threads, err));
    AMS_TRY(ams_pool_create(&c->how.pool, (uint32_t)threads, err));
out:
    return status;
}

static ams_status read_series(stream_command *c, const cli_args *args, ams_error *err)
{
    const bool sets = c->data.work[2].sets;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_names(args, "--scheduler", &c->series, err));
    c->how.predictor = cli_get(args, "--predictor", NULL);
    c->how.series = c->series.name;
    c->how.n_series = (uint32_t)c->series.count;
    if (c->how.n_series == 0) {
        c->how.series = sets ? default_sets : default_stages;
        c->how.n_series = sets ? (uint32_t)(sizeof default_sets / sizeof *default_sets)
                               : (uint32_t)(sizeof default_stages / sizeof *default_stages);
    }
out:
    return status;
}

static ams_status stream(stream_command *c, const cli_args *args, ams_error *err)
{
    const char *directory = cli_get(args, "-o", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_stream_base(&c->how.base, args, err));
    AMS_TRY(cli_parse_seeds("--seeds", cli_get(args, "--seeds", "1-5"), &c->seed, &c->n_seeds,
                            err));
    cli_progress_begin(&c->bar, "stream");
    AMS_TRY(open_data(c, args, err));
    AMS_TRY(cli_stream_save_predictor(&c->data, args, err));
    AMS_TRY(cli_stream_trace(&c->trace, &c->how.base, &c->data, args, err));
    AMS_TRY(read_memory(c, args, err));
    AMS_TRY(read_series(c, args, err));
    AMS_TRY(read_threads(c, args, err));
    AMS_TRY(cli_stream_points(&c->data, &c->how.base, args, &c->point, &c->how.n_points, err));
    c->how.point = c->point;
    c->how.seed = c->seed;
    c->how.n_seeds = (uint32_t)c->n_seeds;
    c->how.bound = cli_has(args, "--bound");
    c->how.check = cli_has(args, "--check");
    c->how.timeline = directory != NULL;
    c->how.progress = cli_progress_listener(&c->bar);
    status = ams_stream_study_run(&c->study, &c->data, &c->how, err);
    cli_progress_end(&c->bar);
    AMS_TRY(status);
    if (cli_has(args, "--json")) {
        AMS_TRY(cli_stream_print_json(&c->study, err));
    } else {
        cli_stream_print(&c->study);
    }
    if (directory != NULL) {
        status =
            ams_stream_study_write(&c->study, directory, c->command, ams_version_commit, err);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    stream_command c = {.command = cli_command_line(args)};
    const ams_status status = stream(&c, args, err);
    ams_stream_study_fini(&c.study);
    ams_pool_destroy(c.how.pool);
    ams_stream_trace_fini(&c.trace);
    ams_stream_data_fini(&c.data);
    cli_names_fini(&c.models);
    cli_names_fini(&c.series);
    free(c.point);
    free(c.seed);
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
        "Predictors: mean (default), calibrated, prior, exp, exp-own, lin, max, agent (of\n"
        "--policy), links:FILE, and two that nobody can have: oracle (the utilities),\n"
        "truth (the scores). docs/streams.md defines all of them.\n"
        "\n"
        "Examples:\n"
        "  ams stream --data data/exits.h5 --clients 1..6:1 -o results/exits\n"
        "  ams stream --data photos.h5 --sets face-a,face-b,pose --workers models \\\n"
        "    --arrivals poisson --load 0.5..2:0.5 --slo-scale 1.5\n",
    CLI_OPTIONS(options),
    .run = run,
};
