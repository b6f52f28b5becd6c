/* Scores of answers with several labels against the right ones. */
#include "ams/answer_scores.h"

#include "base/memory.h"

#include <stdlib.h>

/* Labels that two ascending lists have in common. */
static uint32_t common(const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m)
{
    uint32_t both = 0;
    for (uint32_t i = 0, j = 0; i < n && j < m;) {
        const bool same = a[i] == b[j];
        const bool behind = a[i] < b[j];
        both += same;
        i += same || behind;
        j += same || !behind;
    }
    return both;
}

double ams_answer_f1(const uint32_t *answer, uint32_t n, const uint32_t *right, uint32_t m)
{
    return n + m == 0 ? 1 : 2.0 * common(answer, n, right, m) / (n + m);
}

bool ams_answer_exact(const uint32_t *answer, uint32_t n, const uint32_t *right, uint32_t m)
{
    return n == m && common(answer, n, right, m) == n;
}

/* One item's confidence, and whether the label is right. */
typedef struct metrics_item {
    float conf;
    bool right;
} metrics_item;

static int by_confidence(const void *a, const void *b)
{
    const float left = ((const metrics_item *)a)->conf;
    const float right = ((const metrics_item *)b)->conf;
    return (left < right) - (left > right);
}

/* Of sorted items; equal confidences are one step. */
static double average_precision(const metrics_item *item, uint32_t n)
{
    uint32_t right = 0;
    uint32_t before = 0;
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        right += item[i].right;
        if (i + 1 == n || item[i + 1].conf < item[i].conf) {
            sum += (double)(right - before) * right / (i + 1);
            before = right;
        }
    }
    return right == 0 ? -1 : sum / right;
}

ams_status ams_answer_map(double *map, const float *conf, const uint8_t *right,
                          uint32_t n_items, uint32_t n_labels, ams_error *err)
{
    metrics_item *item = NULL;
    uint32_t labels = 0;
    double sum = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&item, n_items, sizeof *item, "a precision", err));
    for (uint32_t c = 0; c < n_labels; c++) {
        for (uint32_t i = 0; i < n_items; i++) {
            const size_t at = (size_t)i * n_labels + c;
            item[i] = (metrics_item){conf[at], right[at] != 0};
        }
        qsort(item, n_items, sizeof *item, by_confidence);
        const double precision = average_precision(item, n_items);
        labels += precision >= 0;
        sum += precision >= 0 ? precision : 0;
    }
    *map = labels == 0 ? 0 : sum / labels;
out:
    free(item);
    return status;
}
