/* What stands in for the CUDA backend where the program was built without it. */
#include "ams/cuda.h"

ams_status ams_cuda_count(uint32_t *n, ams_error *err)
{
    *n = 0;
    return ams_fail(
        err, AMS_BACKEND,
        "not built: this program was compiled without the CUDA toolkit; install the "
        "toolkit and build again, or use --device cpu");
}

ams_status ams_cuda_find(uint32_t number, ams_cuda_device *device, ams_error *err)
{
    uint32_t n = 0;
    (void)number;
    *device = (ams_cuda_device){.name = ""};
    return ams_cuda_count(&n, err);
}

static ams_status open_none(void **device, uint32_t number, ams_error *err)
{
    ams_cuda_device found;
    *device = NULL;
    return ams_cuda_find(number, &found, err);
}

/* The rest is never reached. */
static ams_status add(void *device, struct ams_trainer *trainer, void **run, ams_error *err)
{
    (void)device;
    (void)trainer;
    return open_none(run, 0, err);
}

static ams_status refuse(void *run, ams_error *err)
{
    return open_none(&run, 0, err);
}

static ams_status update(void *device, uint64_t n, ams_error *err)
{
    (void)n;
    return refuse(device, err);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): as the table has it */
static ams_status orders(void *run, uint8_t split, uint8_t *order, ams_error *err)
{
    (void)split;
    (void)order;
    return refuse(run, err);
}

static void nothing(void *state)
{
    (void)state;
}

const ams_accelerator ams_cuda = {.name = "cuda",
                                  .open = open_none,
                                  .add = add,
                                  .update = update,
                                  .orders = orders,
                                  .fetch = refuse,
                                  .load = refuse,
                                  .remove = nothing,
                                  .close = nothing};

/* NOLINTBEGIN(readability-non-const-parameter): as cuda.h has it */
ams_status ams_cuda_time_launches(struct ams_trainer *trainer, uint32_t threads,
                                  uint32_t rounds, ams_cuda_launch *launch, uint32_t *n,
                                  ams_error *err)
{
    ams_cuda_device device;
    (void)trainer;
    (void)threads;
    (void)rounds;
    (void)launch;
    *n = 0;
    return ams_cuda_find(0, &device, err);
}
/* NOLINTEND(readability-non-const-parameter) */

ams_status ams_cuda_roller_create(ams_cuda_roller **roller, uint32_t number,
                                  const ams_cuda_policy *policy, uint32_t n, ams_error *err)
{
    ams_cuda_device device;
    (void)policy;
    (void)n;
    *roller = NULL;
    return ams_cuda_find(number, &device, err);
}

/* NOLINTBEGIN(readability-non-const-parameter): as cuda.h has it */
ams_status ams_cuda_roll(ams_cuda_roller *roller, const ams_env *const *env, ams_split split,
                         uint8_t *order, ams_error *err)
{
    ams_cuda_device device;
    (void)roller;
    (void)env;
    (void)split;
    (void)order;
    return ams_cuda_find(0, &device, err);
}
/* NOLINTEND(readability-non-const-parameter) */

void ams_cuda_roller_destroy(ams_cuda_roller *roller)
{
    (void)roller;
}
