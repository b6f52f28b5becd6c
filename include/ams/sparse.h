/* What a network sees of states. B states, F features. */
#ifndef AMS_SPARSE_H
#define AMS_SPARSE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A batch of sparse states: features of state b are index[ptr[b] .. ptr[b+1]), ascending. */
typedef struct ams_sparse {
    uint32_t n;       /* B */
    uint32_t columns; /* F */
    uint32_t *ptr;    /* (B + 1) */
    uint32_t *index;
    float *value;  /* NULL: every feature is 1 */
    uint8_t *head; /* (B) the output head that is asked; NULL: there is one */
} ams_sparse;

#ifdef __cplusplus
}
#endif
#endif
