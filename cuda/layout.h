/* What an ams_view is made of: from a trainer on the host, the view's numbers and the list of
 * its arrays. The device's memory is allocated, filled and read back by this list; so are the
 * host's copies in tests. */
#ifndef AMS_CUDA_LAYOUT_H
#define AMS_CUDA_LAYOUT_H

#include "cuda/view.h"

enum { AMS_MOST_ARRAYS = 80 };

typedef struct ams_array {
    size_t member;    /* where the view has its pointer */
    size_t bytes;     /* more than 0 */
    const void *from; /* what the trainer holds; NULL: zeros */
    void *to;         /* where it goes back to; NULL: nowhere */
    const char *option; /* what makes it smaller */
} ams_array;

typedef struct ams_layout {
    ams_array array[AMS_MOST_ARRAYS];
    uint32_t n;
    size_t bytes; /* of all arrays */
    size_t first_loaded; /* arrays from here on have changed when the trainer was restored */
} ams_layout;

/* Borrows the trainer's arrays. The view's pointers are left NULL. */
void ams_layout_describe(struct ams_trainer *trainer, ams_view *view, ams_layout *layout);
/* Lets the view's pointer to array i be `data`. */
void ams_layout_point(const ams_layout *layout, uint32_t i, void *data, ams_view *view);
/* The array that takes most, for messages. */
const ams_array *ams_layout_largest(const ams_layout *layout);
/* Between the trainer and the view, the counters of the replay have another home. */
void ams_layout_before_load(struct ams_trainer *trainer);
void ams_layout_after_fetch(struct ams_trainer *trainer);

#endif
