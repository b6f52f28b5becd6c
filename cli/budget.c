/* `ams budget`: right answers for money. */
#include "ams/budget.h"
#include "ams/data.h"
#include "base/memory.h"
#include "cli/json.h"
#include "cli/readers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct budget_job {
    const char *data, *fit, *folder;
    ams_budget_options budget;
    int score;
    bool json;
} budget_job;

static const char *const scores[] = {"truth", "exact", NULL};

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file with right labels and costs",
             CLI_REQUIRED(budget_job, data)),
    CLI_FILE("--fit", "F.h5", CLI_READS,
             "outputs file from whose training items it is learned (default: the one that is "
             "scored); the same models, found by name",
             CLI_INTO_TEXT(budget_job, fit)),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "gets curve.tsv and area.tsv (default: none is written)",
             CLI_INTO_TEXT(budget_job, folder)),
    CLI_FILE("--export", "P.ams", CLI_WRITES_POLICY,
             "gets `exact` as a policy for `ams serve`, `ams run` and programs (default: none)",
             CLI_INTO_TEXT(budget_job, budget.policy_path)),
    CLI_VALUE("--task", "NAME", "which task is answered (default: the only one)",
              CLI_INTO_TEXT(budget_job, budget.task)),
    CLI_VALUE("--split", "NAME", "which items are scored (default test)",
              CLI_INTO(budget_job, budget.split, cli_read_split)),
    CLI_VALUE("--score", "S",
              "truth (default): share of right answers, F1 where items have several right "
              "labels; exact: whether all labels are right and no other",
              CLI_INTO_CHOICE(budget_job, score, scores)),
    CLI_VALUE("--rule", "RULE",
              "what the answer is once some models were called: posterior (default), last, "
              "vote or best-confidence",
              CLI_INTO_CHOICE(budget_job, budget.rule, ams_answer_rules)),
    CLI_VALUE("--budgets", "B,B",
              "mean costs per item (default: twelve, from the cheapest model to all)",
              CLI_INTO_REALS(budget_job, budget.budget, budget.n_budgets, 0, (double)INFINITY)),
    CLI_VALUE(
        "--agent", "NAME",
        "also trains this agent of `ams list agents` at prices for each budget (default: none)",
        CLI_INTO_TEXT(budget_job, budget.agent)),
    CLI_VALUE("--steps", "N", "updates of each of its trainings (default 4000)",
              CLI_INTO_COUNT(budget_job, budget.steps, UINT64_C(1) << 40)),
    CLI_VALUE("--networks", "N", "trainings per price, whose mean decides (default 4)",
              CLI_INTO_COUNT(budget_job, budget.networks, AMS_BUDGET_NETWORKS)),
    CLI_VALUE("--set", "K=V,K=V", "settings of its trainings, as `ams list keys` has them",
              CLI_INTO_TEXTS(budget_job, budget.setting, budget.n_settings)),
    CLI_VALUE("--ridge", "X", "penalty of the regressions (default 1)",
              CLI_INTO_REAL(budget_job, budget.ridge, 1e-9, 1e9)),
    CLI_VALUE("--horizon", "N",
              "items over which the controller spends what is in hand (default 500)",
              CLI_INTO_REAL(budget_job, budget.horizon, 1, 1e9)),
    CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 1000)",
              CLI_INTO_COUNT(budget_job, budget.draws, 1000000)),
    CLI_VALUE("--seed", "S", "of folds, mixing and intervals (default 0)",
              CLI_INTO_NUMBER(budget_job, budget.seed)),
    CLI_JSON_INTO(budget_job, json),
};

/* All but the single policies of the exact solution, one per price. */
static ams_status print_points(const ams_budget *b, const ams_frame *rows, ams_error *err)
{
    uint32_t *order = NULL;
    size_t n = 0;
    ams_status status = ams_alloc(&order, b->n_points, sizeof *order, "rows", err);
    for (size_t k = 0; status == AMS_OK && k < b->n_points; k++) {
        if (strstr(b->point[k].policy, "-prices") == NULL) {
            order[n++] = (uint32_t)k;
        }
    }
    if (status == AMS_OK) {
        ams_frame_print_order(rows, order, n, stdout);
    }
    free(order);
    return status;
}

static ams_status print_all(const ams_budget *b, const ams_result *result, ams_error *err)
{
    const ams_budget_point *single = &b->point[b->best_single];
    printf("%u training items, %u scored; %u models, %u labels\n", b->n_train, b->n_scored,
           b->n_models, b->n_classes);
    if (b->n_without_truth + b->n_several > 0) {
        printf("left out: %u items without a right label; %u have several\n",
               b->n_without_truth, b->n_several);
    }
    ams_status status = print_points(b, ams_result_frame(result, "rows"), err);
    if (status == AMS_OK) {
        printf("\nbest single model: %s, right %.4f at %.4g %s\n", single->policy,
               single->score.mean, single->cost.mean, b->cost_unit);
        ams_frame_print(ams_result_frame(result, "curves"), stdout);
    }
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    budget_job job = {.budget = ams_budget_defaults()};
    ams_budget budget = {0};
    ams_table table = {0};
    ams_result result = {.n = 0};
    cli_progress bar = {.what = NULL};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    AMS_TRY(ams_table_read(&table, job.data, err));
    AMS_TRY(ams_data_join_learned(&table, job.budget.split, AMS_FIT, job.fit, err));
    job.budget.progress = &progress;
    job.budget.exact = job.score == 1;
    cli_progress_begin(&bar, "budget");
    status = ams_budget_run(&budget, &table, &job.budget, err);
    cli_progress_end(&bar);
    AMS_TRY(status);
    AMS_TRY(ams_budget_result(&budget, &result, err));
    AMS_TRY(job.json ? ams_result_print_json(&result, stdout, err)
                     : print_all(&budget, &result, err));
    if (job.folder != NULL) {
        AMS_TRY(ams_budget_write(&budget, job.folder, err));
    }
out:
    ams_result_fini(&result);
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
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
