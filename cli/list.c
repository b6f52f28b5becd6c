/* ams list: agents, policies and keys by name. */
#include "ams/frame.h"
#include "ams/options.h"
#include "ams/policy.h"
#include "cli/json.h"

#include <stdio.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FLAG("--json", "as one JSON object"),
};

enum { VALUES = 512 };

static ams_status add_agents(ams_frame *rows, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; status == AMS_OK && i < ams_n_agents; i++) {
        status = AMS_FRAME_ADD(rows, err, ams_cell_text(ams_agents[i]->name),
                               ams_cell_text(ams_agents[i]->help));
    }
    return status;
}

static ams_status add_policies(ams_frame *rows, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; status == AMS_OK && i < ams_n_policy_kinds; i++) {
        status = AMS_FRAME_ADD(rows, err, ams_cell_text(ams_policy_kinds[i]->name),
                               ams_cell_text(ams_policy_kinds[i]->help));
    }
    return status;
}

static ams_status add_keys(ams_frame *rows, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; status == AMS_OK && i < ams_n_train_keys; i++) {
        const ams_key *key = &ams_train_keys[i];
        char values[VALUES] = "";
        ams_config_values(key, values, sizeof values);
        status = AMS_FRAME_ADD(rows, err, ams_cell_text(key->name), ams_cell_text(key->help),
                               ams_cell_text(key->default_value), ams_cell_text(values));
    }
    return status;
}

static const ams_column columns[] = {
    {.name = "name", .meaning = "as it is given"},
    {.name = "help", .meaning = "what it is"},
    {.name = "default", .meaning = "of a key"},
    {.name = "values", .meaning = "that a key takes"},
};

static const struct list_topic {
    const char *name, *title, *note;
    size_t n_columns;
    ams_status (*add)(ams_frame *rows, ams_error *err);
} topics[] = {
    {"agents", "Agents (ams train agent=NAME):", NULL, 2, add_agents},
    {"policies", "Policies (ams eval --policy NAME):",
     "A trained policy is named by its run folder or its policy file: RUN, or RULE:RUN\n"
     "with one of the rules q-greedy, cost-q, odds.",
     2, add_policies},
    {"keys", "Keys of ams train (KEY=VALUE, or lines of --config):", NULL, 4, add_keys},
};
enum { N_TOPICS = sizeof topics / sizeof *topics };

/* A name and its help, and what a key takes on a line below. */
static void print_topic(const struct list_topic *topic, const ams_frame *rows)
{
    int width = 0;
    for (size_t i = 0; i < rows->n_rows; i++) {
        const int length = (int)strlen(ams_frame_cell(rows, i, "name")->as.text);
        width = length > width ? length : width;
    }
    printf("%s\n", topic->title);
    for (size_t i = 0; i < rows->n_rows; i++) {
        const ams_cell *usual = ams_frame_cell(rows, i, "default");
        printf("  %-*s  %s\n", width, ams_frame_cell(rows, i, "name")->as.text,
               ams_frame_cell(rows, i, "help")->as.text);
        if (usual != NULL) {
            printf("  %-*s  %s, default %s\n", width, "",
                   ams_frame_cell(rows, i, "values")->as.text,
                   usual->as.text[0] == 0 ? "empty" : usual->as.text);
        }
    }
    if (topic->note != NULL) {
        printf("%s\n", topic->note);
    }
}

static ams_status list_topic(const struct list_topic *topic, ams_result *result, bool json,
                             ams_error *err)
{
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_result_add_frame(result, topic->name, columns, topic->n_columns, &rows, err));
    AMS_TRY(topic->add(rows, err));
    if (!json) {
        printf("%s", result->n == 1 ? "" : "\n");
        print_topic(topic, rows);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    const bool json = cli_has(args, "--json");
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    if (args->n_operands > N_TOPICS) {
        return ams_fail(err, AMS_USAGE, "expected at most one each of agents, policies, keys");
    }
    for (int i = 0; i < args->n_operands; i++) {
        size_t k = 0;
        while (k < N_TOPICS && strcmp(topics[k].name, args->operand[i]) != 0) {
            k++;
        }
        AMS_TRY(k < N_TOPICS ? list_topic(&topics[k], &result, json, err)
                             : ams_fail(err, AMS_USAGE,
                                        "cannot list %s; expected agents, policies or keys",
                                        args->operand[i]));
    }
    for (size_t k = 0; args->n_operands == 0 && k < N_TOPICS; k++) {
        AMS_TRY(list_topic(&topics[k], &result, json, err));
    }
    status = json ? ams_result_print_json(&result, stdout, err) : AMS_OK;
out:
    ams_result_fini(&result);
    return status;
}

const ams_command ams_cmd_list = {
    .name = "list",
    .summary = "list agents, policies and training keys",
    .usage = "ams list [agents] [policies] [keys] [--json]",
    .help = "Lists all three if none is named.\n"
            "\n"
            "Example:\n"
            "  ams list keys\n",
    CLI_OPTIONS(options),
    .run = run,
};
