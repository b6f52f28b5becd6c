/* `ams links train`: every link between two models, and the link of any set, into a file. */
#include "ams/link_selection.h"
#include "cli/json.h"
#include "cli/links.h"

#include <stdio.h>

typedef struct train_job {
    ams_link_session_options session;
    const char *path;
    bool json;
} train_job;

static const cli_option options[] = {
    CLI_LINKS_FIT(train_job, session),
    CLI_FILE("-o", "L.ams", CLI_WRITES_LINKS, "the file to write",
             CLI_REQUIRED(train_job, path)),
    CLI_JSON_INTO(train_job, json),
};

static ams_status train(const cli_args *args, ams_link_session *s, ams_result *result,
                        ams_error *err)
{
    train_job job = {.session = ams_link_session_defaults()};
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    job.session.network.seed = job.session.seed;
    job.session.split = AMS_VALIDATION;
    job.session.team = args->team;
    AMS_TRY(ams_link_session_open(s, &job.session, err));
    AMS_TRY(ams_link_session_write(s, job.path, err));
    AMS_TRY(ams_link_session_result(s, result, err));
    const uint32_t n = s->space.n_models;
    fprintf(job.json ? stderr : stdout,
            "%s: %u links between %u models, %u columns, fitted to %u items and rated on %u in "
            "%.2f s\n",
            job.path, n * (n - 1), n, s->space.n_columns, s->training.n, s->validation.n,
            s->fit_seconds);
    if (job.json) {
        status = ams_result_print_json(result, stdout, err);
    } else {
        putchar('\n');
        ams_frame_print(ams_result_frame(result, "rows"), stdout);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_result result = {.n = 0};
    ams_status status = train(args, &session, &result, err);
    ams_result_fini(&result);
    ams_link_session_close(&session);
    return status;
}

const ams_command ams_cmd_links_train = {
    .name = "links train",
    .summary = "fit links that predict models from other models",
    .usage = "ams links train --data F.h5 -o L.ams",
    .help =
        "Fits a link from every model to every other one by ridge regression, and one link\n"
        "that takes whatever has run (as --policy links:L.ams does). Prints for each target\n"
        "the F1 on validation of a constant prediction and of the best single source.\n"
        "\n"
        "Example:\n"
        "  ams links train --data data/photos.h5 -o links.ams\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
