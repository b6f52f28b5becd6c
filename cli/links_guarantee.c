/* `ams links guarantee`: links that abstain, so that what they answer is seldom wrong. */
#include "ams/link_guarantee.h"
#include "base/number.h"
#include "cli/json.h"
#include "cli/links.h"
#include "console/options.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ALPHAS = 16 };

typedef struct guarantee_alphas {
    double value[MOST_ALPHAS];
    uint32_t n;
} guarantee_alphas;

typedef struct guarantee_job {
    ams_link_session_options session;
    ams_link_guarantee_study study;
    cli_link_limits limits;
    guarantee_alphas alphas;
    uint32_t methods;
    const char *path;
    bool json;
} guarantee_job;

/* "1,2,5" in %. */
static ams_status read_alphas(const char *option, const char *text, void *value, ams_error *err)
{
    guarantee_alphas *a = value;
    char part[64];
    for (a->n = 0; text != NULL;
         text = strchr(text, ',') == NULL ? NULL : strchr(text, ',') + 1) {
        double percent = 0;
        snprintf(part, sizeof part, "%.*s", (int)strcspn(text, ","), text);
        if (a->n == MOST_ALPHAS || !ams_parse_double(part, &percent) ||
            !(percent > 0 && percent < 100)) {
            return ams_fail(
                err, AMS_USAGE,
                "option %s: expected up to %d numbers between 0 and 100, found '%s'", option,
                MOST_ALPHAS, part);
        }
        a->value[a->n++] = percent / 100;
    }
    return AMS_OK;
}

static const cli_option options[] = {
    CLI_LINKS_FIT(guarantee_job, session),
    CLI_LINKS_FIT_TO(guarantee_job, session),
    CLI_LINKS_BUDGETS(guarantee_job, limits),
    CLI_VALUE("--method", "M", "how the models that always run are chosen (default facility)",
              CLI_INTO_WORDS(guarantee_job, methods, ams_link_methods)),
    CLI_VALUE("--alpha", "LIST", "errors in % that are allowed (default 1,2,5,10)",
              CLI_INTO(guarantee_job, alphas, read_alphas)),
    CLI_VALUE("--seeds", "LIST",
              "draw training, validation and test items again for each seed: 1-20 (default: "
              "the file's own split, once)",
              CLI_INTO_SEEDS(guarantee_job, study.seed, study.n_seeds)),
    CLI_FILE("-o", "F.tsv", CLI_WRITES_TSV, "write a row per seed, limit, filling and alpha",
             CLI_INTO_TEXT(guarantee_job, path)),
    CLI_JSON_INTO(guarantee_job, json),
};

/* One split of the data: drawn by the seed where seeds were given. */
static ams_status run_seed(const cli_args *args, guarantee_job *job, size_t seed,
                           ams_error *err)
{
    ams_link_session s = {.data_hash = ""};
    ams_link_guarantee_study *study = &job->study;
    ams_link_budget *budget = NULL;
    ams_split_options split = ams_import_defaults().split;
    ams_status status = AMS_OK;
    split.seed = study->seed[seed];
    job->session.resplit = cli_has(args, "--seeds") ? &split : NULL;
    AMS_TRY(ams_link_session_open(&s, &job->session, err));
    if (seed == 0) {
        AMS_TRY(cli_get_budgets(args, &job->limits, &s, &budget, &study->n_budgets, err));
        study->budget = budget;
        AMS_TRY(ams_link_guarantee_study_init(study, &s, err));
    }
    status = ams_link_guarantee_study_run(study, &s, seed, err);
out:
    job->session.resplit = NULL; /* it does not outlive this split */
    ams_link_session_close(&s);
    return status;
}

static void print_means(const ams_link_guarantee_study *s, const ams_frame *means)
{
    const size_t per_budget = means->n_rows / s->n_budgets;
    printf(
        "Linked outputs are accepted where their error is at most alpha with 95 %% "
        "confidence for all\ntargets together; the other models run. error: of all accepted "
        "outputs on test. kept: seeds with\nan error of at most alpha. over: targets whose own "
        "error on test is over alpha, of those that accept.\n");
    for (uint32_t b = 0; b < s->n_budgets; b++) {
        char unit[AMS_COST_UNIT_MAX + 1];
        snprintf(unit, sizeof unit, "%s", s->cost_unit);
        const ams_link_session totals = {.table = {.cost_unit = unit},
                                         .total_time_ms = s->total_time_ms,
                                         .total_mem_mb = s->total_mem_mb};
        printf("\nAlways run: at most ");
        cli_print_budget(&totals, &s->budget[b]);
        putchar('\n');
        ams_frame_print_rows(means, b * per_budget, per_budget, stdout);
    }
}

static ams_status guarantee(const cli_args *args, guarantee_job *job, ams_result *result,
                            ams_error *err)
{
    ams_link_guarantee_study *study = &job->study;
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, job, err));
    job->session.network.seed = job->session.seed;
    study->method = (ams_link_method)__builtin_ctz(job->methods);
    study->alpha = job->alphas.value;
    study->n_alphas = job->alphas.n;
    for (size_t k = 0; k < study->n_seeds; k++) {
        AMS_TRY(run_seed(args, job, k, err));
    }
    AMS_TRY(ams_link_guarantee_study_result(study, result, err));
    if (job->json) {
        AMS_TRY(ams_result_print_json(result, stdout, err));
    } else {
        print_means(study, ams_result_frame(result, "means"));
    }
    if (job->path != NULL) {
        status = ams_frame_write_tsv(ams_result_frame(result, "rows"), NULL, job->path, err);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    static const uint64_t once = 0;
    guarantee_job job = {.session = ams_link_session_defaults(),
                         .study = {.seed = &once, .n_seeds = 1},
                         .methods = 1U << AMS_CHOOSE_FACILITY,
                         .alphas = {{0.01, 0.02, 0.05, 0.1}, 4}};
    ams_result result = {.n = 0};
    ams_status status = guarantee(args, &job, &result, err);
    ams_result_fini(&result);
    ams_link_guarantee_study_fini(&job.study);
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
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
