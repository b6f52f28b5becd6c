/* `ams links train`: every link between two models, and the link of any set, into a file. */
#include "ams/link_file.h"
#include "base/memory.h"
#include "cli/json.h"
#include "cli/links.h"
#include "console/options.h"

#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {
    CLI_LINKS_FIT,
    CLI_FILE("-o", "L.ams", CLI_WRITES_LINKS, "the file to write"),
    CLI_JSON,
};

/* The best source of a target. */
static uint32_t best_source(const ams_link_session *s, uint32_t j)
{
    const uint32_t n = s->space.n_models;
    uint32_t best = j == 0 ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i != j && s->p[(size_t)i * n + j] > s->p[(size_t)best * n + j]) {
            best = i;
        }
    }
    return best;
}

static ams_status print_targets_json(const ams_link_session *s, ams_error *err)
{
    const uint32_t n = s->space.n_models;
    json_t *rows = json_array();
    for (uint32_t j = 0; j < n; j++) {
        const uint32_t best = best_source(s, j);
        json_array_append_new(
            rows,
            json_pack("{s:s, s:i, s:o, s:o, s:s?}", "target",
                      ams_names_get(&s->table.model_name, j), "columns",
                      (int)ams_link_width(&s->space, j), "constant", cli_json_number(s->p0[j]),
                      "best", n > 1 ? cli_json_number(s->p[(size_t)best * n + j]) : json_null(),
                      "from", n > 1 ? ams_names_get(&s->table.model_name, best) : NULL));
    }
    return cli_print_json(json_pack("{s:s, s:i, s:i, s:o}", "data_hash", s->data_hash,
                                    "training_items", (int)s->training.n, "validation_items",
                                    (int)s->validation.n, "rows", rows),
                          err);
}

/* The best source of every target, and what the constant is worth. */
static void print_targets(const ams_link_session *s)
{
    const uint32_t n = s->space.n_models;
    printf("\n%-28s %8s %8s %8s  %s\n", "target", "columns", "constant", "best", "from");
    for (uint32_t j = 0; j < n; j++) {
        const uint32_t best = best_source(s, j);
        printf("%-28s %8u %8.4f", ams_names_get(&s->table.model_name, j),
               ams_link_width(&s->space, j), s->p0[j]);
        if (n > 1) {
            printf(" %8.4f  %s", s->p[(size_t)best * n + j],
                   ams_names_get(&s->table.model_name, best));
        }
        putchar('\n');
    }
}

static ams_status write_links(const ams_link_session *s, const char *path, ams_error *err)
{
    const uint32_t n = s->space.n_models;
    const ams_link_ran all = {.set = 0};
    const ams_link_map **map = NULL;
    ams_link_map any = {.weight = NULL};
    ams_status status = AMS_OK;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what it holds */
    AMS_TRY(ams_alloc(&map, (size_t)n + 2, sizeof *map, "links", err));
    AMS_TRY(ams_link_fit_any(&any, &s->space, &s->gram, err));
    const ams_link_predictor predictor = ams_link_map_predictor(&any);
    AMS_TRY(ams_link_rate(&predictor, &s->space, &s->validation, &all, false, any.tau,
                          any.quality, err));
    for (uint32_t i = 0; i < n; i++) {
        map[i] = &s->pair[i];
    }
    map[n] = &s->constant;
    map[n + 1] = &any;
    status = ams_link_file_write(path, &s->table, s->data_hash, &s->space, map, n + 2,
                                 AMS_LINK_NOT_CHOSEN, err);
out:
    ams_link_map_fini(&any);
    free((void *)map);
    return status;
}

static ams_status train(const cli_args *args, ams_link_session *s, ams_error *err)
{
    ams_link_session_options o = ams_link_session_defaults();
    const char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_require(args, "-o", &path, err));
    AMS_TRY(cli_get_links(args, &o, err));
    o.split = AMS_VALIDATION;
    AMS_TRY(ams_link_session_open(s, &o, err));
    AMS_TRY(write_links(s, path, err));
    const uint32_t n = s->space.n_models;
    const bool json = cli_has(args, "--json");
    fprintf(json ? stderr : stdout,
            "%s: %u links between %u models, %u columns, fitted to %u items and rated on %u in "
            "%.2f s\n",
            path, n * (n - 1), n, s->space.n_columns, s->training.n, s->validation.n,
            s->fit_seconds);
    if (json) {
        status = print_targets_json(s, err);
    } else {
        print_targets(s);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_status status = train(args, &session, err);
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
    CLI_OPTIONS(options),
    .run = run,
};
