/* What an ams_view is made of: from a trainer on the host, the view's numbers and the list of
 * its arrays. The device's memory is allocated, filled and read back by this list; so are the
 * host's copies in tests. */
#ifndef AMS_CUDA_LAYOUT_H
#define AMS_CUDA_LAYOUT_H

#include "cuda/pass.h"

enum { AMS_MOST_ARRAYS = 80, AMS_LINE = 256 /* bytes */ };

typedef struct ams_array {
    size_t member;      /* where the view has its pointer */
    size_t bytes;       /* more than 0 */
    const void *from;   /* what the trainer holds; NULL: zeros */
    void *to;           /* where it goes back to; NULL: nowhere */
    const char *option; /* what makes it smaller */
} ams_array;

typedef struct ams_layout {
    ams_array array[AMS_MOST_ARRAYS];
    uint32_t n;
    size_t bytes;          /* of all arrays */
    uint32_t first_own;    /* arrays before are the environment's: runs on one share them */
    uint32_t first_loaded; /* arrays from here on have changed when the trainer was restored */
    uint32_t count;        /* the array of view.count */
} ams_layout;

/* Borrows the trainer's arrays. The view's pointers are left NULL. */
void ams_layout_describe(struct ams_trainer *trainer, ams_view *view, ams_layout *layout);
/* The same with view.wide given, which ams_wide_pays decides there: for tests. */
void ams_layout_describe_as(struct ams_trainer *trainer, bool wide, ams_view *view,
                            ams_layout *layout);
/* Lets the view's pointer to array i be `data`. */
void ams_layout_point(const ams_layout *layout, uint32_t i, void *data, ams_view *view);
/* Bytes of arrays [first, end), each from a whole line of the device's cache on. */
size_t ams_layout_bytes(const ams_layout *layout, uint32_t first, uint32_t end);
/* The array that takes most, for messages. */
const ams_array *ams_layout_largest(const ams_layout *layout);
/* Whether so many bytes more leave enough for what the device needs beside arrays, where other
 * runs would suffer if they did not. */
bool ams_layout_fits(size_t bytes, size_t free_bytes);
/* Between the trainer and the view, the counters of the replay have another home. Counters go
 * to the device before each update and come back after it; a fetch leaves them alone. */
void ams_layout_before_load(struct ams_trainer *trainer);
void ams_layout_after_fetch(struct ams_trainer *trainer);

/* What the device is asked to do for an update, one after the other. */
typedef enum ams_work {
    AMS_WORK_ACT,      /* one block per environment; the last takes all steps */
    AMS_WORK_DRAW,     /* one block; where slots have to be known before samples are read */
    AMS_WORK_BRANCH,   /* one block per action of each sample: targets=all with a bootstrap */
    AMS_WORK_LEARN,    /* one block per sample */
    AMS_WORK_GEMM,     /* cuBLAS: dense gradients */
    AMS_WORK_GRADIENT, /* with clipping: one block per AMS_STEP_ROWS rows, and one per
                          AMS_DENSE_BLOCK other parameters */
    AMS_WORK_CLIP,     /* one block */
    AMS_WORK_STEP,     /* the blocks of GRADIENT, and one that closes the update */
    /* In the place of LEARN, and of BRANCH where there is a network to ask: wide.h. */
    AMS_WORK_FIRST,    /* one block per state: units of the first layer */
    AMS_WORK_FORWARD,  /* cuBLAS: a dense layer's products */
    AMS_WORK_ACTIVATE, /* blocks of AMS_WIDE_BLOCK units: bias, ReLU, dropout */
    AMS_WORK_VALUE,    /* one block per next state: its target */
    AMS_WORK_LOSS,     /* one block per sample: the slopes of the last layer's outputs */
    AMS_WORK_BACKWARD, /* cuBLAS: slopes of the units before a dense layer */
    AMS_WORK_SLOPE,    /* blocks of AMS_WIDE_BLOCK units: those through ReLU and dropout */
    AMS_WORK_BIAS      /* one block per part of the samples and AMS_WIDE_UNITS units */
} ams_work;
typedef struct ams_launch {
    ams_work work;
    uint32_t blocks;
    ams_pass pass; /* from FIRST on */
} ams_launch;
_Static_assert(AMS_WORK_STEP + 1 == AMS_ROW_WORKS, "works of all runs come first");
/* AMS_MOST_PARTS of the next states: 6 launches for each network of four layers, and VALUE;
 * with those of everything else fewer than AMS_MOST_LAUNCHES. */
enum { AMS_MOST_PARTS = 8, AMS_MOST_LAUNCHES = 128, AMS_ACT_LAUNCHES = 1 };
_Static_assert(AMS_MAX_LAYERS == 4 && AMS_MOST_PARTS * 13 + 20 <= AMS_MOST_LAUNCHES,
               "the longest schedule has room");

/* The launches of an update, of which the first AMS_ACT_LAUNCHES are its act; returns how many.
 */
uint32_t ams_layout_schedule(const ams_view *view, ams_launch launch[AMS_MOST_LAUNCHES]);
/* Updates of so many runs that a graph may hold: 64, or fewer where the launches that go run by
 * run would make it larger than 4,096 nodes; at least one. */
uint32_t ams_layout_graph_updates(const ams_view *view, uint32_t runs);
/* Whether two runs can be trained together: whether their updates are the same launches, if of
 * other sizes. */
bool ams_layout_alike(const ams_view *a, const ams_view *b);
/* The same from their options alone: what `equal shape` means to those who form batches. Where
 * the products may be cuBLAS's it asks for equal sizes, too, which is more than is needed. */
bool ams_layout_same_shape(const ams_train_options *a, const ams_train_options *b);
/* How often to act before the next update learns: more than once until the replay is warm. */
uint64_t ams_layout_acts(const struct ams_trainer *trainer);

#endif
