/* What cuBLAS is asked for, as numbers and pointers: which sizes it is asked at, in which
 * launches, and the products of each. Plain C, so that tests make the same products in host
 * memory. */
#ifndef AMS_CUDA_PRODUCTS_H
#define AMS_CUDA_PRODUCTS_H

#include "cuda/layout.h"

/* c (m, n) = op(a) (m, k) op(b) (k, n), by columns, as cuBLAS counts; op transposes or not. A
 * matrix that is row-major here is its transpose there, with its row's length between columns.
 */
typedef struct ams_product {
    bool transpose_a, transpose_b;
    uint32_t m, n, k, lda, ldb, ldc;
    const float *a, *b;
    float *c;
} ams_product;

/* The products of a launch of FORWARD, BACKWARD or GEMM; returns how many, and 0 for a launch
 * that is not cuBLAS's. */
uint32_t ams_products(const ams_view *view, const ams_launch *launch,
                      ams_product product[AMS_MAX_LAYERS]);

/* Whether an update goes the wide path: from AMS_SIZES.wide_work on, and in other precisions
 * than fp32, which are cuBLAS's, at any size. Reads the view's numbers alone. */
bool ams_wide_pays(const ams_view *view);
/* Bytes of the widest hidden layer's units of the next states, of which there are two arrays at
 * most. */
#define AMS_NEXT_BYTES ((uint64_t)256 << 20)

/* view.next_rows: how many next states go through the network at a time. With targets=all, all
 * of them, or as many as `most_bytes` hold the units of, but at least an eighth
 * (AMS_MOST_PARTS); with targets=taken always all, one per sample; 0 where none is asked for.
 */
uint32_t ams_wide_rows(const ams_view *view, uint64_t most_bytes);
/* The launches from the targets to the slopes of all layers and the sums of the biases';
 * returns how many. */
uint32_t ams_wide_schedule(const ams_view *view, ams_launch *launch);

#endif
