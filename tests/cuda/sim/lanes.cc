/* A block's lanes are fibres of one thread. At every barrier the order in which they go on is
 * drawn anew, and all that live have to wait at the same place in the code.
 *
 * This file is never compiled with the thread sanitizer: it tells it of the fibres, which it
 * follows as threads, and of barriers, which are the only order among them. */
#include "sim.h"
#include "tsan.h"

#include <algorithm>
#include <atomic>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define LEAVE(fake, bottom, size) __sanitizer_start_switch_fiber(&(fake), bottom, size)
#define ARRIVE(fake, bottom, size) __sanitizer_finish_switch_fiber(fake, bottom, size)
#define POISON(from, bytes) __asan_poison_memory_region(from, bytes)
#define UNPOISON(from, bytes) __asan_unpoison_memory_region(from, bytes)
#else
#define LEAVE(fake, bottom, size) ((void)(fake))
#define ARRIVE(fake, bottom, size) ((void)(fake))
#define POISON(from, bytes) ((void)(from))
#define UNPOISON(from, bytes) ((void)(from))
#endif

/* Saves the registers that a function keeps, and goes on where `to` was left. */
extern "C" void sim_switch(void **save, void *to);
__asm__(".text\n.globl sim_switch\n.type sim_switch,@function\nsim_switch:\n"
        "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
        "  movq %rsp, (%rdi)\n  movq %rsi, %rsp\n"
        "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n  ret\n"
        ".size sim_switch,.-sim_switch\n");

enum {
    STACK = 192 * 1024,
    MOST_LANES = 1024,
    WARP = 32,
    SAVED = 6,
    ARGUMENT = 4096, /* bytes */
    ALIGN = 16
};
enum lane_state { READY, AT_BLOCK, AT_WARP, DONE };

struct lane {
    void *sp;
    char *stack;
    lane_state state;
    const sim_site *site;
    sim_index thread;
    void *fiber;
    uint32_t block_waits, warp_waits;
};

/* The addresses of char arrays here mean something to the thread sanitizer alone. Two for each
 * barrier, in turn: a lane may wait at the next before another has left the last. */
struct sim_worker {
    lane lanes[MOST_LANES];
    uint32_t made = 0;
    uint32_t current = 0;
    void *main_sp = NULL;
    void *main_fiber = NULL;
    const void *main_bottom = NULL;
    size_t main_size = 0;
    const sim_launch *launch = NULL;
    const char *early = NULL;
    sim_index block, block_dim, grid_dim;
    alignas(16) char first[ARGUMENT], second[ARGUMENT];
    unsigned char *dynamic = NULL;
    char begun[8], ended[8], at_block[2][8], at_warp[MOST_LANES / WARP][2][8];
};

static thread_local sim_worker *me;
static std::atomic<unsigned long> barriers{0};
static std::atomic<unsigned long> blocks{0};
static char fence[8];

extern "C" {
const sim_index *sim_thread(void)
{
    return &me->lanes[me->current].thread;
}
const sim_index *sim_block(void)
{
    return &me->block;
}
const sim_index *sim_block_dim(void)
{
    return &me->block_dim;
}
const sim_index *sim_grid_dim(void)
{
    return &me->grid_dim;
}
unsigned char *sim_dynamic(void)
{
    return me->dynamic;
}
}

void sim_print_blocks(void)
{
    fprintf(stderr, "sim: %lu blocks, %lu barriers\n", blocks.load(), barriers.load());
}

/* -- switching -- */

static void to_worker(void)
{
    sim_worker *w = me;
    void *fake = NULL;
    SWITCH_TO(w->main_fiber);
    LEAVE(fake, w->main_bottom, w->main_size);
    sim_switch(&w->lanes[w->current].sp, w->main_sp);
    ARRIVE(fake, NULL, NULL);
}

static void to_lane(sim_worker *w, uint32_t i)
{
    void *fake = NULL;
    w->current = i;
    SWITCH_TO(w->lanes[i].fiber);
    LEAVE(fake, w->lanes[i].stack, STACK);
    sim_switch(&w->main_sp, w->lanes[i].sp);
    ARRIVE(fake, &w->main_bottom, &w->main_size);
}

/* What a lane knows of when it begins a block: all that was done before the launch, or, where
 * the launch overlaps the one before it, what was done before that one; and the last block that
 * had the same shared memory. */
static void begin_block(bool first)
{
    sim_worker *w = me;
    if (first || w->early == NULL) {
        ACQUIRE(w->begun);
        return;
    }
    ACQUIRE(w->early);
    ACQUIRE(w->ended);
}

static void lane_main(void)
{
    ARRIVE(NULL, &me->main_bottom, &me->main_size);
    for (bool first = true;; first = false) {
        sim_worker *w = me;
        void *arguments[2] = {w->first, w->second};
        begin_block(first);
        w->launch->kernel->invoke(w->launch->code, arguments);
        RELEASE(w->ended);
        w->lanes[w->current].state = DONE;
        to_worker();
    }
}

static void make_lane(lane *l)
{
    l->stack =
        (char *)mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (l->stack == MAP_FAILED) {
        sim_stop("no memory for a lane");
    }
    void **top = (void **)(l->stack + STACK - 64);
    *--top = NULL;
    *--top = (void *)lane_main;
    for (int i = 0; i < SAVED; i++) {
        *--top = NULL;
    }
    l->sp = top;
#ifdef SIM_TSAN
    l->fiber = __tsan_create_fiber(0);
#endif
}

/* -- barriers -- */

static void wait_at(lane_state state, char *order, const sim_site *site)
{
    lane *l = &me->lanes[me->current];
    l->state = state;
    l->site = site;
    RELEASE(order);
    to_worker();
    ACQUIRE(order);
}

extern "C" {
void sim_wait_block(sim_site *site)
{
    lane *l = &me->lanes[me->current];
    if (!sim_skips(site)) {
        wait_at(AT_BLOCK, me->at_block[++l->block_waits % 2], site);
    }
}

void sim_wait_warp(sim_site *site)
{
    lane *l = &me->lanes[me->current];
    if (!sim_skips(site)) {
        wait_at(AT_WARP, me->at_warp[me->current / WARP][++l->warp_waits % 2], site);
    }
}

/* Launches are worked off one after the other, so that the thread sanitizer alone sees what is
 * missing where a lane does not wait. */
void sim_wait_before(sim_site *site)
{
    if (!sim_skips(site)) {
        ACQUIRE(me->begun);
    }
}

/* Stronger than a GPU's, where one fence alone orders nothing. */
void sim_fence(void)
{
    ACQUIRE(fence);
    RELEASE(fence);
}
}

/* Lanes [first, end) go on if all of them wait in that state, at one place. */
static bool release_lanes(sim_worker *w, uint32_t first, uint32_t end, lane_state state)
{
    const char *name = w->launch->kernel->name;
    const sim_site *site = NULL;
    uint32_t waiting = 0;
    uint32_t done = 0;
    for (uint32_t i = first; i < end; i++) {
        const lane *l = &w->lanes[i];
        if (l->state == DONE) {
            done++;
            continue;
        }
        if (l->state != state) {
            return false;
        }
        if (site != NULL && site != l->site) {
            fprintf(stderr, "sim: %s: lanes wait in %s, line %d, and in %s, line %d\n", name,
                    site->function, site->line, l->site->function, l->site->line);
            abort();
        }
        site = l->site;
        waiting++;
    }
    if (waiting == 0) {
        return false;
    }
    if (done > 0) {
        fprintf(stderr, "sim: %s: %u lanes have left, %u wait in %s, line %d\n", name, done,
                waiting, site->function, site->line);
        abort();
    }
    for (uint32_t i = first; i < end; i++) {
        w->lanes[i].state = READY;
    }
    barriers++;
    return true;
}

/* -- a block -- */

/* Of exactly its size, and full of what is no number and no index. */
static void make_dynamic(sim_worker *w, size_t bytes)
{
    const size_t room = (bytes + ALIGN - 1) / ALIGN * ALIGN + ALIGN;
    free(w->dynamic);
    w->dynamic = (unsigned char *)aligned_alloc(ALIGN, room);
    memset(w->dynamic, 0xFF, bytes);
    POISON(w->dynamic + bytes, room - bytes);
}

static void make_lanes(sim_worker *w, uint32_t n)
{
    const dim3 *d = &w->launch->block;
    for (; w->made < n; w->made++) {
        make_lane(&w->lanes[w->made]);
    }
    for (uint32_t i = 0; i < n; i++) {
        lane *l = &w->lanes[i];
        l->state = READY;
        l->block_waits = l->warp_waits = 0;
        l->thread = {i % d->x, i / d->x % d->y, i / d->x / d->y};
    }
}

/* Until all wait or have left. How many there are that have not. */
static uint32_t run_ready(sim_worker *w, uint32_t n)
{
    enum { ASCENDING, DESCENDING, RANDOM };
    static const unsigned long how = sim_setting("SIM_ORDER", RANDOM);
    uint32_t order[MOST_LANES];
    uint32_t ready = 0;
    uint32_t left = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (w->lanes[i].state == READY) {
            order[ready++] = i;
        }
    }
    if (how == DESCENDING) {
        std::reverse(order, order + ready);
    }
    for (uint32_t i = ready; how == RANDOM && i > 1; i--) {
        std::swap(order[i - 1], order[sim_random(i)]);
    }
    for (uint32_t i = 0; i < ready; i++) {
        to_lane(w, order[i]);
    }
    for (uint32_t i = 0; i < n; i++) {
        left += w->lanes[i].state != DONE;
    }
    return left;
}

/* Not memcpy, which the thread sanitizer would see. */
static void copy_argument(char *to, const std::vector<char> &from)
{
    const char *source = from.data();
    size_t bytes = from.size();
    if (bytes > ARGUMENT) {
        sim_stop("an argument of a kernel is too large");
    }
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(source), "+c"(bytes) : : "memory");
}

sim_worker *sim_new_worker(void)
{
    return new sim_worker;
}

static void begin_launch(sim_worker *w, const sim_launch *launch, const char *early)
{
    w->launch = launch;
    w->early = early;
    w->block_dim = {launch->block.x, launch->block.y, launch->block.z};
    w->grid_dim = {launch->grid.x, launch->grid.y, launch->grid.z};
    copy_argument(w->first, launch->first);
    copy_argument(w->second, launch->second);
}

void sim_run_block(sim_worker *w, const sim_launch *launch, const char *early, uint32_t index)
{
    const uint32_t n = launch->block.x * launch->block.y * launch->block.z;
    me = w;
    begin_launch(w, launch, early);
    w->block = {index % launch->grid.x, index / launch->grid.x % launch->grid.y,
                index / launch->grid.x / launch->grid.y};
#ifdef SIM_TSAN
    w->main_fiber = __tsan_get_current_fiber();
#endif
    make_lanes(w, n);
    make_dynamic(w, launch->dynamic);
    RELEASE(w->begun);
    while (run_ready(w, n) > 0) {
        bool any = release_lanes(w, 0, n, AT_BLOCK);
        for (uint32_t first = 0; first < n; first += WARP) {
            any = release_lanes(w, first, std::min(first + WARP, n), AT_WARP) || any;
        }
        if (!any) {
            fprintf(stderr, "sim: %s: the lanes of block %u wait for each other\n",
                    launch->kernel->name, index);
            abort();
        }
    }
    ACQUIRE(w->ended);
    UNPOISON(w->dynamic, (launch->dynamic + ALIGN - 1) / ALIGN * ALIGN + ALIGN);
    blocks++;
}
