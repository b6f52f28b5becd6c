/* A bar on the terminal. */
#ifndef AMS_CONSOLE_PROGRESS_H
#define AMS_CONSOLE_PROGRESS_H

#include "ams/progress.h"

#include <stdbool.h>

/* Progress on stderr: a bar redrawn in place on a terminal, else one line every 10 s. NO_COLOR
 * and TERM=dumb are respected. */
typedef struct cli_progress {
    const char *command; /* what notices begin with, "ams train"; NULL: "ams " and `what` */
    const char *what;
    double started, last; /* seconds, monotonic */
    /* At the first update. What was done before, by an earlier run, took none of this time. */
    double first_done, first_at;
    bool terminal;
    bool done; /* the last update was of all the work */
    bool begun, shown;
} cli_progress;
/* Keeps progress->command; all else may be zero. */
void cli_progress_begin(cli_progress *progress, const char *what);
/* done / total in any unit; `note` is appended ("loss 0.12"). Cheap to call often. */
void cli_progress_update(cli_progress *progress, double done, double total, const char *note);
void cli_progress_end(cli_progress *progress);
/* What a library reports, as a bar and lines on stderr; lives as long as `progress`. */
ams_progress cli_progress_listener(cli_progress *progress);

/* A message and a line end on stderr. Control characters, which what was given or read may
 * have, are shown as \x1B, so that a terminal does not obey them; a line end stays. */
void cli_put_message(const char *text);

#endif
