#include "lab/links/stream_run.h"

#include "base/memory.h"
#include "rl/net/blas.h"

#include <stdlib.h>
#include <string.h>

/* Links are fitted anew when that many items were fully run; that many of the last ones rate
 * them; and the oracle looks back on parts of that many items. */
enum { UPDATE = 5, RATED = 256, PART = 50 };

const char *const ams_link_labels[] = {"none",     "random", "periodic", "uncertain",
                                       "losspred", "oracle", NULL};

ams_link_stream_options ams_link_stream_defaults(void)
{
    return (ams_link_stream_options){.links = ams_link_defaults(),
                                     .every = 1000,
                                     .segment = 200,
                                     .window = 2048,
                                     .label_share = 0.05,
                                     .time_share = 1.0 / 3};
}

static void window_fini(ams_stream_window *window)
{
    ams_link_items_fini(&window->items);
    free(window->side);
    free(window->weight);
    *window = (ams_stream_window){.side = NULL};
}

static void run_fini(ams_stream_run *r)
{
    ams_link_map_fini(&r->map);
    ams_link_map_fini(&r->constant);
    ams_link_gram_fini(&r->gram);
    ams_link_gram_fini(&r->half[0]);
    ams_link_gram_fini(&r->half[1]);
    ams_stream_memory_fini(&r->memory);
    window_fini(&r->warm);
    ams_stream_losses_fini(&r->losses);
    ams_link_items_fini(&r->items);
    ams_link_space_fini(&r->space);
    free(r->list);
    free(r->list_weight);
    free(r->loss);
    free(r->floor);
    free(r->own_ms);
    free(r->full);
    free(r->past);
    free(r->sorted);
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
    AMS_TRY(ams_stream_memory_init(r, err));
    AMS_TRY(ams_stream_losses_init(&r->losses, r->space.n_models, err));
    const size_t d = r->space.n_columns;
    AMS_TRY(ams_alloc(&r->list, s->n, sizeof *r->list, "a stream", err));
    AMS_TRY(ams_alloc(&r->list_weight, s->n, sizeof *r->list_weight, "a stream", err));
    AMS_TRY(ams_alloc(&r->loss, o->segment, sizeof *r->loss, "a stream", err));
    AMS_TRY(ams_alloc(&r->floor, o->segment, sizeof *r->floor, "a stream", err));
    AMS_TRY(ams_alloc(&r->own_ms, o->segment, sizeof *r->own_ms, "a stream", err));
    AMS_TRY(ams_alloc(&r->full, o->segment, sizeof *r->full, "a stream", err));
    AMS_TRY(ams_alloc(&r->past, o->segment, sizeof *r->past, "a stream", err));
    AMS_TRY(ams_alloc(&r->sorted, o->segment, sizeof *r->sorted, "a stream", err));
    AMS_TRY(ams_alloc(&r->p, d, sizeof *r->p, "a stream", err));
    AMS_TRY(ams_alloc(&r->c, d, sizeof *r->c, "a stream", err));
out:
    return status;
}

/* -- learning -- */

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return x > y ? -1 : x < y;
}

/* The fully run items that count most now, of equal ones the last, as a part of their own. */
static ams_status window_init(const ams_stream_run *r, ams_stream_window *window,
                              ams_error *err)
{
    const ams_link_stream *s = r->stream;
    const ams_stream_memory *m = &r->memory;
    const uint32_t n = m->n < RATED ? m->n : RATED;
    uint32_t left = n;
    uint32_t *item = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&item, n, sizeof *item, "a window", err));
    AMS_TRY(ams_alloc(&window->side, n, sizeof *window->side, "a window", err));
    AMS_TRY(ams_alloc(&window->weight, n, sizeof *window->weight, "a window", err));
    memcpy(r->list_weight, m->weight, m->n * sizeof *m->weight);
    qsort(r->list_weight, m->n, sizeof *r->list_weight, descending);
    const double least = r->list_weight[n - 1];
    for (uint32_t k = m->n; k > 0 && left > 0; k--) {
        if (m->weight[k - 1] >= least) {
            left--;
            item[left] = s->item[m->item[k - 1]];
            window->side[left] = m->side[k - 1];
            window->weight[left] = m->weight[k - 1];
        }
    }
    status = ams_link_items_init(&window->items, &r->space, &s->table, item, n, err);
out:
    free(item);
    return status;
}

/* Sums of both halves and of all, from the items as they count for what comes from `now` on. */
static void learn(ams_stream_run *r, uint32_t now)
{
    const ams_stream_memory *m = &r->memory;
    ams_stream_weigh(r, now);
    ams_link_gram_forget(&r->gram, 0);
    r->unlearned = 0;
    r->changed = false;
    for (uint8_t side = 0; side < 2; side++) {
        uint32_t n = 0;
        for (uint32_t k = 0; k < m->n; k++) {
            if (m->side[k] == side) {
                r->list[n] = m->item[k];
                r->list_weight[n++] = m->weight[k];
            }
        }
        ams_link_gram_forget(&r->half[side], 0);
        ams_link_gram_add_weighted(&r->half[side], &r->items, r->list, r->list_weight, n);
        ams_link_gram_add_sums(&r->gram, &r->half[side]);
    }
}

static void predict_crossed(const void *context, const ams_link_items *items, uint32_t item,
                            uint64_t ran, float *out)
{
    const ams_stream_crossed *c = context;
    ams_link_predict(&c->map[1 - c->side[item]], items, item, ran, out);
}

static void crossed_fini(ams_stream_crossed *crossed)
{
    ams_link_map_fini(&crossed->map[0]);
    ams_link_map_fini(&crossed->map[1]);
}

/* Thresholds and qualities of links of a set on the window, on which nothing is predicted by
 * links that have learned it; *crossed for the caller to end, also after a failure. */
static ams_status rate(const ams_stream_run *r, uint64_t set, const ams_stream_window *window,
                       ams_stream_crossed *crossed, double *tau, double *quality,
                       ams_error *err)
{
    const ams_link_predictor predictor = {crossed, predict_crossed};
    const ams_link_ran ran = {.set = set, .weight = window->weight};
    ams_status status = AMS_OK;
    *crossed = (ams_stream_crossed){.side = window->side};
    for (int k = 0; k < 2; k++) {
        AMS_TRY(ams_link_fit(&crossed->map[k], &r->space, &r->half[k], set, err));
    }
    status =
        ams_link_rate(&predictor, &r->space, &window->items, &ran, true, tau, quality, err);
out:
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
    ams_stream_crossed crossed = {.side = NULL};
    ams_stream_crossed none = {.side = NULL};
    ams_status status = AMS_OK;
    ams_link_map_fini(&r->map);
    ams_link_map_fini(&r->constant);
    AMS_TRY(ams_link_fit(&r->map, &r->space, &r->gram, set, err));
    AMS_TRY(ams_link_fit_constant(&r->constant, &r->space, &r->gram, err));
    AMS_TRY(rate(r, set, window, &crossed, r->map.tau, r->map.quality, err));
    AMS_TRY(rate(r, 0, window, &none, r->constant.tau, r->constant.quality, err));
    prefer_constants(r);
    if (r->label == AMS_LINK_LABEL_LOSS) {
        status = ams_stream_fit_losses(r, &crossed, window, set, err);
    }
out:
    crossed_fini(&crossed);
    crossed_fini(&none);
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
        ams_stream_crossed crossed;
        status = rate(r, i == m ? 0 : UINT64_C(1) << i, window, &crossed, tau,
                      i == m ? p0 : p + (size_t)i * m, err);
        crossed_fini(&crossed);
        AMS_TRY(status);
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

/* Learns from all that is fully run before the item `now`, and, if set is NULL, keeps the set
 * that runs. */
static ams_status relearn(ams_stream_run *r, uint32_t now, uint64_t *set, ams_error *err)
{
    ams_stream_window window = {.side = NULL};
    const bool fixed = r->label == AMS_LINK_LABEL_NONE && r->warm.side != NULL;
    const uint64_t kept = r->map.mask;
    ams_status status = AMS_OK;
    if (!fixed) {
        learn(r, now);
    } else {
        ams_stream_weigh(r, now);
        r->unlearned = 0;
    }
    AMS_TRY(window_init(r, &window, err));
    if (set != NULL) {
        AMS_TRY(choose(r, &window, set, err));
    }
    status = refit(r, set != NULL ? *set : kept, fixed ? &r->warm : &window, err);
out:
    window_fini(&window);
    return status;
}

/* -- a segment -- */

static bool is_due(const ams_stream_run *r)
{
    return r->changed || r->unlearned >= UPDATE;
}

static double time_of(const ams_stream_run *r, uint64_t set)
{
    double sum = 0;
    for (uint32_t m = 0; m < r->space.n_models; m++) {
        sum += set >> m & 1 ? (double)r->stream->table.time_ms[m] : 0;
    }
    return sum;
}

/* Predicts and scores items [from, to) of the segment, and decides on each one's label, until
 * enough new ones are labelled to learn from. Returns where it ended. */
static uint32_t answer(ams_stream_run *r, uint32_t first, uint32_t from, uint32_t to,
                       const ams_link_segment *g, uint32_t *left)
{
    uint32_t k = from;
    while (k < to && !is_due(r)) {
        const uint32_t item = first + k;
        double own = 1;
        ams_link_predict(&r->map, &r->items, item, g->set, r->p);
        ams_link_predict(&r->constant, &r->items, item, 0, r->c);
        r->loss[k] = 1 - ams_stream_f1(r, &r->map, r->p, &r->items, item, g->set);
        r->floor[k] = ams_stream_f1(r, &r->constant, r->c, &r->items, item, g->set);
        ams_stream_see(r, item, g->set);
        r->earned += r->label == AMS_LINK_LABEL_NONE ? 0 : r->stream->options.label_share;
        r->full[k] = ams_stream_asks(r, item, g->n - k, *left,
                                     ams_stream_suspect(r, item, g->set), &own);
        if (r->full[k]) {
            r->used++;
            *left -= *left > 0;
            ams_stream_remember(r, item, own);
        }
        r->own_ms[k] = time_of(r, g->set);
        k++;
    }
    return k;
}

/* All items after the profiled ones. */
static ams_status answer_all(ams_stream_run *r, uint32_t first, ams_link_segment *g,
                             ams_error *err)
{
    uint32_t left = (uint32_t)(r->stream->options.label_share * g->n);
    ams_status status = AMS_OK;
    for (uint32_t k = g->profiled, part = k; k < g->n;) {
        /* The oracle looks back on parts of a segment. */
        const uint32_t to =
            r->label == AMS_LINK_LABEL_ORACLE && part + PART < g->n ? part + PART : g->n;
        k = answer(r, first, k, to, g, &left);
        if (r->label == AMS_LINK_LABEL_ORACLE && k == to) {
            ams_stream_ask_oracle(r, first, part, to);
            part = to;
        }
        if (is_due(r) && k < g->n) {
            AMS_TRY(relearn(r, first + k, r->changed ? &g->set : NULL, err));
        }
    }
out:
    return status;
}

static void close_segment(const ams_stream_run *r, ams_link_segment *g)
{
    const double full_ms = r->stream->total_time_ms;
    double sum = 0;
    double time_ms = g->profiled * full_ms;
    double floor = 0;
    double all = 0;
    for (uint32_t k = g->profiled; k < g->n; k++) {
        g->labelled += r->full[k];
        sum += r->full[k] ? 0 : 1 - r->loss[k];
        floor += r->full[k] ? 0 : r->floor[k];
        all += 1 - r->loss[k];
        time_ms += r->full[k] ? full_ms : r->own_ms[k];
    }
    const uint32_t full = g->labelled + g->profiled;
    g->accuracy = (sum + full) / g->n;
    g->predicted = g->n > g->profiled ? all / (g->n - g->profiled) : 1;
    g->unrun = g->n > full ? sum / (g->n - full) : 1;
    g->floor = g->n > full ? floor / (g->n - full) : 1;
    g->time_ms = time_ms / g->n;
}

static uint64_t all_models(const ams_stream_run *r)
{
    return UINT64_MAX >> (64 - r->space.n_models);
}

static ams_status run_segment(ams_stream_run *r, uint32_t index, ams_error *err)
{
    ams_link_stream *s = r->stream;
    const uint32_t first = s->warm_up + index * s->options.segment;
    ams_link_segment *g = &s->segment[r->label][index];
    ams_status status = AMS_OK;
    *g = (ams_link_segment){.n = s->options.segment};
    g->profiled = g->n / 100 > 2 ? g->n / 100 : 2;
    for (uint32_t k = 0; k < g->profiled; k++) {
        r->full[k] = 1;
        ams_stream_see(r, first + k, all_models(r));
        ams_stream_remember(r, first + k, 1);
    }
    AMS_TRY(relearn(r, first + g->profiled, &g->set, err));
    AMS_TRY(answer_all(r, first, g, err));
    close_segment(r, g);
out:
    return status;
}

static ams_status run_label(ams_link_stream *s, ams_link_label label, ams_error *err)
{
    ams_stream_run r = {.stream = s, .label = label};
    ams_status status = AMS_OK;
    AMS_TRY(run_init(&r, err));
    AMS_TRY(ams_alloc(&s->segment[label], s->n_segments, sizeof *s->segment[label], "segments",
                      err));
    for (uint32_t i = 0; i < s->warm_up; i++) {
        ams_stream_see(&r, i, all_models(&r));
        ams_stream_remember(&r, i, 1);
    }
    if (label == AMS_LINK_LABEL_NONE) {
        learn(&r, s->warm_up);
        AMS_TRY(window_init(&r, &r.warm, err));
    }
    for (uint32_t k = 0; k < s->n_segments; k++) {
        AMS_TRY(run_segment(&r, k, err));
    }
out:
    run_fini(&r);
    return status;
}

/* Where no model fits, links would have nothing to read. */
static ams_status check_time(const ams_link_stream *s, ams_error *err)
{
    const ams_table *t = &s->table;
    uint32_t least = 0;
    for (uint32_t m = 1; m < t->n_models; m++) {
        least = t->time_ms[m] < t->time_ms[least] ? m : least;
    }
    const double needed = (double)t->time_ms[least];
    return needed <= s->options.time_share * s->total_time_ms
               ? AMS_OK
               : ams_fail(
                     err, AMS_USAGE,
                     "no model fits into %g %% of all time: the cheapest, %s, takes %.3g %%",
                     100 * s->options.time_share, ams_names_get(&t->model_name, least),
                     100 * needed / s->total_time_ms);
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
    AMS_TRY(check_time(s, err));
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
