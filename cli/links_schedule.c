/* `ams links schedule`: what a deadline left undone, filled in. */
#include "ams/link_scheduled.h"
#include "base/memory.h"
#include "cli/json.h"
#include "cli/links.h"
#include "cli/readers.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct schedule_job {
    ams_link_session_options session;
    cli_link_limits limits;
    const char *const *policy;
    uint32_t n_policies, fillings;
    const double *core;
    uint32_t n_cores;
    const char *path;
    bool json;
} schedule_job;

static const cli_option options[] = {
    CLI_LINKS_FIT(schedule_job, session),
    CLI_LINKS_FIT_TO(schedule_job, session),
    CLI_FILE("--policy", "P", CLI_READS,
             "as in `ams eval`: a run folder, a policy file or a baseline; several",
             CLI_INTO_TEXTS(schedule_job, policy, n_policies)),
    CLI_VALUE("--time", "LIST", "deadlines: 5%,10% of all time, 200ms, 1s",
              CLI_INTO_TEXT(schedule_job, limits.time)),
    CLI_VALUE("--fill", "L,L",
              "nothing, constant, best, mean, any (default nothing,constant,best,any)",
              CLI_INTO_WORDS(schedule_job, fillings, ams_link_fillings)),
    CLI_VALUE("--core", "P,P",
              "also a set that always runs, within these shares of the deadline, and an "
              "adaptive rest: 0.25,0.5,1",
              CLI_INTO_REALS(schedule_job, core, n_cores, 0, 1)),
    CLI_VALUE("--split", "S", "train, validation or test (default test)",
              CLI_INTO(schedule_job, session.split, cli_read_split)),
    CLI_FILE("-o", "F.tsv", CLI_WRITES_TSV, "write the table there",
             CLI_INTO_TEXT(schedule_job, path)),
    CLI_JSON_INTO(schedule_job, json),
};

/* A table per deadline. */
static void print_table(const ams_link_scheduled *s, const ams_frame *rows)
{
    printf("Accuracy of all outputs by a deadline on %u %s items: mean F1; floor: the same\n"
           "executions, filled with constants.\n",
           s->session->measured.n, ams_split_name(s->session->options.split));
    for (uint32_t first = 0, n = 0; first < s->n_rows; first += n) {
        for (n = 1; first + n < s->n_rows &&
                    s->row[first + n].deadline_ms == s->row[first].deadline_ms;
             n++) {
        }
        printf("\nBy %.4g %s:\n", s->row[first].deadline_ms,
               ams_table_cost_unit(&s->session->table));
        ams_frame_print_rows(rows, first, n, stdout);
    }
}

static ams_status schedule(const cli_args *args, ams_link_session *session,
                           ams_link_scheduled *s, ams_result *result, ams_error *err)
{
    schedule_job job = {.session = ams_link_session_defaults(),
                        .fillings = 1U << AMS_FILL_NOTHING | 1U << AMS_FILL_CONSTANT |
                                    1U << AMS_FILL_BEST | 1U << AMS_FILL_ANY};
    ams_link_budget *budget = NULL;
    double *deadline = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    job.session.network.seed = job.session.seed;
    if (job.n_policies + job.n_cores == 0) {
        return ams_fail(err, AMS_USAGE, "give at least one --policy or --core");
    }
    AMS_TRY(ams_link_session_open(session, &job.session, err));
    AMS_TRY(cli_get_budgets(args, &job.limits, session, &budget, &n, err));
    AMS_TRY(ams_alloc(&deadline, n, sizeof *deadline, "deadlines", err));
    for (uint32_t k = 0; k < n; k++) {
        deadline[k] = budget[k].time_ms;
    }
    const ams_link_scheduled_options how = {.spec = job.policy,
                                            .n_specs = job.n_policies,
                                            .deadline_ms = deadline,
                                            .n_deadlines = n,
                                            .fillings = job.fillings,
                                            .core = job.core,
                                            .n_cores = job.n_cores};
    AMS_TRY(ams_link_scheduled_run(s, session, &how, err));
    AMS_TRY(ams_link_scheduled_result(s, result, err));
    if (job.json) {
        AMS_TRY(ams_result_print_json(result, stdout, err));
    } else {
        print_table(s, ams_result_frame(result, "rows"));
    }
    if (job.path != NULL) {
        status = ams_link_scheduled_write(s, job.path, err);
    }
out:
    free(deadline);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_link_scheduled s = {.row = NULL};
    ams_result result = {.n = 0};
    ams_status status = schedule(args, &session, &s, &result, err);
    ams_result_fini(&result);
    ams_link_scheduled_fini(&s);
    ams_link_session_close(&session);
    return status;
}

const ams_command ams_cmd_links_schedule = {
    .name = "links schedule",
    .summary = "what a deadline left undone, filled in: accuracy of all outputs",
    .usage = "ams links schedule --data F.h5 --policy P [--policy P ...] --time LIST",
    .help = "Each policy schedules every item by the papers' Algorithm 1 (orders: by first\n"
            "fit). What has not run by the deadline is filled in. `ams links eval` has the\n"
            "same for one set that runs on all items.\n"
            "\n"
            "Example:\n"
            "  ams links schedule --data data/photos.h5 --policy fixed --policy runs/first \\\n"
            "    --policy links:links.ams --time 5%,10%,20%,40%\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
