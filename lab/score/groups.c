#include "lab/score/groups.h"

#include <stdbool.h>
#include <string.h>

static bool appeared_before(const char *const *label, uint32_t place)
{
    for (uint32_t k = 0; k < place; k++) {
        if (strcmp(label[k], label[place]) == 0) {
            return true;
        }
    }
    return false;
}

uint32_t ams_score_group(const char *const *label, uint32_t n, uint32_t *member,
                         uint32_t *first)
{
    uint32_t groups = 0;
    uint32_t used = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (appeared_before(label, k)) {
            continue;
        }
        first[groups++] = used;
        for (uint32_t other = k; other < n; other++) {
            if (strcmp(label[other], label[k]) == 0) {
                member[used++] = other;
            }
        }
    }
    first[groups] = used;
    return groups;
}

void ams_score_rank(const double *value, uint32_t n, uint32_t *order)
{
    for (uint32_t k = 0; k < n; k++) {
        uint32_t at = k;
        while (at > 0 && value[order[at - 1]] > value[k]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = k;
    }
}
