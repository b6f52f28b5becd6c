/* Whether two rows say the same, for tests that read a row in two ways. */
#ifndef AMS_TESTS_DATA_SAME_ROW_H
#define AMS_TESTS_DATA_SAME_ROW_H

#include "ams/data.h"

#include <string.h>

static inline bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static inline bool same_texts(const char *const *a, const char *const *b, uint32_t n)
{
    uint32_t i = 0;
    while (i < n && same_text(a[i], b[i])) {
        i++;
    }
    return i == n;
}

/* By its bits: -0 and 0 are two, and NAN is itself. */
static inline bool same_number(double a, double b)
{
    uint64_t bits[2] = {0, 0};
    memcpy(&bits[0], &a, sizeof a);
    memcpy(&bits[1], &b, sizeof b);
    return bits[0] == bits[1];
}

static inline bool same_numbers(const double *a, const double *b, uint32_t n)
{
    uint32_t i = 0;
    while (i < n && same_number(a[i], b[i])) {
        i++;
    }
    return i == n;
}

static inline bool same_row(const ams_row *a, const ams_row *b)
{
    return same_text(a->item, b->item) && same_text(a->model, b->model) &&
           same_text(a->group, b->group) && same_text(a->split, b->split) &&
           same_number(a->time_ms, b->time_ms) && a->n_labels == b->n_labels &&
           same_texts(a->label, b->label, a->n_labels) &&
           same_numbers(a->conf, b->conf, a->n_labels) && a->n_truth == b->n_truth &&
           same_texts(a->truth, b->truth, a->n_truth) && a->clamped == b->clamped &&
           a->unknown_fields == b->unknown_fields &&
           same_text(a->unknown_field, b->unknown_field);
}

#endif
