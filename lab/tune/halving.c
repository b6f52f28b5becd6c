#include "ams/halving.h"

#include <math.h>

static uint32_t trials_of(const ams_halving *h, uint32_t rung)
{
    uint64_t trials = h->trials;
    for (uint32_t i = 0; i < rung; i++) {
        trials = (trials + h->eta - 1) / h->eta; /* ceil of ceil is ceil of the whole */
    }
    uint32_t least = h->finalists < h->trials ? h->finalists : h->trials;
    return trials > least ? (uint32_t)trials : least;
}

/* steps / eta^divisions to the nearest multiple, of which it is at least one. */
static uint64_t updates_of(const ams_halving *h, uint32_t divisions)
{
    double share = (double)h->steps / pow(h->eta, divisions);
    uint64_t multiples = (uint64_t)(share / (double)h->multiple + 0.5);
    return (multiples == 0 ? 1 : multiples) * h->multiple;
}

uint32_t ams_halving_rungs(const ams_halving *h, ams_rung rung[AMS_MOST_RUNGS])
{
    uint32_t divisions = 0;
    /* 1/9 is no double; a min_fraction that was meant as such still allows two divisions. */
    while (divisions + 1 < AMS_MOST_RUNGS &&
           pow(h->eta, -(double)(divisions + 1)) >= h->min_fraction * (1 - 1e-9)) {
        divisions++;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < divisions; i++) {
        uint64_t updates = updates_of(h, divisions - i);
        if (updates < h->steps && (n == 0 || updates > rung[n - 1].updates)) {
            rung[n++] = (ams_rung){.updates = updates, .trials = trials_of(h, i)};
        }
    }
    /* Without a rung before it, the last one has every trial. */
    rung[n] =
        (ams_rung){.updates = h->steps, .trials = n == 0 ? h->trials : trials_of(h, divisions)};
    return n + 1;
}

static int before(const double *score, uint32_t a, uint32_t b)
{
    int finite_a = isfinite(score[a]) != 0;
    int finite_b = isfinite(score[b]) != 0;
    if (finite_a != finite_b) {
        return finite_a;
    }
    return finite_a && score[a] != score[b] ? score[a] < score[b] : a < b;
}

uint32_t ams_halving_rank(const double *score, uint32_t n, uint32_t *order)
{
    uint32_t finite = 0;
    /* Insertion: some hundreds of trials at most. */
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i;
        for (; at > 0 && before(score, i, order[at - 1]); at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
        finite += isfinite(score[i]) != 0;
    }
    return finite;
}
