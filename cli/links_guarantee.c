/* `ams links guarantee`: links that abstain, so that what they answer is seldom wrong. */
#include "ams/link_guarantee.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/json.h"
#include "cli/links.h"
#include "console/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {
    CLI_LINKS_FIT,
    CLI_LINKS_BUDGETS,
    CLI_VALUE("--method", "M", "how the models that always run are chosen (default facility)"),
    CLI_VALUE("--alpha", "LIST", "errors in % that are allowed (default 1,2,5,10)"),
    CLI_VALUE("--seeds", "LIST",
              "draw training, validation and test items again for each seed: 1-20 (default: "
              "the file's own split, once)"),
    CLI_FILE("-o", "F.tsv", CLI_WRITES_TSV, "write a row per seed, limit, filling and alpha"),
    CLI_JSON,
};

enum { MOST_ALPHAS = 16, FILLS = 2 };
static const ams_link_filling fills[FILLS] = {AMS_FILL_REFIT, AMS_FILL_CONSTANT};

/* What the command holds: a row per seed, budget, filling and alpha. */
typedef struct guarantee_command {
    ams_link_session_options options;
    double alpha[MOST_ALPHAS];
    uint32_t n_alphas, n_budgets, method;
    uint64_t *seed;
    size_t n_seeds;
    bool again; /* the split is drawn for each seed */
    ams_link_budget *budget;
    double total_time_ms, total_mem_mb;
    ams_link_guarantee *row;
} guarantee_command;

static ams_link_guarantee *row_of(const guarantee_command *g, size_t seed, uint32_t budget,
                                  uint32_t fill)
{
    return g->row + ((seed * g->n_budgets + budget) * FILLS + fill) * g->n_alphas;
}

static ams_status read_alphas(const cli_args *args, guarantee_command *g, ams_error *err)
{
    cli_names names = {0};
    ams_status status = cli_get_names(args, "--alpha", &names, err);
    static const double usual[] = {0.01, 0.02, 0.05, 0.1};
    for (size_t i = 0; i < 4 && names.count == 0; i++) {
        g->alpha[g->n_alphas++] = usual[i];
    }
    for (size_t i = 0; status == AMS_OK && i < names.count; i++) {
        double percent = 0;
        if (i == MOST_ALPHAS || !ams_parse_double(names.name[i], &percent) ||
            !(percent > 0 && percent < 100)) {
            status = ams_fail(err, AMS_USAGE,
                              "option --alpha: expected up to %d numbers between 0 and 100, "
                              "found '%s'",
                              MOST_ALPHAS, names.name[i]);
        } else {
            g->alpha[g->n_alphas++] = percent / 100;
        }
    }
    cli_names_fini(&names);
    return status;
}

/* One split of the data. */
static ams_status run_seed(const cli_args *args, guarantee_command *g, size_t seed,
                           ams_error *err)
{
    ams_link_session s = {.data_hash = ""};
    ams_split_options split = ams_import_defaults().split;
    ams_status status = AMS_OK;
    split.seed = g->seed[seed];
    g->options.resplit = g->again ? &split : NULL;
    AMS_TRY(ams_link_session_open(&s, &g->options, err));
    if (g->budget == NULL) {
        AMS_TRY(cli_get_budgets(args, &s, &g->budget, &g->n_budgets, err));
        AMS_TRY(ams_alloc(&g->row, g->n_seeds * g->n_budgets * FILLS * g->n_alphas,
                          sizeof *g->row, "results", err));
        g->total_time_ms = s.total_time_ms;
        g->total_mem_mb = s.total_mem_mb;
    }
    for (uint32_t b = 0; b < g->n_budgets; b++) {
        ams_choice choice;
        AMS_TRY(ams_link_session_choose(&s, (ams_link_method)g->method, &g->budget[b], &choice,
                                        err));
        for (uint32_t f = 0; f < FILLS; f++) {
            AMS_TRY(ams_link_guarantee_run(row_of(g, seed, b, f), g->alpha, g->n_alphas, &s,
                                           choice.set, fills[f], g->seed[seed], err));
        }
    }
out:
    g->options.resplit = NULL; /* it does not outlive this split */
    ams_link_session_close(&s);
    return status;
}

static void print_row(const guarantee_command *g, uint32_t b, uint32_t f, uint32_t a)
{
    ams_link_guarantee mean = {.alpha = g->alpha[a]};
    double worst = 0;
    size_t kept = 0;
    double targets = 0;
    double over = 0;
    for (size_t k = 0; k < g->n_seeds; k++) {
        const ams_link_guarantee *r = row_of(g, k, b, f) + a;
        mean.time_ms += r->time_ms / (double)g->n_seeds;
        mean.accepted += r->accepted / (double)g->n_seeds;
        mean.error += r->error / (double)g->n_seeds;
        mean.f1 += r->f1 / (double)g->n_seeds;
        targets += r->targets;
        over += r->over;
        worst = r->error > worst ? r->error : worst;
        kept += r->error <= r->alpha;
    }
    printf(
        "%5.3g %% %-9s %9.1f %7.1f %% %8.1f %% %8.2f %% %8.2f %% %6zu/%-3zu %8.1f %% %8.4f\n",
        100 * mean.alpha, ams_link_fillings[fills[f]], mean.time_ms,
        100 * mean.time_ms / g->total_time_ms, 100 * mean.accepted, 100 * mean.error,
        100 * worst, kept, g->n_seeds, targets > 0 ? 100 * over / targets : 0, mean.f1);
}

static ams_status print_table(const guarantee_command *g)
{
    printf(
        "Linked outputs are accepted where their error is at most alpha with 95 %% "
        "confidence per target;\nthe other models run. error: of all accepted outputs on "
        "test. kept: seeds with an error of at most\nalpha. over: targets whose own error on "
        "test is over alpha, of those that accept.\n");
    for (uint32_t b = 0; b < g->n_budgets; b++) {
        const ams_link_session totals = {.total_time_ms = g->total_time_ms,
                                         .total_mem_mb = g->total_mem_mb};
        printf("\nAlways run: at most ");
        cli_print_budget(&totals, &g->budget[b]);
        printf("\n%7s %-9s %9s %9s %10s %10s %10s %9s %10s %8s\n", "alpha", "fill", "time_ms",
               "of all", "accepted", "error", "worst", "kept", "over", "f1");
        for (uint32_t a = 0; a < g->n_alphas; a++) {
            for (uint32_t f = 0; f < FILLS; f++) {
                print_row(g, b, f, a);
            }
        }
    }
    return AMS_OK;
}

/* The rows of the file of -o. */
static ams_status print_table_json(const guarantee_command *g, ams_error *err)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < g->n_seeds * g->n_budgets * FILLS * g->n_alphas; i++) {
        const size_t per_budget = (size_t)FILLS * g->n_alphas;
        const size_t k = i / per_budget / g->n_budgets;
        const uint32_t b = (uint32_t)(i / per_budget % g->n_budgets);
        const ams_link_guarantee *r = row_of(g, k, b, 0) + i % per_budget;
        json_array_append_new(
            rows, json_pack("{s:I, s:o, s:o, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                            "seed", (json_int_t)g->seed[k], "time_budget_ms",
                            cli_json_number(g->budget[b].time_ms), "mem_budget_mb",
                            cli_json_number(g->budget[b].mem_mb), "fill",
                            ams_link_fillings[fills[i % per_budget / g->n_alphas]], "alpha",
                            r->alpha, "time_ms", cli_json_number(r->time_ms), "set_time_ms",
                            cli_json_number(r->without_ms), "accepted",
                            cli_json_number(r->accepted), "error", cli_json_number(r->error),
                            "targets", cli_json_number(r->targets), "over",
                            cli_json_number(r->over), "f1", cli_json_number(r->f1)));
    }
    return cli_print_json(json_pack("{s:o}", "rows", rows), err);
}

static ams_status print_rows(FILE *stream, const void *context, ams_error *err)
{
    const guarantee_command *g = context;
    (void)err;
    fputs("seed\ttime_budget_ms\tmem_budget_mb\tfill\talpha\ttime_ms\tset_time_ms\taccepted\t"
          "error\ttargets\tover\tf1\n",
          stream);
    for (size_t k = 0; k < g->n_seeds; k++) {
        for (uint32_t b = 0; b < g->n_budgets; b++) {
            for (uint32_t i = 0; i < FILLS * g->n_alphas; i++) {
                const ams_link_guarantee *r = row_of(g, k, b, 0) + i;
                fprintf(
                    stream, "%llu\t%.6g\t%.6g\t%s\t%g\t%.3f\t%.3f\t%.6f\t%.6f\t%u\t%u\t%.6f\n",
                    (unsigned long long)g->seed[k], g->budget[b].time_ms, g->budget[b].mem_mb,
                    ams_link_fillings[fills[i / g->n_alphas]], r->alpha, r->time_ms,
                    r->without_ms, r->accepted, r->error, r->targets, r->over, r->f1);
            }
        }
    }
    return AMS_OK;
}

static ams_status guarantee(const cli_args *args, guarantee_command *g, ams_error *err)
{
    const char *path = cli_get(args, "-o", NULL);
    uint32_t methods = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_get_links(args, &g->options, err));
    AMS_TRY(read_alphas(args, g, err));
    methods = 1U << AMS_CHOOSE_FACILITY;
    AMS_TRY(cli_get_words(args, "--method", ams_link_methods, &methods, err));
    AMS_TRY(
        cli_parse_seeds("--seeds", cli_get(args, "--seeds", "0"), &g->seed, &g->n_seeds, err));
    g->method = (uint32_t)__builtin_ctz(methods);
    g->again = cli_has(args, "--seeds");
    for (size_t k = 0; k < g->n_seeds; k++) {
        AMS_TRY(run_seed(args, g, k, err));
    }
    AMS_TRY(cli_has(args, "--json") ? print_table_json(g, err) : print_table(g));
    if (path != NULL) {
        status = ams_file_write(NULL, path, print_rows, g, err);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    guarantee_command g = {.options = ams_link_session_defaults()};
    ams_status status = guarantee(args, &g, err);
    free(g.seed);
    free(g.budget);
    free(g.row);
    return status;
}

const ams_command ams_cmd_links_guarantee = {
    .name = "links guarantee",
    .summary = "links that abstain: at most alpha of what they answer is wrong",
    .usage = "ams links guarantee --data F.h5 --time LIST [--alpha LIST] [--seeds LIST]",
    .help =
        "A linked output is wrong unless its set of labels is exactly the model's own. Half\n"
        "of the validation split tunes, the other half tests how sure a prediction has to\n"
        "be. Where it is less sure, the model runs. `constant` beside `refit` shows what\n"
        "abstention buys without links.\n"
        "\n"
        "Example:\n"
        "  ams links guarantee --data data/photos.h5 --time 5%,10%,20% --seeds 1-20\n",
    CLI_OPTIONS(options),
    .run = run,
};
