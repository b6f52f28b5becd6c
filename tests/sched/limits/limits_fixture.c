#include "tests/sched/limits/limits_fixture.h"

#include "sched/policy_private.h"
#include "tests/env/random_table.h"

#include <check.h>
#include <math.h>

static void begin_noise(const ams_policy *policy, void *worker, uint32_t item)
{
    (void)policy;
    (void)worker;
    (void)item;
}

static void noise_values(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                         float value[AMS_MAX_MODELS + 1])
{
    (void)worker;
    for (uint32_t m = 0; m <= policy->env->n_models; m++) {
        uint32_t words[4];
        ams_philox(policy->draw_seed ^ mask, AMS_STREAM_TEST, (uint64_t)item << 32 | m, words);
        /* Multiples of 1/4 from -1 to 2, so that ties happen, and zeros. */
        value[m] = (float)ams_below(words[0], 13) / 4.0F - 1.0F;
    }
}

static void noise_ran(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                      uint32_t model)
{
    (void)policy;
    (void)worker;
    (void)item;
    ck_assert_msg((mask >> model & 1) == 0, "model %u ended twice", model);
}

static const ams_policy_kind noise_kind = {.name = "noise",
                                           .draws = 1,
                                           .begin = begin_noise,
                                           .values = noise_values,
                                           .ran = noise_ran};

static void draw_limits(limits_fixture *f, ams_rng *rng)
{
    double all_ms = 0;
    double all_mb = 0;
    bool late = ams_rng_below(rng, 2) == 0;
    for (uint32_t m = 0; m < f->table.n_models; m++) {
        f->expected_ms[m] = f->table.time_ms[m];
        f->mem_mb[m] = (float)ams_rng_below(rng, 9) * 64; /* 0 MB too */
        f->time_ms[m] =
            late ? f->expected_ms[m] * (0.5F + (float)ams_rng_unit(rng)) : f->expected_ms[m];
        all_ms += (double)f->expected_ms[m];
        all_mb += (double)f->mem_mb[m];
        for (uint32_t k = 0; k < f->table.n_models; k++) {
            f->overlap[m * f->table.n_models + k] = (float)ams_rng_unit(rng);
        }
    }
    /* Half of the limits are multiples of the data's own units, so that sums meet them exactly.
     */
    bool exact = ams_rng_below(rng, 2) == 0;
    f->deadline_ms = 1.2 * all_ms * ams_rng_unit(rng) + 1;
    f->memory_mb = 1.2 * all_mb * ams_rng_unit(rng);
    if (exact) {
        f->deadline_ms = 25 * (1 + floor(f->deadline_ms / 25));
        f->memory_mb = 64 * floor(f->memory_mb / 64);
    }
    if (ams_rng_below(rng, 20) == 0) {
        f->deadline_ms = INFINITY;
    }
    f->options = (ams_limit_options){.negative = (ams_negative)ams_rng_below(rng, 3),
                                     .late = (ams_late)ams_rng_below(rng, 3),
                                     .stop = (ams_stop)ams_rng_below(rng, 4),
                                     .stop_below = ams_rng_unit(rng)};
}

void limits_make(limits_fixture *f, uint64_t seed, uint32_t n_models)
{
    random_table_options shape = random_table_defaults(seed);
    ams_env_options options = ams_env_defaults();
    ams_rng rng = ams_rng_init(seed, AMS_STREAM_TEST + 1);
    ams_error err = {0};
    *f = (limits_fixture){.env = NULL};
    shape.n_items = 3;
    shape.n_models = n_models;
    random_table(&f->table, &shape);
    ck_assert_msg(ams_env_create(&f->env, &f->table, &options, &err) == AMS_OK, "%s", err.text);
    ck_assert_msg(ams_policy_create(&f->order, "random", &f->table, f->env, &err) == AMS_OK,
                  "%s", err.text);
    f->noise = (ams_policy){.kind = &noise_kind, .env = f->env, .draw_seed = seed << 8};
    draw_limits(f, &rng);
}

void limits_drop(limits_fixture *f)
{
    ams_policy_destroy(f->order);
    ams_env_destroy(f->env);
    ams_table_fini(&f->table);
}

ams_schedule_task limits_task(const limits_fixture *f, const ams_scheduler *scheduler)
{
    return (ams_schedule_task){.env = f->env,
                               .scheduler = scheduler,
                               .policy =
                                   scheduler->source == AMS_SOURCE_ORDER ? f->order : &f->noise,
                               .options = f->options,
                               .expected_ms = f->expected_ms,
                               .mem_mb = f->mem_mb,
                               .overlap = f->overlap,
                               .deadline_ms = f->deadline_ms,
                               .memory_mb = f->memory_mb};
}
