/* The page, written once or again and again. */
#include "lab/live/parts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>
#include <time.h>

/* Writing may take this share of a core, so that training keeps the rest. */
static const double MOST_SHARE = 0.05;
static const double LOOK_S = 0.1; /* how soon a signal is seen */

typedef struct live_print {
    const ams_live *live;
    ams_live_page how;
    double every_s;
} live_print;

static ams_status print(FILE *stream, const void *context, ams_error *err)
{
    const live_print *p = context;
    return ams_live_print(stream, p->live, p->how, p->every_s, err);
}

ams_status ams_live_path(const ams_live_options *options, char **path, ams_error *err)
{
    return options->path != NULL ? ams_copy_text(path, options->path, err)
                                 : ams_join_path(path, options->directory, "live.html", err);
}

/* The page as the folder is now. *over: whether it was over at the look before, then now. */
static ams_status write_page(const ams_live_options *o, ams_live_page how, double every_s,
                             bool *over, ams_live_summary *summary, ams_error *err)
{
    ams_live live = {.run = NULL};
    ams_status status = AMS_OK;
    AMS_TRY(ams_live_read(&live, o->directory, (double)time(NULL), err));
    ams_live_sum(&live);
    const bool before = *over;
    *over = live.summary.over;
    /* A script's loop has nothing running between two runs: there, over is what stays over. */
    live.summary.over = *over && (before || live.kind != AMS_LIVE_EXPERIMENT);
    const live_print what = {.live = &live, .how = how, .every_s = every_s};
    AMS_TRY(o->path != NULL ? ams_file_write(NULL, o->path, print, &what, err)
                            : ams_file_write(o->directory, "live.html", print, &what, err));
    *summary = live.summary;
    ams_progress_update(o->progress, live.updates, live.of_updates, NULL);
out:
    ams_live_fini(&live);
    return status;
}

ams_status ams_live_write(const ams_live_options *options, ams_live_summary *summary,
                          ams_error *err)
{
    bool over = true;
    return write_page(options, AMS_LIVE_ONCE, 0, &over, summary, err);
}

static bool is_stopped(const ams_live_options *o)
{
    return o->stop != NULL && *o->stop != 0;
}

static void wait_for(const ams_live_options *o, double seconds)
{
    const double until = ams_seconds() + seconds;
    double rest = seconds;
    while (rest > 0 && !is_stopped(o)) {
        const double part = rest < LOOK_S ? rest : LOOK_S;
        const struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)(part * 1e9)};
        (void)nanosleep(&pause, NULL);
        rest = until - ams_seconds();
    }
}

ams_status ams_live_watch(const ams_live_options *options, ams_live_summary *summary,
                          ams_error *err)
{
    double every_s = options->every_s;
    bool over = false;
    while (!is_stopped(options)) {
        const double start = ams_seconds();
        const ams_status status =
            write_page(options, AMS_LIVE_WATCHED, every_s, &over, summary, err);
        if (status != AMS_OK || summary->over) {
            return status;
        }
        const double least = (ams_seconds() - start) / MOST_SHARE;
        every_s = options->every_s > least ? options->every_s : least;
        wait_for(options, every_s);
    }
    return write_page(options, AMS_LIVE_LEFT, 0, &over, summary, err);
}
