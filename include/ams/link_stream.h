/* Links on a stream that drifts: predicted first, then scored, then perhaps labelled and
 * learned.
 *
 * A stream is a table's items in an order. The first 10 % are a warm-up: every model runs,
 * links are fitted. Then come segments. The first items of a segment are profiled: every model
 * runs, and the set that runs on the others is chosen again. Which of those are labelled, which
 * means that every model runs on them after all, is up to a strategy. Links learn after a few
 * labels each, most from items whose surroundings were like the last ones. Strategies that
 * suspect losses also notice changes of what the set outputs. docs/definitions.md has all of
 * it. */
#ifndef AMS_LINK_STREAM_H
#define AMS_LINK_STREAM_H

#include "ams/frame.h"
#include "ams/link_session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How items are put in order. Groups are the table's; an item is used once. */
typedef enum ams_link_order {
    AMS_LINK_ORDER_FILE,    /* as in the file, by id */
    AMS_LINK_ORDER_GROUPS,  /* group after group */
    AMS_LINK_ORDER_SHUFFLE, /* the same, the groups in an order drawn by the seed */
    AMS_LINK_ORDER_ROTATE,  /* `every` items of each group in turn: A B C A B C */
    AMS_LINK_ORDER_LINEAR /* item t of n is of the second group with probability t / n, else of
                        the  first */
} ams_link_order;
extern const char *const ams_link_orders[];

/* What is labelled. */
typedef enum ams_link_label {
    AMS_LINK_LABEL_NONE, /* nothing, and links learn nothing after the warm-up */
    AMS_LINK_LABEL_RANDOM,
    AMS_LINK_LABEL_PERIODIC,  /* evenly spaced */
    AMS_LINK_LABEL_UNCERTAIN, /* mean over targets of the loss to expect */
    AMS_LINK_LABEL_LOSS,      /* predicted loss: a ridge regression of the losses so far */
    AMS_LINK_LABEL_ORACLE,    /* the greatest true losses of the segment, which nobody knows */
    AMS_LINK_LABELS
} ams_link_label;
extern const char *const ams_link_labels[];

typedef struct ams_link_stream_options {
    const char *data_path; /* borrowed */
    ams_link_options links;
    ams_link_order order;
    const char *const *group; /* (n_groups) of ROTATE and LINEAR, or in that order of GROUPS;
                                 borrowed; n_groups 0: all, by name */
    size_t n_groups;
    uint32_t every;           /* of ROTATE (1000) */
    uint32_t segment, window; /* 200 items; 2048 fully run ones */
    double label_share;       /* of a segment's items (0.05) */
    double time_share;        /* of all time, that the chosen set may take (1/3) */
    bool watch;               /* random and periodic labels notice changes, too (false) */
    uint64_t seed;
} ams_link_stream_options;
ams_link_stream_options ams_link_stream_defaults(void);

/* One segment under one strategy. Accuracies are mean F1 over all models. */
typedef struct ams_link_segment {
    uint32_t n, labelled, profiled;
    double accuracy;  /* labelled and profiled items count 1 */
    double unrun;     /* of the items on which links answered */
    double predicted; /* of all items after the profiled ones, as they were predicted: also of
                         those that were then labelled */
    double floor;     /* of the same as unrun, filled with constants fitted alike */
    double time_ms;   /* mean per item, labels and profiles included */
    uint64_t set;
} ams_link_segment;

/* Reuse of the last outputs, without links. By a trigger: the cheapest model runs on every
 * item; where its set differs from that of the item before by a Jaccard distance over theta,
 * all models run, else the last outputs are copied. By the clock: all models run on every n-th
 * item. */
typedef struct ams_link_reuse {
    double theta;   /* NAN: by the clock */
    uint32_t every; /* 0: by the trigger */
    double accuracy, time_ms, run_share;
} ams_link_reuse;
enum { AMS_LINK_REUSES = 7 };

typedef struct ams_link_stream {
    ams_link_stream_options options;
    ams_table table;
    uint32_t *item; /* (n) in stream order */
    uint32_t n, warm_up, n_segments;
    double total_time_ms;
    ams_link_segment *segment[AMS_LINK_LABELS]; /* (n_segments) */
    ams_link_reuse reuse[AMS_LINK_REUSES];
} ams_link_stream;

/* labels: bit per ams_link_label.
 * @return AMS_IO, AMS_BAD_DATA (too few items for a warm-up and two segments), AMS_USAGE (no
 * such group; no model fits the time), AMS_BACKEND. */
ams_status ams_link_stream_run(ams_link_stream *stream, const ams_link_stream_options *options,
                               uint32_t labels, ams_error *err);
void ams_link_stream_fini(ams_link_stream *stream);
/* Counts of items and segments, and frames: "labels", means of each strategy over segments with
 * a paired interval of the difference to the first; "reuse". @return AMS_BACKEND. */
ams_status ams_link_stream_result(const ams_link_stream *stream, ams_result *result,
                                  ams_error *err);
/* Means over the segments of a strategy that ran. */
typedef struct ams_link_stream_means {
    double accuracy, unrun, predicted, floor, time_ms; /* as of ams_link_segment */
    double labelled; /* share of the items, profiled ones included */
} ams_link_stream_means;
ams_link_stream_means ams_link_stream_mean(const ams_link_stream *stream, ams_link_label label);
/* stream.tsv (segments), means.tsv and reuse.tsv. */
ams_status ams_link_stream_write(const ams_link_stream *stream, const char *directory,
                                 ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
