/* `ams budget`: right answers for money. */
#include "ams/budget.h"
#include "ams/data.h"
#include "cli/json.h"
#include "cli/score_options.h"

typedef struct budget_job {
    const char *data, *fit, *folder;
    ams_budget_options budget;
    int score;
    bool json;
} budget_job;

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
             "gets `exact`, or the agent, as a policy for `ams serve`, `ams run` and programs",
             CLI_INTO_TEXT(budget_job, budget.policy_path)),
    CLI_VALUE("--split", "NAME", "which items are scored (default test)",
              CLI_INTO(budget_job, budget.split, cli_read_split)),
    CLI_VALUE("--score", "S",
              "truth (default): share of right answers, F1 where items have several right "
              "labels; exact: whether all labels are right and no other",
              CLI_INTO_CHOICE(budget_job, score, cli_scores + 1)),
    CLI_ANSWERS(budget_job, budget, NULL),
    CLI_VALUE(
        "--agent", "NAME",
        "also trains this agent of `ams list agents` at prices for each budget (default: none)",
        CLI_INTO_TEXT(budget_job, budget.agent)),
    CLI_VALUE("--steps", "N", "updates of each of its trainings (default 2000)",
              CLI_INTO_COUNT(budget_job, budget.steps, UINT64_C(1) << 40), .with = "--agent"),
    CLI_VALUE("--networks", "N", "trainings per price, whose mean decides (default 4)",
              CLI_INTO_COUNT(budget_job, budget.networks, AMS_BUDGET_NETWORKS),
              .with = "--agent"),
    CLI_VALUE("--set", "K=V,K=V", "settings of its trainings, as `ams list keys` has them",
              CLI_INTO_TEXTS(budget_job, budget.setting, budget.n_settings), .with = "--agent"),
    CLI_VALUE("--ridge", "X", "penalty of the regressions (default 1)",
              CLI_INTO_REAL(budget_job, budget.ridge, 1e-9, 1e9)),
    CLI_VALUE("--horizon", "N",
              "items over which the controller spends what is in hand (default 500); towards "
              "the last scored item those that are left",
              CLI_INTO_REAL(budget_job, budget.horizon, 1, 1e9)),
    CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 1000)",
              CLI_INTO_COUNT(budget_job, budget.draws, 1000000)),
    CLI_VALUE("--seed", "S", "of folds, mixing and intervals (default 0)",
              CLI_INTO_NUMBER(budget_job, budget.seed)),
    CLI_JSON_INTO(budget_job, json),
};

static ams_status run(const cli_args *args, ams_error *err)
{
    budget_job job = {.budget = ams_budget_defaults()};
    ams_budget budget = {0};
    ams_table table = {0};
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
    status = cli_show_budget(&budget, job.json, job.folder, err);
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
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
