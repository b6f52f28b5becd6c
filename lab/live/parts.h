/* What a page is made of. Private to lab/live/. */
#ifndef AMS_LAB_LIVE_PARTS_H
#define AMS_LAB_LIVE_PARTS_H

#include "ams/config.h"
#include "ams/table.h"
#include "lab/live/live.h"

#include <stdint.h>
#include <stdio.h>

typedef enum ams_live_metric {
    AMS_LIVE_TIME, /* mean time until the required recalls on the validation split */
    AMS_LIVE_LOSS,
    AMS_LIVE_METRICS
} ams_live_metric;

/* A row of metrics.tsv; NAN where it has no such value. */
typedef struct ams_live_point {
    double update, value[AMS_LIVE_METRICS];
} ams_live_point;

typedef struct ams_live_run {
    char *name;
    char label[AMS_TEXT_MAX]; /* its seeds share it */
    ams_live_state state;
    bool begun; /* has a folder that says something */
    char message[200];
    uint64_t updates, steps; /* done, and in all; 0: not known yet */
    double per_s;            /* updates per second, of its latest process; 0: not known yet */
    double since_s;          /* since the last row of metrics, at most what a row takes */
    double quiet_s;          /* the same without a limit; INFINITY: there is none */
    double best;             /* the least AMS_LIVE_TIME; NAN: none yet */
    double best_update;
    ams_live_point *point; /* (n) */
    size_t n;
} ams_live_run;

typedef enum ams_live_kind {
    AMS_LIVE_RUN,
    AMS_LIVE_EXPERIMENT, /* runs in one folder that no sweep made */
    AMS_LIVE_SWEEP,
    AMS_LIVE_SEARCH
} ams_live_kind;

typedef struct ams_live {
    ams_live_kind kind;
    const char *directory;
    ams_live_run *run; /* (n) */
    size_t n, capacity;
    bool working;          /* a sweep or a search has the folder, or several share it */
    uint64_t side_by_side; /* of a sweep or search; 0: not known */
    double all_updates;    /* of a search: of its whole plan; 0: not known */
    char unit[AMS_COST_UNIT_MAX + 1];
    char *data, *start;         /* path, UTC stamp; NULL: not known */
    ams_live_summary summary;   /* by ams_live_sum */
    double updates, of_updates; /* done, and in all as far as is known */
} ams_live;

/* -- read.c, experiment.c -- */

/* now: seconds since 1970. *live is all zero before, and to be freed also after a failure. */
ams_status ams_live_read(ams_live *live, const char *directory, double now, ams_error *err);
void ams_live_fini(ams_live *live);
/* A run's folder into *run, whose name and label are set. A folder that holds nothing yet is
 * one that waits. */
ams_status ams_live_read_run(ams_live *live, ams_live_run *run, const char *directory,
                             double now, ams_error *err);

/* -- left.c -- */

/* Counts, share and the time to the end, into live->summary. */
void ams_live_sum(ams_live *live);

/* -- order.c -- */

/* Which runs come first, and how they look. */
enum { AMS_LIVE_STYLES = 12, AMS_LIVE_GREY = -1 };
typedef struct ams_live_view {
    const ams_live *live;
    size_t *order;  /* (n) for the table: what trains or failed first, then the best first */
    size_t *ranked; /* (n) for curves: runs of the best label first, the best of them first */
    int *style;     /* (n) by run: one per label, AMS_LIVE_GREY for all but the first dozen */
} ams_live_view;
ams_status ams_live_view_make(ams_live_view *view, const ams_live *live, ams_error *err);
void ams_live_view_fini(ams_live_view *view);

/* -- chart.c -- */

/* A curve per run over updates; nothing where no run has a value. */
void ams_live_chart(FILE *out, const ams_live_view *view, ams_live_metric metric);
/* "12,345", "0.0123": a number as people read it. */
enum { AMS_LIVE_NUMBER = 48 };
void ams_live_number(char text[AMS_LIVE_NUMBER], double value, int decimals);

/* -- page.c -- */

typedef enum ams_live_page {
    AMS_LIVE_ONCE,
    AMS_LIVE_WATCHED, /* loads itself again */
    AMS_LIVE_LEFT     /* who wrote it was stopped */
} ams_live_page;
/* every_s: seconds after which it loads itself again. */
ams_status ams_live_print(FILE *out, const ams_live *live, ams_live_page how, double every_s,
                          ams_error *err);
extern const char ams_live_css[]; /* live.css */

#endif
