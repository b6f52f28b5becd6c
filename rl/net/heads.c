#include "rl/net/heads.h"

#include <string.h>

/* What one head works on: its states' rows and its own columns of the layer. */
typedef struct heads_part {
    uint32_t n, first; /* states, the first of them */
    bool together;     /* they follow one another: then their rows need no copies */
    uint32_t h, a;     /* units, actions */
    float *w, *dw;     /* (H, A) */
    float *bias, *db;  /* (A) */
    float *rows[3];    /* (n, H), (n, H), (n, A): room for copies */
} heads_part;

size_t ams_heads_scratch(const ams_net *net, uint32_t batch)
{
    const size_t h = net->width[net->n_layers - 1];
    const size_t a = ams_net_actions(net);
    return batch * (2 * h + a) + 2 * h * a + 2 * a;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the part's products go there */
static heads_part part_of(const ams_net *net, const ams_sparse *x, uint32_t g, float *scratch)
{
    const uint32_t last = net->n_layers - 1;
    const uint32_t h = net->width[last];
    const uint32_t a = ams_net_actions(net);
    const size_t all = net->width[net->n_layers];
    heads_part p = {.h = h, .a = a, .w = scratch, .together = true};
    p.dw = p.w + (size_t)h * a;
    p.bias = p.dw + (size_t)h * a;
    p.db = p.bias + a;
    p.rows[0] = p.db + a;
    p.rows[1] = p.rows[0] + (size_t)x->n * h;
    p.rows[2] = p.rows[1] + (size_t)x->n * h;
    for (uint32_t s = 0; s < x->n; s++) {
        if (x->head[s] == g) {
            p.first = p.n == 0 ? s : p.first;
            p.together = p.together && s == p.first + p.n;
            p.n++;
        }
    }
    for (uint32_t i = 0; p.n > 0 && i < h; i++) {
        memcpy(p.w + (size_t)i * a, net->params + net->weight[last] + i * all + (size_t)g * a,
               a * sizeof *p.w);
    }
    memcpy(p.bias, net->params + net->bias[last] + (size_t)g * a, a * sizeof *p.bias);
    return p;
}

/* The head's rows of all (B, columns), in one piece. */
static const float *take(const heads_part *p, const ams_sparse *x, uint32_t g, const float *all,
                         uint32_t columns, float *room)
{
    const float *rows = room;
    if (p->together) {
        return all + (size_t)p->first * columns;
    }
    for (uint32_t s = 0; s < x->n; s++) {
        if (x->head[s] == g) {
            memcpy(room, all + (size_t)s * columns, columns * sizeof *room);
            room += columns;
        }
    }
    return rows;
}

/* And back, where they are not there already. */
static void give(const heads_part *p, const ams_sparse *x, uint32_t g, const float *rows,
                 uint32_t columns, float *all)
{
    for (uint32_t s = 0; !p->together && s < x->n; s++) {
        if (x->head[s] == g) {
            memcpy(all + (size_t)s * columns, rows, columns * sizeof *rows);
            rows += columns;
        }
    }
}

void ams_heads_forward(const ams_compute *c, const ams_net *net, const ams_sparse *x,
                       const float *hidden, float *scratch, float *q)
{
    for (uint32_t g = 0; g < net->heads; g++) {
        const heads_part p = part_of(net, x, g, scratch);
        const uint32_t bio[3] = {p.n, p.h, p.a};
        float *rows = p.together ? q + (size_t)p.first * p.a : p.rows[2];
        if (p.n > 0) {
            c->ops->dense_forward(c, bio, take(&p, x, g, hidden, p.h, p.rows[0]), p.w, p.bias,
                                  rows);
            give(&p, x, g, rows, p.a, q);
        }
    }
}

void ams_heads_backward(const ams_compute *c, const ams_net *net, const ams_sparse *x,
                        const float *hidden, float *scratch, const ams_heads_slopes *slopes)
{
    const uint32_t last = net->n_layers - 1;
    const size_t all = net->width[net->n_layers];
    float *weight = slopes->gradient + net->weight[last];
    float *bias = slopes->gradient + net->bias[last];
    for (uint32_t g = 0; g < net->heads; g++) {
        const heads_part p = part_of(net, x, g, scratch);
        const uint32_t bio[3] = {p.n, p.h, p.a};
        float *dx = p.together ? slopes->dx + (size_t)p.first * p.h : p.rows[1];
        memset(p.dw, 0, (size_t)p.h * p.a * sizeof *p.dw);
        memset(p.db, 0, p.a * sizeof *p.db);
        if (p.n > 0) {
            const float *dq = take(&p, x, g, slopes->dq, p.a, p.rows[2]);
            c->ops->dense_backward(c, bio, take(&p, x, g, hidden, p.h, p.rows[0]), p.w, dq, dx,
                                   p.dw);
            c->ops->bias_backward(c, p.n, p.a, dq, p.db);
            give(&p, x, g, dx, p.h, slopes->dx);
        }
        for (uint32_t i = 0; i < p.h; i++) {
            memcpy(weight + i * all + (size_t)g * p.a, p.dw + (size_t)i * p.a,
                   p.a * sizeof *p.dw);
        }
        memcpy(bias + (size_t)g * p.a, p.db, p.a * sizeof *p.db);
    }
}
