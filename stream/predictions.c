/* What is expected of a job, and the options that follow from it. */
#include "stream/dispatch_private.h"

#include <math.h>
#include <string.h>

const float *ams_dispatch_utility(const ams_dispatcher *d, dispatch_entry *e)
{
    if (!e->predicted) {
        d->o.predictor.predict(d->o.predictor.state, &e->job, e->u);
        e->predicted = true;
    }
    return e->u;
}

uint64_t ams_dispatch_first(const ams_dispatcher *d, uint32_t n)
{
    uint64_t mask = 0;
    for (uint32_t k = 0; k < n && k < d->o.n_models; k++) {
        mask |= UINT64_C(1) << d->cheapest[k];
    }
    return mask;
}

double ams_dispatch_time(const ams_dispatcher *d, const dispatch_entry *e, uint64_t mask)
{
    double sum = 0;
    for (; mask != 0; mask &= mask - 1) {
        sum += ams_dispatch_ms(d, e, (uint32_t)__builtin_ctzll(mask));
    }
    return sum;
}

uint64_t ams_dispatch_needed_part(const ams_dispatcher *d, const dispatch_entry *e,
                                  const double *free_ms)
{
    const uint64_t had = e->job.done | e->job.running;
    uint64_t part = 0;
    if (!d->o.sets && e->failed != 0) {
        return 0;
    }
    while (ams_dispatch_size(had | part) < d->o.mandatory) {
        double least = INFINITY;
        uint32_t first = 0;
        for (uint64_t open = ams_dispatch_open(d, e) & ~part; open != 0; open &= open - 1) {
            const uint32_t m = (uint32_t)__builtin_ctzll(open);
            if (!d->o.sets) { /* in their order */
                least = 0;
                first = m;
                break;
            }
            const double free = d->o.workers > 0 ? 0 : free_ms[m];
            const double end = free + (double)d->o.time_ms[m];
            if (end < least) {
                least = end;
                first = m;
            }
        }
        if (isinf(least)) {
            return 0; /* too many of its models failed */
        }
        part |= UINT64_C(1) << first;
    }
    return part;
}

/* floor(u w / delta), and as much for a met job as a miss costs. */
static uint32_t reward_of(const ams_dispatcher *d, const dispatch_entry *e, uint64_t mask,
                          float u)
{
    const double weight = (double)e->weight;
    const uint64_t had = e->job.done | e->job.running;
    double price = 0;
    if (ams_dispatch_size(mask) < d->o.mandatory) {
        return 0;
    }
    if (d->o.kind->priced) {
        price = d->o.parameter * ams_dispatch_time(d, e, mask & ~had) * d->o.n_models /
                ams_dispatch_time(d, NULL, d->all);
    }
    return (uint32_t)floor(fmax(0, (double)u * weight - price) / d->o.delta) +
           (uint32_t)floor(d->o.miss_cost * weight / d->o.delta);
}

/* The models' times, the longest one first. */
static void list_parts(const ams_dispatcher *d, uint64_t mask, float ms[AMS_STREAM_SETS])
{
    uint32_t n = 0;
    for (uint32_t k = d->o.n_models; k-- > 0;) {
        if ((mask >> d->cheapest[k] & 1) != 0) {
            ms[n++] = d->o.time_ms[d->cheapest[k]];
        }
    }
}

static ams_plan_option make_option(const ams_dispatcher *d, const dispatch_entry *e,
                                   uint64_t mask)
{
    const uint64_t had = e->job.done | e->job.running;
    ams_plan_option option = {.mask = mask};
    if (ams_dispatch_plans_lists(d)) {
        list_parts(d, mask & ~had, option.time_ms);
    } else if (d->o.workers > 0) {
        option.time_ms[0] = (float)(ams_dispatch_time(d, e, mask & ~had) / d->o.workers);
        if (d->o.workers > 1 && !d->o.sets) {
            option.chain_ms =
                (float)ams_dispatch_time(d, e, ams_dispatch_needed_part(d, e, NULL));
        }
    } else {
        for (uint64_t bits = mask & ~had; bits != 0; bits &= bits - 1) {
            const uint32_t m = (uint32_t)__builtin_ctzll(bits);
            option.time_ms[m] = d->o.time_ms[m];
        }
    }
    option.reward = reward_of(d, e, mask, e->u[ams_stream_state(d->o.sets, mask)]);
    return option;
}

/* Whether the option is nowhere better than another: no more reward, no less time. */
static bool is_useless(const ams_dispatcher *d, const dispatch_entry *e,
                       const ams_plan_option *option)
{
    const bool one = d->o.workers > 0 && !ams_dispatch_plans_lists(d);
    const uint32_t machines = one ? 1 : d->o.n_models;
    for (uint32_t k = 0; k < e->n_options; k++) {
        const ams_plan_option *other = &e->option[k];
        bool better = other->reward >= option->reward;
        for (uint32_t v = 0; better && v < machines; v++) {
            better = other->time_ms[v] <= option->time_ms[v];
        }
        if (better) {
            return true;
        }
    }
    return false;
}

static void add_option(const ams_dispatcher *d, dispatch_entry *e, uint64_t mask)
{
    const ams_plan_option option = make_option(d, e, mask);
    if (!is_useless(d, e, &option)) {
        e->option[e->n_options++] = option;
    }
}

/* Depths in order; what ended or runs is there already, so that a state is a first part. */
static void build_depths(ams_dispatcher *d, dispatch_entry *e)
{
    const uint64_t had = e->job.done | e->job.running;
    const uint32_t depth = ams_dispatch_size(had);
    const uint32_t last = e->failed != 0 ? depth : d->o.n_models;
    for (uint32_t l = depth; l <= last; l++) {
        if (l == depth || l >= d->o.mandatory) {
            add_option(d, e, ams_stream_mask(false, l));
        }
    }
}

/* Sets by their size, then by mask: an option that adds nothing to a smaller one is left out.
 */
static void build_sets(ams_dispatcher *d, dispatch_entry *e)
{
    const uint64_t had = e->job.done | e->job.running;
    const uint64_t open = ams_dispatch_open(d, e);
    for (uint32_t size = 0; size <= ams_dispatch_size(open); size++) {
        for (uint64_t more = 0; more <= d->all; more++) {
            if ((more & ~open) == 0 && ams_dispatch_size(more) == size) {
                add_option(d, e, had | more);
            }
        }
    }
}

void ams_dispatch_options_of(ams_dispatcher *d, dispatch_entry *e)
{
    if (e->built) {
        return;
    }
    (void)ams_dispatch_utility(d, e);
    e->n_options = 0;
    if (d->o.sets) {
        build_sets(d, e);
    } else {
        build_depths(d, e);
    }
    e->built = true;
    e->version = ++d->versions;
}
