/* `ams links stream`: links on a stream that drifts, and what labels of a few items are worth.
 */
#include "ams/link_stream.h"
#include "cli/links.h"
#include "console/options.h"

#include "ams/paired.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`"),
    CLI_VALUE("--order", "O",
              "of the items: file (default), groups: group after group; rotate: some items of "
              "each group in turn; linear: from one group to another little by little"),
    CLI_VALUE("--groups", "A,B", "the groups, in this order (default: all, by name)"),
    CLI_VALUE("--every", "N", "items of a group in a row with --order rotate (default 1000)"),
    CLI_VALUE("--label", "L,L",
              "strategies (default: all): none, random, periodic, uncertain, losspred, oracle"),
    CLI_VALUE("--segment", "N", "items per segment (default 200)"),
    CLI_VALUE(
        "--window", "N",
        "fully run items that sets and thresholds are chosen by, and after which the past "
        "counts half (default 512)"),
    CLI_VALUE("--labels", "P", "share of a segment that is labelled, in % (default 5)"),
    CLI_VALUE("--time", "P", "time of the models that always run, in % of all (default 33.3)"),
    CLI_VALUE("--seed", "S", "of random labels, linear drift and intervals (default 0)"),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER, "write stream.tsv and reuse.tsv there"),
};

typedef struct stream_command {
    ams_link_stream_options options;
    ams_link_stream stream;
    cli_names groups;
    uint32_t labels;
} stream_command;

static ams_status read_options(const cli_args *args, stream_command *c, ams_error *err)
{
    ams_link_stream_options *o = &c->options;
    uint64_t every = o->every;
    uint64_t segment = o->segment;
    uint64_t window = o->window;
    double labels = 100 * o->label_share;
    double time = 100 * o->time_share;
    int choice = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_no_operands(args, err));
    AMS_TRY(cli_require(args, "--data", &o->data_path, err));
    AMS_TRY(cli_get_choice(args, "--order", ams_link_orders, &choice, err));
    AMS_TRY(cli_get_names(args, "--groups", &c->groups, err));
    AMS_TRY(cli_get_count(args, "--every", UINT32_MAX, &every, err));
    AMS_TRY(cli_get_count(args, "--segment", 1000000, &segment, err));
    AMS_TRY(cli_get_count(args, "--window", 1000000, &window, err));
    AMS_TRY(cli_get_real(args, "--labels", 0, 100, &labels, err));
    AMS_TRY(cli_get_real(args, "--time", 0.1, 100, &time, err));
    AMS_TRY(cli_get_u64(args, "--seed", &o->seed, err));
    c->labels = (1U << AMS_LINK_LABELS) - 1;
    AMS_TRY(cli_get_words(args, "--label", ams_link_labels, &c->labels, err));
    o->order = (ams_link_order)choice;
    o->group = c->groups.name;
    o->n_groups = c->groups.count;
    o->every = (uint32_t)every;
    o->segment = (uint32_t)segment;
    o->window = (uint32_t)window;
    o->label_share = labels / 100;
    o->time_share = time / 100;
out:
    return status;
}

/* Accuracies of each strategy's segments, for intervals over segments. */
static ams_status bootstrap(const ams_link_stream *s, const uint32_t *label, uint32_t n,
                            double *value, ams_paired *paired, ams_error *err)
{
    const double *first[AMS_LINK_LABELS];
    ams_paired_group group[AMS_LINK_LABELS];
    const ams_bootstrap_options how = {.seed = s->options.seed, .draws = 2000};
    for (uint32_t k = 0; k < n; k++) {
        first[k] = value + (size_t)k * s->n_segments;
        group[k] = (ams_paired_group){.run = &first[k], .n_runs = 1};
        for (uint32_t i = 0; i < s->n_segments; i++) {
            value[(size_t)k * s->n_segments + i] = s->segment[label[k]][i].unrun;
        }
    }
    return ams_paired_run(paired, group, n, s->n_segments, 1, &how, err);
}

static void print_label(const ams_link_stream *s, uint32_t label, const ams_paired *paired,
                        uint32_t k)
{
    ams_link_segment mean = {.n = 0};
    double labelled = 0;
    const double share = 1.0 / s->n_segments;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const ams_link_segment *g = &s->segment[label][i];
        mean.accuracy += share * g->accuracy;
        mean.unrun += share * g->unrun;
        mean.floor += share * g->floor;
        mean.time_ms += share * g->time_ms;
        labelled += share * (g->labelled + g->profiled) / g->n;
    }
    const ams_interval less = ams_paired_interval(paired, AMS_PAIRED_LESS, k, 0, 0);
    printf("%-10s %9.1f %7.1f %% %8.1f %% %9.4f %9.4f %9.4f %8.4f   %+.4f [%+.4f, %+.4f]\n",
           ams_link_labels[label], mean.time_ms, 100 * mean.time_ms / s->total_time_ms,
           100 * labelled, mean.accuracy, mean.unrun, mean.floor,
           ams_link_skill(mean.unrun, mean.floor), less.mean, less.low, less.high);
}

static ams_status print_stream(const ams_link_stream *s, ams_error *err)
{
    uint32_t label[AMS_LINK_LABELS];
    uint32_t n = 0;
    double *value = NULL;
    ams_paired paired = {0};
    ams_status status = AMS_OK;
    for (uint32_t k = 0; k < AMS_LINK_LABELS; k++) {
        if (s->segment[k] != NULL) {
            label[n++] = k;
        }
    }
    AMS_TRY(ams_alloc(&value, (size_t)n * s->n_segments, sizeof *value, "intervals", err));
    AMS_TRY(bootstrap(s, label, n, value, &paired, err));
    printf(
        "%u items, the first %u a warm-up; %u segments of %u. Mean F1 of all outputs; unrun: "
        "of the items\nthat links answered; floor: of these, filled with constants.\n\n"
        "%-10s %9s %9s %10s %9s %9s %9s %8s   unrun - %s [95 %%]\n",
        s->n, s->warm_up, s->n_segments, s->options.segment, "labels", "time_ms", "of all",
        "labelled", "accuracy", "unrun", "floor", "skill", ams_link_labels[label[0]]);
    for (uint32_t k = 0; k < n; k++) {
        print_label(s, label[k], &paired, k);
    }
    printf("\nReuse of the last outputs, without links:\n%-20s %9s %9s %10s %9s\n", "all run",
           "time_ms", "of all", "all run", "accuracy");
    for (uint32_t k = 0; k < AMS_LINK_REUSES; k++) {
        const ams_link_reuse *r = &s->reuse[k];
        char name[32];
        if (r->every > 0) {
            snprintf(name, sizeof name, "every %u items", r->every);
        } else {
            snprintf(name, sizeof name, "trigger over %.2f", r->theta);
        }
        printf("%-20s %9.1f %7.1f %% %8.1f %% %9.4f\n", name, r->time_ms,
               100 * r->time_ms / s->total_time_ms, 100 * r->run_share, r->accuracy);
    }
out:
    ams_paired_fini(&paired);
    free(value);
    return status;
}

static ams_status stream(const cli_args *args, stream_command *c, ams_error *err)
{
    const char *directory = cli_get(args, "-o", NULL);
    ams_status status = AMS_OK;
    AMS_TRY(read_options(args, c, err));
    AMS_TRY(ams_link_stream_run(&c->stream, &c->options, c->labels, err));
    AMS_TRY(print_stream(&c->stream, err));
    if (directory != NULL) {
        status = ams_link_stream_write(&c->stream, directory, err);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    stream_command c = {.options = ams_link_stream_defaults()};
    ams_status status = stream(args, &c, err);
    ams_link_stream_fini(&c.stream);
    cli_names_fini(&c.groups);
    return status;
}

const ams_command ams_cmd_links_stream = {
    .name = "links stream",
    .summary = "links on a stream that drifts, with labels for a few items",
    .usage = "ams links stream --data F.h5 [--order O] [--label L,L] [-o DIR]",
    .help = "Items come one by one. Each is predicted and scored before it may be labelled,\n"
            "which means that all models run on it. Links learn at the end of a segment. No\n"
            "item is scored by links that have learned from it.\n"
            "\n"
            "Examples:\n"
            "  ams links stream --data data/photos.h5 --order groups -o results/stream\n"
            "  ams links stream --data coco.h5 --order rotate --every 1000\n",
    CLI_OPTIONS(options),
    .run = run,
};
