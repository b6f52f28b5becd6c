/* Softmax regression on sparse rows by L-BFGS (Nocedal and Wright, Numerical Optimization,
 * 2006, algorithm 7.4, with backtracking). */
#include "lab/budget/parts.h"

#include "base/memory.h"
#include "online/softmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 8, HALVINGS = 20 };

typedef struct softmax_problem {
    const budget_softmax *shape;
    const budget_rows *rows;
    const uint32_t *label;
    const uint8_t *keep;
    double ridge;
    double n; /* rows that count */
    float *p; /* (stride) */
} softmax_problem;

static void scores(const budget_softmax *model, const float *weight, const uint32_t *index,
                   const float *value, uint64_t n, float *restrict p)
{
    const uint32_t stride = model->stride;
    memset(p, 0, stride * sizeof *p);
    for (uint64_t k = 0; k < n; k++) {
        const float *restrict w = weight + (size_t)index[k] * stride;
        for (uint32_t c = 0; c < stride; c++) {
            p[c] += value[k] * w[c];
        }
    }
}

/* Mean loss and its gradient at `weight`. */
static double evaluate(const softmax_problem *s, const float *weight, float *gradient)
{
    const uint32_t stride = s->shape->stride;
    const size_t size = (size_t)s->shape->n_features * stride;
    const budget_rows *rows = s->rows;
    double loss = 0;
    memset(gradient, 0, size * sizeof *gradient);
    for (uint32_t i = 0; i < rows->n; i++) {
        if (s->keep != NULL && !s->keep[i]) {
            continue;
        }
        const uint64_t first = rows->start[i];
        const uint64_t n = rows->start[i + 1] - first;
        float largest = 0;
        scores(s->shape, weight, rows->index + first, rows->value + first, n, s->p);
        const double score = (double)s->p[s->label[i]];
        const float counts = rows->weight == NULL ? 1 : rows->weight[i];
        const float sum = ams_softmax(s->p, s->shape->n_classes, expf, &largest);
        loss += (double)counts * (log((double)sum) + (double)largest - score);
        s->p[s->label[i]] -= 1;
        for (uint64_t k = 0; k < n; k++) {
            float *restrict g = gradient + (size_t)rows->index[first + k] * stride;
            const float value = counts * rows->value[first + k];
            for (uint32_t c = 0; c < s->shape->n_classes; c++) {
                g[c] += value * s->p[c];
            }
        }
    }
    double square = 0;
    for (size_t k = 0; k < size; k++) {
        square += (double)weight[k] * (double)weight[k];
        gradient[k] = (gradient[k] + (float)s->ridge * weight[k]) / (float)s->n;
    }
    return (loss + s->ridge / 2 * square) / s->n;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        sum += (double)(a[k] * b[k]);
    }
    return sum;
}

/* The last steps and changes of the gradient, in a ring. */
typedef struct softmax_memory {
    float *step[PAIRS], *change[PAIRS];
    double inverse[PAIRS]; /* 1 / (step . change) */
    uint32_t n, at;
} softmax_memory;

/* The two-loop recursion: direction = -H gradient. */
static void find_direction(const softmax_memory *memory, const float *gradient, size_t n,
                           float *direction)
{
    double alpha[PAIRS];
    for (size_t k = 0; k < n; k++) {
        direction[k] = -gradient[k];
    }
    for (uint32_t j = 0; j < memory->n; j++) {
        const uint32_t at = (memory->at + PAIRS - 1 - j) % PAIRS;
        alpha[at] = memory->inverse[at] * dot(memory->step[at], direction, n);
        for (size_t k = 0; k < n; k++) {
            direction[k] -= (float)alpha[at] * memory->change[at][k];
        }
    }
    if (memory->n > 0) {
        const uint32_t at = (memory->at + PAIRS - 1) % PAIRS;
        const double scale =
            1 / (memory->inverse[at] * dot(memory->change[at], memory->change[at], n));
        for (size_t k = 0; k < n; k++) {
            direction[k] *= (float)scale;
        }
    }
    for (uint32_t j = memory->n; j-- > 0;) {
        const uint32_t at = (memory->at + PAIRS - 1 - j) % PAIRS;
        const double beta = memory->inverse[at] * dot(memory->change[at], direction, n);
        for (size_t k = 0; k < n; k++) {
            direction[k] += (float)(alpha[at] - beta) * memory->step[at][k];
        }
    }
}

static void remember(softmax_memory *memory, const float *w, const float *next, const float *g,
                     const float *next_g, size_t n)
{
    const uint32_t at = memory->at;
    for (size_t k = 0; k < n; k++) {
        memory->step[at][k] = next[k] - w[k];
        memory->change[at][k] = next_g[k] - g[k];
    }
    const double curvature = dot(memory->step[at], memory->change[at], n);
    if (curvature > 1e-12) { /* else the step tells nothing */
        memory->inverse[at] = 1 / curvature;
        memory->at = (at + 1) % PAIRS;
        memory->n = memory->n < PAIRS ? memory->n + 1 : PAIRS;
    }
}

/* Where the search stands; n weights. */
typedef struct softmax_search {
    softmax_memory memory;
    size_t n;
    float *w, *gradient, *next, *next_gradient, *direction;
    double loss;
} softmax_search;

/* The longest of ever shorter steps that lowers the loss enough; its length, 0: none does. */
static double backtrack(const softmax_problem *s, softmax_search *f, double slope, double *now)
{
    double length =
        f->memory.n > 0 ? 1 : 1 / (1e-12 + sqrt(dot(f->gradient, f->gradient, f->n)));
    for (int half = 0; half < HALVINGS; half++) {
        for (size_t k = 0; k < f->n; k++) {
            f->next[k] = f->w[k] + (float)length * f->direction[k];
        }
        *now = evaluate(s, f->next, f->next_gradient);
        if (*now <= f->loss + 1e-4 * length * slope) {
            return length;
        }
        length /= 2;
    }
    return 0;
}

/* One step: false where the loss does not fall any more. */
static bool step(const softmax_problem *s, softmax_search *f)
{
    double now = 0;
    find_direction(&f->memory, f->gradient, f->n, f->direction);
    const double slope = dot(f->direction, f->gradient, f->n);
    if (!(slope < 0) || backtrack(s, f, slope, &now) <= 0) {
        return false;
    }
    remember(&f->memory, f->w, f->next, f->gradient, f->next_gradient, f->n);
    const bool better = f->loss - now > 1e-7 * fabs(f->loss);
    memcpy(f->w, f->next, f->n * sizeof *f->w);
    memcpy(f->gradient, f->next_gradient, f->n * sizeof *f->gradient);
    f->loss = now;
    return better;
}

ams_status ams_budget_softmax_fit(budget_softmax *model, const budget_rows *rows,
                                  const uint32_t *label, const uint8_t *keep, double ridge,
                                  uint32_t iterations, ams_error *err)
{
    const size_t n = (size_t)model->n_features * model->stride;
    float *block = NULL;
    softmax_search f = {.n = n, .w = model->weight};
    softmax_problem s = {
        .shape = model, .rows = rows, .label = label, .keep = keep, .ridge = ridge};
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&block, (4 + 2 * PAIRS) * n + model->stride, sizeof *block,
                      "a regression", err));
    for (uint32_t i = 0; i < rows->n; i++) {
        const bool kept = keep == NULL || keep[i];
        s.n += !kept ? 0 : rows->weight == NULL ? 1 : (double)rows->weight[i];
    }
    for (int j = 0; j < PAIRS; j++) {
        f.memory.step[j] = block + (4 + 2 * (size_t)j) * n;
        f.memory.change[j] = f.memory.step[j] + n;
    }
    f.gradient = block;
    f.next = block + n;
    f.next_gradient = block + 2 * n;
    f.direction = block + 3 * n;
    s.p = block + (4 + 2 * PAIRS) * n;
    f.loss = evaluate(&s, f.w, f.gradient);
    for (uint32_t t = 0; t < iterations && step(&s, &f); t++) {
    }
out:
    free(block);
    return status;
}
