/* Ensembles of single-source links, trained once and used for any subset of sources.
 *
 * g_ij is link i -> j, a map of one source (ams/links.h). M models, D columns. */
#ifndef AMS_LINK_BLEND_H
#define AMS_LINK_BLEND_H

#include "ams/links.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_link_blend_kind {
    AMS_BLEND_BEST,       /* the source of greatest quality, the constant if that is greater */
    AMS_BLEND_MEAN,       /* arithmetic mean over the sources that ran */
    AMS_BLEND_WEIGHTS,    /* the paper's: sum of w_ij * g_ij over those that ran, a weight per
                             output; weights are trained for all sources and kept */
    AMS_BLEND_REWEIGHTED, /* the same, scaled to the weight that is missing, per output */
    AMS_BLEND_CONCAT      /* the paper's code: a dense layer on the outputs of all links to a
                             target, trained when all ran; zeros where a source did not run */
} ams_link_blend_kind;

typedef struct ams_link_blend {
    ams_link_blend_kind kind;
    const ams_link_space *space; /* all borrowed */
    const ams_link_map *pair;    /* (M) */
    const ams_link_map *constant;
    float *weight;                /* (M, D): of source i for column c; 0 in its own columns */
    float *dense[AMS_MAX_MODELS]; /* of CONCAT, target j of W columns: (M W, W) */
    float *bias;                  /* of CONCAT: (D) */
    float *scratch;               /* (D): one thread predicts at a time */
} ams_link_blend;

/* `items`: training items, for weights and dense layers; others do without (NULL). Weights
 * minimise the squared error per column, with a penalty of 1 on their distance from
 * 1 / (M - 1); dense layers the same with the space's penalty on weights. Qualities
 * of pair and constant choose for BEST.
 * @return AMS_DIVERGED, AMS_BACKEND. */
ams_status ams_link_blend_init(ams_link_blend *blend, ams_link_blend_kind kind,
                               const ams_link_space *space, const ams_link_map *pair,
                               const ams_link_map *constant, const ams_link_items *items,
                               ams_error *err);
void ams_link_blend_fini(ams_link_blend *blend);
/* Nothing ran: the constant. */
ams_link_predictor ams_link_blend_predictor(const ams_link_blend *blend);

#ifdef __cplusplus
}
#endif
#endif
