/* Fully run items of a stream, and how much each counts now. */
#include "lab/links/stream_run.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Items among others that are at a distance d from now count exp(-(d - 1) / WIDTH), but at
 * least LEAST. Chosen, like all settings of streams, on other seeds than those reported. */
static const double WIDTH = 2, LEAST = 0.1;
/* A change: the last RECENT items are that distant from up to BEFORE items before them. */
static const double CHANGE = 3;
enum { RECENT = 20, BEFORE = 100 };

static ams_status profile_init(ams_stream_profile *profile, uint32_t columns, ams_error *err)
{
    return ams_alloc(&profile->sum, columns, sizeof *profile->sum, "a stream", err);
}

ams_status ams_stream_memory_init(ams_stream_run *r, ams_error *err)
{
    ams_stream_memory *m = &r->memory;
    const uint32_t n = r->stream->n;
    const uint32_t columns = r->space.n_columns;
    ams_status status = AMS_OK;
    m->n_cells = n / AMS_STREAM_CELL + 1;
    AMS_TRY(ams_alloc(&m->item, n, sizeof *m->item, "a stream", err));
    AMS_TRY(ams_alloc(&m->side, n, sizeof *m->side, "a stream", err));
    AMS_TRY(ams_alloc(&m->own, n, sizeof *m->own, "a stream", err));
    AMS_TRY(ams_alloc(&m->weight, n, sizeof *m->weight, "a stream", err));
    AMS_TRY(ams_alloc(&m->ran, n, sizeof *m->ran, "a stream", err));
    AMS_TRY(ams_alloc(&m->likeness, m->n_cells, sizeof *m->likeness, "a stream", err));
    AMS_TRY(ams_alloc(&m->cell, m->n_cells, sizeof *m->cell, "a stream", err));
    for (uint32_t c = 0; c < m->n_cells; c++) {
        AMS_TRY(profile_init(&m->cell[c], columns, err));
    }
    AMS_TRY(profile_init(&m->now[0], columns, err));
    AMS_TRY(profile_init(&m->now[1], columns, err));
out:
    return status;
}

void ams_stream_memory_fini(ams_stream_memory *m)
{
    for (uint32_t c = 0; m->cell != NULL && c < m->n_cells; c++) {
        free(m->cell[c].sum);
    }
    free(m->cell);
    free(m->now[0].sum);
    free(m->now[1].sum);
    free(m->item);
    free(m->side);
    free(m->own);
    free(m->weight);
    free(m->ran);
    free(m->likeness);
}

static void add_item(const ams_stream_run *r, uint32_t item, ams_stream_profile *p)
{
    const uint64_t *start = r->items.start + (size_t)item * r->items.n_models;
    p->ran = p->n == 0 ? r->memory.ran[item] : p->ran & r->memory.ran[item];
    p->n++;
    for (uint64_t bits = r->memory.ran[item]; bits != 0; bits &= bits - 1) {
        const uint32_t m = (uint32_t)__builtin_ctzll(bits);
        for (uint64_t at = start[m]; at < start[m + 1]; at++) {
            p->sum[r->items.entry[at].column] += r->items.entry[at].source;
        }
    }
}

static void profile(const ams_stream_run *r, uint32_t first, uint32_t last,
                    ams_stream_profile *p)
{
    memset(p->sum, 0, r->space.n_columns * sizeof *p->sum);
    p->n = 0;
    for (uint32_t i = first; i < last; i++) {
        add_item(r, i, p);
    }
}

void ams_stream_see(ams_stream_run *r, uint32_t item, uint64_t set)
{
    r->memory.ran[item] = set;
    add_item(r, item, &r->memory.cell[item / AMS_STREAM_CELL]);
}

void ams_stream_remember(ams_stream_run *r, uint32_t item, double own)
{
    ams_stream_memory *m = &r->memory;
    /* The sequence of Thue and Morse: halves by turns would be those of a stream that has
     * turns. */
    m->side[m->n] = (uint8_t)(__builtin_popcount(m->n) & 1);
    m->own[m->n] = own;
    m->item[m->n++] = item;
    r->unlearned++;
}

/* Squared distance of the means of two profiles, as a multiple of what two draws from the same
 * items have; columns are those of models that ran on both. */
static double distance(const ams_stream_run *r, const ams_stream_profile *a,
                       const ams_stream_profile *b)
{
    double sum = 0;
    double expected = 0;
    for (uint64_t bits = a->n > 0 && b->n > 0 ? a->ran & b->ran : 0; bits != 0;
         bits &= bits - 1) {
        const uint32_t m = (uint32_t)__builtin_ctzll(bits);
        for (uint32_t c = r->space.first[m]; c < r->space.first[m + 1]; c++) {
            const double x = (double)a->sum[c];
            const double y = (double)b->sum[c];
            const double mean = (x + y) / (a->n + b->n);
            const double gap = x / a->n - y / b->n;
            sum += gap * gap;
            expected += mean * (1 - mean);
        }
    }
    expected *= 1.0 / (a->n > 0 ? a->n : 1) + 1.0 / (b->n > 0 ? b->n : 1);
    return expected > 0 ? sum / expected : (double)INFINITY;
}

/* How much the surroundings of each cell's items are like the items [first, now). */
static void compare(ams_stream_run *r, uint32_t first, uint32_t now)
{
    ams_stream_memory *m = &r->memory;
    profile(r, first, now, &m->now[0]);
    for (uint32_t c = 0; c < m->n_cells; c++) {
        const uint32_t from = c * AMS_STREAM_CELL;
        const bool here = from + AMS_STREAM_CELL > first && from < now;
        const double d = here ? 1 : distance(r, &m->cell[c], &m->now[0]);
        m->likeness[c] = exp(-fmax(0, d - 1) / WIDTH);
    }
}

void ams_stream_weigh(ams_stream_run *r, uint32_t now)
{
    ams_stream_memory *m = &r->memory;
    const uint32_t cell = m->since / AMS_STREAM_CELL;
    compare(r, now > m->since + AMS_STREAM_CELL ? now - AMS_STREAM_CELL : m->since, now);
    for (uint32_t k = 0; k < m->n; k++) {
        const uint32_t item = m->item[k];
        const double age = (double)(m->n - 1 - k) / r->stream->options.window;
        /* A cell in which something changed is like what came after. */
        const bool before = item < m->since && item / AMS_STREAM_CELL == cell;
        const double like = before ? 0 : m->likeness[item / AMS_STREAM_CELL];
        m->weight[k] = r->label == AMS_LINK_LABEL_NONE
                           ? 1
                           : m->own[k] * pow(0.5, age) * (LEAST + (1 - LEAST) * like);
    }
}

bool ams_stream_changed(ams_stream_run *r, uint32_t now)
{
    ams_stream_memory *m = &r->memory;
    if (now < m->since + 2 * RECENT) {
        return false;
    }
    const uint32_t middle = now - RECENT;
    const uint32_t first = middle > m->since + BEFORE ? middle - BEFORE : m->since;
    profile(r, first, middle, &m->now[0]);
    profile(r, middle, now, &m->now[1]);
    if (distance(r, &m->now[0], &m->now[1]) < CHANGE) {
        return false;
    }
    m->since = middle;
    return true;
}
