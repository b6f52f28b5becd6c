/* Links of a data set: fitted on its training split, rated on validation, measured on a split.
 *
 *   ams_link_session s = {0};
 *   ams_link_session_open(&s, &options, &err)     reads the file, fits every link
 *   ams_link_session_choose(&s, ...)              which models to run
 *   ams_link_fill_init(&fill, &s, ...)            how the others are filled in
 *   ams_link_session_close(&s)                    also after a failure
 *
 * M models, D columns. */
#ifndef AMS_LINK_SESSION_H
#define AMS_LINK_SESSION_H

#include "ams/data.h"
#include "ams/link_blend.h"
#include "ams/link_networks.h"
#include "ams/link_select.h"
#include "ams/links.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_link_session_options {
    const char *data_path; /* borrowed */
    const char *fit_path;  /* outputs file whose training and validation items are those of the
                              session, in place of the data's own; borrowed, or NULL */
    ams_link_options links;
    bool papers_threshold;            /* every tau is the threshold; else tuned on validation */
    const ams_split_options *resplit; /* borrowed: draw the splits again; NULL: the file's */
    uint64_t items;                   /* training items used: a sample of that many; 0: all */
    uint64_t seed;                    /* of the sample */
    uint32_t sources;                 /* that a target reads in REFIT, the best; 0: all */
    ams_split split;                  /* that is measured */
    bool truth;    /* the right answers are one more model, which never runs */
    bool networks; /* links are networks, not ridge regressions */
    ams_link_network_options network;
    uint32_t threads;             /* that train networks, >= 1; the bits do not depend on it */
    const ams_progress *progress; /* borrowed, or NULL */
    struct ams_team *team; /* of processes that fit links together; NULL: this one alone */
} ams_link_session_options;
ams_link_session_options ams_link_session_defaults(void);

typedef struct ams_link_session {
    ams_link_session_options options;
    ams_table table;
    char data_hash[AMS_HASH_TEXT];
    ams_link_space space;
    ams_link_items training, validation, measured;
    ams_link_gram gram;
    ams_link_map constant;
    ams_link_map *pair;                 /* (M) */
    double *p, *p0;                     /* (M, M), (M): their qualities on validation */
    double *time_ms, *mem_mb;           /* (M) */
    double total_time_ms, total_mem_mb; /* of the models that can run */
    uint64_t never;                     /* models that cannot: ground truth as a node */
    ams_pool *pool;                     /* of networks, else NULL */
    double fit_seconds;                 /* from the items in memory to rated links */
} ams_link_session;

/* @return AMS_IO, AMS_BAD_DATA (a split without items), AMS_USAGE (a sample larger than the
 * training split), AMS_BACKEND. */
ams_status ams_link_session_open(ams_link_session *session,
                                 const ams_link_session_options *options, ams_error *err);
void ams_link_session_close(ams_link_session *session);

/* -- which models to run -- */

typedef enum ams_link_method {
    AMS_CHOOSE_CONSTANT, /* exact knapsack without links */
    AMS_CHOOSE_CHEAPEST,
    AMS_CHOOSE_PAPERS,
    AMS_CHOOSE_FACILITY,
    AMS_CHOOSE_TRIPLES,
    AMS_CHOOSE_EXACT,
    AMS_CHOOSE_REFIT, /* greedy on the accuracy of refitted links, on validation */
    AMS_CHOOSE_METHODS
} ams_link_method;
extern const char *const ams_link_methods[]; /* NULL-terminated, in order */

/* A limit on the models that run; INFINITY: none. Shares are of the sums over all models. */
typedef struct ams_link_budget {
    double time_ms, mem_mb;
} ams_link_budget;

enum { AMS_LINK_NODES = 2000000 }; /* of an exact search */
/* choice->value is F, and of REFIT the accuracy on validation.
 * @return AMS_USAGE for a budget without any limit. */
ams_status ams_link_session_choose(const ams_link_session *session, ams_link_method method,
                                   const ams_link_budget *budget, ams_choice *choice,
                                   ams_error *err);

/* -- how the others are filled in -- */

typedef enum ams_link_filling {
    AMS_FILL_NOTHING,  /* what did not run counts as wrong */
    AMS_FILL_CONSTANT, /* the targets' means: the floor */
    AMS_FILL_BEST,
    AMS_FILL_MEAN,
    AMS_FILL_WEIGHTS,
    AMS_FILL_REWEIGHTED,
    AMS_FILL_CONCAT,
    AMS_FILL_ANY,
    AMS_FILL_REFIT,
    AMS_FILLINGS
} ams_link_filling;
extern const char *const ams_link_fillings[]; /* NULL-terminated, in order */

typedef struct ams_link_fill {
    ams_link_filling filling;
    ams_link_predictor predictor;
    double tau[AMS_MAX_MODELS], quality[AMS_MAX_MODELS];
    ams_link_map map;                /* private: of ANY and REFIT */
    ams_link_blend blend;            /* private */
    const ams_link_session *session; /* borrowed */
} ams_link_fill;
/* For a set (REFIT is fitted to it). Thresholds are tuned on validation when that set ran. What
 * it points to must not move: the fill is its own predictor's context. */
ams_status ams_link_fill_init(ams_link_fill *fill, const ams_link_session *session,
                              ams_link_filling filling, uint64_t set, ams_error *err);
void ams_link_fill_fini(ams_link_fill *fill);
/* Tunes an existing fill, other than REFIT, for another set. */
ams_status ams_link_fill_tune(ams_link_fill *fill, const ams_link_ran *ran, ams_error *err);
/* On session->measured. item_f1 (n) may be NULL. */
ams_status ams_link_fill_measure(const ams_link_fill *fill, const ams_link_ran *ran,
                                 ams_link_accuracy *accuracy, double *item_f1, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
