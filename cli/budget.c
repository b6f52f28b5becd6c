/* `ams budget`: right answers for money. */
#include "ams/budget.h"
#include "base/number.h"
#include "cli/json.h"
#include "cli/readers.h"
#include "console/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file with right labels and costs"),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "gets curve.tsv and area.tsv (default: none is written)"),
    CLI_VALUE("--task", "NAME", "which task is answered (default: the only one)"),
    CLI_VALUE("--split", "NAME", "which items are scored (default test)"),
    CLI_VALUE("--rule", "RULE",
              "what the answer is once some models were called: posterior (default), last, "
              "vote or best-confidence"),
    CLI_VALUE("--budgets", "B,B",
              "mean costs per item (default: twelve, from the cheapest model to all)"),
    CLI_VALUE("--agent", "NAME",
              "also trains this agent of `ams list agents`, once per budget (default: none)"),
    CLI_VALUE("--steps", "N", "updates of each of its trainings (default 12000)"),
    CLI_VALUE("--ridge", "X", "penalty of the regressions (default 1)"),
    CLI_VALUE("--horizon", "N",
              "items over which the controller spends what is in hand (default 500)"),
    CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 1000)"),
    CLI_VALUE("--seed", "S", "of folds, mixing and intervals (default 0)"),
    CLI_JSON,
};

/* budget (AMS_BUDGET_MOST) */
static ams_status get_budgets(const cli_args *args, double *budget, ams_budget_options *o,
                              ams_error *err)
{
    cli_names names = {0};
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_names(args, "--budgets", &names, err));
    if (names.count > AMS_BUDGET_MOST) {
        status = ams_fail(err, AMS_USAGE, "option --budgets: expected at most %d, found %zu",
                          AMS_BUDGET_MOST, names.count);
        goto out;
    }
    for (size_t k = 0; k < names.count; k++) {
        if (!ams_parse_double(names.name[k], &budget[k]) || budget[k] < 0) {
            status =
                ams_fail(err, AMS_USAGE,
                         "option --budgets: expected mean costs per item from 0 on, found '%s'",
                         names.name[k]);
            goto out;
        }
    }
    o->budget = names.count > 0 ? budget : NULL;
    o->n_budgets = (uint32_t)names.count;
out:
    cli_names_fini(&names);
    return status;
}

static ams_status get_options(const cli_args *args, double *budget, ams_budget_options *o,
                              ams_error *err)
{
    static const char *const rules[] = {"posterior", "last", "vote", "best-confidence", NULL};
    static const ams_answer_rule rule_of[] = {AMS_ANSWER_POSTERIOR, AMS_ANSWER_LAST,
                                              AMS_ANSWER_VOTE, AMS_ANSWER_CONFIDENT};
    uint64_t draws = o->draws;
    int rule = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_get_split_name(args, &o->split, err));
    AMS_TRY(cli_get_choice(args, "--rule", rules, &rule, err));
    AMS_TRY(cli_get_real(args, "--ridge", 1e-9, 1e9, &o->ridge, err));
    AMS_TRY(cli_get_real(args, "--horizon", 1, 1e9, &o->horizon, err));
    AMS_TRY(cli_get_count(args, "--bootstrap", 1000000, &draws, err));
    AMS_TRY(cli_get_count(args, "--steps", UINT64_C(1) << 40, &o->steps, err));
    AMS_TRY(get_budgets(args, budget, o, err));
    o->agent = cli_get(args, "--agent", NULL);
    o->rule = rule_of[rule];
    o->draws = (uint32_t)draws;
    o->task = cli_get(args, "--task", NULL);
    const char *seed = cli_get(args, "--seed", "0");
    if (!ams_parse_u64(seed, &o->seed)) {
        status = ams_fail(err, AMS_USAGE, "--seed: expected a whole number, found '%s'", seed);
    }
out:
    return status;
}

static void print_points(const ams_budget *b)
{
    printf("%-24s %10s %10s %10s %8s %18s\n", "policy", "budget", "cost", b->cost_unit, "right",
           "95 %");
    for (size_t k = 0; k < b->n_points; k++) {
        const ams_budget_point *p = &b->point[k];
        if (strstr(p->policy, "-prices") != NULL) {
            continue;
        }
        char budget[32] = "-";
        if (!isnan(p->budget)) {
            snprintf(budget, sizeof budget, "%.4g", p->budget);
        }
        printf("%-24s %10s %10.4g %10s %8.4f   [%.4f, %.4f]\n", p->policy, budget, p->cost.mean,
               "", p->score.mean, p->score.low, p->score.high);
    }
}

static void print_summary(const ams_budget *b)
{
    const ams_budget_point *single = &b->point[b->best_single];
    printf("\nbest single model: %s, right %.4f at %.4g %s\n", single->policy,
           single->score.mean, single->cost.mean, b->cost_unit);
    printf("%-24s %10s %s\n", "policy", "area", "as right as that at");
    for (size_t k = 0; k < b->n_curves; k++) {
        const ams_budget_curve *c = &b->curve[k];
        printf("%-24s %10.4f ", c->policy, c->area);
        if (isnan(c->cost_of_single)) {
            puts("no cost");
        } else {
            printf("%.4g, %.0f %% of its cost\n", c->cost_of_single,
                   100 * c->cost_of_single / single->cost.mean);
        }
    }
}

static ams_status print_json(const ams_budget *b, ams_error *err)
{
    json_t *rows = json_array();
    json_t *curves = json_array();
    for (size_t k = 0; k < b->n_points; k++) {
        const ams_budget_point *p = &b->point[k];
        json_array_append_new(rows, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "policy",
                                              p->policy, "budget", cli_json_number(p->budget),
                                              "cost", cli_json_number(p->cost.mean), "right",
                                              cli_json_number(p->score.mean), "ci_low",
                                              cli_json_number(p->score.low), "ci_high",
                                              cli_json_number(p->score.high)));
    }
    for (size_t k = 0; k < b->n_curves; k++) {
        const ams_budget_curve *c = &b->curve[k];
        json_array_append_new(curves, json_pack("{s:s, s:o, s:o}", "policy", c->policy, "area",
                                                cli_json_number(c->area), "cost_of_single",
                                                cli_json_number(c->cost_of_single)));
    }
    return cli_print_json(
        json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:s, s:o, s:o}", "cost_unit", b->cost_unit,
                  "training_items", (int)b->n_train, "items", (int)b->n_scored,
                  "items_without_truth", (int)b->n_without_truth, "items_with_several",
                  (int)b->n_several, "labels", (int)b->n_classes, "best_single",
                  b->point[b->best_single].policy, "rows", rows, "curves", curves),
        err);
}

static void print_all(const ams_budget *b)
{
    printf("%u training items, %u scored; %u models, %u labels\n", b->n_train, b->n_scored,
           b->n_models, b->n_classes);
    if (b->n_without_truth + b->n_several > 0) {
        printf("left out: %u items without a right label, %u with several\n",
               b->n_without_truth, b->n_several);
    }
    print_points(b);
    print_summary(b);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    double budgets[AMS_BUDGET_MOST];
    ams_budget_options o = ams_budget_defaults();
    ams_budget budget = {0};
    ams_table table = {0};
    const char *path = NULL;
    const char *folder = cli_get(args, "-o", NULL);
    cli_progress bar;
    ams_status status = AMS_OK;
    AMS_TRY(get_options(args, budgets, &o, err));
    AMS_TRY(cli_require(args, "--data", &path, err));
    AMS_TRY(ams_table_read(&table, path, err));
    cli_progress_begin(&bar, "budget");
    const ams_progress progress = cli_progress_listener(&bar);
    o.progress = &progress;
    status = ams_budget_run(&budget, &table, &o, err);
    cli_progress_end(&bar);
    AMS_TRY(status);
    if (cli_has(args, "--json")) {
        AMS_TRY(print_json(&budget, err));
    } else {
        print_all(&budget);
    }
    if (folder != NULL) {
        AMS_TRY(ams_budget_write(&budget, folder, err));
    }
out:
    ams_budget_fini(&budget);
    ams_table_fini(&table);
    return status;
}

const ams_command ams_cmd_budget = {
    .name = "budget",
    .summary = "how many answers can be right for how much money per item",
    .usage = "ams budget --data F.h5 [--task NAME] [--split test] [--rule RULE]\n"
             "          [--budgets B,B] [-o DIR] [OPTION]...",
    .help =
        "The file has right labels (`ams data import --truth`) and at most 8 models of the\n"
        "task. On its training items it is learned what answer the called models' outputs\n"
        "make likely and what calling one more is worth; the scored items show what that\n"
        "gives at each mean cost per item.\n"
        "\n"
        "Policies: `exact` calls what the backward solution over sets of called models says\n"
        "and keeps to the budget by a controller, `exact-shares` by fixed shares of two\n"
        "policies; `fixed` calls the best sets of models, the same for every item, `pair` at\n"
        "most two of them; `cascade` calls one after the other until one is confident;\n"
        "`single:NAME` is one model. `area` is the mean share of right answers over all\n"
        "budgets. docs/budgets.md goes from records to a figure.\n"
        "\n"
        "Example:\n"
        "  ams budget --data data/rafdb.h5 --budgets 1,2,5,10 -o results/budget\n",
    CLI_OPTIONS(options),
    .run = run,
};
