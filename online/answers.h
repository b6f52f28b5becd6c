/* What an answer is and what calling one more model is worth, once some models were called
 * (docs/definitions.md, "Right answers for money"). The study of lab/budget and the embedded
 * scheduler call the same functions, so both round alike: the same answers, the same calls.
 *
 * Labels are numbered; there are C. The posterior has K classes: the labels, or, where they are
 * many (`relative`), the models: class g stands for what model g said, where no earlier called
 * model said the same, and class M for a label that nobody said. */
#ifndef AMS_ONLINE_ANSWERS_H
#define AMS_ONLINE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AMS_ANSWERS_MODELS = 8,
    AMS_ANSWERS_LABELS = 1 << 16, /* at most */
    AMS_ANSWERS_ABSOLUTE = 48,    /* with more labels than this classes are relative */
    AMS_ANSWERS_TRANSFORMS = 3,   /* numbers per class of a model that the posterior sees */
    AMS_ANSWERS_DENSE = 7         /* of a value's features: 1 and six numbers of the belief */
};
#define AMS_ANSWERS_NONE UINT32_MAX /* no label */

/* What the answer is (ams_answer_rule of ams/budget.h has the same order). */
enum {
    AMS_ANSWERS_LAST,
    AMS_ANSWERS_VOTE,
    AMS_ANSWERS_CONFIDENT,
    AMS_ANSWERS_POSTERIOR,
    AMS_ANSWERS_RULES
};

typedef struct ams_said {
    uint32_t label;
    float conf;
} ams_said;

/* What the models say of an item; of those that were not called anything may stand here. */
typedef struct ams_outputs {
    uint32_t n_models, n_labels;
    bool relative;
    const ams_said *said[AMS_ANSWERS_MODELS]; /* (n) ascending labels, each once */
    uint32_t n[AMS_ANSWERS_MODELS];
} ams_outputs;

/* What of a sparse row is not 0. */
typedef struct ams_row {
    uint32_t n;
    uint32_t *index;
    float *value;
} ams_row;

/* What is known of an item once some models were called. */
typedef struct ams_belief {
    uint32_t class;               /* of the answer by the posterior */
    uint32_t answer;              /* its label; AMS_ANSWERS_NONE: no model said any */
    float first, second, entropy; /* the two greatest probabilities; entropy / ln K */
} ams_belief;

static inline uint32_t ams_answers_classes(uint32_t n_models, uint32_t n_labels, bool relative)
{
    return relative ? n_models + 1 : n_labels;
}
/* Features of the posterior where `models` were called: 1, AMS_ANSWERS_TRANSFORMS * K per
 * model, K per pair of them. */
static inline uint32_t ams_answers_features(uint32_t models, uint32_t classes)
{
    return 1 + AMS_ANSWERS_TRANSFORMS * classes * models + models * (models - 1) / 2 * classes;
}
/* Features of what an action is worth. */
static inline uint32_t ams_answers_value_features(uint32_t models, uint32_t classes)
{
    return AMS_ANSWERS_DENSE + classes * (2 + 2 * models);
}
/* Features of a state as an agent's network sees it: called models, numbers of the belief, what
 * each model said. Their places do not depend on the set. */
static inline uint32_t ams_answers_state_features(uint32_t n_models, uint32_t classes)
{
    return n_models + AMS_ANSWERS_DENSE - 1 + classes * (2 + AMS_ANSWERS_TRANSFORMS * n_models);
}
/* Room for a row of any kind where no model says more than `most` labels. */
static inline size_t ams_answers_row_room(uint32_t n_models, uint64_t most)
{
    return 32 + (size_t)n_models * (size_t)(most + 2 + n_models);
}

/* The label of greatest confidence, AMS_ANSWERS_NONE without any. */
uint32_t ams_answers_top(const ams_outputs *outputs, uint32_t model, float *conf);
void ams_answers_row(const ams_outputs *outputs, uint32_t set, ams_row *row);
/* p (stride) += the row times weight (features, stride); p begins as zeros. */
void ams_answers_scores(const ams_row *row, const float *weight, uint32_t stride, float *p);
/* Scores of the classes become the belief; p (K) becomes probabilities. */
ams_belief ams_answers_believe(const ams_outputs *outputs, uint32_t set, float *p);
void ams_answers_value_row(const ams_outputs *outputs, uint32_t set, const ams_belief *belief,
                           ams_row *row);
void ams_answers_state_row(const ams_outputs *outputs, uint32_t set, const ams_belief *belief,
                           ams_row *row);
double ams_answers_value(const ams_row *row, const float *weight);
/* The answer by rule; `last` counts for AMS_ANSWERS_LAST, `belief` for the posterior. */
uint32_t ams_answers_by(const ams_outputs *outputs, uint32_t set, int rule, uint32_t last,
                        const ams_belief *belief);
/* The class that is right: where the truth is a label that no called model said, class M of
 * relative ones. */
uint32_t ams_answers_right_class(const ams_outputs *outputs, uint32_t set, uint32_t truth);

#endif
