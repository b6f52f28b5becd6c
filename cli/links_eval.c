/* `ams links eval`: which models to run, and how well links fill in the others. */
#include "ams/link_study.h"
#include "cli/json.h"
#include "cli/links.h"
#include "cli/readers.h"
#include "console/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {
    CLI_LINKS_FIT,
    CLI_LINKS_BUDGETS,
    CLI_VALUE("--method", "M,M", "how models are chosen (default: all but refit)"),
    CLI_VALUE("--fill", "L,L",
              "how the others' outputs are filled in (default nothing,constant,best,refit)"),
    CLI_VALUE("--split", "S", "train, validation or test (default test)"),
    CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 1000)"),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "write links.tsv, targets.tsv and qualities.tsv there"),
    CLI_JSON,
};

static void print_row(const ams_link_study *study, const ams_link_study_row *row)
{
    const double f1 = row->accuracy.mean[AMS_LINK_F1];
    const double floor = row->floor[AMS_LINK_F1];
    printf("%-9s %-10s %6d %9.1f %9.1f %8.1f %8.4f [%.4f, %.4f] %8.4f %8.4f %8.4f",
           ams_link_methods[row->method], ams_link_fillings[row->filling],
           __builtin_popcountll(row->choice.set), row->time_ms, row->mem_mb, row->link_us, f1,
           row->low, row->high, floor, ams_link_skill(f1, floor),
           row->accuracy.mean[AMS_LINK_EXACT]);
    if (row->method != AMS_CHOOSE_REFIT && row->method != AMS_CHOOSE_CONSTANT) {
        printf(" %8.4f", row->choice.value);
    } else {
        printf(" %8s", "-");
    }
    if (!isnan(row->choice.bound) && row->method != AMS_CHOOSE_CONSTANT) {
        printf(" %8.4f%s", row->choice.bound, row->choice.optimal ? " optimal" : "");
    }
    putchar('\n');
    (void)study;
}

static void print_study(const ams_link_study *study)
{
    const ams_link_session *s = study->session;
    printf("Accuracy of all outputs on %u %s items: mean F1 over %u models, 1 for those that\n"
           "run. floor: the same set, filled with constants. skill: what links add of 1 - "
           "floor.\n",
           s->measured.n, ams_split_name(s->options.split), s->space.n_models);
    for (uint32_t k = 0; k < study->n_rows; k++) {
        const ams_link_study_row *row = &study->row[k];
        if (k == 0 || row->budget != row[-1].budget) {
            printf("\nAt most ");
            cli_print_budget(s, &study->options.budget[row->budget]);
            printf(":\n%-9s %-10s %6s %9s %9s %8s %8s %-16s %8s %8s %8s %8s %8s\n", "method",
                   "fill", "models", "time_ms", "mem_mb", "link_us", "f1", "95 %", "floor",
                   "skill", "exact", "F", "bound");
        }
        print_row(study, row);
    }
}

static json_t *row_json(const ams_link_study *study, const ams_link_study_row *row)
{
    const ams_link_budget *budget = &study->options.budget[row->budget];
    const double f1 = row->accuracy.mean[AMS_LINK_F1];
    const double floor = row->floor[AMS_LINK_F1];
    const bool predicted =
        row->method != AMS_CHOOSE_REFIT && row->method != AMS_CHOOSE_CONSTANT;
    return json_pack(
        "{s:o, s:o, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}",
        "time_budget_ms", cli_json_number(budget->time_ms), "mem_budget_mb",
        cli_json_number(budget->mem_mb), "method", ams_link_methods[row->method], "fill",
        ams_link_fillings[row->filling], "models", __builtin_popcountll(row->choice.set),
        "time_ms", cli_json_number(row->time_ms), "mem_mb", cli_json_number(row->mem_mb),
        "link_us", cli_json_number(row->link_us), "f1", cli_json_number(f1), "ci_low",
        cli_json_number(row->low), "ci_high", cli_json_number(row->high), "floor",
        cli_json_number(floor), "skill", cli_json_number(ams_link_skill(f1, floor)), "exact",
        cli_json_number(row->accuracy.mean[AMS_LINK_EXACT]), "objective",
        predicted ? cli_json_number(row->choice.value) : json_null(), "bound",
        row->method == AMS_CHOOSE_CONSTANT ? json_null() : cli_json_number(row->choice.bound),
        "optimal", row->choice.optimal);
}

static ams_status print_study_json(const ams_link_study *study, ams_error *err)
{
    const ams_link_session *s = study->session;
    json_t *rows = json_array();
    for (uint32_t k = 0; k < study->n_rows; k++) {
        json_array_append_new(rows, row_json(study, &study->row[k]));
    }
    return cli_print_json(json_pack("{s:s, s:s, s:i, s:o}", "data_hash", s->data_hash, "split",
                                    ams_split_name(s->options.split), "items",
                                    (int)s->measured.n, "rows", rows),
                          err);
}

static ams_status evaluate(const cli_args *args, ams_link_session *session,
                           ams_link_study *study, ams_error *err)
{
    const uint32_t methods = (1U << AMS_CHOOSE_REFIT) - 1;
    const uint32_t fillings = 1U << AMS_FILL_NOTHING | 1U << AMS_FILL_CONSTANT |
                              1U << AMS_FILL_BEST | 1U << AMS_FILL_REFIT;
    ams_link_session_options options_of = ams_link_session_defaults();
    ams_link_study_options how = {0};
    ams_link_budget *budget = NULL;
    uint64_t draws = 1000;
    cli_progress bar;
    const char *directory = cli_get(args, "-o", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_get_links(args, &options_of, err));
    AMS_TRY(cli_get_split_name(args, &options_of.split, err));
    AMS_TRY(cli_get_count(args, "--bootstrap", 1000000, &draws, err));
    how.methods = methods;
    how.fillings = fillings;
    AMS_TRY(cli_get_words(args, "--method", ams_link_methods, &how.methods, err));
    AMS_TRY(cli_get_words(args, "--fill", ams_link_fillings, &how.fillings, err));
    AMS_TRY(ams_link_session_open(session, &options_of, err));
    AMS_TRY(cli_get_budgets(args, session, &budget, &how.n_budgets, err));
    cli_progress_begin(&bar, "links");
    const ams_progress progress = cli_progress_listener(&bar);
    how.progress = &progress;
    how.budget = budget;
    how.draws = (uint32_t)draws;
    how.seed = options_of.seed;
    status = ams_link_study_run(study, session, &how, err);
    cli_progress_end(&bar);
    AMS_TRY(status);
    if (cli_has(args, "--json")) {
        AMS_TRY(print_study_json(study, err));
    } else {
        print_study(study);
    }
    if (directory != NULL) {
        AMS_TRY(ams_link_study_write(study, directory, err));
    }
out:
    free(budget);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_link_study study = {.row = NULL};
    ams_status status = evaluate(args, &session, &study, err);
    ams_link_study_fini(&study);
    ams_link_session_close(&session);
    return status;
}

const ams_command ams_cmd_links_eval = {
    .name = "links eval",
    .summary = "score links, and the models chosen with them",
    .usage = "ams links eval --data F.h5 --time LIST [--mem LIST] [-o DIR]",
    .help = "Prints the accuracy of all outputs when some models run and links predict the\n"
            "others. Links are fitted on the training split, rated and tuned on validation.\n"
            "\n"
            "Methods of choosing:\n" CLI_LINKS_METHODS "\n"
            "Fillings:\n"
            "  nothing     what did not run counts as wrong\n"
            "  constant    each label's mean through a threshold\n"
            "  best        the best single source that ran\n"
            "  mean        the mean of all sources' links\n"
            "  weights     the paper's ensemble: a trained weight per source and label\n"
            "  reweighted  the same, scaled to the weight that is missing\n"
            "  any         one additive link for any set, trained with source dropout\n"
            "  refit       links fitted to exactly this set\n"
            "\n"
            "Example:\n"
            "  ams links eval --data data/photos.h5 --time 5%,10%,20%,40% --mem 5%,20% \\\n"
            "    -o results/links\n",
    CLI_OPTIONS(options),
    .run = run,
};
