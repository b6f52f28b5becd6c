/* What neighbours in time are worth without any link. */
#include "lab/links/stream.h"

#include <math.h>

static const ams_link_reuse kinds[AMS_LINK_REUSES] = {
    {.theta = 0},
    {.theta = 0.5},
    {.theta = 0.75},
    {.theta = (double)NAN, .every = 2},
    {.theta = (double)NAN, .every = 3},
    {.theta = (double)NAN, .every = 5},
    {.theta = (double)NAN, .every = 10},
};

/* Labels that an execution output, with or without a column, against those of another. */
typedef struct reuse_overlap {
    uint32_t a, b, common;
} reuse_overlap;

static reuse_overlap compare(const ams_table *t, uint32_t one, uint32_t other, uint32_t model)
{
    const float threshold = ams_table_threshold(t, model);
    const uint64_t ra = (uint64_t)one * t->n_models + model;
    const uint64_t rb = (uint64_t)other * t->n_models + model;
    uint64_t x = t->indptr[ra];
    uint64_t y = t->indptr[rb];
    reuse_overlap o = {0, 0, 0};
    /* Labels ascend in both. */
    while (x < t->indptr[ra + 1] || y < t->indptr[rb + 1]) {
        const uint32_t lx = x < t->indptr[ra + 1] ? t->label[x] : UINT32_MAX;
        const uint32_t ly = y < t->indptr[rb + 1] ? t->label[y] : UINT32_MAX;
        const bool in_a = lx <= ly && t->conf[x] > threshold;
        const bool in_b = ly <= lx && t->conf[y] > threshold;
        o.a += in_a;
        o.b += in_b;
        o.common += in_a && in_b;
        x += lx <= ly;
        y += ly <= lx;
    }
    return o;
}

/* F1 of the outputs of item `last` as those of `item`, in all models; `ran`: one that ran. */
static double copied(const ams_table *t, uint32_t item, uint32_t last, uint32_t ran)
{
    double sum = 0;
    for (uint32_t m = 0; m < t->n_models; m++) {
        const reuse_overlap c = compare(t, item, last, m);
        sum += m == ran || c.a + c.b == 0 ? 1 : 2.0 * c.common / (c.a + c.b);
    }
    return sum / t->n_models;
}

static bool triggers(const ams_table *t, uint32_t item, uint32_t before, uint32_t model,
                     double theta)
{
    const reuse_overlap o = compare(t, item, before, model);
    const uint32_t all = o.a + o.b - o.common;
    return all > 0 && 1 - (double)o.common / all > theta;
}

void ams_link_measure_reuse(ams_link_stream *s)
{
    const ams_table *t = &s->table;
    const uint32_t n = s->n - s->warm_up;
    uint32_t cheapest = 0;
    for (uint32_t m = 1; m < t->n_models; m++) {
        cheapest = t->time_ms[m] < t->time_ms[cheapest] ? m : cheapest;
    }
    for (uint32_t k = 0; k < AMS_LINK_REUSES; k++) {
        ams_link_reuse *r = &s->reuse[k];
        uint32_t last = s->item[s->warm_up - 1]; /* whose outputs are copied */
        *r = kinds[k];
        const uint32_t ran = r->every == 0 ? cheapest : UINT32_MAX;
        const double least = r->every == 0 ? (double)t->time_ms[cheapest] : 0;
        for (uint32_t i = s->warm_up; i < s->n; i++) {
            const bool again =
                r->every > 0 ? (i - s->warm_up) % r->every == 0
                             : triggers(t, s->item[i], s->item[i - 1], cheapest, r->theta);
            r->accuracy += (again ? 1 : copied(t, s->item[i], last, ran)) / n;
            r->time_ms += (again ? s->total_time_ms : least) / n;
            r->run_share += (again ? 1.0 : 0.0) / n;
            last = again ? s->item[i] : last;
        }
    }
}
