/* `ams links schedule`: what a deadline left undone, filled in. */
#include "ams/link_scheduled.h"
#include "base/memory.h"
#include "cli/links.h"
#include "cli/readers.h"
#include "console/options.h"

#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {
    CLI_LINKS_FIT,
    CLI_FILE("--policy", "P", CLI_READS,
             "as in `ams eval`: a run folder, a policy file or a baseline; several"),
    CLI_VALUE("--time", "LIST", "deadlines: 5%,10% of all time, 200ms, 1s"),
    CLI_VALUE("--fill", "L,L",
              "nothing, constant, best, mean, any (default nothing,constant,best,any)"),
    CLI_VALUE("--split", "S", "train, validation or test (default test)"),
    CLI_FILE("-o", "F.tsv", CLI_WRITES_TSV, "write the table there"),
};

static void print_table(const ams_link_scheduled *s)
{
    double last = -1;
    printf("Accuracy of all outputs by a deadline on %u %s items: mean F1; floor: the same\n"
           "executions, filled with constants.\n",
           s->session->measured.n, ams_split_name(s->session->options.split));
    for (uint32_t k = 0; k < s->n_rows; k++) {
        const ams_scheduled_row *r = &s->row[k];
        if (r->deadline_ms != last) {
            printf("\nBy %.4g ms:\n%-24s %-10s %8s %9s %8s %8s %8s\n", r->deadline_ms, "policy",
                   "fill", "models", "time_ms", "f1", "floor", "skill");
            last = r->deadline_ms;
        }
        printf("%-24s %-10s %8.2f %9.1f %8.4f %8.4f %8.4f\n", r->label,
               ams_link_fillings[r->filling], r->models, r->time_ms, r->f1, r->floor,
               ams_link_skill(r->f1, r->floor));
    }
}

static ams_status schedule(const cli_args *args, ams_link_session *session,
                           ams_link_scheduled *s, ams_error *err)
{
    const uint32_t usual = 1U << AMS_FILL_NOTHING | 1U << AMS_FILL_CONSTANT |
                           1U << AMS_FILL_BEST | 1U << AMS_FILL_ANY;
    ams_link_session_options o = ams_link_session_defaults();
    const char *path = cli_get(args, "-o", NULL);
    const char **spec = NULL;
    ams_link_budget *budget = NULL;
    double *deadline = NULL;
    uint32_t fillings = 0;
    uint32_t n = 0;
    uint32_t specs = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_get_links(args, &o, err));
    AMS_TRY(cli_get_split_name(args, &o.split, err));
    fillings = usual;
    AMS_TRY(cli_get_words(args, "--fill", ams_link_fillings, &fillings, err));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&spec, (size_t)args->n_options, sizeof *spec, "policies", err));
    while ((spec[specs] = cli_get_nth(args, "--policy", (int)specs)) != NULL) {
        specs++;
    }
    if (specs == 0) {
        status = ams_fail(err, AMS_USAGE, "give at least one --policy");
        goto out;
    }
    AMS_TRY(ams_link_session_open(session, &o, err));
    AMS_TRY(cli_get_budgets(args, session, &budget, &n, err));
    AMS_TRY(ams_alloc(&deadline, n, sizeof *deadline, "deadlines", err));
    for (uint32_t k = 0; k < n; k++) {
        deadline[k] = budget[k].time_ms;
    }
    AMS_TRY(ams_link_scheduled_run(s, session, spec, specs, deadline, n, fillings, err));
    print_table(s);
    if (path != NULL) {
        status = ams_link_scheduled_write(s, path, err);
    }
out:
    free((void *)spec);
    free(budget);
    free(deadline);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_link_scheduled s = {.row = NULL};
    ams_status status = schedule(args, &session, &s, err);
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
    CLI_OPTIONS(options),
    .run = run,
};
