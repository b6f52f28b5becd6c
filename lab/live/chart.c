/* A chart whose lines stretch with the page, while its words keep their size: the lines are an
 * SVG without a size of its own, the words stand around it in percent of it. */
#include "lab/live/parts.h"

#include "lab/report/markup.h"

#include <math.h>
#include <string.h>

/* The SVG's own units. */
enum { WIDTH = 1000, HEIGHT = 400, MOST_POINTS = 240, MOST_CURVES = 200, MOST_MARKS = 24 };

/* From a value to a share of the axis. */
typedef struct live_axis {
    double low, high;
    bool log;
    double mark[MOST_MARKS];
    size_t n_marks;
    int decimals;
} live_axis;

void ams_live_number(char text[AMS_LIVE_NUMBER], double value, int decimals)
{
    char plain[AMS_LIVE_NUMBER / 2];
    if (!isfinite(value) || fabs(value) >= 1e15) {
        snprintf(text, AMS_LIVE_NUMBER, isfinite(value) ? "%.3g" : "-", value);
        return;
    }
    snprintf(plain, sizeof plain, "%.*f", decimals < 6 ? decimals : 6, value);
    const size_t digits = strcspn(plain, ".");
    size_t n = 0;
    for (size_t i = 0; plain[i] != '\0'; i++) {
        const bool inside = i > 0 && i < digits && plain[i - 1] != '-';
        if (inside && (digits - i) % 3 == 0) {
            text[n++] = ',';
        }
        text[n++] = plain[i];
    }
    text[n] = '\0';
}

/* -- axes -- */

static double share(const live_axis *axis, double value)
{
    const double low = axis->log ? log10(axis->low) : axis->low;
    const double high = axis->log ? log10(axis->high) : axis->high;
    const double at = axis->log ? log10(value) : value;
    return high > low ? (at - low) / (high - low) : 0.5;
}

static void add_mark(live_axis *axis, double value)
{
    if (value >= axis->low * (1 - 1e-9) - 1e-300 && value <= axis->high * (1 + 1e-9) &&
        axis->n_marks < MOST_MARKS) {
        axis->mark[axis->n_marks++] = value;
    }
}

/* Round numbers: 1, 2 or 5 times a power of ten, about `n` of them. */
static void mark_evenly(live_axis *axis, int n)
{
    const double range = axis->high - axis->low;
    const double power = pow(10, floor(log10(range / n)));
    const double step = range / n <= 2 * power   ? 2 * power
                        : range / n <= 5 * power ? 5 * power
                                                 : 10 * power;
    const double digits = -floor(log10(step) + 1e-9);
    axis->decimals = digits > 0 ? (int)digits : 0;
    const double first = ceil(axis->low / step - 1e-9);
    for (int k = 0; k < MOST_MARKS; k++) {
        add_mark(axis, (first + k) * step + 0.0); /* no -0 */
    }
}

static void mark_powers(live_axis *axis)
{
    const int first = (int)ceil(log10(axis->low) - 1e-9);
    const int last = (int)floor(log10(axis->high) + 1e-9);
    const int every = (last - first) / 5 + 1;
    for (int k = first; k <= last; k += every) {
        add_mark(axis, pow(10, k));
    }
}

/* Lines do not touch the edge; where all values are one, it stands in the middle. */
static void widen(live_axis *axis, double margin)
{
    double by = margin * (axis->high - axis->low);
    if (!(axis->high > axis->low)) {
        by = axis->low == 0 ? 1 : 0.1 * fabs(axis->low);
    }
    axis->low -= axis->log ? 0 : by;
    axis->high += by;
}

/* Both axes of what is drawn. False: there is no value. */
static bool find_axes(const ams_live_view *view, ams_live_metric metric, live_axis *x,
                      live_axis *y)
{
    *x = (live_axis){.low = 0, .high = 0};
    *y = (live_axis){.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < view->live->n; i++) {
        const ams_live_run *run = &view->live->run[i];
        for (size_t k = 0; k < run->n; k++) {
            const double value = run->point[k].value[metric];
            if (isfinite(value)) {
                y->low = value < y->low ? value : y->low;
                y->high = value > y->high ? value : y->high;
                x->high = run->point[k].update > x->high ? run->point[k].update : x->high;
            }
        }
    }
    if (!(y->low <= y->high)) {
        return false;
    }
    y->log = metric == AMS_LIVE_LOSS && y->low > 0 && y->high > 20 * y->low;
    widen(y, 0.04);
    x->high = x->high > 0 ? x->high : 1;
    mark_evenly(x, 4);
    y->log ? mark_powers(y) : mark_evenly(y, 5);
    return true;
}

/* -- lines -- */

static void draw_curve(FILE *out, const ams_live_run *run, ams_live_metric metric,
                       const live_axis *x, const live_axis *y)
{
    const size_t stride = run->n / MOST_POINTS + 1;
    size_t drawn = 0;
    for (size_t k = 0; k < run->n; k++) {
        const ams_live_point *p = &run->point[k];
        /* Validations are rarer than rows, so each of them counts; the last row always does. */
        if (!isfinite(p->value[metric]) ||
            (metric == AMS_LIVE_LOSS && k % stride != 0 && k + 1 < run->n)) {
            continue;
        }
        fprintf(out, "%s%.1f %.1f", drawn == 0 ? "M" : " ", WIDTH * share(x, p->update),
                HEIGHT * (1 - share(y, p->value[metric])));
        drawn++;
    }
    fputs(drawn == 1 ? "h0" : "", out); /* a dot, since the line's ends are round */
}

static bool has_values(const ams_live_run *run, ams_live_metric metric)
{
    for (size_t k = 0; k < run->n; k++) {
        if (isfinite(run->point[k].value[metric])) {
            return true;
        }
    }
    return false;
}

/* The best last, so that it lies above the others. @return how many were left out. */
static size_t draw_curves(FILE *out, const ams_live_view *view, ams_live_metric metric,
                          const live_axis *x, const live_axis *y)
{
    const size_t n = view->live->n;
    const size_t most = n < MOST_CURVES ? n : MOST_CURVES;
    for (size_t i = most; i-- > 0;) {
        const ams_live_run *run = &view->live->run[view->ranked[i]];
        const int style = view->style[view->ranked[i]];
        if (!has_values(run, metric)) {
            continue;
        }
        if (style == AMS_LIVE_GREY) {
            fputs("<path class=\"grey\" d=\"", out);
        } else {
            fprintf(out, "<path class=\"s%d\" d=\"", style);
        }
        draw_curve(out, run, metric, x, y);
        fputs("\"><title>", out);
        ams_html_text(out, run->name);
        fputs("</title></path>\n", out);
    }
    return n - most;
}

static void draw_grid(FILE *out, const live_axis *x, const live_axis *y)
{
    fputs("<path class=\"grid\" d=\"", out);
    for (size_t k = 0; k < x->n_marks; k++) {
        fprintf(out, "M%.1f 0V%d", WIDTH * share(x, x->mark[k]), HEIGHT);
    }
    for (size_t k = 0; k < y->n_marks; k++) {
        fprintf(out, "M0 %.1fH%d", HEIGHT * (1 - share(y, y->mark[k])), WIDTH);
    }
    fputs("\"/>\n", out);
}

/* -- words -- */

static void write_mark(FILE *out, const live_axis *axis, size_t k)
{
    char text[AMS_LIVE_NUMBER];
    if (axis->log) {
        snprintf(text, sizeof text, "%g", axis->mark[k]);
    } else {
        ams_live_number(text, axis->mark[k], axis->decimals);
    }
    fputs(text, out);
}

static void write_marks(FILE *out, const live_axis *x, const live_axis *y)
{
    fputs("<div class=\"y\" aria-hidden=\"true\">", out);
    for (size_t k = 0; k < y->n_marks; k++) {
        fprintf(out, "<span style=\"bottom:%.2f%%\">", 100 * share(y, y->mark[k]));
        write_mark(out, y, k);
        fputs("</span>", out);
    }
    fputs("</div>\n<div class=\"x\" aria-hidden=\"true\">", out);
    for (size_t k = 0; k < x->n_marks; k++) {
        const double at = share(x, x->mark[k]);
        /* A word in the middle of its mark would stand out of the page at both ends. */
        fprintf(out, "<span%s style=\"left:%.2f%%\">",
                at < 0.04   ? " class=\"first\""
                : at > 0.93 ? " class=\"last\""
                            : "",
                100 * at);
        write_mark(out, x, k);
        fputs("</span>", out);
    }
    fputs("</div>\n", out);
}

void ams_live_chart(FILE *out, const ams_live_view *view, ams_live_metric metric)
{
    live_axis x;
    live_axis y;
    if (!find_axes(view, metric, &x, &y)) {
        return;
    }
    fputs("<figure>\n<figcaption>", out);
    if (metric == AMS_LIVE_TIME) {
        fputs("Validation: mean time until the required recalls (", out);
        ams_html_text(out, view->live->unit);
        fputs("), <span>lower is better</span>", out);
    } else {
        fprintf(out, "Loss%s", y.log ? ", <span>logarithmic scale</span>" : "");
    }
    fprintf(
        out,
        "</figcaption>\n<div class=\"plot\">\n<svg role=\"img\" aria-label=\"%s by update\" "
        "viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\">\n",
        metric == AMS_LIVE_TIME ? "Validation" : "Loss", WIDTH, HEIGHT);
    draw_grid(out, &x, &y);
    const size_t left_out = draw_curves(out, view, metric, &x, &y);
    fputs("</svg>\n", out);
    write_marks(out, &x, &y);
    fputs("</div>\n<p class=\"unit\">updates</p>\n", out);
    if (left_out > 0) {
        fprintf(out, "<p class=\"quiet\">The best %d runs are drawn, %zu others are not.</p>\n",
                MOST_CURVES, left_out);
    }
    fputs("</figure>\n", out);
}
