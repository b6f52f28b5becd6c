/* `ams links eval`: which models to run, and how well links fill in the others. */
#include "ams/link_study.h"
#include "cli/json.h"
#include "cli/links.h"
#include "cli/readers.h"

#include <stdio.h>

typedef struct eval_job {
    ams_link_session_options session;
    ams_link_study_options study;
    cli_link_limits limits;
    const char *directory;
    bool json;
} eval_job;

static const cli_option options[] = {
    CLI_LINKS_FIT(eval_job, session),
    CLI_LINKS_FIT_TO(eval_job, session),
    CLI_LINKS_BUDGETS(eval_job, limits),
    CLI_VALUE("--method", "M,M", "how models are chosen (default: all but refit)",
              CLI_INTO_WORDS(eval_job, study.methods, ams_link_methods)),
    CLI_VALUE("--fill", "L,L",
              "how the others' outputs are filled in (default nothing,constant,best,refit)",
              CLI_INTO_WORDS(eval_job, study.fillings, ams_link_fillings)),
    CLI_VALUE("--split", "S", "train, validation or test (default test)",
              CLI_INTO(eval_job, session.split, cli_read_split)),
    CLI_FLAG("--truth",
             "the right answers are one more model, which links predict and which never runs",
             CLI_INTO_FLAG(eval_job, session.truth)),
    CLI_VALUE("--bootstrap", "N", "draws of the 95 % intervals (default 1000)",
              CLI_INTO_COUNT(eval_job, study.draws, 1000000)),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER,
             "write links.tsv, targets.tsv and qualities.tsv there",
             CLI_INTO_TEXT(eval_job, directory)),
    CLI_JSON_INTO(eval_job, json),
};

static void print_study(const ams_link_study *study, const ams_frame *rows)
{
    const ams_link_session *s = study->session;
    const uint32_t per_budget = study->n_rows / study->options.n_budgets;
    printf("Accuracy of all outputs on %u %s items: mean F1 over %u models, 1 for those that\n"
           "run. floor: the same set, filled with constants. skill: what links add of 1 - "
           "floor.\n",
           s->measured.n, ams_split_name(s->options.split), s->space.n_models);
    for (uint32_t k = 0; k < study->options.n_budgets; k++) {
        printf("\nAt most ");
        cli_print_budget(s, &study->options.budget[k]);
        puts(":");
        ams_frame_print_rows(rows, (size_t)k * per_budget, per_budget, stdout);
    }
}

static ams_status evaluate(const cli_args *args, ams_link_session *session,
                           ams_link_study *study, ams_result *result, ams_error *err)
{
    eval_job job = {.session = ams_link_session_defaults(),
                    .study = {.methods = (1U << AMS_CHOOSE_REFIT) - 1,
                              .fillings = 1U << AMS_FILL_NOTHING | 1U << AMS_FILL_CONSTANT |
                                          1U << AMS_FILL_BEST | 1U << AMS_FILL_REFIT,
                              .draws = 1000}};
    ams_link_budget *budget = NULL;
    cli_progress bar = {.what = NULL};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    job.session.network.seed = job.session.seed;
    AMS_TRY(ams_link_session_open(session, &job.session, err));
    AMS_TRY(cli_get_budgets(args, &job.limits, session, &budget, &job.study.n_budgets, err));
    job.study.budget = budget;
    job.study.seed = job.session.seed;
    job.study.progress = &progress;
    cli_progress_begin(&bar, "links");
    status = ams_link_study_run(study, session, &job.study, err);
    cli_progress_end(&bar);
    AMS_TRY(status);
    AMS_TRY(ams_link_study_result(study, result, err));
    if (job.json) {
        AMS_TRY(ams_result_print_json(result, stdout, err));
    } else {
        print_study(study, ams_result_frame(result, "rows"));
    }
    if (job.directory != NULL) {
        AMS_TRY(ams_link_study_write(study, job.directory, err));
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_link_study study = {.row = NULL};
    ams_result result = {.n = 0};
    ams_status status = evaluate(args, &session, &study, &result, err);
    ams_result_fini(&result);
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
            "  concat      the paper's code: one layer on the outputs of all links, zeros for\n"
            "              those that are missing\n"
            "  any         one additive link for any set, trained with source dropout\n"
            "  refit       links fitted to exactly this set\n"
            "\n"
            "Example:\n"
            "  ams links eval --data data/photos.h5 --time 5%,10%,20%,40% --mem 5%,20% \\\n"
            "    -o results/links\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
