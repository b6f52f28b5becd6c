/* `ams links simulate`: Fig. 10 of the MLink paper, with the baseline that it leaves out. */
#include "ams/link_simulation.h"
#include "cli/json.h"
#include "console/fill.h"

#include <stdio.h>

typedef struct simulate_job {
    uint32_t draws;
    uint64_t seed;
    const char *path;
    bool json;
} simulate_job;

static const cli_option options[] = {
    CLI_VALUE("--draws", "N", "draws per panel (default 1000)",
              CLI_INTO_COUNT(simulate_job, draws, 1000000)),
    CLI_VALUE("--seed", "S", "seed of the draws (default 0); equal seeds give equal bits",
              CLI_INTO_NUMBER(simulate_job, seed)),
    CLI_FILE("-o", "F.tsv", CLI_WRITES_TSV, "write the table there",
             CLI_INTO_TEXT(simulate_job, path)),
    CLI_JSON_INTO(simulate_job, json),
};

/* How much of what nothing-but-cheap lacks to the optimum the paper's rule makes up. */
static void print_verdict(const ams_simulation *s)
{
    static const char *const costs[] = {"Normal", "Beta"};
    for (int cost = 0; cost < 2; cost++) {
        double mean[AMS_SIMULATED_METHODS];
        double lowest[AMS_SIMULATED_METHODS];
        for (int m = 0; m < AMS_SIMULATED_METHODS; m++) {
            ams_simulation_summary(s, (ams_drawn_from)cost, (ams_simulated)m, &mean[m],
                                   &lowest[m]);
        }
        printf("\n%s costs: the paper's rule reaches %.3f of the optimum on average, "
               "cheapest-first %.3f, the\nmarginal greedy %.3f. The paper's lowest 5th "
               "percentile is %.3f.\n",
               costs[cost], mean[AMS_SIMULATED_PAPERS], mean[AMS_SIMULATED_CHEAPEST],
               mean[AMS_SIMULATED_GREEDY], lowest[AMS_SIMULATED_PAPERS]);
    }
}

static void print_all(const ams_simulation *s, const ams_frame *rows)
{
    printf("%d models, %u draws per panel. optimum: mean accuracy of the best set; "
           "standalone: of as\nmany models as fit, without links. Then: accuracy / optimum of "
           "the same draw, and its 5th percentile.\n",
           AMS_SIMULATION_MODELS, s->draws);
    for (uint32_t panel = 0; panel < AMS_SIMULATION_PANELS; panel++) {
        printf("\nlinks %s, costs %s:\n", ams_drawn_names[panel / 2],
               ams_drawn_names[panel % 2]);
        ams_frame_print_rows(rows, (size_t)panel * AMS_SIMULATION_BUDGETS,
                             AMS_SIMULATION_BUDGETS, stdout);
    }
    print_verdict(s);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    simulate_job job = {.draws = 1000};
    ams_simulation simulation;
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    AMS_TRY(ams_simulate_choices(&simulation, job.draws, job.seed, err));
    AMS_TRY(ams_simulation_result(&simulation, &result, err));
    if (job.json) {
        AMS_TRY(ams_result_print_json(&result, stdout, err));
    } else {
        print_all(&simulation, ams_result_frame(&result, "rows"));
    }
    if (job.path != NULL) {
        status = ams_simulation_write(&simulation, job.path, err);
    }
out:
    ams_result_fini(&result);
    return status;
}

const ams_command ams_cmd_links_simulate = {
    .name = "links simulate",
    .summary = "compare ways of choosing with the optimum (Fig. 10)",
    .usage = "ams links simulate [--draws N] [--seed S] [-o F.tsv]",
    .help =
        "Repeats Fig. 10 of the MLink paper: how near to the optimum its choices are.\n"
        "Draws link performances and costs of 10 models from N(0.5, 0.2) or Beta(0.5, 0.5),\n"
        "with a gain of 0.02 per further model, and compares the paper's rule,\n"
        "cheapest-first and a greedy on marginal gains with the optimum over all sets.\n"
        "\n"
        "Example:\n"
        "  ams links simulate -o fig10.tsv\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
