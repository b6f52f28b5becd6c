/* A static core set that runs on every item, and an adaptive rest: what the core's links are
 * least sure of, per time, while time is left. */
#include "lab/links/adaptive.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Of a target: true losses on validation by least squares from the losses to expect. */
typedef struct adaptive_line {
    double start, slope;
} adaptive_line;

typedef struct adaptive_sums {
    double n, x, y, xx, xy;
} adaptive_sums;

static adaptive_line fit_line(const adaptive_sums *s)
{
    const double spread = s->xx - s->x * s->x / s->n;
    const double slope = spread > 1e-9 ? (s->xy - s->x * s->y / s->n) / spread : 0;
    /* What is surer must not count as worse: such a slope is noise. */
    const double up = slope > 0 ? slope : 0;
    return (adaptive_line){(s->y - up * s->x) / s->n, up};
}

static ams_status fit_lines(const ams_link_fill *core, uint64_t set, adaptive_line *line,
                            ams_error *err)
{
    const ams_link_session *s = core->session;
    const ams_link_items *items = &s->validation;
    adaptive_sums *sums = NULL;
    float *p = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&sums, s->space.n_models, sizeof *sums, "expected losses", err));
    AMS_TRY(ams_alloc(&p, s->space.n_columns, sizeof *p, "predictions", err));
    for (uint32_t i = 0; i < items->n; i++) {
        core->predictor.predict(core->predictor.context, items, i, set, p);
        for (uint32_t j = 0; j < s->space.n_models; j++) {
            adaptive_sums *t = &sums[j];
            const double x = ams_link_expected_loss(&s->space, j, p, core->tau[j]);
            const double y =
                1 - ams_link_score(&s->space, items, i, j, p, core->tau[j], AMS_LINK_F1);
            t->n += 1;
            t->x += x;
            t->y += y;
            t->xx += x * x;
            t->xy += x * y;
        }
    }
    for (uint32_t j = 0; j < s->space.n_models; j++) {
        line[j] = fit_line(&sums[j]);
    }
out:
    free(sums);
    free(p);
    return status;
}

/* What runs on one item: the core, then the greatest loss per time that still fits. */
static uint64_t run_item(const ams_link_fill *core, const adaptive_line *line,
                         const ams_link_items *items, uint32_t item, uint64_t set,
                         double left_ms, float *p)
{
    const ams_link_session *s = core->session;
    double rate[AMS_MAX_MODELS];
    core->predictor.predict(core->predictor.context, items, item, set, p);
    for (uint32_t j = 0; j < s->space.n_models; j++) {
        const double x = ams_link_expected_loss(&s->space, j, p, core->tau[j]);
        rate[j] = (line[j].start + line[j].slope * x) / s->time_ms[j];
    }
    for (bool more = true; more;) {
        uint32_t best = AMS_MAX_MODELS;
        for (uint32_t j = 0; j < s->space.n_models; j++) {
            const bool can = !((set | s->never) >> j & 1) && s->time_ms[j] <= left_ms;
            if (can && (best == AMS_MAX_MODELS || rate[j] > rate[best])) {
                best = j;
            }
        }
        more = best < AMS_MAX_MODELS;
        if (more) {
            set |= UINT64_C(1) << best;
            left_ms -= s->time_ms[best];
        }
    }
    return set;
}

ams_status ams_link_run_adaptive(const ams_link_fill *core, uint64_t set, double deadline_ms,
                                 const ams_link_items *items, uint64_t *ran, ams_error *err)
{
    const ams_link_session *s = core->session;
    adaptive_line line[AMS_MAX_MODELS];
    float *p = NULL;
    double left_ms = deadline_ms * (1 + 1e-12);
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < s->space.n_models; m++) {
        left_ms -= set >> m & 1 ? s->time_ms[m] : 0;
    }
    AMS_TRY(ams_alloc(&p, s->space.n_columns, sizeof *p, "predictions", err));
    AMS_TRY(fit_lines(core, set, line, err));
    for (uint32_t i = 0; i < items->n; i++) {
        ran[i] = run_item(core, line, items, i, set, left_ms, p);
    }
out:
    free(p);
    return status;
}
