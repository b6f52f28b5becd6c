/* The page and its table. */
#include "lab/live/parts.h"

#include "base/clock.h"
#include "base/text.h"
#include "lab/report/markup.h"

#include <math.h>
#include <time.h>

enum { MOST_ROWS = 400, DURATION = 48 };

/* What each state means, where its name alone does not say it. */
static const char *const meanings[AMS_LIVE_STATES] = {
    [AMS_LIVE_INTERRUPTED] = "its process is gone; the same command continues it",
    [AMS_LIVE_STOPPED] = "the same command continues it",
};

/* "2 h 05 min", "3 min 20 s", "12 s". */
static void duration(char text[DURATION], double seconds)
{
    const double most = 1e9; /* 31 years */
    const unsigned long s = seconds < most ? (unsigned long)(seconds + 0.5) : 1000000000UL;
    if (s >= 86400) {
        snprintf(text, DURATION, "%lu d %lu h", s / 86400, s / 3600 % 24);
    } else if (s >= 3600) {
        snprintf(text, DURATION, "%lu h %02lu min", s / 3600, s / 60 % 60);
    } else if (s >= 60) {
        snprintf(text, DURATION, "%lu min %02lu s", s / 60, s % 60);
    } else {
        snprintf(text, DURATION, "%lu s", s);
    }
}

/* What the folder is called: the last part of its path, unless that is "." or "..". */
static const char *name_of(const char *directory)
{
    const char *last = directory;
    for (const char *at = directory; *at != '\0'; at++) {
        if (*at == '/' && at[1] != '\0' && at[1] != '/') {
            last = at + 1;
        }
    }
    return last;
}

static bool is_on(const ams_live *live)
{
    return live->working || live->summary.count[AMS_LIVE_RUNNING] > 0;
}

/* -- the head -- */

static void write_head(FILE *out, const ams_live *live, ams_live_page how, double every_s)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" "
          "href=\"data:,\">\n",
          out);
    if (how == AMS_LIVE_WATCHED && !live->summary.over) {
        fprintf(out, "<meta http-equiv=\"refresh\" content=\"%.0f\">\n", ceil(every_s));
    }
    fputs("<title>", out);
    if (isfinite(live->summary.share)) {
        fprintf(out, "%.0f %% ", floor(100 * live->summary.share));
    }
    ams_html_text(out, name_of(live->directory));
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", ams_live_css);
    ams_html_text(out, name_of(live->directory));
    fputs("</h1>\n", out);
}

static void write_origin(FILE *out, const ams_live *live)
{
    static const char *const kinds[] = {"Training run", "Experiment", "Sweep", "Search"};
    fprintf(out, "<p class=\"quiet\">%s", kinds[live->kind]);
    if (live->data != NULL) {
        fputs(" on ", out);
        ams_html_text(out, live->data);
    }
    if (live->start != NULL) {
        fputs(", begun ", out);
        ams_html_text(out, live->start);
    }
    fputs("</p>\n", out);
}

static void write_badge(FILE *out, ams_live_state state, const char *words)
{
    fprintf(out, "<span class=\"badge %s\">%s</span>", ams_live_state_names[state], words);
}

/* One state for all: what goes on, or how it ended. */
static void write_state(FILE *out, const ams_live *live)
{
    const ams_live_summary *s = &live->summary;
    ams_live_state state = AMS_LIVE_WAITING;
    if (is_on(live)) {
        state = AMS_LIVE_RUNNING;
    } else if (s->over) {
        state = s->count[AMS_LIVE_FAILED] > 0        ? AMS_LIVE_FAILED
                : s->count[AMS_LIVE_INTERRUPTED] > 0 ? AMS_LIVE_INTERRUPTED
                : s->count[AMS_LIVE_STOPPED] + s->count[AMS_LIVE_WAITING] > 0
                    ? AMS_LIVE_STOPPED
                    : AMS_LIVE_FINISHED;
    }
    fputs("<p class=\"state\">", out);
    write_badge(out, state, ams_live_state_names[state]);
    if (live->kind != AMS_LIVE_RUN) {
        putc(' ', out);
        ams_live_print_states(s, out, "");
    }
    if (live->n == 1 && meanings[live->run[0].state] != NULL) {
        fprintf(out, " <span class=\"quiet\">%s</span>", meanings[live->run[0].state]);
    }
    fputs("</p>\n", out);
}

static void write_bar(FILE *out, double share, const char *label)
{
    const double percent = isfinite(share) ? 100 * (share < 1 ? share : 1) : 0;
    fprintf(out,
            "<div class=\"bar\" role=\"progressbar\" aria-label=\"%s\" aria-valuemin=\"0\" "
            "aria-valuemax=\"100\" aria-valuenow=\"%.0f\"><span "
            "style=\"width:%.1f%%\"></span></div>",
            label, percent, percent);
}

static void write_fact(FILE *out, const char *key, const char *value)
{
    fprintf(out, "<div><dt>%s</dt><dd>", key);
    ams_html_text(out, value);
    fputs("</dd></div>\n", out);
}

static void write_left(FILE *out, const ams_live *live)
{
    char text[DURATION];
    char stamp[AMS_STAMP];
    char end[AMS_STAMP + 8];
    const double left = live->summary.left_s;
    if (!is_on(live)) {
        return;
    }
    if (!isfinite(left)) {
        write_fact(out, "time left", "not known yet");
        return;
    }
    duration(text, left);
    write_fact(out, "time left", text);
    if (ams_utc_stamp_at((uint64_t)time(NULL) + (uint64_t)left, stamp)) {
        /* To the minute, which 2026-11-30T12:59 is. */
        snprintf(end, sizeof end, "%.10s %.5s UTC", stamp, stamp + 11);
        write_fact(out, "ends about", end);
    }
}

static void write_facts(FILE *out, const ams_live_view *view)
{
    const ams_live *live = view->live;
    char text[2 * AMS_LIVE_NUMBER + 8];
    char number[AMS_LIVE_NUMBER];
    double per_s = 0;
    for (size_t i = 0; i < live->n; i++) {
        per_s += live->run[i].state == AMS_LIVE_RUNNING ? live->run[i].per_s : 0;
    }
    fputs("<dl>\n", out);
    write_left(out, live);
    ams_live_number(number, live->updates, 0);
    size_t at = (size_t)snprintf(text, sizeof text, "%s", number);
    if (live->of_updates > 0) {
        ams_live_number(number, live->of_updates, 0);
        snprintf(text + at, sizeof text - at, " of %s", number);
    }
    write_fact(out, "updates", text);
    if (per_s > 0) {
        ams_live_number(number, per_s, per_s < 100 ? 1 : 0);
        write_fact(out, "updates per s", number);
    }
    if (live->n > 0 && isfinite(live->run[view->ranked[0]].best)) {
        const ams_live_run *best = &live->run[view->ranked[0]];
        ams_live_number(number, best->best, best->best < 10 ? 4 : 1);
        snprintf(text, sizeof text, "%s %s", number, live->unit);
        write_fact(out, "best validation", text);
    }
    fputs("</dl>\n", out);
}

/* -- what the curves are -- */

static void write_legend(FILE *out, const ams_live_view *view)
{
    const ams_live *live = view->live;
    int shown = -1;
    size_t grey = 0;
    if (live->kind == AMS_LIVE_RUN) {
        return;
    }
    fputs("<ul class=\"legend\">\n", out);
    for (size_t i = 0; i < live->n; i++) {
        const size_t at = view->ranked[i];
        const ams_live_run *run = &live->run[at];
        size_t seeds = 1;
        if (view->style[at] == shown || view->style[at] == AMS_LIVE_GREY) {
            grey += view->style[at] == AMS_LIVE_GREY;
            continue;
        }
        shown = view->style[at];
        while (i + seeds < live->n && view->style[view->ranked[i + seeds]] == shown) {
            seeds++;
        }
        fprintf(out,
                "<li><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path class=\"s%d\" "
                "d=\"M1 5H27\"/></svg>",
                shown);
        ams_html_text(out, run->label);
        fprintf(out, " <span class=\"quiet\">%zu %s</span></li>\n", seeds,
                seeds == 1 ? "run" : "runs");
    }
    if (grey > 0) {
        fprintf(out,
                "<li><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\"><path class=\"grey\" "
                "d=\"M1 5H27\"/></svg>%zu other runs</li>\n",
                grey);
    }
    fputs("</ul>\n", out);
}

static bool has_curves(const ams_live *live)
{
    for (size_t i = 0; i < live->n; i++) {
        if (live->run[i].n > 0) {
            return true;
        }
    }
    return false;
}

static void write_curves(FILE *out, const ams_live_view *view)
{
    fputs("<h2>Learning</h2>\n", out);
    if (!has_curves(view->live)) {
        fputs("<p class=\"quiet\">The first row of metrics.tsv is not there yet.</p>\n", out);
        return;
    }
    write_legend(out, view);
    fputs("<div class=\"charts\">\n", out);
    ams_live_chart(out, view, AMS_LIVE_TIME);
    ams_live_chart(out, view, AMS_LIVE_LOSS);
    fputs("</div>\n", out);
}

/* -- the table -- */

static void write_row(FILE *out, const ams_live *live, const ams_live_run *run)
{
    char number[AMS_LIVE_NUMBER];
    char left[DURATION] = "-";
    const double of = (double)run->steps;
    const double per_s = run->state == AMS_LIVE_RUNNING ? run->per_s : 0;
    fputs("<tr><th scope=\"row\" role=\"rowheader\">", out);
    ams_html_text(out, live->kind == AMS_LIVE_RUN ? name_of(run->name) : run->name);
    if (run->message[0] != '\0') {
        fputs("<span class=\"why\">", out);
        ams_html_text(out, run->message);
        fputs("</span>", out);
    }
    fputs("</th>\n<td role=\"cell\">", out);
    write_badge(out, run->state, ams_live_state_names[run->state]);
    ams_live_number(number, (double)run->updates, 0);
    fprintf(out, "</td>\n<td role=\"cell\" data-label=\"updates\"><span>%s", number);
    if (of > 0) {
        ams_live_number(number, of, 0);
        fprintf(out, " of %s</span>", number);
        write_bar(out, (double)run->updates / of, "Updates of this run");
    } else {
        fputs("</span>", out);
    }
    ams_live_number(number, run->best, run->best < 10 ? 4 : 1);
    fprintf(out, "</td>\n<td role=\"cell\" class=\"number\" data-label=\"best (");
    ams_html_text(out, live->unit);
    fprintf(out, ")\">%s", number);
    if (per_s > 0) {
        ams_live_number(number, per_s, per_s < 100 ? 1 : 0);
        const double rest = of > (double)run->updates ? of - (double)run->updates : 0;
        const double seconds = rest / per_s - run->since_s;
        duration(left, seconds > 0 ? seconds : 0);
    }
    fprintf(out,
            "</td>\n<td role=\"cell\" class=\"number\" data-label=\"per s\">%s</td>\n<td "
            "role=\"cell\" class=\"number\" data-label=\"left\">%s</td></tr>\n",
            per_s > 0 ? number : "-", left);
}

static void write_table(FILE *out, const ams_live_view *view)
{
    const ams_live *live = view->live;
    fputs("<h2>Runs</h2>\n", out);
    if (live->n == 0) {
        fputs("<p class=\"quiet\">None has begun.</p>\n", out);
        return;
    }
    /* Roles, since a phone shows rows as blocks, which are no table any more. */
    fputs("<table role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" "
          "role=\"columnheader\">run</th><th scope=\"col\" role=\"columnheader\">state</th><th "
          "scope=\"col\" role=\"columnheader\">updates</th><th scope=\"col\" class=\"number\" "
          "role=\"columnheader\">best (",
          out);
    ams_html_text(out, live->unit);
    fputs(")</th><th scope=\"col\" class=\"number\" role=\"columnheader\">per s</th><th "
          "scope=\"col\" class=\"number\" role=\"columnheader\">left</th></tr></thead>\n<tbody "
          "role=\"rowgroup\">\n",
          out);
    const size_t n = live->n < MOST_ROWS ? live->n : MOST_ROWS;
    for (size_t i = 0; i < n; i++) {
        write_row(out, live, &live->run[view->order[i]]);
    }
    fputs("</tbody></table>\n", out);
    if (n < live->n) {
        fprintf(out, "<p class=\"quiet\">%zu more runs are not listed.</p>\n", live->n - n);
    }
    fputs("<p class=\"quiet\">best: the least mean time until the required recalls at a "
          "validation so far.</p>\n",
          out);
}

static void write_foot(FILE *out, const ams_live *live, ams_live_page how, double every_s)
{
    char stamp[AMS_STAMP];
    ams_utc_stamp(stamp);
    fprintf(out, "<footer class=\"quiet\">Written %s. ", stamp);
    if (how == AMS_LIVE_WATCHED && live->summary.over) {
        fputs("Nothing trains here any more, so the page no longer loads itself.", out);
    } else if (how == AMS_LIVE_WATCHED) {
        fprintf(out, "The page loads itself every %.0f s.", ceil(every_s));
    } else {
        fputs(how == AMS_LIVE_LEFT ? "Nobody writes it any more: " : "It stays as it is: ",
              out);
        fputs("<code>ams report --watch ", out);
        ams_html_text(out, live->directory);
        fputs("</code> keeps it up to date.", out);
    }
    fputs("</footer>\n</main>\n</body>\n</html>\n", out);
}

ams_status ams_live_print(FILE *out, const ams_live *live, ams_live_page how, double every_s,
                          ams_error *err)
{
    ams_live_view view;
    const ams_status status = ams_live_view_make(&view, live, err);
    if (status == AMS_OK) {
        write_head(out, live, how, every_s);
        write_origin(out, live);
        write_state(out, live);
        write_bar(out, live->summary.share, "Updates done");
        putc('\n', out);
        write_facts(out, &view);
        write_curves(out, &view);
        write_table(out, &view);
        write_foot(out, live, how, every_s);
    }
    ams_live_view_fini(&view);
    return status;
}
