#include "ams/links.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static double threshold_of(const ams_link_space *space, uint32_t target)
{
    return space->options.targets == AMS_LINK_BITS ? 0.5 : (double)space->threshold[target];
}

float ams_link_level(const ams_link_space *space, uint32_t target, float p)
{
    const float t = (float)threshold_of(space, target);
    /* Not p < t: of a threshold of 0, every confidence above it is at a level above 0.5. */
    return p > t ? 1 - (1 - p) / (2 * (1 - t)) : t > 0 ? p / (2 * t) : 0;
}

double ams_link_at_level(const ams_link_space *space, uint32_t target, double level)
{
    const double t = threshold_of(space, target);
    return level > 0.5 ? 1 - 2 * (1 - t) * (1 - level) : 2 * t * level;
}

static double tau_level(uint32_t k)
{
    return 0.2 + 0.025 * k;
}

double ams_link_tau(const ams_link_space *space, uint32_t target, uint32_t k)
{
    return ams_link_at_level(space, target, tau_level(k));
}

double ams_link_skill(double accuracy, double floor)
{
    return floor >= 1 ? 0 : (accuracy - floor) / (1 - floor);
}

/* A predicted set against the true one. */
typedef struct score_sets {
    uint32_t predicted, common; /* labels predicted, and those of them that are true */
    double conf;                /* summed confidences of the common ones */
    uint32_t top;               /* predicted column of greatest p; AMS_LINK_NONE: none */
} score_sets;

static bool is_label(const ams_link_space *space, uint32_t column)
{
    return space->label[column] != AMS_LINK_OTHER && space->label[column] != AMS_LINK_NONE;
}

/* The entry of a column in an execution, NULL where it is 0. */
static const ams_link_entry *find_entry(const ams_link_items *items, size_t row,
                                        uint32_t column)
{
    for (uint64_t at = items->start[row]; at < items->start[row + 1]; at++) {
        if (items->entry[at].column == column) {
            return &items->entry[at];
        }
    }
    return NULL;
}

static void take(score_sets *s, const ams_link_items *items, size_t row, uint32_t column)
{
    const ams_link_entry *e = find_entry(items, row, column);
    s->predicted++;
    if (e != NULL && e->valuable) {
        s->common++;
        s->conf += (double)e->conf;
    }
}

static score_sets compare_sets(const ams_link_space *space, const ams_link_items *items,
                               size_t row, uint32_t target, const float *p, double tau)
{
    score_sets s = {.top = AMS_LINK_NONE};
    float best = 0;
    const bool single = space->kind[target] == AMS_LINK_SINGLE;
    for (uint32_t c = space->first[target]; c < space->first[target + 1]; c++) {
        /* The largest of a `single` model may be no label: then the set is empty. */
        if (single && (s.top == AMS_LINK_NONE || p[c] > best)) {
            best = p[c];
            s.top = c;
        } else if (!single && is_label(space, c) && (double)p[c] > tau) {
            take(&s, items, row, c);
            if (s.top == AMS_LINK_NONE || p[c] > best) {
                best = p[c];
                s.top = c;
            }
        }
    }
    if (single && is_label(space, s.top) && (double)best > tau) {
        take(&s, items, row, s.top);
    } else if (single) {
        s.top = AMS_LINK_NONE;
    }
    return s;
}

static double f1_of(uint32_t predicted, uint32_t truth, uint32_t common)
{
    return predicted + truth == 0 ? 1 : 2.0 * common / (predicted + truth);
}

void ams_link_score_all(const ams_link_space *space, const ams_link_items *items, uint32_t item,
                        uint32_t target, const float *p, double tau,
                        double score[AMS_LINK_METRICS])
{
    const size_t row = (size_t)item * items->n_models + target;
    const ams_link_truth *t = &items->truth[row];
    if (space->kind[target] == AMS_LINK_REAL) {
        const double error = fabs((double)p[space->first[target]] - (double)t->number);
        for (uint32_t k = 0; k < AMS_LINK_METRICS; k++) {
            score[k] = error < 0.5;
        }
        return;
    }
    const score_sets s = compare_sets(space, items, row, target, p, tau);
    const bool equal = s.predicted == t->n && s.common == t->n;
    score[AMS_LINK_F1] = f1_of(s.predicted, t->n, s.common);
    score[AMS_LINK_EXACT] = equal;
    score[AMS_LINK_RECALL] = t->n == 0 ? 1 : s.conf / (double)t->conf;
    score[AMS_LINK_TOP1] = s.top == t->top;
    score[AMS_LINK_COUNT] = s.predicted == t->n;
    score[AMS_LINK_NUMBER] = equal;
}

double ams_link_score(const ams_link_space *space, const ams_link_items *items, uint32_t item,
                      uint32_t target, const float *p, double tau, ams_link_metric metric)
{
    double score[AMS_LINK_METRICS];
    ams_link_score_all(space, items, item, target, p, tau, score);
    return score[metric];
}

double ams_link_expected_loss(const ams_link_space *space, uint32_t target, const float *p,
                              double tau)
{
    double all = 0;  /* labels that are expected */
    double hits = 0; /* of the predicted ones */
    double none = 1; /* probability that there is none */
    uint32_t predicted = 0;
    if (space->kind[target] == AMS_LINK_REAL) {
        return 0;
    }
    for (uint32_t c = space->first[target]; c < space->first[target + 1]; c++) {
        const double x = p[c] < 0 ? 0 : p[c] > 1 ? 1 : (double)p[c];
        if (space->label[c] == AMS_LINK_NONE) {
            continue;
        }
        all += x;
        none *= 1 - x;
        if (is_label(space, c) && (double)p[c] > tau) {
            predicted++;
            hits += x;
        }
    }
    return predicted == 0 ? 1 - none : 1 - 2 * hits / (predicted + all);
}

/* -- thresholds and qualities -- */

/* Of one target: sums of F1 over items, by threshold where it is tuned. */
typedef struct rate_sums {
    double tau[AMS_LINK_TAUS]; /* which are tried */
    double at[AMS_LINK_TAUS];
    double flat; /* of items on which no threshold predicts anything */
    double n;    /* items, each by its weight */
} rate_sums;

/* F1 at every threshold: labels by descending p join the set as the threshold falls. */
static void add_taus(const ams_link_space *space, const ams_link_items *items, size_t row,
                     uint32_t target, const float *p, double weight, rate_sums *sums)
{
    const double *tau = sums->tau;
    uint32_t predicted[AMS_LINK_TAUS] = {0};
    uint32_t common[AMS_LINK_TAUS] = {0};
    for (uint32_t c = space->first[target]; c < space->first[target + 1]; c++) {
        if (!((double)p[c] > tau[0]) || !is_label(space, c)) {
            continue;
        }
        const ams_link_entry *e = find_entry(items, row, c);
        const bool hit = e != NULL && e->valuable;
        for (uint32_t k = 0; k < AMS_LINK_TAUS && (double)p[c] > tau[k]; k++) {
            predicted[k]++;
            common[k] += hit;
        }
    }
    const uint32_t truth = items->truth[row].n;
    if (predicted[0] == 0) { /* of most targets, most of the time */
        sums->flat += truth == 0 ? weight : 0;
        return;
    }
    for (uint32_t k = 0; k < AMS_LINK_TAUS; k++) {
        sums->at[k] += weight * f1_of(predicted[k], truth, common[k]);
    }
}

static void add_rates(rate_sums *sums, const ams_link_space *space, const ams_link_items *items,
                      uint32_t item, uint32_t target, const float *p, double weight,
                      const double *tau)
{
    sums->n += weight;
    if (tau != NULL) {
        sums->at[0] +=
            weight * ams_link_score(space, items, item, target, p, *tau, AMS_LINK_F1);
    } else if (space->kind[target] == AMS_LINK_MULTI) {
        add_taus(space, items, (size_t)item * items->n_models + target, target, p, weight,
                 sums);
    } else {
        for (uint32_t k = 0; k < AMS_LINK_TAUS; k++) {
            sums->at[k] += weight * ams_link_score(space, items, item, target, p, sums->tau[k],
                                                   AMS_LINK_F1);
        }
    }
}

/* The best threshold of a target; ties to the level nearest 0.5, then to the lower one. */
static uint32_t best_tau(const double sum[AMS_LINK_TAUS])
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < AMS_LINK_TAUS; k++) {
        const double nearer = fabs(tau_level(best) - 0.5) - fabs(tau_level(k) - 0.5);
        if (sum[k] > sum[best] || (sum[k] == sum[best] && nearer > 1e-9)) {
            best = k;
        }
    }
    return best;
}

ams_status ams_link_rate(const ams_link_predictor *predictor, const ams_link_space *space,
                         const ams_link_items *items, const ams_link_ran *ran, bool tune,
                         double *tau, double *quality, ams_error *err)
{
    rate_sums *sums = NULL;
    float *p = NULL;
    ams_status status = AMS_OK;
    if (items->n == 0) {
        return ams_fail(err, AMS_BAD_DATA,
                        "links are rated on the validation split, which has no item; `ams data "
                        "split` deals items to splits");
    }
    AMS_TRY(ams_alloc(&sums, space->n_models, sizeof *sums, "ratings", err));
    AMS_TRY(ams_alloc(&p, space->n_columns, sizeof *p, "predictions", err));
    for (uint32_t j = 0; j < space->n_models; j++) {
        for (uint32_t k = 0; k < AMS_LINK_TAUS; k++) {
            sums[j].tau[k] = ams_link_tau(space, j, k);
        }
    }
    for (uint32_t i = 0; i < items->n; i++) {
        const uint64_t set = ams_link_ran_on(ran, i);
        predictor->predict(predictor->context, items, i, set, p);
        for (uint32_t j = 0; j < space->n_models; j++) {
            if (!(set >> j & 1)) {
                add_rates(&sums[j], space, items, i, j, p,
                          ran->weight == NULL ? 1 : ran->weight[i], tune ? NULL : &tau[j]);
            }
        }
    }
    for (uint32_t j = 0; j < space->n_models; j++) {
        const uint32_t k = tune && sums[j].n > 0 ? best_tau(sums[j].at) : 0;
        tau[j] = tune && sums[j].n > 0 ? ams_link_tau(space, j, k) : tau[j];
        quality[j] = sums[j].n > 0 ? (sums[j].at[k] + sums[j].flat) / sums[j].n : 1;
    }
out:
    free(sums);
    free(p);
    return status;
}

ams_status ams_link_rate_map(ams_link_map *map, const ams_link_space *space,
                             const ams_link_items *items, bool tune, ams_error *err)
{
    const ams_link_predictor predictor = ams_link_map_predictor(map);
    const ams_link_ran ran = {.set = map->mask};
    return ams_link_rate(&predictor, space, items, &ran, tune, map->tau, map->quality, err);
}

static void add_item(ams_link_accuracy *accuracy, const double *tau,
                     const ams_link_space *space, const ams_link_items *items, uint32_t item,
                     uint64_t set, const float *p, double *item_f1)
{
    double sum = 0;
    for (uint32_t j = 0; j < space->n_models; j++) {
        double score[AMS_LINK_METRICS];
        for (uint32_t k = 0; k < AMS_LINK_METRICS; k++) {
            score[k] = 1;
        }
        if (!(set >> j & 1)) {
            ams_link_score_all(space, items, item, j, p, tau[j], score);
        }
        for (uint32_t k = 0; k < AMS_LINK_METRICS; k++) {
            accuracy->target[j][k] += score[k];
        }
        sum += score[AMS_LINK_F1];
    }
    if (item_f1 != NULL) {
        item_f1[item] = sum / space->n_models;
    }
}

ams_status ams_link_measure(const ams_link_predictor *predictor, const double *tau,
                            const ams_link_space *space, const ams_link_items *items,
                            const ams_link_ran *ran, ams_link_accuracy *accuracy,
                            double *item_f1, ams_error *err)
{
    float *p = NULL;
    ams_status status = ams_alloc(&p, space->n_columns, sizeof *p, "predictions", err);
    *accuracy = (ams_link_accuracy){.seconds = 0};
    for (uint32_t i = 0; status == AMS_OK && i < items->n; i++) {
        const uint64_t set = ams_link_ran_on(ran, i);
        const double before = ams_seconds();
        predictor->predict(predictor->context, items, i, set, p);
        accuracy->seconds += ams_seconds() - before;
        add_item(accuracy, tau, space, items, i, set, p, item_f1);
    }
    for (uint32_t k = 0; k < AMS_LINK_METRICS && items->n > 0; k++) {
        double sum = 0;
        for (uint32_t j = 0; j < space->n_models; j++) {
            accuracy->target[j][k] /= items->n;
            sum += accuracy->target[j][k];
        }
        accuracy->mean[k] = sum / space->n_models;
    }
    free(p);
    return status;
}
