/* `ams links predict`: outputs of the models that did not run, from the chosen set's. */
#include "cli/cli.h"
#include "cli/json.h"
#include "lab/links/predictions.h"

#include <stdio.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FILE("--links", "L.ams", CLI_READS, "links of a chosen set, by `ams links select -o`"),
    CLI_FILE("--data", "F.h5", CLI_READS,
             "outputs file; of the models that do not run nothing is read"),
    CLI_VALUE("--item", "ID", "print this item's outputs, run and linked"),
    CLI_FILE("-o", "R.jsonl", CLI_WRITES_ROWS,
             "write the linked outputs of every item, one execution per line"),
    CLI_FLAG("--json", "with --item: print JSON"),
};

static ams_status predict(ams_link_predictions *j, const cli_args *args, ams_error *err)
{
    const char *id = cli_get(args, "--item", NULL);
    const char *path = cli_get(args, "-o", NULL);
    const char *links = NULL;
    const char *data = NULL;
    ams_status status = AMS_OK;
    if ((id == NULL) == (path == NULL)) {
        return ams_fail(err, AMS_USAGE, "expected --item ID or -o R.jsonl");
    }
    if (path != NULL && cli_has(args, "--json")) {
        return ams_fail(err, AMS_USAGE, "--json goes with --item; -o writes JSON as it is");
    }
    AMS_TRY(cli_require(args, "--links", &links, err));
    AMS_TRY(cli_require(args, "--data", &data, err));
    AMS_TRY(ams_link_predictions_open(j, links, data, err));
    if (id != NULL) {
        const uint32_t item = ams_names_find(&j->table.item_id, id, strlen(id));
        if (item == AMS_NO_NAME) {
            return ams_fail(err, AMS_USAGE, "option --item: the data set has no item '%s'", id);
        }
        if (cli_has(args, "--json")) {
            return cli_print_json(ams_link_predictions_json(j, item), err);
        }
        ams_link_predictions_print(j, item, stdout);
        return AMS_OK;
    }
    AMS_TRY(ams_link_predictions_write(j, path, err));
    printf("%s: outputs of %d models on %u items, linked to those of %d models\n", path,
           (int)j->file.space.n_models - __builtin_popcountll(j->map->mask), j->table.n_items,
           __builtin_popcountll(j->map->mask));
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_predictions j = {.map = NULL};
    ams_status status = predict(&j, args, err);
    ams_link_predictions_fini(&j);
    return status;
}

const ams_command ams_cmd_links_predict = {
    .name = "links predict",
    .summary = "predict the outputs of models that did not run",
    .usage = "ams links predict --links L.ams --data F.h5 (--item ID [--json] | -o R.jsonl)",
    .help =
        "A label is predicted where its value is above the target's threshold. Rows are in\n"
        "the form that `ams data import` reads; confidences of linked outputs are the\n"
        "predicted values, at most 1.\n"
        "\n"
        "Example:\n"
        "  ams links predict --links chosen.ams --data data/photos.h5 --item "
        "pets/pets_02420\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
