/* A page about training while it goes on: curves, a table of the runs, their states, and the
 * time to the end. It is one HTML file with its drawings inside, without script, and it needs
 * no network. While something trains it asks the browser to load it again.
 *
 * It looks from outside: it reads config.ini, manifest.json, metrics.tsv and timing.tsv of
 * runs, and sweep.json, failed.tsv, tune.json and tune.tsv of an experiment (docs/format.md).
 * Whoever trains there knows nothing of it, and is not held up. */
#ifndef AMS_LAB_LIVE_LIVE_H
#define AMS_LAB_LIVE_LIVE_H

#include "ams/progress.h"
#include "ams/status.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum ams_live_state {
    AMS_LIVE_RUNNING,
    AMS_LIVE_FAILED,
    AMS_LIVE_INTERRUPTED, /* its process is gone; the same command continues it */
    AMS_LIVE_STOPPED,     /* by a signal, or paused; a checkpoint is there */
    AMS_LIVE_WAITING,     /* for its turn, or for the next rung of a search */
    AMS_LIVE_FINISHED,
    AMS_LIVE_DROPPED, /* by a search */
    AMS_LIVE_STATES
} ams_live_state;
extern const char *const ams_live_state_names[AMS_LIVE_STATES];

typedef struct ams_live_options {
    const char *directory;             /* of a run, or of an experiment (`runs/` in it) */
    const char *path;                  /* of the page; NULL: DIRECTORY/live.html */
    double every_s;                    /* seconds between two pages, > 0 */
    const volatile sig_atomic_t *stop; /* not 0: write the last page and return; may be NULL */
    const ams_progress *progress;      /* hears updates done of all; may be NULL */
} ams_live_options;

/* What the last page says. */
typedef struct ams_live_summary {
    size_t n, count[AMS_LIVE_STATES]; /* runs, and how many are in each state */
    double share;                     /* of all updates, 0 to 1; NAN: not known */
    double left_s;                    /* to the end; NAN: not known, or nothing trains */
    bool over;                        /* something was begun, and nothing trains any more */
} ams_live_summary;

/* "1 running, 2 finished of 3 runs", then `end`. */
void ams_live_print_states(const ams_live_summary *summary, FILE *stream, const char *end);
/* `files` (the page), `over`, `share`, `left_s`, `runs` by state; for the caller to
 * json_decref. NULL: no memory, or the path is not UTF-8. */
json_t *ams_live_json(const char *path, const ams_live_summary *summary);

/* Whether the folder is one that a page can be about, by the files in it. */
bool ams_live_is_folder(const char *directory);

/* Where the page is, for the caller to free(). */
ams_status ams_live_path(const ams_live_options *options, char **path, ams_error *err);
/* Writes the page once: it does not load itself again. The file is whole or as it was.
 * @return AMS_USAGE: no such folder; AMS_IO; AMS_BAD_DATA: of a single run's files. Of an
 * experiment a run that cannot be read is shown with the reason. */
ams_status ams_live_write(const ams_live_options *options, ams_live_summary *summary,
                          ams_error *err);
/* Writes it every `every_s` seconds, and seldom enough to take at most a twentieth of a core.
 * Returns when all is over, or `stop` is set; the last page does not load itself again. */
ams_status ams_live_watch(const ams_live_options *options, ams_live_summary *summary,
                          ams_error *err);

#endif
