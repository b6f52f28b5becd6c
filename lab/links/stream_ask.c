/* Which items of a stream are labelled. */
#include "lab/links/stream_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
/* Of the labels that suspicion asks for, so many are given evenly, as long as nothing changes:
 * links that learn from what is suspect alone are wrong on the rest. */
static const double EVEN_SHARE = 0.7;
/* Labels are given at that share of their rate until so many are saved for changes, and then
 * somewhat above it. After a change one of GAP items is labelled, BURST in all and no more than
 * are saved: where changes are frequent, the rest is for the next one and for what is suspect.
 */
static const double SAVED_RATE = 0.7, SPENT_RATE = 1.2;
enum { SAVED = 8, BURST = 4, GAP = 3, LOOKS = 5 /* for a change at every so many items */ };
/* What is asked for stands for fewer items than what is labelled evenly. */
static const double ASKED_WEIGHT = 0.25;

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x > y ? -1 : x < y;
}

/* Whether the score is among the greatest `share` of the last ones, a segment's number of them.
 */
static bool stands_out(ams_stream_run *r, double score, double share)
{
    const uint32_t segment = r->stream->options.segment;
    const uint32_t n = r->n_past < segment ? r->n_past : segment;
    const uint32_t k = (uint32_t)ceil(share * n);
    memcpy(r->sorted, r->past, n * sizeof *r->past);
    qsort(r->sorted, n, sizeof *r->sorted, descending);
    r->past[r->n_past++ % segment] = score;
    return n == 0 || (k > 0 && score >= r->sorted[k - 1]);
}

/* Suspicion saves labels, gives them evenly and where the score stands out, and most of them
 * right after a change. */
static bool suspects(ams_stream_run *r, uint32_t item, double score, double *own)
{
    const double may = r->earned - r->used;
    const double rate =
        r->stream->options.label_share * (may > SAVED + 1 ? SPENT_RATE : SAVED_RATE);
    const bool odd = stands_out(r, score, (1 - EVEN_SHARE) * rate);
    r->even += EVEN_SHARE * rate;
    if (may < 1) {
        return false;
    }
    if (r->burst > 0 && item >= r->last + GAP) {
        r->burst--;
        return true;
    }
    if (r->even >= 1) {
        r->even -= 1;
        return true;
    }
    *own = odd ? ASKED_WEIGHT : 1;
    return odd;
}

/* Whether the strategy looks for changes, of which outputs alone tell. */
static bool watches(const ams_stream_run *r)
{
    switch (r->label) {
    case AMS_LINK_LABEL_NONE:
        return false;
    case AMS_LINK_LABEL_RANDOM:
    case AMS_LINK_LABEL_PERIODIC:
        return r->stream->options.watch;
    default:
        return true;
    }
}

bool ams_stream_asks(ams_stream_run *r, uint32_t item, uint32_t left_items,
                     uint32_t left_labels, double score, double *own)
{
    bool asks = false;
    *own = 1;
    if (watches(r) && item % LOOKS == 0 && ams_stream_changed(r, item + 1)) {
        r->changed = true;
        const double saved = floor(r->earned - r->used);
        r->burst = (uint32_t)fmin(BURST, fmax(1, saved));
    }
    switch (r->label) {
    case AMS_LINK_LABEL_RANDOM: /* uniform without replacement: left of what is to come */
        asks = ams_rng_unit(&r->rng) * left_items < left_labels;
        break;
    case AMS_LINK_LABEL_PERIODIC:
        asks = r->earned - r->used >= 1;
        break;
    case AMS_LINK_LABEL_UNCERTAIN:
    case AMS_LINK_LABEL_LOSS:
        asks = suspects(r, item, score, own);
        break;
    default:
        break;
    }
    r->last = asks ? item : r->last;
    return asks;
}

void ams_stream_ask_oracle(ams_stream_run *r, uint32_t first, uint32_t from, uint32_t to)
{
    while (r->earned - r->used >= 1) {
        uint32_t best = UINT32_MAX;
        for (uint32_t k = from; k < to; k++) {
            if (!r->full[k] && (best == UINT32_MAX || r->loss[k] > r->loss[best])) {
                best = k;
            }
        }
        if (best == UINT32_MAX) {
            return;
        }
        r->full[best] = 1;
        r->used++;
        ams_stream_remember(r, first + best, ASKED_WEIGHT);
    }
}
