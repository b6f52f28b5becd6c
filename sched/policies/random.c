/* `random`: uniform random orders. */
#include "sched/policies/kinds.h"

#include "base/rng.h"

/* Counter of a block of four words: item (32 bits), draw (28), block (4: 16 blocks are 64
 * words, one per model). So an order depends on nothing that was drawn before. */
static uint64_t counter(uint32_t item, uint32_t draw, uint32_t block)
{
    return (uint64_t)item << 32 | (uint64_t)(draw & 0x0FFFFFFF) << 4 | block;
}

static uint32_t order_random(const ams_policy *policy, void *worker, uint32_t item,
                             uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    uint32_t n = policy->env->n_models;
    uint32_t words[4] = {0};
    item = policy->item_index == NULL ? item : policy->item_index[item];
    for (uint32_t m = 0; m < n; m++) {
        order[m] = (uint8_t)m;
    }
    for (uint32_t i = n; i > 1; i--) {
        uint32_t word = n - i;
        if (word % 4 == 0) {
            ams_philox(policy->draw_seed, AMS_STREAM_RANDOM, counter(item, draw, word / 4),
                       words);
        }
        uint32_t j = ams_below(words[word % 4], i);
        uint8_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
    return n;
}

const ams_policy_kind ams_policy_random = {
    .name = "random",
    .help = "a uniformly random order; mean over 100 draws per item",
    .draws = 100,
    .order = order_random,
    .static_order = true};
