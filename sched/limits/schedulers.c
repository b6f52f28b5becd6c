/* The schedulers that a name can ask for. */
#include "ams/schedule.h"
#include "online/plan.h"

#include <string.h>

static uint64_t serial_greedy(const ams_moment *at, const ams_limit_options *o)
{
    return ams_serial_best(at, o, AMS_COST_NONE);
}

static uint64_t parallel_greedy(const ams_moment *at, const ams_limit_options *o)
{
    return ams_parallel_best(at, o, AMS_COST_NONE);
}

static const ams_scheduler algorithm1 = {.name = "algorithm1",
                                         .help =
                                             "the papers' Algorithm 1: the largest value per "
                                             "time that ends by the deadline",
                                         .start = ams_algorithm_1};
static const ams_scheduler greedy = {.name = "q-greedy",
                                     .help = "the largest value that ends by the deadline",
                                     .start = serial_greedy};
static const ams_scheduler plan = {
    .name = "plan",
    .help = "the set of largest value that fits the time left, planned anew after each output",
    .start = ams_plan_serial};
static const ams_scheduler first_fit = {.name = "first-fit",
                                        .help =
                                            "an order, each model that ends by the deadline",
                                        .source = AMS_SOURCE_ORDER};
static const ams_scheduler algorithm2 = {
    .name = "algorithm2",
    .help = "the papers' Algorithm 2: the largest value per time and memory, then the largest "
            "per memory until it ends",
    .parallel = true,
    .start = ams_algorithm_2};
static const ams_scheduler algorithm2_again = {
    .name = "algorithm2-again",
    .help = "Algorithm 2 again and again at the same moment, until no model fits",
    .parallel = true,
    .start = ams_algorithm_2_again};
static const ams_scheduler parallel_q = {
    .name = "q-greedy",
    .help = "the largest value that fits memory and deadline, again and again",
    .parallel = true,
    .start = parallel_greedy};
static const ams_scheduler parallel_plan = {
    .name = "plan",
    .help = "the best of several whole schedules of the time left, made anew after each output",
    .parallel = true,
    .start = ams_plan_parallel};
static const ams_scheduler parallel_fit = {
    .name = "first-fit",
    .help = "an order, each model as soon as it fits memory and deadline",
    .source = AMS_SOURCE_ORDER,
    .parallel = true};

const ams_scheduler *const ams_schedulers[] = {&algorithm1,    &plan,       &greedy,
                                               &first_fit,     &algorithm2, &algorithm2_again,
                                               &parallel_plan, &parallel_q, &parallel_fit};
const uint32_t ams_n_schedulers = sizeof ams_schedulers / sizeof(const ams_scheduler *);

const ams_scheduler *ams_scheduler_named(const char *name, bool parallel)
{
    for (uint32_t i = 0; i < ams_n_schedulers; i++) {
        if (ams_schedulers[i]->parallel == parallel &&
            strcmp(ams_schedulers[i]->name, name) == 0) {
            return ams_schedulers[i];
        }
    }
    return NULL;
}
