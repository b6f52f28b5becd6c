/* A block's lanes are fibres of one thread. At every barrier the order in which they go on is
 * drawn anew, and all that live have to wait at the same place in the code.
 *
 * This file is never compiled with the thread sanitizer: it tells it of the fibres, which it
 * follows as threads, and of barriers, which are the only order among them. */
#include "sim.h"

#include <algorithm>
#include <atomic>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef SIM_TSAN
extern "C" {
void *__tsan_create_fiber(unsigned flags);
void *__tsan_get_current_fiber(void);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
void __tsan_acquire(void *address);
void __tsan_release(void *address);
}
enum { UNORDERED = 1 };
#define SWITCH_TO(fiber) __tsan_switch_to_fiber(fiber, UNORDERED)
#define ACQUIRE(address) __tsan_acquire(address)
#define RELEASE(address) __tsan_release(address)
#else
#define SWITCH_TO(fiber) ((void)(fiber))
#define ACQUIRE(address) ((void)(address))
#define RELEASE(address) ((void)(address))
#endif
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
    ALIGN = 16,
    SITE_NAME = 128
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
struct worker {
    lane lanes[MOST_LANES];
    uint32_t made = 0;
    uint32_t current = 0;
    void *main_sp = NULL;
    void *main_fiber = NULL;
    const void *main_bottom = NULL;
    size_t main_size = 0;
    const sim_launch *launch = NULL;
    sim_index block;
    unsigned char *dynamic = NULL;
    char begun[8], ended[8], at_block[2][8], at_warp[MOST_LANES / WARP][2][8];
};

static thread_local worker *me;
static std::atomic<unsigned long> barriers{0};
static std::atomic<unsigned long> blocks{0};
static std::atomic<unsigned long> launches{0};
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
    return (const sim_index *)&me->launch->block;
}
const sim_index *sim_grid_dim(void)
{
    return (const sim_index *)&me->launch->grid;
}
unsigned char *sim_dynamic(void)
{
    return me->dynamic;
}
}

void sim_print_counts(void)
{
    fprintf(stderr, "sim: %lu launches, %lu blocks, %lu barriers\n", launches.load(),
            blocks.load(), barriers.load());
}

/* -- switching -- */

static void to_worker(void)
{
    worker *w = me;
    void *fake = NULL;
    SWITCH_TO(w->main_fiber);
    LEAVE(fake, w->main_bottom, w->main_size);
    sim_switch(&w->lanes[w->current].sp, w->main_sp);
    ARRIVE(fake, NULL, NULL);
}

static void to_lane(worker *w, uint32_t i)
{
    void *fake = NULL;
    w->current = i;
    SWITCH_TO(w->lanes[i].fiber);
    LEAVE(fake, w->lanes[i].stack, STACK);
    sim_switch(&w->main_sp, w->lanes[i].sp);
    ARRIVE(fake, &w->main_bottom, &w->main_size);
}

static void lane_main(void)
{
    ARRIVE(NULL, &me->main_bottom, &me->main_size);
    for (;;) {
        worker *w = me;
        const sim_launch *l = w->launch;
        void *arguments[2] = {(void *)l->first.data(), (void *)l->second.data()};
        ACQUIRE(w->begun);
        l->kernel->invoke(l->code, arguments);
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

/* FUNCTION:LINE:NUMBER */
static void name_site(const sim_site *site, char name[SITE_NAME])
{
    snprintf(name, SITE_NAME, "%s:%d:%d", site->function, site->line, site->number);
}

/* The sites that were reached, in that order. */
static pthread_mutex_t sites_lock = PTHREAD_MUTEX_INITIALIZER;
static std::vector<const sim_site *> *sites(void)
{
    static std::vector<const sim_site *> *all = new std::vector<const sim_site *>;
    return all;
}

static void note_site(sim_site *site)
{
    pthread_mutex_lock(&sites_lock);
    if (!site->reached) {
        sites()->push_back(site);
        site->reached = true;
    }
    pthread_mutex_unlock(&sites_lock);
}

void sim_list_sites(void)
{
    const char *path = getenv("SIM_SITES");
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file == NULL) {
        return;
    }
    for (const sim_site *site : *sites()) {
        char name[SITE_NAME];
        name_site(site, name);
        fprintf(file, "%s\n", name);
    }
    fclose(file);
}

/* SIM_SKIP=FUNCTION:LINE:NUMBER takes a barrier out, and SIM_SKIP=FUNCTION the first one of a
 * function, for a test of the tests. */
static bool is_skipped(sim_site *site)
{
    static const char *const skip = getenv("SIM_SKIP");
    static std::atomic<const sim_site *> first{NULL};
    if (!__atomic_load_n(&site->reached, __ATOMIC_RELAXED)) {
        note_site(site);
    }
    const size_t length = strlen(site->function);
    if (skip == NULL || strncmp(skip, site->function, length) != 0) {
        return false;
    }
    if (skip[length] == ':') {
        char name[SITE_NAME];
        name_site(site, name);
        return strcmp(skip, name) == 0;
    }
    const sim_site *none = NULL;
    return skip[length] == '\0' && (first.compare_exchange_strong(none, site) || none == site);
}

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
    if (!is_skipped(site)) {
        wait_at(AT_BLOCK, me->at_block[++l->block_waits % 2], site);
    }
}

void sim_wait_warp(sim_site *site)
{
    lane *l = &me->lanes[me->current];
    if (!is_skipped(site)) {
        wait_at(AT_WARP, me->at_warp[me->current / WARP][++l->warp_waits % 2], site);
    }
}

/* Launches are worked off one after the other. */
void sim_wait_before(void)
{
}

/* Stronger than a GPU's, where one fence alone orders nothing. */
void sim_fence(void)
{
    ACQUIRE(fence);
    RELEASE(fence);
}
}

/* Lanes [first, end) go on if all of them wait in that state, at one place. */
static bool release_lanes(worker *w, uint32_t first, uint32_t end, lane_state state)
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
static void make_dynamic(worker *w, size_t bytes)
{
    const size_t room = (bytes + ALIGN - 1) / ALIGN * ALIGN + ALIGN;
    free(w->dynamic);
    w->dynamic = (unsigned char *)aligned_alloc(ALIGN, room);
    memset(w->dynamic, 0xFF, bytes);
    POISON(w->dynamic + bytes, room - bytes);
}

static void make_lanes(worker *w, uint32_t n)
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
static uint32_t run_ready(worker *w, uint32_t n)
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

static void run_block(worker *w, const sim_launch *launch, uint32_t index)
{
    const uint32_t n = launch->block.x * launch->block.y * launch->block.z;
    me = w;
    w->launch = launch;
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

/* -- a launch: its blocks in random order, on one or more threads -- */

struct crew {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
    const sim_launch *launch = NULL;
    std::vector<uint32_t> order;
    std::atomic<uint32_t> next{0};
    unsigned long number = 0; /* of the launch */
    unsigned working = 0;
};
static crew *all = new crew; /* threads use it until the process ends */

static void work_off(worker *w, const sim_launch *launch)
{
    const uint32_t n = (uint32_t)all->order.size();
    for (uint32_t i = 0; (i = all->next.fetch_add(1, std::memory_order_relaxed)) < n;) {
        run_block(w, launch, all->order[i]);
    }
}

static void *worker_main(void *)
{
    worker *w = new worker;
    unsigned long seen = 0;
    for (;;) {
        pthread_mutex_lock(&all->lock);
        while (all->number == seen) {
            pthread_cond_wait(&all->changed, &all->lock);
        }
        seen = all->number;
        const sim_launch *launch = all->launch;
        pthread_mutex_unlock(&all->lock);
        work_off(w, launch);
        pthread_mutex_lock(&all->lock);
        if (--all->working == 0) {
            pthread_cond_broadcast(&all->changed);
        }
        pthread_mutex_unlock(&all->lock);
    }
    return NULL;
}

static unsigned start_workers(void)
{
    const unsigned n = (unsigned)sim_setting("SIM_WORKERS", 1);
    for (unsigned i = 0; n > 1 && i < n; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker_main, NULL) != 0) {
            sim_stop("no thread");
        }
    }
    return n;
}

void sim_run(const sim_launch *launch)
{
    static const unsigned workers = start_workers();
    static worker *alone = new worker;
    std::vector<uint32_t> *order = &all->order;
    order->resize((size_t)launch->grid.x * launch->grid.y * launch->grid.z);
    for (uint32_t i = 0; i < order->size(); i++) {
        (*order)[i] = i;
    }
    for (uint32_t i = (uint32_t)order->size(); i > 1; i--) {
        std::swap((*order)[i - 1], (*order)[sim_random(i)]);
    }
    all->next.store(0);
    launches++;
    if (workers <= 1) {
        work_off(alone, launch);
        return;
    }
    pthread_mutex_lock(&all->lock);
    all->launch = launch;
    all->number++;
    all->working = workers;
    pthread_cond_broadcast(&all->changed);
    while (all->working > 0) {
        pthread_cond_wait(&all->changed, &all->lock);
    }
    pthread_mutex_unlock(&all->lock);
}
