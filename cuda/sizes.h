/* Sizes that only a measurement on a GPU can choose: how many threads the blocks of a launch
 * have, and from which sizes on something else pays. `ams bench --what kernels` prints what
 * each launch takes in blocks of several sizes; what it finds belongs here. Nothing here was
 * measured yet: threads and blocks are whole warps and some waves, the others come from counts.
 */
#ifndef AMS_CUDA_SIZES_H
#define AMS_CUDA_SIZES_H

#include "cuda/layout.h"

typedef struct ams_sizes {
    uint32_t
        threads[AMS_ROW_WORKS]; /* of a block of each ams_work: whole warps, up to AMS_BLOCK */
    uint32_t most_blocks;  /* of a launch, in all rows: some waves of what a device holds */
    uint32_t gemm_batch;   /* cuBLAS pays from batches on whose sums are long; below, one more
                              launch costs more */
    uint32_t most_nodes;   /* of a graph. A node has 1.6 kB of arguments and some hundreds of
                              bytes on the device, and a graph is made anew when a run leaves */
    uint32_t most_updates; /* of a graph */
    /* Multiply-adds of the dense layers in one pass of an update's states from which the wide
     * path is taken. One block per sample reads a dense weight for each of them, from the
     * second-level cache at some 5 TB/s, four to five times per update; 2^23 of them take about
     * as long as the ten or so launches that the wide path makes more of. */
    double wide_work;
} ams_sizes;

/* The simulated device has fewer blocks, so that each of them works off more than one, and
 * smaller graphs, so that few updates make several. */
#ifndef AMS_MOST_BLOCKS
#define AMS_MOST_BLOCKS 4096
#define AMS_MOST_UPDATES 64
#endif

static const ams_sizes AMS_SIZES = {
    {256, 256, 256, 256, 256, 256, 256, 256},
    AMS_MOST_BLOCKS,
    512,
    4096,
    AMS_MOST_UPDATES,
    8388608.0,
};

#endif
