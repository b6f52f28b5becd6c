/* One strategy at work on a stream. Private to lab/links/.
 *
 * M models, D columns, N items of the stream, which are in stream order everywhere. */
#ifndef AMS_LAB_LINKS_STREAM_RUN_H
#define AMS_LAB_LINKS_STREAM_RUN_H

#include "base/rng.h"
#include "lab/links/stream.h"

/* What the models that ran output on some items in a row. */
typedef struct ams_stream_profile {
    uint32_t n;
    uint64_t ran; /* models that ran on all of them */
    float *sum;   /* (D) of what links read */
} ams_stream_profile;

/* Fully run items, and how much each of them counts for what comes now. */
typedef struct ams_stream_memory {
    uint32_t n;
    uint32_t *item;            /* (N) of which n are in use, the oldest first */
    uint8_t *side;             /* (N) the half that it is in */
    double *own;               /* (N) how much it stands for: 1, less if it was asked for */
    double *weight;            /* (N) of now */
    uint64_t *ran;             /* (N) models that ran on each item of the stream */
    uint32_t n_cells;          /* every AMS_STREAM_CELL items of the stream are one */
    ams_stream_profile *cell;  /* (n_cells) */
    double *likeness;          /* (n_cells) of now */
    ams_stream_profile now[2]; /* scratch */
    uint32_t since;            /* the first item after the last change that was noticed */
} ams_stream_memory;
enum { AMS_STREAM_CELL = 50 };

/* Losses against what predictions say of them: ams_stream_features of an item. */
typedef struct ams_loss_sums {
    double *weight; /* (F) of the regression */
    double *a, *x;  /* (F, F), (F) scratch */
} ams_loss_sums;

/* The fully run items that links are rated on. */
typedef struct ams_stream_window {
    ams_link_items items;
    uint8_t *side;  /* (n) */
    double *weight; /* (n) */
} ams_stream_window;

/* Maps of both halves; an item is predicted by that of the half that it is not in. */
typedef struct ams_stream_crossed {
    ams_link_map map[2];
    const uint8_t *side;
} ams_stream_crossed;

typedef struct ams_stream_run {
    ams_link_stream *stream;
    ams_link_label label;
    ams_link_space space;
    ams_link_items items;
    ams_stream_memory memory;
    ams_link_gram gram;
    ams_link_gram half[2];
    uint32_t *list; /* (N) scratch: items of a half, and their weights */
    double *list_weight;
    ams_link_map map, constant; /* of the set, and of none */
    ams_stream_window warm;     /* the window after the warm-up: what NONE is tuned on */
    ams_loss_sums losses;
    double *loss, *floor; /* (segment) true ones of the links, F1 of the constants */
    double *own_ms;       /* (segment) time of the set that ran */
    uint8_t *full;        /* (segment) every model ran */
    double *past;         /* (segment) the last suspected losses, in a ring */
    double *sorted;       /* (segment) scratch */
    uint32_t n_past;      /* scores so far */
    double earned;        /* labels so far that may be given */
    uint32_t used;        /* that were */
    uint32_t unlearned;   /* fully run items since links were fitted */
    bool changed;         /* since links were fitted, as was noticed */
    uint32_t burst, last; /* labels to give after a change, and the item of the last one */
    double even;          /* of the next label that is given evenly, the share that is due */
    float *p, *c;         /* (D) */
    ams_rng rng;
} ams_stream_run;

/* F1 of item's outputs, 1 for those of the set. */
double ams_stream_f1(const ams_stream_run *run, const ams_link_map *map, const float *p,
                     const ams_link_items *items, uint32_t item, uint64_t set);

/* -- stream_memory.c -- */

ams_status ams_stream_memory_init(ams_stream_run *run, ams_error *err);
void ams_stream_memory_fini(ams_stream_memory *memory);
/* The models of the set ran on an item, the next one of the stream. */
void ams_stream_see(ams_stream_run *run, uint32_t item, uint64_t set);
/* All models did, in the end. */
void ams_stream_remember(ams_stream_run *run, uint32_t item, double own);
/* How much each remembered item counts for what comes after the item before `now`: the more,
 * the more the last items are like those around it. */
void ams_stream_weigh(ams_stream_run *run, uint32_t now);
/* Whether outputs of the last items are unlike those of the items before; then these are
 * forgotten by ams_stream_weigh. */
bool ams_stream_changed(ams_stream_run *run, uint32_t now);

/* -- stream_ask.c -- */

/* Whether the item, number k of the segment's n to decide on, is labelled; *own: what it stands
 * for. */
bool ams_stream_asks(ams_stream_run *run, uint32_t item, uint32_t left_items,
                     uint32_t left_labels, double score, double *own);
/* Of ORACLE: the greatest true losses of items [from, to) of the segment. */
void ams_stream_ask_oracle(ams_stream_run *run, uint32_t first, uint32_t from, uint32_t to);

/* -- stream_learn.c -- */

ams_status ams_stream_losses_init(ams_loss_sums *losses, uint32_t n_models, ams_error *err);
void ams_stream_losses_fini(ams_loss_sums *losses);
/* The suspected loss of the prediction run->p: UNCERTAIN, the mean of the losses to expect;
 * LOSS, the regression's. */
double ams_stream_suspect(ams_stream_run *run, uint32_t item, uint64_t set);
/* Regression of the losses on the window, where items are predicted crosswise. Overwrites
 * run->p. @return AMS_DIVERGED. */
ams_status ams_stream_fit_losses(ams_stream_run *run, const ams_stream_crossed *crossed,
                                 const ams_stream_window *window, uint64_t set, ams_error *err);

#endif
