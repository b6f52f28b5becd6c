#include "rl/replay/replay.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdlib.h>

ams_status ams_replay_init(ams_replay *replay, uint64_t capacity, ams_error *err)
{
    *replay = (ams_replay){.capacity = capacity};
    return ams_alloc(&replay->slots, capacity, sizeof *replay->slots, "the replay", err);
}

void ams_replay_fini(ams_replay *replay)
{
    free(replay->slots);
    *replay = (ams_replay){0};
}

uint64_t ams_replay_push(ams_replay *replay, ams_transition transition)
{
    uint64_t at = replay->head;
    replay->slots[at] = transition;
    replay->head = at + 1 == replay->capacity ? 0 : at + 1;
    replay->size += replay->size < replay->capacity;
    return at;
}

/* Place k of the slots that are left when the `newest` before the head are taken out; those may
 * begin at the ring's end and go on at its start. */
static uint64_t older_slot(const ams_replay *replay, uint64_t newest, uint64_t k)
{
    if (replay->head < newest) {
        return k + replay->head;
    }
    return k < replay->head - newest ? k : k + newest;
}

void ams_replay_sample(const ams_replay *replay, uint64_t seed, uint64_t counter,
                       uint64_t newest, uint32_t n, uint64_t *slot)
{
    enum { TOGETHER = 64 };
    for (uint32_t first = 0; first < n; first += TOGETHER) {
        uint32_t words[TOGETHER][4];
        uint32_t count = n - first < TOGETHER ? n - first : TOGETHER;
        ams_philox_row(seed, AMS_STREAM_SAMPLE, counter + first, count, words[0]);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t k = ams_below(words[i][0], (uint32_t)(replay->size - newest));
            slot[first + i] = older_slot(replay, newest, k);
        }
    }
}
