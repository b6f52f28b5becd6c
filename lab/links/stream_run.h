/* One strategy at work on a stream. Private to lab/links/.
 *
 * M models, D columns. All items are in stream order. */
#ifndef AMS_LAB_LINKS_STREAM_RUN_H
#define AMS_LAB_LINKS_STREAM_RUN_H

#include "base/rng.h"
#include "lab/links/stream.h"

/* Losses against what predictions say of them: an item's features are the losses to expect of
 * its M targets (0 of those that ran), and a 1. */
typedef struct ams_loss_sums {
    double *xx, *xy; /* (M + 1, M + 1), (M + 1), forgotten like the Gram matrix */
    double *weight;  /* (M + 1) of the regression */
    double *a, *x;   /* (M + 1, M + 1), (M + 1) scratch */
} ams_loss_sums;

/* Fully run items with the half of the sums that each is in. */
typedef struct ams_stream_window {
    ams_link_items items;
    uint8_t *side; /* (n) */
} ams_stream_window;

typedef struct ams_stream_run {
    ams_link_stream *stream;
    ams_link_label label;
    ams_link_space space;
    ams_link_items items;
    ams_link_gram gram;
    ams_link_gram half[2]; /* of every other item that was learned from */
    uint8_t *side;         /* (n) the half that an item is in */
    uint32_t n_learned;
    ams_link_map map, constant; /* of the set, and of none */
    uint32_t *recent;           /* (window) fully run items, the oldest first */
    uint32_t n_recent;
    ams_stream_window warm; /* the window after the warm-up: what NONE is tuned on */
    ams_loss_sums losses;
    double *loss, *score;   /* (segment) true and suspected */
    double *sorted;         /* (segment) scratch */
    uint8_t *full;          /* (segment) every model ran */
    double *past;           /* (segment) the last suspected losses, in a ring */
    uint32_t n_past;        /* scores so far */
    uint32_t allowed, used; /* labels so far that may be, that were */
    uint32_t profiled;      /* first items of the segment */
    float *p, *c;           /* (D) */
    ams_rng rng;
} ams_stream_run;

/* F1 of item's outputs, 1 for those of the set. */
double ams_stream_f1(const ams_stream_run *run, const ams_link_map *map, const float *p,
                     uint32_t item, uint64_t set);

/* -- stream_learn.c -- */

ams_status ams_stream_losses_init(ams_loss_sums *losses, uint32_t n_models, ams_error *err);
void ams_stream_losses_fini(ams_loss_sums *losses);
/* The suspected loss of the prediction run->p: UNCERTAIN, the mean of the losses to expect;
 * LOSS, the regression's. */
double ams_stream_suspect(ams_stream_run *run, uint64_t set);
/* Solves the regression. @return AMS_DIVERGED. */
ams_status ams_stream_fit_losses(ams_stream_run *run, ams_error *err);
/* Adds what map and set say of an item, and its true loss. Overwrites run->p. */
void ams_stream_learn_loss(ams_stream_run *run, uint32_t item, uint64_t set);
/* n new items have come: the sums so far count less. */
void ams_stream_forget(ams_stream_run *run, uint32_t n);

#endif
