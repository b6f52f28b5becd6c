/* Jobs that have not come: whether they can be foreseen, and whether to wait for one. */
#include "stream/dispatch_private.h"

#include <math.h>
#include <string.h>

/* The most clients about to send that are looked at. */
enum { SOON = 16 };

double ams_dispatch_tolerance(const ams_dispatcher *d)
{
    return 0.1 * ams_dispatch_time(d, NULL, d->all) / d->o.n_models;
}

bool ams_dispatch_foresees(const ams_dispatcher *d)
{
    return d->foreseen >= 0.9 && d->n_clients <= DISPATCH_FORESEEN;
}

/* How many recent jobs had less time until their deadlines. */
static uint32_t count_below(const ams_dispatcher *d, double ms)
{
    uint32_t low = 0;
    uint32_t high = d->n_recent;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (d->sorted_ms[middle] < ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void ams_dispatch_remember(ams_dispatcher *d, double ms)
{
    if (d->n_recent == DISPATCH_RECENT) {
        const uint32_t old = count_below(d, d->recent_ms[d->next_recent]);
        d->n_recent--;
        memmove(d->sorted_ms + old, d->sorted_ms + old + 1,
                (d->n_recent - old) * sizeof *d->sorted_ms);
    }
    const uint32_t at = count_below(d, ms);
    memmove(d->sorted_ms + at + 1, d->sorted_ms + at,
            (d->n_recent - at) * sizeof *d->sorted_ms);
    d->sorted_ms[at] = ms;
    d->n_recent++;
    d->recent_ms[d->next_recent] = ms;
    d->next_recent = (d->next_recent + 1) % DISPATCH_RECENT;
}

/* When the clients send, or were to send, that are foreseen before until_ms: the first SOON, in
 * order. */
static uint32_t list_foreseen(const ams_dispatcher *d, double now_ms, double until_ms,
                              double comes_ms[SOON + 1])
{
    const double tolerance_ms = ams_dispatch_tolerance(d);
    uint32_t n = 0;
    for (uint32_t c = 0; c < d->n_clients; c++) {
        const double comes = d->client[c].due_ms;
        if (comes + tolerance_ms <= now_ms || comes >= until_ms) {
            continue; /* it did not come, or not so soon */
        }
        uint32_t at = n;
        for (; at > 0 && comes_ms[at - 1] > comes; at--) {
            comes_ms[at] = comes_ms[at - 1];
        }
        comes_ms[at] = comes;
        n += n < SOON ? 1 : 0;
    }
    return n;
}

/* The equal workers when a model starts. */
typedef struct busy_view {
    bool other_idle;    /* besides the one that the model takes */
    double next_end_ms; /* of the busy ones; INFINITY: none is */
    double part_ms;     /* the mandatory part of a job that comes */
} busy_view;

static busy_view look_at_workers(const ams_dispatcher *d)
{
    busy_view view = {.next_end_ms = INFINITY};
    uint32_t idle = 0;
    for (uint32_t w = 0; w < d->n_workers; w++) {
        idle += d->worker[w].busy ? 0 : 1;
        view.next_end_ms =
            d->worker[w].busy ? fmin(view.next_end_ms, d->worker[w].end_ms) : view.next_end_ms;
    }
    view.other_idle = idle > 1;
    view.part_ms = ams_dispatch_time(d, NULL, ams_dispatch_first(d, d->o.mandatory));
    return view;
}

/* How many of the jobs that come from place `k` of the list on are expected to be late for
 * their mandatory parts if a model runs from start_ms to end_ms. */
static double expect_late(const ams_dispatcher *d, const busy_view *view,
                          const double comes_ms[SOON + 1], uint32_t k, uint32_t n,
                          double start_ms, double end_ms)
{
    const double free_ms = fmin(end_ms, view->next_end_ms);
    uint32_t late = 0;
    if (view->other_idle || view->next_end_ms <= start_ms || d->n_recent == 0) {
        return 0;
    }
    for (; k < n && comes_ms[k] < free_ms; k++) {
        late += count_below(d, free_ms + view->part_ms - fmax(comes_ms[k], start_ms));
    }
    return (double)late / d->n_recent;
}

double ams_dispatch_expected_late(const ams_dispatcher *d, double now_ms, double ms)
{
    double comes_ms[SOON + 1];
    const busy_view view = look_at_workers(d);
    const uint32_t n = list_foreseen(d, now_ms, now_ms + ms, comes_ms);
    return expect_late(d, &view, comes_ms, 0, n, now_ms, now_ms + ms);
}

/* What a plan's time is worth, in prices of time: its price is what the last of it brings.
 * Chosen on validation items. */
static const double worth = 4;

/* A time to start a model: now, or when a client has sent. */
typedef struct start_time {
    uint32_t after;   /* so many foreseen ones have sent; 0: now */
    double late_cost; /* utility that jobs are expected to lose by coming too late */
} start_time;

/* The start that costs least, in jobs that come too late and in time: now, or, up to latest_ms,
 * when one that is foreseen has come. */
static start_time best_start(const ams_dispatcher *d, const double comes_ms[SOON + 1],
                             uint32_t n, double now_ms, double ms, double latest_ms)
{
    const busy_view view = look_at_workers(d);
    const double cost_of_late = 1 + d->o.miss_cost;
    const double mean_ms = ams_dispatch_time(d, NULL, d->all) / d->o.n_models;
    const double tolerance_ms = ams_dispatch_tolerance(d);
    start_time best = {0, cost_of_late *
                              expect_late(d, &view, comes_ms, 0, n, now_ms, now_ms + ms)};
    double least = best.late_cost;
    for (uint32_t k = 0; k < n && least > 0; k++) {
        const double at_ms = fmax(comes_ms[k], now_ms);
        /* Who has come by then may be more urgent; or one does not come. */
        if (at_ms + (k + 1) * view.part_ms / d->o.workers > latest_ms ||
            comes_ms[k] + tolerance_ms > latest_ms) {
            break;
        }
        const double late_cost =
            cost_of_late * expect_late(d, &view, comes_ms, k + 1, n, at_ms, at_ms + ms);
        const double cost = late_cost + worth * d->o.parameter * (at_ms - now_ms) / mean_ms;
        if (cost < least) {
            least = cost;
            best = (start_time){k + 1, late_cost};
        }
    }
    return best;
}

bool ams_dispatch_better_waits(ams_dispatcher *d, const dispatch_entry *e, double now_ms,
                               uint32_t model, double bears_ms)
{
    double comes_ms[SOON + 1];
    const double ms = ams_dispatch_ms(d, e, model);
    const double mean_ms = ams_dispatch_time(d, NULL, d->all) / d->o.n_models;
    const uint64_t had = e->job.done | e->job.running;
    const uint32_t n = list_foreseen(d, now_ms, now_ms + ms + 2 * mean_ms, comes_ms);
    const start_time best = best_start(d, comes_ms, n, now_ms, ms, now_ms + bears_ms);
    bool waits = best.after > 0;
    double until_ms = waits ? comes_ms[best.after - 1] : now_ms;
    if (!waits && n > 0 && best.late_cost > 0 && ams_dispatch_size(had) >= d->o.mandatory) {
        const uint32_t now_state = ams_stream_state(d->o.sets, had);
        const uint32_t then = ams_stream_state(d->o.sets, had | UINT64_C(1) << model);
        waits = (double)((e->u[then] - e->u[now_state]) * e->weight) < best.late_cost;
        until_ms = comes_ms[0];
    }
    if (waits) {
        d->waits_ms = fmin(d->waits_ms, until_ms + ams_dispatch_tolerance(d));
    }
    return waits;
}
