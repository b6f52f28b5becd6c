/* `ams links simulate`: Fig. 10 of the MLink paper, with the baseline that it leaves out. */
#include "ams/link_simulation.h"
#include "cli/json.h"
#include "console/options.h"

#include <stdio.h>

static const cli_option options[] = {
    CLI_VALUE("--draws", "N", "draws per panel (default 1000)"),
    CLI_VALUE("--seed", "S", "seed of the draws (default 0); equal seeds give equal bits"),
    CLI_FILE("-o", "F.tsv", CLI_WRITES_TSV, "write the table there"),
    CLI_JSON,
};

static void print_panel(const ams_simulation *s, uint32_t panel)
{
    printf("\nlinks %s, costs %s:\n%-8s %8s %11s", ams_drawn_names[panel / 2],
           ams_drawn_names[panel % 2], "budget", "optimum", "standalone");
    for (uint32_t m = 0; m < AMS_SIMULATED_METHODS; m++) {
        printf(" %10s %8s", ams_simulated_names[m], "5th pct");
    }
    putchar('\n');
    for (uint32_t b = 0; b < AMS_SIMULATION_BUDGETS; b++) {
        const ams_simulation_point *p = &s->point[panel][b];
        printf("%6.0f %% %8.3f %11.3f", 100 * ams_simulation_budgets[b], p->optimum,
               p->standalone);
        for (uint32_t m = 0; m < AMS_SIMULATED_METHODS; m++) {
            printf(" %10.3f %8.3f", p->mean[m], p->low[m]);
        }
        putchar('\n');
    }
}

static ams_status print_simulation_json(const ams_simulation *s, ams_error *err)
{
    json_t *rows = json_array();
    for (uint32_t k = 0; k < AMS_SIMULATION_PANELS * AMS_SIMULATION_BUDGETS; k++) {
        const uint32_t panel = k / AMS_SIMULATION_BUDGETS;
        const ams_simulation_point *p = &s->point[panel][k % AMS_SIMULATION_BUDGETS];
        json_t *methods = json_object();
        for (uint32_t m = 0; m < AMS_SIMULATED_METHODS; m++) {
            json_object_set_new(methods, ams_simulated_names[m],
                                json_pack("{s:o, s:o}", "mean", cli_json_number(p->mean[m]),
                                          "p05", cli_json_number(p->low[m])));
        }
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:f, s:o, s:o, s:o}", "links",
                            ams_drawn_names[panel / 2], "costs", ams_drawn_names[panel % 2],
                            "budget", ams_simulation_budgets[k % AMS_SIMULATION_BUDGETS],
                            "optimum", cli_json_number(p->optimum), "standalone",
                            cli_json_number(p->standalone), "methods", methods));
    }
    return cli_print_json(
        json_pack("{s:i, s:o}", "models", AMS_SIMULATION_MODELS, "rows", rows), err);
}

/* How much of what nothing-but-cheap lacks to the optimum the paper's rule makes up. */
static void print_verdict(const ams_simulation *s)
{
    for (uint32_t cost = 0; cost < 2; cost++) {
        double least = 1;
        double papers = 0;
        double cheapest = 0;
        double greedy = 0;
        for (uint32_t k = 0; k < 2 * AMS_SIMULATION_BUDGETS; k++) {
            const ams_simulation_point *p =
                &s->point[2 * (k / AMS_SIMULATION_BUDGETS) + cost][k % AMS_SIMULATION_BUDGETS];
            const double share = 1.0 / (2 * AMS_SIMULATION_BUDGETS);
            papers += share * p->mean[AMS_SIMULATED_PAPERS];
            cheapest += share * p->mean[AMS_SIMULATED_CHEAPEST];
            greedy += share * p->mean[AMS_SIMULATED_GREEDY];
            least = p->low[AMS_SIMULATED_PAPERS] < least ? p->low[AMS_SIMULATED_PAPERS] : least;
        }
        printf("\n%s costs: the paper's rule reaches %.3f of the optimum on average, "
               "cheapest-first %.3f, the\nmarginal greedy %.3f. The paper's lowest 5th "
               "percentile is %.3f.\n",
               cost == 0 ? "Normal" : "Beta", papers, cheapest, greedy, least);
    }
}

static void print_all(const ams_simulation *s, uint64_t draws)
{
    printf("%d models, %llu draws per panel. optimum: mean accuracy of the best set; "
           "standalone: of as\nmany models as fit, without links. Then: accuracy / optimum of "
           "the same draw, and its 5th percentile.\n",
           AMS_SIMULATION_MODELS, (unsigned long long)draws);
    for (uint32_t panel = 0; panel < AMS_SIMULATION_PANELS; panel++) {
        print_panel(s, panel);
    }
    print_verdict(s);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_simulation simulation;
    uint64_t draws = 1000;
    uint64_t seed = 0;
    const char *path = cli_get(args, "-o", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_get_count(args, "--draws", 1000000, &draws, err));
    AMS_TRY(cli_get_u64(args, "--seed", &seed, err));
    AMS_TRY(ams_simulate_choices(&simulation, (uint32_t)draws, seed, err));
    if (cli_has(args, "--json")) {
        AMS_TRY(print_simulation_json(&simulation, err));
    } else {
        print_all(&simulation, draws);
    }
    if (path != NULL) {
        status = ams_simulation_write(&simulation, path, err);
    }
out:
    return status;
}

const ams_command ams_cmd_links_simulate = {
    .name = "links simulate",
    .summary = "compare ways of choosing with the optimum (Fig. 10)",
    .usage = "ams links simulate [--draws N] [--seed S] [-o F.tsv]",
    .help =
        "Repeats Fig. 10 of the MLink paper: how near to the optimum its choices are.\n"
        "Draws link performances and costs of 10 models from N(0.5, 0.2) or Beta(0.5, 0.5),\n"
        "with a gain of 0.02 per further model, and compares the paper's rule, cheapest-\n"
        "first and a greedy on marginal gains with the optimum over all sets.\n"
        "\n"
        "Example:\n"
        "  ams links simulate -o fig10.tsv\n",
    CLI_OPTIONS(options),
    .run = run,
};
