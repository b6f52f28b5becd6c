/* `ams links select`: the models to run under a budget, and the link that does the rest. */
#include "ams/link_selection.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/links.h"

#include <math.h>
#include <stdio.h>

typedef struct select_job {
    ams_link_session_options session;
    cli_link_limits limits;
    uint32_t methods;
    const char *path;
    bool json;
} select_job;

static const cli_option options[] = {
    CLI_LINKS_FIT(select_job, session),
    CLI_VALUE("--time", "T", "limit on the time of the models that run: 20%, 200ms, 1s",
              CLI_INTO_TEXT(select_job, limits.time)),
    CLI_VALUE("--mem", "M", "limit on their memory: 20%, 500MB, 2GB",
              CLI_INTO_TEXT(select_job, limits.mem)),
    CLI_VALUE("--method", "M", "how models are chosen (default facility)",
              CLI_INTO_WORDS(select_job, methods, ams_link_methods)),
    CLI_FILE("-o", "L.ams", CLI_WRITES_LINKS, "write the chosen set's links there",
             CLI_INTO_TEXT(select_job, path)),
    CLI_JSON_INTO(select_job, json),
};

static void print_choice(const ams_link_selection *s)
{
    const ams_choice *c = &s->choice;
    printf("At most ");
    cli_print_budget(s->session, &s->budget);
    printf(": %d of %u models by %s", __builtin_popcountll(c->set), s->session->space.n_models,
           ams_link_methods[s->method]);
    if (s->method != AMS_CHOOSE_REFIT && s->method != AMS_CHOOSE_CONSTANT) {
        printf(", F %.4f", c->value);
        if (c->optimal) {
            fputs(" (optimal)", stdout);
        } else if (!isnan(c->bound)) {
            printf(" (no set has over %.4f)", c->bound);
        }
    }
    char cost[AMS_AMOUNT_BYTES];
    ams_amount_print(cost, s->time_ms, s->session->total_time_ms);
    printf("\nThey take %s %s and %.1f MB, links %.1f us an item.\n"
           "All outputs on %u validation items: mean F1 %.4f, floor %.4f, skill %.4f\n\n",
           cost, ams_table_cost_unit(&s->session->table), s->mem_mb, s->link_us,
           s->session->measured.n, s->f1, s->floor, ams_link_skill(s->f1, s->floor));
}

/* The models that run, then the others. */
static void print_models(const ams_link_selection *s, const ams_frame *rows)
{
    uint32_t order[AMS_MAX_MODELS];
    uint32_t n = 0;
    for (uint64_t runs = 2; runs-- > 0;) {
        for (uint32_t m = 0; m < s->session->space.n_models; m++) {
            if ((s->choice.set >> m & 1) == runs) {
                order[n++] = m;
            }
        }
    }
    ams_frame_print_order(rows, order, n, stdout);
}

static ams_status choose(const cli_args *args, ams_link_session *s, ams_link_selection *found,
                         ams_result *result, ams_error *err)
{
    select_job job = {.session = ams_link_session_defaults(),
                      .methods = 1U << AMS_CHOOSE_FACILITY};
    ams_link_budget *each = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    job.session.network.seed = job.session.seed;
    job.session.split = AMS_VALIDATION;
    AMS_TRY(ams_link_session_open(s, &job.session, err));
    AMS_TRY(cli_get_budgets(args, &job.limits, s, &each, &n, err));
    const bool both = job.limits.time != NULL && job.limits.mem != NULL;
    if (n != (both ? 2 : 1) || __builtin_popcount(job.methods) != 1) {
        return ams_fail(err, AMS_USAGE,
                        "expected one limit on time, one on memory or both, and one method; "
                        "`ams links eval` compares several");
    }
    const ams_link_budget budget = {each[0].time_ms, each[n - 1].mem_mb};
    AMS_TRY(ams_link_selection_run(found, s, (ams_link_method)__builtin_ctz(job.methods),
                                   &budget, err));
    AMS_TRY(ams_link_selection_result(found, result, err));
    if (job.json) {
        AMS_TRY(ams_result_print_json(result, stdout, err));
    } else {
        print_choice(found);
        print_models(found, ams_result_frame(result, "rows"));
    }
    if (job.path != NULL) {
        AMS_TRY(ams_link_selection_write(found, job.path, err));
        fprintf(job.json ? stderr : stdout,
                "\n%s: these links; `ams links predict --links %s` uses them\n", job.path,
                job.path);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_link_selection found = {.session = NULL};
    ams_result result = {.n = 0};
    ams_status status = choose(args, &session, &found, &result, err);
    ams_result_fini(&result);
    ams_link_selection_fini(&found);
    ams_link_session_close(&session);
    return status;
}

const ams_command ams_cmd_links_select = {
    .name = "links select",
    .summary = "choose the models to run under a budget",
    .usage = "ams links select --data F.h5 --time 20% [--mem 30%] [--method M] [-o L.ams]",
    .help =
        "Methods:\n" CLI_LINKS_METHODS "\n"
        "With --time and --mem both limits hold. The links written by -o are fitted to the\n"
        "chosen set.\n"
        "\n"
        "Example:\n"
        "  ams links select --data data/photos.h5 --time 20% -o chosen.ams\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
