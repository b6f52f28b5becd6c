/* `ams links select`: the models to run under a budget, and the link that does the rest. */
#include "ams/link_file.h"
#include "cli/json.h"
#include "cli/links.h"
#include "console/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    CLI_LINKS_FIT,
    CLI_VALUE("--time", "T", "limit on the time of the models that run: 20%, 200ms, 1s"),
    CLI_VALUE("--mem", "M", "limit on their memory: 20%, 500MB, 2GB"),
    CLI_VALUE("--method", "M", "how models are chosen (default facility)"),
    CLI_FILE("-o", "L.ams", CLI_WRITES_LINKS, "write the chosen set's links there"),
    CLI_JSON,
};

static void print_models(const ams_link_session *s, const ams_link_fill *fill, uint64_t set)
{
    printf("\n%-28s %9s %9s %6s %9s\n", "model", "time_ms", "mem_mb", "", "F1");
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t m = 0; m < s->space.n_models; m++) {
            if ((set >> m & 1) == (pass == 0)) {
                printf("%-28s %9.1f %9.1f %6s %9.4f\n", ams_names_get(&s->table.model_name, m),
                       s->time_ms[m], s->mem_mb[m], pass == 0 ? "runs" : "linked",
                       pass == 0 ? 1 : fill->quality[m]);
            }
        }
    }
}

static void print_choice(const ams_link_session *s, const ams_link_budget *budget,
                         ams_link_method method, const ams_choice *c)
{
    printf("At most ");
    cli_print_budget(s, budget);
    printf(": %d of %u models by %s", __builtin_popcountll(c->set), s->space.n_models,
           ams_link_methods[method]);
    if (method != AMS_CHOOSE_REFIT && method != AMS_CHOOSE_CONSTANT) {
        printf(", F %.4f", c->value);
        if (c->optimal) {
            fputs(" (optimal)", stdout);
        } else if (!isnan(c->bound)) {
            printf(" (no set has over %.4f)", c->bound);
        }
    }
    putchar('\n');
}

/* Of the chosen set: cost, and accuracy on the validation items. */
typedef struct select_accuracy {
    double time_ms, mem_mb, link_us, f1, floor;
} select_accuracy;

static ams_status measure(select_accuracy *found, const ams_link_session *s,
                          const ams_link_fill *fill, uint64_t set, ams_error *err)
{
    const ams_link_ran ran = {.set = set};
    ams_link_accuracy linked;
    ams_link_accuracy constant;
    ams_link_fill floor = {.session = NULL};
    ams_status status = AMS_OK;
    *found = (select_accuracy){.time_ms = 0};
    AMS_TRY(ams_link_fill_measure(fill, &ran, &linked, NULL, err));
    AMS_TRY(ams_link_fill_init(&floor, s, AMS_FILL_CONSTANT, set, err));
    AMS_TRY(ams_link_fill_measure(&floor, &ran, &constant, NULL, err));
    for (uint32_t m = 0; m < s->space.n_models; m++) {
        found->time_ms += set >> m & 1 ? s->time_ms[m] : 0;
        found->mem_mb += set >> m & 1 ? s->mem_mb[m] : 0;
    }
    found->link_us = 1e6 * linked.seconds / s->measured.n;
    found->f1 = linked.mean[AMS_LINK_F1];
    found->floor = constant.mean[AMS_LINK_F1];
out:
    ams_link_fill_fini(&floor);
    return status;
}

static void print_accuracy(const ams_link_session *s, const select_accuracy *found)
{
    printf("They take %.1f ms and %.1f MB, links %.1f us an item.\n"
           "All outputs on %u validation items: mean F1 %.4f, floor %.4f, skill %.4f\n",
           found->time_ms, found->mem_mb, found->link_us, s->measured.n, found->f1,
           found->floor, ams_link_skill(found->f1, found->floor));
}

/* Everything that is printed, of one choice. */
static ams_status print_choice_json(const ams_link_session *s, const ams_link_fill *fill,
                                    ams_link_method method, const ams_choice *c,
                                    const select_accuracy *found, ams_error *err)
{
    const bool predicted = method != AMS_CHOOSE_REFIT && method != AMS_CHOOSE_CONSTANT;
    json_t *rows = json_array();
    for (uint32_t m = 0; m < s->space.n_models; m++) {
        const bool runs = (c->set >> m & 1) != 0;
        json_array_append_new(rows, json_pack("{s:s, s:o, s:o, s:b, s:o}", "model",
                                              ams_names_get(&s->table.model_name, m), "time_ms",
                                              cli_json_number(s->time_ms[m]), "mem_mb",
                                              cli_json_number(s->mem_mb[m]), "runs", runs, "f1",
                                              cli_json_number(runs ? 1 : fill->quality[m])));
    }
    return cli_print_json(
        json_pack(
            "{s:s, s:s, s:i, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "data_hash",
            s->data_hash, "method", ams_link_methods[method], "items", (int)s->measured.n,
            "objective", predicted ? cli_json_number(c->value) : json_null(), "bound",
            predicted ? cli_json_number(c->bound) : json_null(), "optimal", c->optimal,
            "time_ms", cli_json_number(found->time_ms), "mem_mb",
            cli_json_number(found->mem_mb), "link_us", cli_json_number(found->link_us), "f1",
            cli_json_number(found->f1), "floor", cli_json_number(found->floor), "skill",
            cli_json_number(ams_link_skill(found->f1, found->floor)), "rows", rows),
        err);
}

static ams_status choose(const cli_args *args, ams_link_session *s, ams_error *err)
{
    static const uint32_t facility = 1U << AMS_CHOOSE_FACILITY;
    ams_link_session_options o = ams_link_session_defaults();
    const char *path = cli_get(args, "-o", NULL);
    ams_link_budget *each = NULL;
    ams_link_fill fill = {.session = NULL};
    ams_choice choice;
    select_accuracy found;
    const bool json = cli_has(args, "--json");
    uint32_t n = 0;
    uint32_t methods = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_get_links(args, &o, err));
    methods = facility;
    AMS_TRY(cli_get_words(args, "--method", ams_link_methods, &methods, err));
    o.split = AMS_VALIDATION;
    AMS_TRY(ams_link_session_open(s, &o, err));
    AMS_TRY(cli_get_budgets(args, s, &each, &n, err));
    const bool both = cli_has(args, "--time") && cli_has(args, "--mem");
    if (n != (both ? 2 : 1) || __builtin_popcount(methods) != 1) {
        status = ams_fail(err, AMS_USAGE,
                          "expected one limit on time, one on memory or both, and one method; "
                          "`ams links eval` compares several");
        goto out;
    }
    const ams_link_budget budget = {each[0].time_ms, each[n - 1].mem_mb};
    const ams_link_method method = (ams_link_method)__builtin_ctz(methods);
    AMS_TRY(ams_link_session_choose(s, method, &budget, &choice, err));
    AMS_TRY(ams_link_fill_init(&fill, s, AMS_FILL_REFIT, choice.set, err));
    AMS_TRY(measure(&found, s, &fill, choice.set, err));
    if (json) {
        AMS_TRY(print_choice_json(s, &fill, method, &choice, &found, err));
    } else {
        print_choice(s, &budget, method, &choice);
        print_accuracy(s, &found);
        print_models(s, &fill, choice.set);
    }
    if (path != NULL) {
        const ams_link_map *const map = &fill.map;
        memcpy(fill.map.tau, fill.tau, sizeof fill.tau);
        memcpy(fill.map.quality, fill.quality, sizeof fill.quality);
        AMS_TRY(ams_link_file_write(path, &s->table, s->data_hash, &s->space, &map, 1, 0, err));
        fprintf(json ? stderr : stdout,
                "\n%s: these links; `ams links predict --links %s` uses them\n", path, path);
    }
out:
    ams_link_fill_fini(&fill);
    free(each);
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    ams_link_session session = {.data_hash = ""};
    ams_status status = choose(args, &session, err);
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
    CLI_OPTIONS(options),
    .run = run,
};
