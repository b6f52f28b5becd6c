#include "online/answers.h"

#include "online/softmax.h"

#include <math.h>
#include <string.h>

uint32_t ams_answers_top(const ams_outputs *outputs, uint32_t model, float *conf)
{
    uint32_t top = AMS_ANSWERS_NONE;
    *conf = -1;
    for (uint32_t k = 0; k < outputs->n[model]; k++) {
        if (outputs->said[model][k].conf > *conf) {
            top = outputs->said[model][k].label;
            *conf = outputs->said[model][k].conf;
        }
    }
    return top;
}

static bool called(uint32_t set, uint32_t model)
{
    return (set >> model & 1) != 0;
}

/* Of every called model its top label, confidence and class. */
typedef struct answers_tops {
    uint32_t label[AMS_ANSWERS_MODELS], class[AMS_ANSWERS_MODELS];
    float conf[AMS_ANSWERS_MODELS];
} answers_tops;

static answers_tops tops_of(const ams_outputs *o, uint32_t set)
{
    answers_tops t;
    for (uint32_t m = 0; m < o->n_models; m++) {
        t.label[m] = t.class[m] = AMS_ANSWERS_NONE;
        t.conf[m] = -1;
        if (!called(set, m)) {
            continue;
        }
        t.label[m] = t.class[m] = ams_answers_top(o, m, &t.conf[m]);
        if (!o->relative || t.label[m] == AMS_ANSWERS_NONE) {
            continue;
        }
        t.class[m] = m;
        for (uint32_t k = m; k-- > 0;) {
            t.class[m] = t.label[k] == t.label[m] ? k : t.class[m];
        }
    }
    return t;
}

static void put(ams_row *row, uint32_t index, float value)
{
    row->index[row->n] = index;
    row->value[row->n++] = value;
}

/* That two models say the same; without it their agreement would count as two opinions. */
static void put_agreements(const ams_outputs *o, uint32_t set, const answers_tops *t,
                           uint32_t base, ams_row *row)
{
    const uint32_t classes = ams_answers_classes(o->n_models, o->n_labels, o->relative);
    for (uint32_t m = 0; m < o->n_models; m++) {
        for (uint32_t k = 0; k < m && called(set, m); k++) {
            if (!called(set, k)) {
                continue;
            }
            if (t->label[k] == t->label[m] && t->label[m] != AMS_ANSWERS_NONE) {
                put(row, base + t->class[m], 1);
            }
            base += classes;
        }
    }
}

void ams_answers_row(const ams_outputs *o, uint32_t set, ams_row *row)
{
    const uint32_t classes = ams_answers_classes(o->n_models, o->n_labels, o->relative);
    const answers_tops t = tops_of(o, set);
    uint32_t base = 1;
    row->n = 0;
    put(row, 0, 1);
    for (uint32_t m = 0; m < o->n_models; m++) {
        if (!called(set, m)) {
            continue;
        }
        for (uint32_t k = 0; k < o->n[m] && !o->relative; k++) {
            put(row, base + o->said[m][k].label, o->said[m][k].conf);
        }
        if (t.label[m] != AMS_ANSWERS_NONE) {
            if (o->relative) {
                put(row, base + t.class[m], t.conf[m]);
            }
            put(row, base + classes + t.class[m], 1);
            put(row, base + 2 * classes + t.class[m], -logf(1.01F - t.conf[m]) / 4.6F);
        }
        base += AMS_ANSWERS_TRANSFORMS * classes;
    }
    put_agreements(o, set, &t, base, row);
}

void ams_answers_scores(const ams_row *row, const float *weight, uint32_t stride,
                        float *restrict p)
{
    for (uint32_t k = 0; k < row->n; k++) {
        const float *restrict w = weight + (size_t)row->index[k] * stride;
        const float value = row->value[k];
        for (uint32_t c = 0; c < stride; c++) {
            p[c] += value * w[c];
        }
    }
}

/* Whether the class can be answered with. */
static bool is_open(const ams_outputs *o, const answers_tops *t, uint32_t class)
{
    return !o->relative || (class < o->n_models && t->class[class] == class);
}

ams_belief ams_answers_believe(const ams_outputs *o, uint32_t set, float *p)
{
    const uint32_t classes = ams_answers_classes(o->n_models, o->n_labels, o->relative);
    const answers_tops t = tops_of(o, set);
    ams_belief b = {.class = classes - 1, .first = -1, .second = -1};
    double entropy = 0;
    float largest = 0;
    (void)ams_softmax(p, classes, expf, &largest);
    for (uint32_t c = 0; c < classes; c++) {
        if (is_open(o, &t, c) && p[c] > b.first) {
            b.second = b.first;
            b.first = p[c];
            b.class = c;
        } else if (is_open(o, &t, c) && p[c] > b.second) {
            b.second = p[c];
        }
        entropy -= p[c] > 1e-9F ? (double)p[c] * log((double)p[c]) : 0;
    }
    b.first = b.first < 0 ? 0 : b.first;
    b.second = b.second < 0 ? 0 : b.second;
    b.entropy = classes > 1 ? (float)(entropy / log((double)classes)) : 0;
    b.answer = !o->relative            ? b.class
               : b.class < o->n_models ? t.label[b.class]
                                       : AMS_ANSWERS_NONE;
    return b;
}

void ams_answers_value_row(const ams_outputs *o, uint32_t set, const ams_belief *b,
                           ams_row *row)
{
    const uint32_t classes = ams_answers_classes(o->n_models, o->n_labels, o->relative);
    const answers_tops t = tops_of(o, set);
    uint32_t base = AMS_ANSWERS_DENSE;
    row->n = 0;
    put(row, 0, 1);
    put(row, 1, b->first);
    put(row, 2, b->first * b->first);
    put(row, 3, b->second);
    put(row, 4, b->second * b->second);
    put(row, 5, b->entropy);
    put(row, 6, b->first * b->entropy);
    put(row, base + b->class, 1);
    put(row, base + classes + b->class, b->first);
    base += 2 * classes;
    for (uint32_t m = 0; m < o->n_models; m++) {
        if (!called(set, m)) {
            continue;
        }
        if (t.label[m] != AMS_ANSWERS_NONE) {
            put(row, base + t.class[m], 1);
            put(row, base + classes + t.class[m], t.conf[m]);
        }
        base += 2 * classes;
    }
}

void ams_answers_state_row(const ams_outputs *o, uint32_t set, const ams_belief *b,
                           ams_row *row)
{
    const uint32_t classes = ams_answers_classes(o->n_models, o->n_labels, o->relative);
    const answers_tops t = tops_of(o, set);
    const float dense[AMS_ANSWERS_DENSE - 1] = {b->first,   b->first * b->first,
                                                b->second,  b->second * b->second,
                                                b->entropy, b->first * b->entropy};
    uint32_t base = o->n_models;
    row->n = 0;
    for (uint32_t m = 0; m < o->n_models; m++) {
        if (called(set, m)) {
            put(row, m, 1);
        }
    }
    for (uint32_t k = 0; k < AMS_ANSWERS_DENSE - 1; k++) {
        put(row, base++, dense[k]);
    }
    put(row, base + b->class, 1);
    put(row, base + classes + b->class, b->first);
    base += 2 * classes;
    for (uint32_t m = 0; m < o->n_models; m++, base += AMS_ANSWERS_TRANSFORMS * classes) {
        if (called(set, m) && t.label[m] != AMS_ANSWERS_NONE) {
            put(row, base + t.class[m], 1);
            put(row, base + classes + t.class[m], t.conf[m]);
            put(row, base + 2 * classes + t.class[m], -logf(1.01F - t.conf[m]) / 4.6F);
        }
    }
}

double ams_answers_value(const ams_row *row, const float *weight)
{
    double sum = 0;
    for (uint32_t k = 0; k < row->n; k++) {
        sum += (double)weight[row->index[k]] * (double)row->value[k];
    }
    return sum;
}

/* The label that most called models give; of equals the one with more confidence in all, then
 * the first. */
static uint32_t vote(const ams_outputs *o, uint32_t set)
{
    const answers_tops t = tops_of(o, set);
    uint32_t best = AMS_ANSWERS_NONE;
    uint32_t most = 0;
    double surest = 0;
    for (uint32_t m = 0; m < o->n_models; m++) {
        uint32_t votes = 0;
        double sum = 0;
        for (uint32_t k = 0; k < o->n_models; k++) {
            if (t.label[k] == t.label[m] && t.label[k] != AMS_ANSWERS_NONE) {
                votes++;
                sum += (double)t.conf[k];
            }
        }
        const bool even = votes == most && votes > 0;
        if (votes > most || (even && sum > surest) ||
            (even && !(sum < surest) && t.label[m] < best)) {
            best = t.label[m];
            most = votes;
            surest = sum;
        }
    }
    return best;
}

static uint32_t most_confident(const ams_outputs *o, uint32_t set)
{
    uint32_t best = AMS_ANSWERS_NONE;
    float most = -1;
    for (uint32_t m = 0; m < o->n_models; m++) {
        float conf = 0;
        const uint32_t top = called(set, m) ? ams_answers_top(o, m, &conf) : AMS_ANSWERS_NONE;
        if (top != AMS_ANSWERS_NONE && conf > most) {
            most = conf;
            best = top;
        }
    }
    return best;
}

uint32_t ams_answers_by(const ams_outputs *o, uint32_t set, int rule, uint32_t last,
                        const ams_belief *belief)
{
    float conf = 0;
    switch (rule) {
    case AMS_ANSWERS_LAST:
        return called(set, last) ? ams_answers_top(o, last, &conf) : AMS_ANSWERS_NONE;
    case AMS_ANSWERS_VOTE:
        return vote(o, set);
    case AMS_ANSWERS_CONFIDENT:
        return most_confident(o, set);
    default:
        return belief->answer;
    }
}

uint32_t ams_answers_right_class(const ams_outputs *o, uint32_t set, uint32_t truth)
{
    if (!o->relative) {
        return truth;
    }
    for (uint32_t m = 0; m < o->n_models; m++) {
        float conf = 0;
        if (called(set, m) && ams_answers_top(o, m, &conf) == truth) {
            return m;
        }
    }
    return o->n_models;
}
