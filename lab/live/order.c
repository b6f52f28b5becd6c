/* Which runs come first, and how they look. */
#include "lab/live/parts.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The least first; what is not known last. */
static int by_value(double a, double b)
{
    const bool known_a = isfinite(a);
    const bool known_b = isfinite(b);
    if (!known_a || !known_b) {
        return (int)known_b - (int)known_a;
    }
    return (a > b) - (a < b);
}

static int by_state(const void *a, const void *b, void *runs)
{
    /* Of a page one asks first what goes on and what went wrong. */
    const ams_live_run *x = (const ams_live_run *)runs + *(const size_t *)a;
    const ams_live_run *y = (const ams_live_run *)runs + *(const size_t *)b;
    const int first = (int)x->state - (int)y->state;
    const int second = by_value(x->best, y->best);
    return first != 0 ? first : second != 0 ? second : strcmp(x->name, y->name);
}

static int by_best(const void *a, const void *b, void *runs)
{
    const ams_live_run *x = (const ams_live_run *)runs + *(const size_t *)a;
    const ams_live_run *y = (const ams_live_run *)runs + *(const size_t *)b;
    const int first = by_value(x->best, y->best);
    return first != 0 ? first : strcmp(x->name, y->name);
}

/* Best first within the labels, whose own order is that of their best runs. Quadratic in the
 * labels that have a style, of which there are few. */
static void rank(ams_live_view *view, const size_t *best)
{
    const ams_live *live = view->live;
    size_t n = 0;
    int style = 0;
    for (size_t i = 0; i < live->n; i++) {
        view->style[i] = AMS_LIVE_GREY;
    }
    for (size_t i = 0; i < live->n && style < AMS_LIVE_STYLES; i++) {
        if (view->style[best[i]] != AMS_LIVE_GREY) {
            continue;
        }
        for (size_t k = i; k < live->n; k++) {
            if (strcmp(live->run[best[k]].label, live->run[best[i]].label) == 0) {
                view->style[best[k]] = style;
                view->ranked[n++] = best[k];
            }
        }
        style++;
    }
    for (size_t i = 0; i < live->n; i++) {
        if (view->style[best[i]] == AMS_LIVE_GREY) {
            view->ranked[n++] = best[i];
        }
    }
}

ams_status ams_live_view_make(ams_live_view *view, const ams_live *live, ams_error *err)
{
    size_t *best = NULL;
    ams_status status = AMS_OK;
    *view = (ams_live_view){.live = live};
    AMS_TRY(ams_alloc(&best, live->n, sizeof *best, "runs", err));
    AMS_TRY(ams_alloc(&view->order, live->n, sizeof *view->order, "runs", err));
    AMS_TRY(ams_alloc(&view->ranked, live->n, sizeof *view->ranked, "runs", err));
    AMS_TRY(ams_alloc(&view->style, live->n, sizeof *view->style, "runs", err));
    for (size_t i = 0; i < live->n; i++) {
        best[i] = view->order[i] = i;
    }
    if (live->n > 0) {
        qsort_r(best, live->n, sizeof *best, by_best, live->run);
        qsort_r(view->order, live->n, sizeof *view->order, by_state, live->run);
    }
    rank(view, best);
out:
    free(best);
    return status;
}

void ams_live_view_fini(ams_live_view *view)
{
    free(view->order);
    free(view->ranked);
    free(view->style);
    *view = (ams_live_view){.live = NULL};
}
