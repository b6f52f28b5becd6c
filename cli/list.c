/* ams list: agents, policies and keys by name. */
#include "cli/cli.h"
#include "cli/json.h"

#include "ams/options.h"
#include "ams/policy.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const cli_option options[] = {
    CLI_FLAG("--json", "as one JSON object"),
};

/* One row: a name, a line of help and, for keys, what may be given. */
typedef struct list_row {
    const char *name, *help, *standard;
    char values[512];
} list_row;

static void append(char *text, size_t size, const char *word)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used == 0 ? "" : "|", word);
}

static void key_values(list_row *r, const ams_key *key)
{
    switch (key->type) {
    case AMS_KEY_CHOICE:
        for (const char *const *choice = key->choices; *choice != NULL; choice++) {
            append(r->values, sizeof r->values, *choice);
        }
        break;
    case AMS_KEY_U64:
    case AMS_KEY_DOUBLE:
        /* The upper end of a large range is of no use to a reader. */
        if (key->type == AMS_KEY_U64 && key->maximum > 1e9) {
            snprintf(r->values, sizeof r->values, "from %.0f", key->minimum);
        } else {
            snprintf(r->values, sizeof r->values, "%.9g..%.9g", key->minimum, key->maximum);
        }
        break;
    case AMS_KEY_TEXT:
        snprintf(r->values, sizeof r->values, "text");
        break;
    }
}

static size_t n_agents(void)
{
    return ams_n_agents;
}

static void agent_row(list_row *r, size_t i)
{
    *r = (list_row){.name = ams_agents[i]->name, .help = ams_agents[i]->help};
}

static size_t n_policies(void)
{
    return ams_n_policy_kinds;
}

static void policy_row(list_row *r, size_t i)
{
    *r = (list_row){.name = ams_policy_kinds[i]->name, .help = ams_policy_kinds[i]->help};
}

static size_t n_keys(void)
{
    return ams_n_train_keys;
}

static void key_row(list_row *r, size_t i)
{
    const ams_key *key = &ams_train_keys[i];
    *r = (list_row){.name = key->name, .help = key->help, .standard = key->default_value};
    key_values(r, key);
}

static const struct list_topic {
    const char *name, *title, *note;
    size_t (*count)(void);
    void (*get)(list_row *r, size_t i);
} topics[] = {
    {"agents", "Agents (ams train agent=NAME):", NULL, n_agents, agent_row},
    {"policies", "Policies (ams eval --policy NAME):",
     "A trained policy is named by its run folder or its policy file: RUN, or RULE:RUN\n"
     "with one of the rules q-greedy, cost-q, odds.",
     n_policies, policy_row},
    {"keys", "Keys of ams train (KEY=VALUE, or lines of --config):", NULL, n_keys, key_row},
};
enum { N_TOPICS = sizeof topics / sizeof *topics };

static const struct list_topic *find_topic(const char *name, ams_error *err)
{
    for (size_t i = 0; i < N_TOPICS; i++) {
        if (strcmp(topics[i].name, name) == 0) {
            return &topics[i];
        }
    }
    ams_fail(err, AMS_USAGE, "cannot list %s; expected agents, policies or keys", name);
    return NULL;
}

static void print_text(const struct list_topic *topic)
{
    list_row r;
    int width = 0;
    for (size_t i = 0; i < topic->count(); i++) {
        topic->get(&r, i);
        int length = (int)strlen(r.name);
        width = length > width ? length : width;
    }
    printf("%s\n", topic->title);
    for (size_t i = 0; i < topic->count(); i++) {
        topic->get(&r, i);
        printf("  %-*s  %s\n", width, r.name, r.help);
        if (r.standard != NULL) {
            printf("  %-*s  %s, default %s\n", width, "", r.values,
                   r.standard[0] == 0 ? "empty" : r.standard);
        }
    }
    if (topic->note != NULL) {
        printf("%s\n", topic->note);
    }
}

static json_t *topic_json(const struct list_topic *topic)
{
    json_t *rows = json_array();
    list_row r;
    for (size_t i = 0; i < topic->count(); i++) {
        topic->get(&r, i);
        json_t *object = json_pack("{s:s, s:s}", "name", r.name, "help", r.help);
        if (r.standard != NULL) {
            json_object_set_new(object, "default", json_string(r.standard));
            json_object_set_new(object, "values", json_string(r.values));
        }
        json_array_append_new(rows, object);
    }
    return rows;
}

static ams_status print_json(const struct list_topic *const *wanted, size_t n, ams_error *err)
{
    json_t *all = json_object();
    for (size_t i = 0; i < n; i++) {
        json_object_set_new(all, wanted[i]->name, topic_json(wanted[i]));
    }
    return cli_print_json(all, err);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    const struct list_topic *wanted[N_TOPICS];
    size_t n = 0;
    if (args->n_operands > N_TOPICS) {
        return ams_fail(err, AMS_USAGE, "expected at most one each of agents, policies, keys");
    }
    for (int i = 0; i < args->n_operands; i++) {
        wanted[n] = find_topic(args->operand[i], err);
        if (wanted[n++] == NULL) {
            return AMS_USAGE;
        }
    }
    for (size_t i = 0; args->n_operands == 0 && i < N_TOPICS; i++) {
        wanted[n++] = &topics[i];
    }
    if (cli_has(args, "--json")) {
        return print_json(wanted, n, err);
    }
    for (size_t i = 0; i < n; i++) {
        printf("%s", i == 0 ? "" : "\n");
        print_text(wanted[i]);
    }
    return AMS_OK;
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
