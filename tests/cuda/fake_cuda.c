/* What cuda/device.cu and score.cu say where the device is host_device.c and host_roll.c: for
 * tests of the program where no GPU is. AMS_FAKE_ROOM: runs it has memory for. */
#include "ams/cuda.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/host_roll.h"
#include "tests/cuda/host_run.h"

#include <stdlib.h>
#include <string.h>

ams_status ams_cuda_find(ams_cuda_device *device, ams_error *err)
{
    const char *room = getenv("AMS_FAKE_ROOM");
    (void)err;
    *device = (ams_cuda_device){.major = 8, .memory_gib = 1};
    strcpy(device->name, "no GPU but the host");
    host_fault.room = room == NULL ? 0 : strtoul(room, NULL, 10);
    return AMS_OK;
}

/* What the host takes says nothing of a device: the launches, each in a microsecond. */
ams_status ams_cuda_time_launches(struct ams_trainer *trainer, uint32_t threads,
                                  uint32_t rounds, ams_cuda_launch *launch, uint32_t *n,
                                  ams_error *err)
{
    static ams_launch list[AMS_MOST_LAUNCHES];
    ams_view view;
    ams_layout layout;
    (void)threads;
    (void)err;
    ams_layout_describe(trainer, &view, &layout);
    *n = ams_layout_schedule(&view, list);
    for (uint32_t i = 0; i < *n; i++) {
        launch[i] = (ams_cuda_launch){list[i].work == AMS_WORK_LEARN ? "learn" : "other",
                                      list[i].blocks, rounds > 0 ? 1 : 0};
    }
    return AMS_OK;
}

struct ams_cuda_roller {
    host_roller *host;
};

ams_status ams_cuda_roller_create(ams_cuda_roller **roller, const ams_cuda_policy *policy,
                                  uint32_t n, ams_error *err)
{
    enum { LANES = 32 };
    ams_cuda_roller *r = malloc(sizeof *r);
    host_must(r != NULL);
    *roller = r;
    return host_roller_create(&r->host, policy, n, LANES, err);
}

ams_status ams_cuda_roll(ams_cuda_roller *roller, const ams_env *const *env, ams_split split,
                         uint8_t *order, ams_error *err)
{
    return host_roller_roll(roller->host, env, split, order, err);
}

void ams_cuda_roller_destroy(ams_cuda_roller *roller)
{
    if (roller != NULL) {
        host_roller_destroy(roller->host);
    }
    free(roller);
}
