#include "lab/links/stream.h"

#include "base/memory.h"
#include "base/rng.h"
#include "rl/net/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* One strategy at work. All items are in stream order. */
typedef struct stream_run {
    ams_link_stream *stream;
    ams_link_label label;
    ams_link_space space;
    ams_link_items items;
    ams_link_gram gram;
    ams_link_map map, constant; /* of the set, and of none */
    uint32_t *recent;           /* (window) fully run items, the oldest first */
    uint32_t n_recent;
    ams_link_items warm; /* the window after the warm-up: what NONE is tuned on */
    double *loss_x;      /* (D) sum of losses times features, forgotten like the Gram matrix */
    double loss_sum, loss_n;
    double *loss_weight; /* (D) the predicted loss, and its bias: */
    double loss_bias;
    double *loss, *score;   /* (segment) true and suspected */
    double *sorted;         /* (segment) scratch */
    uint8_t *full;          /* (segment) every model ran */
    double *past;           /* (segment) the last suspected losses, in a ring */
    uint32_t n_past;        /* scores so far */
    uint32_t allowed, used; /* labels so far that may be, that were */
    uint32_t profiled;      /* first items of the segment */
    float *p, *c;           /* (D) */
    ams_rng rng;
} stream_run;

static void run_fini(stream_run *r)
{
    ams_link_map_fini(&r->map);
    ams_link_map_fini(&r->constant);
    ams_link_gram_fini(&r->gram);
    ams_link_items_fini(&r->items);
    ams_link_items_fini(&r->warm);
    ams_link_space_fini(&r->space);
    free(r->recent);
    free(r->loss_x);
    free(r->loss_weight);
    free(r->loss);
    free(r->score);
    free(r->sorted);
    free(r->past);
    free(r->full);
    free(r->p);
    free(r->c);
}

static ams_status run_init(stream_run *r, ams_error *err)
{
    const ams_link_stream *s = r->stream;
    const ams_link_stream_options *o = &s->options;
    ams_status status = AMS_OK;
    r->rng = ams_rng_init(o->seed, AMS_STREAM_LINKS);
    AMS_TRY(ams_link_space_init(&r->space, &s->table, s->item, s->warm_up, &o->links, err));
    AMS_TRY(ams_link_items_init(&r->items, &r->space, &s->table, s->item, s->n, err));
    AMS_TRY(ams_link_gram_init(&r->gram, &r->space, err));
    const size_t d = r->space.n_columns;
    AMS_TRY(ams_alloc(&r->recent, o->window, sizeof *r->recent, "a stream", err));
    AMS_TRY(ams_alloc(&r->loss_x, d, sizeof *r->loss_x, "a stream", err));
    AMS_TRY(ams_alloc(&r->loss_weight, d, sizeof *r->loss_weight, "a stream", err));
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
static void remember(stream_run *r, uint32_t item)
{
    const uint32_t window = r->stream->options.window;
    if (r->n_recent == window) {
        memmove(r->recent, r->recent + 1, (window - 1) * sizeof *r->recent);
        r->n_recent--;
    }
    r->recent[r->n_recent++] = item;
}

/* The window's items as a part of their own. */
static ams_status window_items(const stream_run *r, ams_link_items *items, ams_error *err)
{
    const ams_link_stream *s = r->stream;
    uint32_t *item = NULL;
    ams_status status = ams_alloc(&item, r->n_recent, sizeof *item, "a window", err);
    for (uint32_t k = 0; status == AMS_OK && k < r->n_recent; k++) {
        item[k] = s->item[r->recent[k]];
    }
    if (status == AMS_OK) {
        status = ams_link_items_init(items, &r->space, &s->table, item, r->n_recent, err);
    }
    free(item);
    return status;
}

/* Maps of the set and of constants from the sums as they are, tuned on the window. */
static ams_status refit(stream_run *r, uint64_t set, const ams_link_items *window,
                        ams_error *err)
{
    ams_status status = AMS_OK;
    ams_link_map_fini(&r->map);
    ams_link_map_fini(&r->constant);
    AMS_TRY(ams_link_fit(&r->map, &r->space, &r->gram, set, err));
    AMS_TRY(ams_link_fit_constant(&r->constant, &r->space, &r->gram, err));
    AMS_TRY(ams_link_rate_map(&r->map, &r->space, window, true, err));
    status = ams_link_rate_map(&r->constant, &r->space, window, true, err);
out:
    return status;
}

/* The set for the coming items: facility location on qualities over the window. */
static ams_status choose(stream_run *r, const ams_link_items *window, uint64_t *set,
                         ams_error *err)
{
    const ams_link_stream *s = r->stream;
    const uint32_t m = r->space.n_models;
    double cost[AMS_MAX_MODELS];
    double p0[AMS_MAX_MODELS];
    double *p = NULL;
    ams_link_map map = {.mask = 0};
    ams_choice choice;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&p, (size_t)m * m, sizeof *p, "links", err));
    for (uint32_t i = 0; i <= m; i++) {
        AMS_TRY(ams_link_fit(&map, &r->space, &r->gram, i == m ? 0 : UINT64_C(1) << i, err));
        AMS_TRY(ams_link_rate_map(&map, &r->space, window, true, err));
        memcpy(i == m ? p0 : p + (size_t)i * m, map.quality, m * sizeof *p);
        ams_link_map_fini(&map);
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
    ams_link_map_fini(&map);
    free(p);
    return status;
}

static double f1_of(const stream_run *r, const ams_link_map *map, const float *p, uint32_t item,
                    uint64_t set)
{
    double sum = 0;
    for (uint32_t j = 0; j < r->space.n_models; j++) {
        sum += set >> j & 1
                   ? 1
                   : ams_link_score(&r->space, &r->items, item, j, p, map->tau[j], AMS_LINK_F1);
    }
    return sum / r->space.n_models;
}

/* Mean over targets of the mean entropy of their labels, in bits. */
static double entropy(const stream_run *r, uint64_t set)
{
    double sum = 0;
    uint32_t targets = 0;
    for (uint32_t j = 0; j < r->space.n_models; j++) {
        double own = 0;
        for (uint32_t c = r->space.first[j]; c < r->space.first[j + 1]; c++) {
            const double p = fmin(fmax((double)r->p[c], 1e-6), 1 - 1e-6);
            own -= p * log2(p) + (1 - p) * log2(1 - p);
        }
        sum += set >> j & 1 ? 0 : own / ams_link_width(&r->space, j);
        targets += !(set >> j & 1);
    }
    return targets > 0 ? sum / targets : 0;
}

static double predicted_loss(const stream_run *r, uint32_t item, uint64_t set)
{
    const uint64_t *start = r->items.start + (size_t)item * r->items.n_models;
    double sum = r->loss_bias;
    for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
        const uint32_t m = (uint32_t)__builtin_ctzll(bits);
        for (uint64_t at = start[m]; at < start[m + 1]; at++) {
            const ams_link_entry *e = &r->items.entry[at];
            sum += (double)e->source * r->loss_weight[e->column];
        }
    }
    return sum;
}

/* Ridge regression of the losses known on the columns of the set, from sums. */
static ams_status fit_loss(stream_run *r, uint64_t set, ams_error *err)
{
    const ams_link_gram *g = &r->gram;
    const size_t d = g->n_columns;
    uint32_t *column = NULL;
    double *a = NULL;
    double *b = NULL;
    uint32_t n = 0;
    const double mean = r->loss_n > 0 ? r->loss_sum / r->loss_n : 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&column, d, sizeof *column, "a predicted loss", err));
    AMS_TRY(ams_alloc(&a, d * d, sizeof *a, "a predicted loss", err));
    AMS_TRY(ams_alloc(&b, d, sizeof *b, "a predicted loss", err));
    for (uint32_t m = 0; m < r->space.n_models; m++) {
        for (uint32_t c = r->space.first[m]; c < r->space.first[m + 1]; c++) {
            if (set >> m & 1) {
                column[n++] = c;
            }
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        const double *row = g->xx + column[i] * d;
        for (uint32_t j = 0; j < n; j++) {
            a[(size_t)i * n + j] = row[column[j]] - g->x[column[i]] * g->x[column[j]] / g->n;
        }
        a[(size_t)i * n + i] += 10 * r->space.options.lambda;
        b[i] = r->loss_x[column[i]] - mean * g->x[column[i]];
    }
    if (n > 0 && ams_cholesky(n, a) != 0) {
        status = ams_fail(err, AMS_DIVERGED, "links: sums of losses are not finite");
        goto out;
    }
    if (n > 0) {
        ams_cholesky_solve(n, 1, a, b);
    }
    r->loss_bias = mean;
    for (uint32_t i = 0; i < n; i++) {
        r->loss_weight[column[i]] = b[i];
        r->loss_bias -= b[i] * g->x[column[i]] / g->n;
    }
out:
    free(column);
    free(a);
    free(b);
    return status;
}

static void learn(stream_run *r, uint32_t item, double loss)
{
    const uint64_t from = r->items.start[(size_t)item * r->items.n_models];
    const uint64_t to = r->items.start[(size_t)(item + 1) * r->items.n_models];
    ams_link_gram_add(&r->gram, &r->items, item, item + 1);
    for (uint64_t at = from; at < to; at++) {
        r->loss_x[r->items.entry[at].column] += (double)r->items.entry[at].source * loss;
    }
    r->loss_sum += loss;
    r->loss_n += 1;
}

static void forget(stream_run *r, uint32_t n)
{
    const double factor = pow(0.5, (double)n / r->stream->options.window);
    ams_link_gram_forget(&r->gram, factor);
    for (uint32_t c = 0; c < r->space.n_columns; c++) {
        r->loss_x[c] *= factor;
    }
    r->loss_sum *= factor;
    r->loss_n *= factor;
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
static bool stands_out(stream_run *r, double score)
{
    const ams_link_stream_options *o = &r->stream->options;
    const uint32_t n = r->n_past < o->segment ? r->n_past : o->segment;
    const double least = kth_largest(r->past, n, (uint32_t)ceil(o->label_share * n), r->sorted);
    r->past[r->n_past++ % o->segment] = score;
    return r->used < r->allowed && (n == 0 || score >= least);
}

/* Whether item k of the segment's n, with `left` labels to give, is labelled. */
static bool asks(stream_run *r, uint32_t k, uint32_t n, uint32_t budget, uint32_t left)
{
    switch (r->label) {
    case AMS_LINK_LABEL_RANDOM: /* uniform without replacement: left of what is to come */
        return ams_rng_unit(&r->rng) * (n - k) < left;
    case AMS_LINK_LABEL_PERIODIC:
        return (uint64_t)(k + 1) * budget / n > (uint64_t)k * budget / n;
    case AMS_LINK_LABEL_UNCERTAIN:
    case AMS_LINK_LABEL_LOSS:
        return stands_out(r, r->score[k + r->profiled]);
    default:
        return false;
    }
}

/* Predicts and scores every item, then decides on its label. */
static void answer(stream_run *r, uint32_t first, uint32_t profiled, ams_link_segment *g)
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
        r->loss[k] = 1 - f1_of(r, &r->map, r->p, item, g->set);
        r->score[k] = r->label == AMS_LINK_LABEL_LOSS ? predicted_loss(r, item, g->set)
                                                      : entropy(r, g->set);
        r->full[k] = k < profiled;
        if (k >= profiled && asks(r, k - profiled, g->n - profiled, budget, left)) {
            r->full[k] = 1;
            r->used++;
            left -= left > 0;
        }
        floor += r->full[k] ? 0 : f1_of(r, &r->constant, r->c, item, g->set);
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
            floor += r->full[k] ? 0 : f1_of(r, &r->constant, r->c, first + k, g->set);
        }
    }
    g->floor = floor; /* a sum until the segment is closed */
}

static void close_segment(const stream_run *r, uint32_t profiled, ams_link_segment *g)
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

static ams_status run_segment(stream_run *r, uint32_t index, ams_error *err)
{
    ams_link_stream *s = r->stream;
    const uint32_t first = s->warm_up + index * s->options.segment;
    const uint32_t left = s->n - first;
    ams_link_segment *g = &s->segment[r->label][index];
    ams_link_items window = {.n = 0};
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
        AMS_TRY(fit_loss(r, g->set, err));
    }
    answer(r, first, profiled, g);
    close_segment(r, profiled, g);
    if (r->label != AMS_LINK_LABEL_NONE) {
        forget(r, g->labelled + profiled);
        for (uint32_t k = 0; k < g->n; k++) {
            if (r->full[k]) {
                learn(r, first + k, r->loss[k]);
                if (k >= profiled) {
                    remember(r, first + k);
                }
            }
        }
    }
out:
    ams_link_items_fini(&window);
    return status;
}

static ams_status run_label(ams_link_stream *s, ams_link_label label, ams_error *err)
{
    stream_run r = {.stream = s, .label = label};
    ams_status status = AMS_OK;
    AMS_TRY(run_init(&r, err));
    AMS_TRY(ams_alloc(&s->segment[label], s->n_segments, sizeof *s->segment[label], "segments",
                      err));
    ams_link_gram_add(&r.gram, &r.items, 0, s->warm_up);
    for (uint32_t i = 0; i < s->warm_up; i++) {
        remember(&r, i);
    }
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
    ams_link_measure_reuse(s, options->links.threshold);
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
