/* Launches, one after the other: the blocks of each in random order, on one or more threads.
 *
 * A launch that overlaps the one before it (programmatic dependent launch) is worked off after
 * it, too. What the thread sanitizer is told is that its lanes know of nothing since that one
 * began, until they wait for it. For that they are other lanes, on other threads. */
#include "sim.h"
#include "tsan.h"

#include <algorithm>
#include <atomic>
#include <pthread.h>
#include <stdio.h>

struct crew {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
    const sim_launch *launch = NULL;
    const char *early = NULL;
    std::vector<uint32_t> order;
    std::atomic<uint32_t> next{0};
    unsigned long number = 0; /* of the launch */
    unsigned workers = 0, working = 0;
};

#ifdef SIM_TSAN
enum { CREWS = 2, FEWEST = 1 };
#else
enum { CREWS = 1, FEWEST = 2 }; /* one worker needs no thread */
#endif
enum { AGO = 3 };

static crew *const crews = new crew[CREWS]; /* threads use them until the process ends */
static unsigned long launches, overlapping;
static bool after_launch;   /* rather than a copy, which nothing overlaps */
static char begins[AGO][8]; /* what was done before each of the last launches */

void sim_note_copy(void)
{
    after_launch = false;
}

void sim_print_launches(void)
{
    fprintf(stderr, "sim: %lu launches, %lu of them overlap the one before\n", launches,
            overlapping);
}

static void work_off(crew *c, sim_worker *w, const sim_launch *launch)
{
    const uint32_t n = (uint32_t)c->order.size();
    for (uint32_t i = 0; (i = c->next.fetch_add(1, std::memory_order_relaxed)) < n;) {
        sim_run_block(w, launch, c->early, c->order[i]);
    }
}

static void *worker_main(void *context)
{
    crew *c = (crew *)context;
    sim_worker *w = sim_new_worker();
    unsigned long seen = 0;
    for (;;) {
        pthread_mutex_lock(&c->lock);
        while (c->number == seen) {
            pthread_cond_wait(&c->changed, &c->lock);
        }
        seen = c->number;
        const sim_launch *launch = c->launch;
        pthread_mutex_unlock(&c->lock);
        work_off(c, w, launch);
        pthread_mutex_lock(&c->lock);
        if (--c->working == 0) {
            pthread_cond_broadcast(&c->changed);
        }
        pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

static void start_workers(crew *c)
{
    const unsigned n = (unsigned)sim_setting("SIM_WORKERS", 1);
    for (unsigned i = 0; n >= FEWEST && i < n; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker_main, c) != 0) {
            sim_stop("no thread");
        }
        c->workers++;
    }
}

static void draw_order(crew *c, const sim_launch *launch)
{
    std::vector<uint32_t> *order = &c->order;
    order->resize((size_t)launch->grid.x * launch->grid.y * launch->grid.z);
    for (uint32_t i = 0; i < order->size(); i++) {
        (*order)[i] = i;
    }
    for (uint32_t i = (uint32_t)order->size(); i > 1; i--) {
        std::swap((*order)[i - 1], (*order)[sim_random(i)]);
    }
    c->next.store(0);
}

static void run_by(crew *c, const sim_launch *launch)
{
    if (c->workers == 0 && launches <= CREWS) {
        start_workers(c);
    }
    if (c->workers == 0) {
        static sim_worker *alone = sim_new_worker();
        work_off(c, alone, launch);
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->launch = launch;
    c->number++;
    c->working = c->workers;
    pthread_cond_broadcast(&c->changed);
    while (c->working > 0) {
        pthread_cond_wait(&c->changed, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
}

void sim_run(const sim_launch *launch)
{
    crew *c = &crews[launches % CREWS];
    c->early = launch->overlaps && after_launch ? begins[(launches - 1) % AGO] : NULL;
    RELEASE(begins[launches % AGO]);
    launches++;
    overlapping += c->early != NULL ? 1 : 0;
    after_launch = true;
    draw_order(c, launch);
    run_by(c, launch);
}
