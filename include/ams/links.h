/* Model links: the outputs of models that did not run, predicted from those that did.
 *
 * After Yuan et al., "MLink" (AAAI 2022; TPAMI 2023; arXiv 2209.13883). A link maps the outputs
 * of a source model to those of a target model. Here every link is a block of one linear map,
 * fitted by ridge regression from one Gram matrix; networks are in ams/link_networks.h.
 *
 * N items, M models, D columns. Exact meaning of every quantity: docs/definitions.md. */
#ifndef AMS_LINKS_H
#define AMS_LINKS_H

#include "ams/net.h"
#include "ams/pool.h"
#include "ams/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -- what links see of a model's outputs -- */

/* What a target's outputs are: any number of labels; exactly one or none; one number. */
typedef enum ams_link_kind { AMS_LINK_MULTI, AMS_LINK_SINGLE, AMS_LINK_REAL } ams_link_kind;
/* Columns hold confidences, or 1 where the confidence is above the model's threshold. */
typedef enum ams_link_values { AMS_LINK_CONF, AMS_LINK_BITS } ams_link_values;
extern const char *const ams_link_kinds[];        /* "multi", "single", "real" */
extern const char *const ams_link_values_modes[]; /* "conf", "bits" */

/* Columns that are no label: a model's greatest confidence among labels without a column, and
 * what the confidences of a `single` model lack to 1. */
#define AMS_LINK_OTHER UINT32_MAX
#define AMS_LINK_NONE (UINT32_MAX - 1)

typedef struct ams_link_options {
    uint32_t min_count; /* a label has a column if it is valuable on that many items (8) */
    /* Kinds are the table's (ams_table_kind). Besides: */
    bool find_single; /* models whose outputs look like one distribution are `single` */
    uint64_t real;    /* models whose only label is a number, as a mask (0) */
    ams_link_values features, targets; /* conf, conf */
    double lambda;                     /* penalty on weights, none on biases (3) */
    double any_lambda;                 /* the same of any-subset links (100) */
} ams_link_options;
ams_link_options ams_link_defaults(void);

/* The columns of every model: those of model m are [first[m], first[m + 1]), labels ascending,
 * then OTHER, then NONE of a `single` model. Ground truth is one more model here that can
 * never run (ams_link_session_options.truth, ams_choice_problem.never). */
typedef struct ams_link_space {
    ams_link_options options;
    uint32_t n_models, n_columns;
    uint32_t first[AMS_MAX_MODELS + 1];
    uint8_t kind[AMS_MAX_MODELS];    /* ams_link_kind */
    float threshold[AMS_MAX_MODELS]; /* the table's: a label is valuable above it */
    uint32_t *label;                 /* (D) a label of the table, or OTHER, NONE */
} ams_link_space;

/* From the items item (n) of the table, which are training items.
 * @return AMS_BAD_DATA where n is 0 or a `real` model has not one label, AMS_BACKEND. */
ams_status ams_link_space_init(ams_link_space *space, const ams_table *table,
                               const uint32_t *item, uint32_t n,
                               const ams_link_options *options, ams_error *err);
void ams_link_space_fini(ams_link_space *space);
static inline uint32_t ams_link_width(const ams_link_space *space, uint32_t model)
{
    return space->first[model + 1] - space->first[model];
}

/* One column of one execution that is not 0. */
typedef struct ams_link_entry {
    uint32_t column;
    float source, target; /* as features and targets have it */
    float conf;           /* as recorded; of NONE 0 */
    bool valuable;        /* it is a label of the true set */
} ams_link_entry;

/* What a model truly output on an item. */
typedef struct ams_link_truth {
    uint32_t n;   /* valuable labels, with and without a column */
    float conf;   /* their summed confidences */
    uint32_t top; /* column of the most confident valuable label, AMS_LINK_OTHER where that
                     has none, AMS_LINK_NONE where n is 0 */
    float number; /* of a `real` model */
} ams_link_truth;

/* n items as links see them; execution r is of item r / M and model r % M. */
typedef struct ams_link_items {
    uint32_t n, n_models;
    uint64_t *start; /* (n M + 1) entries of each execution, by ascending column */
    ams_link_entry *entry;
    ams_link_truth *truth; /* (n M) */
} ams_link_items;
ams_status ams_link_items_init(ams_link_items *items, const ams_link_space *space,
                               const ams_table *table, const uint32_t *item, uint32_t n,
                               ams_error *err);
void ams_link_items_fini(ams_link_items *items);

/* -- ridge regression -- */

/* Sums over items, enough for every link and every subset. */
typedef struct ams_link_gram {
    uint32_t n_columns;
    double n;        /* items, each by its weight */
    bool one;        /* features and targets are the same: xy is xx, y is x */
    double *xx, *xy; /* (D, D) source x source, source x target */
    double *x, *y;   /* (D) */
} ams_link_gram;
ams_status ams_link_gram_init(ams_link_gram *gram, const ams_link_space *space, ams_error *err);
/* Adds items [first, last). The sums are the same bits however the items are cut. */
void ams_link_gram_add(ams_link_gram *gram, const ams_link_items *items, uint32_t first,
                       uint32_t last);
/* Adds the items item (n), each counted weight (n) times. */
void ams_link_gram_add_weighted(ams_link_gram *gram, const ams_link_items *items,
                                const uint32_t *item, const double *weight, uint32_t n);
/* Adds what another one of the same space has. */
void ams_link_gram_add_sums(ams_link_gram *gram, const ams_link_gram *other);
/* What was added so far counts `factor` times as much. */
void ams_link_gram_forget(ams_link_gram *gram, double factor);
void ams_link_gram_fini(ams_link_gram *gram);

/* Which models' outputs a map reads. */
typedef enum ams_link_form {
    AMS_LINK_SUBSET,  /* one set, all of it, fitted to it */
    AMS_LINK_ANY,     /* whatever has run: additive, trained with source dropout */
    AMS_LINK_NETWORKS /* one set as in SUBSET; a network per target (ams/link_networks.h) */
} ams_link_form;

/* From the columns of the models in `mask` to the columns of all others: linear, or, of
 * NETWORKS, a network per target. */
typedef struct ams_link_map {
    ams_link_form form;
    uint64_t mask;                   /* sources */
    uint32_t n_rows, n_columns;      /* rows: the sources' columns, ascending; of ANY all
                                        columns, then a flag per model that it has run */
    uint32_t row[AMS_MAX_MODELS];    /* first row of each source */
    uint32_t column[AMS_MAX_MODELS]; /* its first column in the space */
    uint32_t n_models;
    uint8_t kind[AMS_MAX_MODELS];   /* ams_link_kind of each target */
    ams_net *net;                   /* (M) of NETWORKS, which have neither weight nor bias: the
                                       sources' columns to a target's; all zero of sources */
    float *weight;                  /* (rows, D); a target's own columns are 0 */
    float *bias;                    /* (D) */
    double tau[AMS_MAX_MODELS];     /* threshold of each target */
    double quality[AMS_MAX_MODELS]; /* of each target on the items it was tuned on; 1 of a
                                       source of a SUBSET */
} ams_link_map;

/* Fits the map of one subset. Thresholds are set to the level 0.5, qualities to 0.
 * @return AMS_DIVERGED where the sums are not finite, AMS_BACKEND. */
ams_status ams_link_fit(ams_link_map *map, const ams_link_space *space,
                        const ams_link_gram *gram, uint64_t mask, ams_error *err);
/* The same, but each target reads at most `most` sources of the mask, those of the greatest
 * quality p (M, M), link i -> j at [i M + j]. */
ams_status ams_link_fit_sparse(ams_link_map *map, const ams_link_space *space,
                               const ams_link_gram *gram, uint64_t mask, const double *p,
                               uint32_t most, ams_error *err);
/* Weights that are not 0, and biases: what a map has to store. */
uint64_t ams_link_weights(const ams_link_map *map);
/* The M maps of single sources, M (M - 1) links: map[i] reads model i. */
ams_status ams_link_fit_pairs(ams_link_map *map, const ams_link_space *space,
                              const ams_link_gram *gram, ams_error *err);
/* The map of any subset: in expectation over a share s ~ U(0, 1) per item and sources kept with
 * probability s. A target's own block is left out of its fit. */
ams_status ams_link_fit_any(ams_link_map *map, const ams_link_space *space,
                            const ams_link_gram *gram, ams_error *err);
void ams_link_map_fini(ams_link_map *map);

/* out (D): predictions for an item when the models of `ran` have run; of a SUBSET those of its
 * mask have, whatever `ran` says. */
void ams_link_predict(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                      uint64_t ran, float *out);
/* The same of columns [first, last) of out alone, which are those of whole models; not of ANY.
 */
void ams_link_predict_range(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                            uint32_t first, uint32_t last, float *out);

/* What model `ran` adds to predictions out (D) of an ANY map, which begin as its bias: its
 * outputs on the item and that it has run. */
void ams_link_add(const ams_link_map *map, const ams_link_items *items, uint32_t item,
                  uint32_t ran, float *out);

/* -- how good a prediction is -- */

typedef enum ams_link_metric {
    AMS_LINK_F1,
    AMS_LINK_EXACT,
    AMS_LINK_RECALL,
    AMS_LINK_TOP1,
    AMS_LINK_COUNT,
    AMS_LINK_NUMBER, /* |error| < 0.5, of `real` models; others count as in EXACT */
    AMS_LINK_METRICS
} ams_link_metric;
extern const char *const ams_link_metrics[]; /* "f1", "exact", ... NULL-terminated */

/* A predicted confidence in [0, 1] on a scale on which the target's valuable threshold is 0.5:
 * piecewise linear, 0 and 1 stay. The same number where the threshold is 0.5, and where columns
 * are bits, whose predictions are chances. */
float ams_link_level(const ams_link_space *space, uint32_t target, float p);
/* The way back: the confidence of a target that is at `level`, in [0, 1]. */
double ams_link_at_level(const ams_link_space *space, uint32_t target, double level);

/* Thresholds that tuning tries: the confidences of a target at the levels 0.2 + 0.025 k. */
enum { AMS_LINK_TAUS = 17 };
double ams_link_tau(const ams_link_space *space, uint32_t target, uint32_t k);

/* Score of one execution's prediction p (D; the target's columns are read) in [0, 1]. */
double ams_link_score(const ams_link_space *space, const ams_link_items *items, uint32_t item,
                      uint32_t target, const float *p, double tau, ams_link_metric metric);
/* All metrics of it at once, by ams_link_metric. */
void ams_link_score_all(const ams_link_space *space, const ams_link_items *items, uint32_t item,
                        uint32_t target, const float *p, double tau,
                        double score[AMS_LINK_METRICS]);

/* The loss 1 - F1 to expect of the target's prediction p (D; the target's columns are read) at
 * the threshold, in [0, 1]: what p says of itself, where its columns are taken for independent
 * probabilities. Labels without a column are missed with the probability that p has for OTHER.
 * Of a `real` target 0: one number says nothing of its error. */
double ams_link_expected_loss(const ams_link_space *space, uint32_t target, const float *p,
                              double tau);

/* Whatever predicts: out (D) for an item when the models of `ran` have run on it. */
typedef struct ams_link_predictor {
    const void *context; /* borrowed */
    void (*predict)(const void *context, const ams_link_items *items, uint32_t item,
                    uint64_t ran, float *out);
} ams_link_predictor;
ams_link_predictor ams_link_map_predictor(const ams_link_map *map);

/* Which models ran: the same set on every item, or one per item. And how much items count. */
typedef struct ams_link_ran {
    uint64_t set;
    const uint64_t *each; /* (n), borrowed; NULL: set */
    const double *weight; /* (n), borrowed; NULL: 1 each */
} ams_link_ran;
static inline uint64_t ams_link_ran_on(const ams_link_ran *ran, uint32_t item)
{
    return ran->each == NULL ? ran->set : ran->each[item];
}

/* tau (M), quality (M): threshold and mean F1 (of a `real` model NUMBER) of every target on the
 * items on which it did not run; quality is 1 where it always did. `tune`: the tau of the
 * greatest mean, ties to the level nearest 0.5, then to the lower one; else tau is read.
 * @return AMS_BAD_DATA where there is no item, AMS_BACKEND. */
ams_status ams_link_rate(const ams_link_predictor *predictor, const ams_link_space *space,
                         const ams_link_items *items, const ams_link_ran *ran, bool tune,
                         double *tau, double *quality, ams_error *err);
/* The same into a map's own, when its sources have run. */
ams_status ams_link_rate_map(ams_link_map *map, const ams_link_space *space,
                             const ams_link_items *items, bool tune, ams_error *err);

/* Constant predictions: the targets' means. A map without sources. */
ams_status ams_link_fit_constant(ams_link_map *map, const ams_link_space *space,
                                 const ams_link_gram *gram, ams_error *err);

/* Accuracy of filling what did not run: per metric the mean over items, then over models, with
 * 1 where a model ran. */
typedef struct ams_link_accuracy {
    double mean[AMS_LINK_METRICS];
    double target[AMS_MAX_MODELS][AMS_LINK_METRICS]; /* mean over items */
    double seconds;                                  /* of prediction alone, all items */
} ams_link_accuracy;
/* item_f1 (n) may be NULL: mean F1 over models per item. */
ams_status ams_link_measure(const ams_link_predictor *predictor, const double *tau,
                            const ams_link_space *space, const ams_link_items *items,
                            const ams_link_ran *ran, ams_link_accuracy *accuracy,
                            double *item_f1, ams_error *err);
/* (accuracy - floor) / (1 - floor), 0 where floor is 1. */
double ams_link_skill(double accuracy, double floor);

#ifdef __cplusplus
}
#endif
#endif
