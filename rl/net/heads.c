#include "rl/net/heads.h"

#include <string.h>

/* What one head works on: its states' rows and its own columns of the layer. */
typedef struct heads_part {
    uint32_t n;       /* states */
    uint32_t h, a;    /* units, actions */
    float *hidden;    /* (B, H) */
    float *dx;        /* (B, H) */
    float *q;         /* (B, A) Q or its slope */
    float *w, *dw;    /* (H, A) */
    float *bias, *db; /* (A) */
} heads_part;

size_t ams_heads_scratch(const ams_net *net, uint32_t batch)
{
    const size_t h = net->width[net->n_layers - 1];
    const size_t a = ams_net_actions(net);
    return batch * (2 * h + a) + 2 * h * a + 2 * a;
}

/* Gathers the rows of head g. */
static heads_part part_of(const ams_net *net, const ams_sparse *x, uint32_t g,
                          const float *hidden, float *scratch)
{
    const uint32_t last = net->n_layers - 1;
    const uint32_t h = net->width[last];
    const uint32_t a = ams_net_actions(net);
    const size_t all = (size_t)net->heads * a;
    heads_part p = {.h = h, .a = a, .hidden = scratch};
    p.dx = p.hidden + (size_t)x->n * h;
    p.q = p.dx + (size_t)x->n * h;
    p.w = p.q + (size_t)x->n * a;
    p.dw = p.w + (size_t)h * a;
    p.bias = p.dw + (size_t)h * a;
    p.db = p.bias + a;
    for (uint32_t s = 0; s < x->n; s++) {
        if (x->head[s] == g) {
            memcpy(p.hidden + (size_t)p.n++ * h, hidden + (size_t)s * h, h * sizeof *hidden);
        }
    }
    for (uint32_t i = 0; i < h; i++) {
        memcpy(p.w + (size_t)i * a, net->params + net->weight[last] + i * all + (size_t)g * a,
               a * sizeof *p.w);
    }
    memcpy(p.bias, net->params + net->bias[last] + (size_t)g * a, a * sizeof *p.bias);
    return p;
}

void ams_heads_forward(const ams_compute *c, const ams_net *net, const ams_sparse *x,
                       const float *hidden, float *scratch, float *q)
{
    for (uint32_t g = 0; g < net->heads; g++) {
        const heads_part p = part_of(net, x, g, hidden, scratch);
        const uint32_t bio[3] = {p.n, p.h, p.a};
        const float *row = p.q;
        if (p.n == 0) {
            continue;
        }
        c->ops->dense_forward(c, bio, p.hidden, p.w, p.bias, p.q);
        for (uint32_t s = 0; s < x->n; s++) {
            if (x->head[s] == g) {
                memcpy(q + (size_t)s * p.a, row, p.a * sizeof *q);
                row += p.a;
            }
        }
    }
}

/* Head g's rows of dq. */
static void gather_slopes(const heads_part *p, const ams_sparse *x, uint32_t g, const float *dq)
{
    float *row = p->q;
    for (uint32_t s = 0; s < x->n; s++) {
        if (x->head[s] == g) {
            memcpy(row, dq + (size_t)s * p->a, p->a * sizeof *row);
            row += p->a;
        }
    }
}

void ams_heads_backward(const ams_compute *c, const ams_net *net, const ams_sparse *x,
                        const float *hidden, float *scratch, const ams_heads_slopes *slopes)
{
    const uint32_t last = net->n_layers - 1;
    float *weight = slopes->gradient + net->weight[last];
    float *bias = slopes->gradient + net->bias[last];
    for (uint32_t g = 0; g < net->heads; g++) {
        const heads_part p = part_of(net, x, g, hidden, scratch);
        const uint32_t bio[3] = {p.n, p.h, p.a};
        const size_t all = (size_t)net->heads * p.a;
        const float *row = p.dx;
        memset(p.dw, 0, (size_t)p.h * p.a * sizeof *p.dw);
        memset(p.db, 0, p.a * sizeof *p.db);
        if (p.n > 0) {
            gather_slopes(&p, x, g, slopes->dq);
            c->ops->dense_backward(c, bio, p.hidden, p.w, p.q, p.dx, p.dw);
            c->ops->bias_backward(c, p.n, p.a, p.q, p.db);
        }
        for (uint32_t s = 0; s < x->n; s++) {
            if (x->head[s] == g) {
                memcpy(slopes->dx + (size_t)s * p.h, row, p.h * sizeof *row);
                row += p.h;
            }
        }
        for (uint32_t i = 0; i < p.h; i++) {
            memcpy(weight + i * all + (size_t)g * p.a, p.dw + (size_t)i * p.a,
                   p.a * sizeof *p.dw);
        }
        memcpy(bias + (size_t)g * p.a, p.db, p.a * sizeof *p.db);
    }
}
