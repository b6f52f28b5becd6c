#include "lab/links/stream_run.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the labels that suspicion asks for, so many are given evenly. */
static const double EVEN_SHARE = 0.25;

const char *const ams_link_labels[] = {"none",     "random", "periodic", "uncertain",
                                       "losspred", "oracle", NULL};

ams_link_stream_options ams_link_stream_defaults(void)
{
    return (ams_link_stream_options){.links = ams_link_defaults(),
                                     .every = 1000,
                                     .segment = 200,
                                     .window = 512,
                                     .label_share = 0.05,
                                     .time_share = 1.0 / 3};
}

static void window_fini(ams_stream_window *window)
{
    ams_link_items_fini(&window->items);
    free(window->side);
    window->side = NULL;
}

static void run_fini(ams_stream_run *r)
{
    ams_link_map_fini(&r->map);
    ams_link_map_fini(&r->constant);
    ams_link_gram_fini(&r->gram);
    ams_link_items_fini(&r->items);
    window_fini(&r->warm);
    ams_link_gram_fini(&r->half[0]);
    ams_link_gram_fini(&r->half[1]);
    free(r->side);
    ams_link_space_fini(&r->space);
    free(r->recent);
    ams_stream_losses_fini(&r->losses);
    free(r->loss);
    free(r->score);
    free(r->sorted);
    free(r->past);
    free(r->full);
    free(r->p);
    free(r->c);
}

static ams_status run_init(ams_stream_run *r, ams_error *err)
{
    const ams_link_stream *s = r->stream;
    const ams_link_stream_options *o = &s->options;
    ams_status status = AMS_OK;
    r->rng = ams_rng_init(o->seed, AMS_STREAM_LINKS);
    AMS_TRY(ams_link_space_init(&r->space, &s->table, s->item, s->warm_up, &o->links, err));
    AMS_TRY(ams_link_items_init(&r->items, &r->space, &s->table, s->item, s->n, err));
    AMS_TRY(ams_link_gram_init(&r->gram, &r->space, err));
    AMS_TRY(ams_link_gram_init(&r->half[0], &r->space, err));
    AMS_TRY(ams_link_gram_init(&r->half[1], &r->space, err));
    AMS_TRY(ams_alloc(&r->side, s->n, sizeof *r->side, "a stream", err));
    const size_t d = r->space.n_columns;
    AMS_TRY(ams_alloc(&r->recent, o->window, sizeof *r->recent, "a stream", err));
    AMS_TRY(ams_stream_losses_init(&r->losses, r->space.n_models, err));
    AMS_TRY(ams_alloc(&r->loss, o->segment, sizeof *r->loss, "a stream", err));
    AMS_TRY(ams_alloc(&r->score, o->segment, sizeof *r->score, "a stream", err));
    AMS_TRY(ams_alloc(&r->sorted, o->segment, sizeof *r->sorted, "a stream", err));
    AMS_TRY(ams_alloc(&r->past, o->segment, sizeof *r->past, "a stream", err));
    AMS_TRY(ams_alloc(&r->full, o->segment, sizeof *r->full, "a stream", err));
    AMS_TRY(ams_alloc(&r->p, d, sizeof *r->p, "a stream", err));
    AMS_TRY(ams_alloc(&r->c, d, sizeof *r->c, "a stream", err));
out:
    return status;
}

/* An item on which every model ran joins the window. */
static void remember(ams_stream_run *r, uint32_t item)
{
    const uint32_t window = r->stream->options.window;
    if (r->n_recent == window) {
        memmove(r->recent, r->recent + 1, (window - 1) * sizeof *r->recent);
        r->n_recent--;
    }
    r->recent[r->n_recent++] = item;
}

/* The window's items as a part of their own. */
static ams_status window_items(const ams_stream_run *r, ams_stream_window *window,
                               ams_error *err)
{
    const ams_link_stream *s = r->stream;
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&item, r->n_recent, sizeof *item, "a window", err));
    AMS_TRY(ams_alloc(&window->side, r->n_recent, sizeof *window->side, "a window", err));
    for (uint32_t k = 0; k < r->n_recent; k++) {
        item[k] = s->item[r->recent[k]];
        window->side[k] = r->side[r->recent[k]];
    }
    status = ams_link_items_init(&window->items, &r->space, &s->table, item, r->n_recent, err);
out:
    free(item);
    return status;
}

static void learn(ams_stream_run *r, uint32_t item)
{
    /* The sequence of Thue and Morse: halves by turns would be those of a stream that has
     * turns. */
    r->side[item] = (uint8_t)(__builtin_popcount(r->n_learned++) & 1);
    ams_link_gram_add(&r->gram, &r->items, item, item + 1);
    ams_link_gram_add(&r->half[r->side[item]], &r->items, item, item + 1);
}

/* Maps of both halves; an item is predicted by that of the half that it is not in. */
typedef struct stream_crossed {
    ams_link_map map[2];
    const uint8_t *side;
} stream_crossed;

static void predict_crossed(const void *context, const ams_link_items *items, uint32_t item,
                            uint64_t ran, float *out)
{
    const stream_crossed *c = context;
    ams_link_predict(&c->map[1 - c->side[item]], items, item, ran, out);
}

/* Thresholds and qualities of links of a set on the window, on which nothing is predicted by
 * links that have learned it. */
static ams_status rate(const ams_stream_run *r, uint64_t set, const ams_stream_window *window,
                       double *tau, double *quality, ams_error *err)
{
    stream_crossed crossed = {.side = window->side};
    const ams_link_predictor predictor = {&crossed, predict_crossed};
    const ams_link_ran ran = {.set = set};
    ams_status status = AMS_OK;
    for (int k = 0; k < 2; k++) {
        AMS_TRY(ams_link_fit(&crossed.map[k], &r->space, &r->half[k], set, err));
    }
    status =
        ams_link_rate(&predictor, &r->space, &window->items, &ran, true, tau, quality, err);
out:
    ams_link_map_fini(&crossed.map[0]);
    ams_link_map_fini(&crossed.map[1]);
    return status;
}

/* A target for which the constant is better has that in place of its link. */
static void prefer_constants(ams_stream_run *r)
{
    for (uint32_t j = 0; j < r->space.n_models; j++) {
        const uint32_t first = r->space.first[j];
        const size_t bytes = ams_link_width(&r->space, j) * sizeof(float);
        if ((r->map.mask >> j & 1) || r->map.quality[j] > r->constant.quality[j]) {
            continue;
        }
        for (uint32_t row = 0; row < r->map.n_rows; row++) {
            memset(r->map.weight + (size_t)row * r->map.n_columns + first, 0, bytes);
        }
        memcpy(r->map.bias + first, r->constant.bias + first, bytes);
        r->map.tau[j] = r->constant.tau[j];
        r->map.quality[j] = r->constant.quality[j];
    }
}

/* Maps of the set and of constants from the sums as they are, tuned on the window. */
static ams_status refit(ams_stream_run *r, uint64_t set, const ams_stream_window *window,
                        ams_error *err)
{
    ams_status status = AMS_OK;
    ams_link_map_fini(&r->map);
    ams_link_map_fini(&r->constant);
    AMS_TRY(ams_link_fit(&r->map, &r->space, &r->gram, set, err));
    AMS_TRY(ams_link_fit_constant(&r->constant, &r->space, &r->gram, err));
    AMS_TRY(rate(r, set, window, r->map.tau, r->map.quality, err));
    AMS_TRY(rate(r, 0, window, r->constant.tau, r->constant.quality, err));
    prefer_constants(r);
out:
    return status;
}

/* The set for the coming items: facility location on qualities over the window. */
static ams_status choose(const ams_stream_run *r, const ams_stream_window *window,
                         uint64_t *set, ams_error *err)
{
    const ams_link_stream *s = r->stream;
    const uint32_t m = r->space.n_models;
    double cost[AMS_MAX_MODELS];
    double p0[AMS_MAX_MODELS];
    double *p = NULL;
    double tau[AMS_MAX_MODELS];
    ams_choice choice;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p, (size_t)m * m, sizeof *p, "links", err));
    for (uint32_t i = 0; i <= m; i++) {
        AMS_TRY(rate(r, i == m ? 0 : UINT64_C(1) << i, window, tau,
                     i == m ? p0 : p + (size_t)i * m, err));
    }
    for (uint32_t i = 0; i < m; i++) {
        cost[i] = (double)s->table.time_ms[i];
    }
    const ams_choice_problem problem = {.n = m,
                                        .p = p,
                                        .p0 = p0,
                                        .n_costs = 1,
                                        .cost = {cost},
                                        .budget = {s->options.time_share * s->total_time_ms}};
    ams_choose_facility(&problem, &choice);
    *set = choice.set;
out:
    free(p);
    return status;
}

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x > y ? -1 : x < y;
}

/* The value that `k` of the n numbers reach. */
static double kth_largest(const double *value, uint32_t n, uint32_t k, double *scratch)
{
    memcpy(scratch, value, n * sizeof *value);
    qsort(scratch, n, sizeof *scratch, descending);
    return k == 0 ? (double)INFINITY : scratch[(k < n ? k : n) - 1];
}

/* Whether the score is among the greatest of the last ones, a segment's number of them. What
 * one segment did not use of its labels, the next ones may. */
static bool stands_out(ams_stream_run *r, double score)
{
    const ams_link_stream_options *o = &r->stream->options;
    const uint32_t n = r->n_past < o->segment ? r->n_past : o->segment;
    const double least = kth_largest(
        r->past, n, (uint32_t)ceil(o->label_share * (1 - EVEN_SHARE) * n), r->sorted);
    r->past[r->n_past++ % o->segment] = score;
    return r->used < r->allowed && (n == 0 || score >= least);
}

/* Whether item k of n is one of `budget` evenly spaced ones. */
static bool evenly(uint32_t k, uint32_t n, uint32_t budget)
{
    return (uint64_t)(k + 1) * budget / n > (uint64_t)k * budget / n;
}

/* Whether item k of the segment's n, with `left` labels to give, is labelled. */
static bool asks(ams_stream_run *r, uint32_t k, uint32_t n, uint32_t budget, uint32_t left)
{
    bool odd = false;
    switch (r->label) {
    case AMS_LINK_LABEL_RANDOM: /* uniform without replacement: left of what is to come */
        return ams_rng_unit(&r->rng) * (n - k) < left;
    case AMS_LINK_LABEL_PERIODIC:
        return evenly(k, n, budget);
    case AMS_LINK_LABEL_UNCERTAIN:
    case AMS_LINK_LABEL_LOSS:
        /* Not only what stands out: links that learn from that alone are wrong on the rest. */
        odd = stands_out(r, r->score[k + r->profiled]);
        return odd || evenly(k, n, (uint32_t)(EVEN_SHARE * budget));
    default:
        return false;
    }
}

/* Predicts and scores every item, then decides on its label. */
static void answer(ams_stream_run *r, uint32_t first, uint32_t profiled, ams_link_segment *g)
{
    const uint32_t budget = (uint32_t)(r->stream->options.label_share * g->n);
    uint32_t left = r->label == AMS_LINK_LABEL_NONE ? 0 : budget;
    double floor = 0;
    r->allowed += budget;
    r->profiled = profiled;
    for (uint32_t k = 0; k < g->n; k++) {
        const uint32_t item = first + k;
        ams_link_predict(&r->map, &r->items, item, g->set, r->p);
        ams_link_predict(&r->constant, &r->items, item, 0, r->c);
        r->loss[k] = 1 - ams_stream_f1(r, &r->map, r->p, item, g->set);
        r->score[k] = ams_stream_suspect(r, g->set);
        r->full[k] = k < profiled;
        if (k >= profiled && asks(r, k - profiled, g->n - profiled, budget, left)) {
            r->full[k] = 1;
            r->used++;
            left -= left > 0;
        }
        floor += r->full[k] ? 0 : ams_stream_f1(r, &r->constant, r->c, item, g->set);
    }
    if (r->label == AMS_LINK_LABEL_ORACLE) {
        const double least =
            kth_largest(r->loss + profiled, g->n - profiled, budget, r->sorted);
        for (uint32_t k = profiled; k < g->n && left > 0; k++) {
            r->full[k] = r->loss[k] >= least;
            left -= r->full[k];
        }
        floor = 0;
        for (uint32_t k = profiled; k < g->n; k++) {
            ams_link_predict(&r->constant, &r->items, first + k, 0, r->c);
            floor += r->full[k] ? 0 : ams_stream_f1(r, &r->constant, r->c, first + k, g->set);
        }
    }
    g->floor = floor; /* a sum until the segment is closed */
}

static void close_segment(const ams_stream_run *r, uint32_t profiled, ams_link_segment *g)
{
    const ams_link_stream *s = r->stream;
    double own = 0;
    double sum = 0;
    g->profiled = profiled;
    for (uint32_t k = 0; k < g->n; k++) {
        g->labelled += k >= profiled && r->full[k];
        sum += r->full[k] ? 0 : 1 - r->loss[k];
    }
    const uint32_t full = g->labelled + profiled;
    for (uint32_t m = 0; m < r->space.n_models; m++) {
        own += g->set >> m & 1 ? (double)s->table.time_ms[m] : 0;
    }
    g->accuracy = (sum + full) / g->n;
    g->unrun = g->n > full ? sum / (g->n - full) : 1;
    g->floor = g->n > full ? g->floor / (g->n - full) : 1;
    g->time_ms = (full * s->total_time_ms + (g->n - full) * own) / g->n;
}

static ams_status run_segment(ams_stream_run *r, uint32_t index, ams_error *err)
{
    ams_link_stream *s = r->stream;
    const uint32_t first = s->warm_up + index * s->options.segment;
    const uint32_t left = s->n - first;
    ams_link_segment *g = &s->segment[r->label][index];
    ams_stream_window window = {.side = NULL};
    ams_status status = AMS_OK;
    *g = (ams_link_segment){.n = left < s->options.segment ? left : s->options.segment};
    const uint32_t profiled = g->n / 100 > 2 ? g->n / 100 : 2;
    for (uint32_t k = 0; k < profiled; k++) {
        remember(r, first + k);
    }
    AMS_TRY(window_items(r, &window, err));
    AMS_TRY(choose(r, &window, &g->set, err));
    AMS_TRY(refit(r, g->set, r->label == AMS_LINK_LABEL_NONE ? &r->warm : &window, err));
    if (r->label == AMS_LINK_LABEL_LOSS) {
        AMS_TRY(ams_stream_fit_losses(r, err));
    }
    answer(r, first, profiled, g);
    close_segment(r, profiled, g);
    if (r->label != AMS_LINK_LABEL_NONE) {
        ams_stream_forget(r, g->labelled + profiled);
        for (uint32_t k = 0; k < g->n; k++) {
            if (r->full[k]) {
                ams_stream_learn_loss(r, first + k, g->set);
                learn(r, first + k);
                if (k >= profiled) {
                    remember(r, first + k);
                }
            }
        }
    }
out:
    window_fini(&window);
    return status;
}

/* Fits links to the warm-up. Losses of its second half by links of the first half are what the
 * regression of losses begins with. */
static ams_status warm_up(ams_stream_run *r, ams_error *err)
{
    const uint32_t n = r->stream->warm_up;
    ams_stream_window window = {.side = NULL};
    uint64_t set = 0;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < n / 2; i++) {
        learn(r, i);
        remember(r, i);
    }
    AMS_TRY(window_items(r, &window, err));
    AMS_TRY(choose(r, &window, &set, err));
    AMS_TRY(refit(r, set, &window, err));
    for (uint32_t i = n / 2; i < n; i++) {
        ams_stream_learn_loss(r, i, set);
        remember(r, i);
    }
    for (uint32_t i = n / 2; i < n; i++) {
        learn(r, i);
    }
out:
    window_fini(&window);
    return status;
}

static ams_status run_label(ams_link_stream *s, ams_link_label label, ams_error *err)
{
    ams_stream_run r = {.stream = s, .label = label};
    ams_status status = AMS_OK;
    AMS_TRY(run_init(&r, err));
    AMS_TRY(ams_alloc(&s->segment[label], s->n_segments, sizeof *s->segment[label], "segments",
                      err));
    AMS_TRY(warm_up(&r, err));
    AMS_TRY(window_items(&r, &r.warm, err));
    for (uint32_t k = 0; k < s->n_segments; k++) {
        AMS_TRY(run_segment(&r, k, err));
    }
out:
    run_fini(&r);
    return status;
}

ams_status ams_link_stream_run(ams_link_stream *s, const ams_link_stream_options *options,
                               uint32_t labels, ams_error *err)
{
    ams_status status = AMS_OK;
    *s = (ams_link_stream){.options = *options};
    ams_blas_single_thread();
    AMS_TRY(ams_table_read(&s->table, options->data_path, err));
    AMS_TRY(ams_link_put_in_order(s, err));
    s->warm_up = s->n / 10;
    if (s->warm_up < 10 || s->n - s->warm_up < 2 * options->segment) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "%s: a stream of %u items: expected 100 and more, and two segments "
                          "after the first tenth; --segment is %u",
                          options->data_path, s->n, options->segment);
        goto out;
    }
    /* What is left over joins no segment: too few items say too little. */
    s->n_segments = (s->n - s->warm_up) / options->segment;
    s->n = s->warm_up + s->n_segments * options->segment;
    for (uint32_t m = 0; m < s->table.n_models; m++) {
        s->total_time_ms += (double)s->table.time_ms[m];
    }
    for (uint32_t k = 0; k < AMS_LINK_LABELS; k++) {
        if (labels >> k & 1) {
            AMS_TRY(run_label(s, (ams_link_label)k, err));
        }
    }
    ams_link_measure_reuse(s);
out:
    if (status != AMS_OK) {
        ams_link_stream_fini(s);
    }
    return status;
}

void ams_link_stream_fini(ams_link_stream *s)
{
    for (uint32_t k = 0; k < AMS_LINK_LABELS; k++) {
        free(s->segment[k]);
    }
    free(s->item);
    ams_table_fini(&s->table);
    *s = (ams_link_stream){.item = NULL};
}
