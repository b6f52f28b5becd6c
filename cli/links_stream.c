/* `ams links stream`: links on a stream that drifts, and what labels of a few items are worth.
 */
#include "ams/link_stream.h"
#include "cli/json.h"
#include "console/fill.h"

#include <stdio.h>

typedef struct stream_job {
    ams_link_stream_options stream;
    uint32_t labels;
    const char *directory;
    bool json;
} stream_job;

static ams_status refuse_fit(const char *option, const char *text, void *value, ams_error *err)
{
    (void)value;
    return ams_fail(
        err, AMS_USAGE,
        "option %s: links learn from the items of the stream, each after it was "
        "scored, and from nothing before it; `ams links eval --fit %s` scores links "
        "that are fitted elsewhere",
        option, text);
}

static const cli_option options[] = {
    CLI_FILE("--data", "F.h5", CLI_READS, "outputs file, made by `ams data import`",
             CLI_REQUIRED(stream_job, stream.data_path)),
    CLI_VALUE(
        "--order", "O",
        "of the items: file (default), groups: group after group; shuffle: in an order drawn "
        "by the seed; rotate: some items of each group in turn; linear: from one group to "
        "another little by little",
        CLI_INTO_CHOICE(stream_job, stream.order, ams_link_orders)),
    CLI_VALUE("--groups", "A,B", "the groups, in this order (default: all, by name)",
              CLI_INTO_NAMES(stream_job, stream.group, stream.n_groups)),
    CLI_VALUE("--every", "N", "items of a group in a row with --order rotate (default 1000)",
              CLI_INTO_COUNT(stream_job, stream.every, UINT32_MAX)),
    CLI_VALUE("--label", "L,L",
              "strategies (default: all): none, random, periodic, uncertain, losspred, oracle",
              CLI_INTO_WORDS(stream_job, labels, ams_link_labels)),
    CLI_VALUE("--segment", "N", "items per segment (default 200)",
              CLI_INTO_COUNT(stream_job, stream.segment, 1000000)),
    CLI_VALUE("--window", "N",
              "fully run items after which the past counts half (default 2048)",
              CLI_INTO_COUNT(stream_job, stream.window, 1000000)),
    CLI_VALUE("--labels", "P", "share of a segment that is labelled, in % (default 5)",
              CLI_INTO_PERCENT(stream_job, stream.label_share, 0, 100)),
    CLI_VALUE("--time", "P", "time of the models that always run, in % of all (default 33.3)",
              CLI_INTO_PERCENT(stream_job, stream.time_share, 0.1, 100)),
    CLI_FLAG("--watch", "random and periodic labels notice changes, too",
             CLI_INTO_FLAG(stream_job, stream.watch)),
    CLI_VALUE("--seed", "S", "of random labels, orders and intervals (default 0)",
              CLI_INTO_NUMBER(stream_job, stream.seed)),
    CLI_FILE("-o", "DIR", CLI_WRITES_FOLDER, "write stream.tsv, means.tsv and reuse.tsv there",
             CLI_INTO_TEXT(stream_job, directory)),
    CLI_JSON_INTO(stream_job, json),
    {.name = "--fit", .takes_value = true, CLI_INTO(stream_job, json, refuse_fit)},
};

static void print_stream(const ams_link_stream *s, const ams_result *result)
{
    printf("%u items, the first %u a warm-up; %u segments of %u. Mean F1 of all outputs; "
           "unrun: of the items\nthat links answered; predicted: of all as predicted, before "
           "labels; floor: unrun, filled with constants.\n\n",
           s->n, s->warm_up, s->n_segments, s->options.segment);
    ams_frame_print(ams_result_frame(result, "labels"), stdout);
    printf("\nReuse of the last outputs, without links:\n");
    ams_frame_print(ams_result_frame(result, "reuse"), stdout);
}

static ams_status run(const cli_args *args, ams_error *err)
{
    stream_job job = {.stream = ams_link_stream_defaults(),
                      .labels = (1U << AMS_LINK_LABELS) - 1};
    ams_link_stream stream = {.n = 0};
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(cli_fill(args, &job, err));
    AMS_TRY(ams_link_stream_run(&stream, &job.stream, job.labels, err));
    AMS_TRY(ams_link_stream_result(&stream, &result, err));
    if (job.json) {
        AMS_TRY(ams_result_print_json(&result, stdout, err));
    } else {
        print_stream(&stream, &result);
    }
    if (job.directory != NULL) {
        status = ams_link_stream_write(&stream, job.directory, err);
    }
out:
    ams_result_fini(&result);
    ams_link_stream_fini(&stream);
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
            "  ams links stream --data coco.h5 --order rotate --every 1000 --time 29%\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
