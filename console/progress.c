#include "console/progress.h"

#include "ams/names.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const double REDRAW_S = 0.1; /* as often as the eye follows */
static const double LINE_S = 10;    /* a log grows by 360 lines an hour */
enum { BAR = 24, LINE = 256 };

static bool is_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

static bool wants_color(void)
{
    const char *no_color = getenv("NO_COLOR");
    return no_color == NULL || no_color[0] == 0;
}

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return 80;
    }
    return size.ws_col;
}

/* "0:07", "12:30", "3:05:00" */
static void print_duration(char text[32], double seconds)
{
    unsigned long s = seconds > 0 && seconds < 1e9 ? (unsigned long)(seconds + 0.5) : 0;
    if (s >= 3600) {
        snprintf(text, 32, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    } else {
        snprintf(text, 32, "%lu:%02lu", s / 60, s % 60);
    }
}

static void draw_bar(const cli_progress *progress, double share, const char *left,
                     const char *note)
{
    char bar[BAR + 1];
    int filled = (int)(share * BAR);
    memset(bar, ' ', BAR);
    memset(bar, '=', (size_t)filled);
    if (filled < BAR) {
        bar[filled] = '>';
    }
    bar[BAR] = 0;
    char head[LINE];
    char tail[LINE];
    int head_length = snprintf(head, sizeof head, "%s ", progress->what);
    snprintf(tail, sizeof tail, " %3.0f %%  %s left  %s", 100 * share, left, note);
    /* A line that wraps could not be redrawn in place. */
    int room = columns() - 1 - head_length - BAR - 2;
    bool color = wants_color();
    fprintf(stderr, "\r%s%s[%s]%s%.*s\033[K", head, color ? "\033[32m" : "", bar,
            color ? "\033[0m" : "", room > 0 ? room : 0, tail);
    fflush(stderr);
}

void cli_progress_begin(cli_progress *progress, const char *what)
{
    double now = ams_seconds();
    *progress = (cli_progress){
        .command = progress->command, .what = what, .started = now, .terminal = is_terminal()};
    /* The bar comes after its first interval too: work that is done by then needs none. */
    progress->last = now;
}

void cli_progress_update(cli_progress *progress, double done, double total, const char *note)
{
    double now = ams_seconds();
    progress->done = done >= total;
    if (!progress->begun) {
        progress->begun = true;
        progress->first_done = done;
        progress->first_at = now;
    }
    if (now - progress->last < (progress->terminal ? REDRAW_S : LINE_S)) {
        return;
    }
    progress->last = now;
    progress->shown = true;
    double share = total > 0 ? done / total : 0;
    share = share < 0 ? 0 : (share > 1 ? 1 : share);
    char left[32] = "?";
    if (done > progress->first_done) {
        double each = (now - progress->first_at) / (done - progress->first_done);
        print_duration(left, each * (total > done ? total - done : 0));
    }
    note = note == NULL ? "" : note;
    if (progress->terminal) {
        draw_bar(progress, share, left, note);
    } else {
        fprintf(stderr, "%s: %.0f %%, %s left%s%s\n", progress->what, 100 * share, left,
                note[0] == 0 ? "" : ", ", note);
    }
}

void cli_progress_end(cli_progress *progress)
{
    if (!progress->shown) {
        return;
    }
    progress->shown = false;
    if (progress->terminal) {
        fputs("\r\033[K", stderr); /* results take the bar's place */
        fflush(stderr);
    } else if (progress->done) { /* what was stopped is not */
        char took[32];
        print_duration(took, ams_seconds() - progress->started);
        fprintf(stderr, "%s: done in %s\n", progress->what, took);
    }
}

static void update(void *context, double done, double total, const char *note)
{
    cli_progress_update(context, done, total, note);
}

void cli_put_message(const char *text)
{
    for (;;) {
        const size_t clean = ams_control_at(text, strlen(text));
        fwrite(text, 1, clean, stderr);
        text += clean;
        if (*text == '\0') {
            break;
        }
        if (*text == '\n') {
            fputc(*text++, stderr);
            continue;
        }
        for (int bytes = (unsigned char)*text == 0xC2 ? 2 : 1; bytes > 0; bytes--) {
            fprintf(stderr, "\\x%02X", (unsigned char)*text++);
        }
    }
    fputc('\n', stderr);
}

static void notice(void *context, const char *text)
{
    cli_progress *progress = context;
    if (progress->terminal) {
        cli_progress_end(
            progress); /* the line takes its place; the next update draws it anew */
    }
    fprintf(stderr, "%s%s: ", progress->command == NULL ? "ams " : "",
            progress->command == NULL ? progress->what : progress->command);
    cli_put_message(text);
}

ams_progress cli_progress_listener(cli_progress *progress)
{
    return (ams_progress){.context = progress, .update = update, .notice = notice};
}
