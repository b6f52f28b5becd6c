/* What cuda/device.cu and score.cu say where the device is host_device.c and host_roll.c: for
 * tests of the program where no GPU is. AMS_FAKE_ROOM: runs it has memory for;
 * AMS_FAKE_DEVICES: how many there are, all of them the host (default 1). */
#include "ams/cuda.h"
#include "cuda/choose.h"
#include "tests/cuda/host_device.h"
#include "tests/cuda/host_roll.h"
#include "tests/cuda/host_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ams_status ams_cuda_count(uint32_t *n, ams_error *err)
{
    const char *devices = getenv("AMS_FAKE_DEVICES");
    (void)err;
    *n = devices == NULL ? 1 : (uint32_t)strtoul(devices, NULL, 10);
    return AMS_OK;
}

ams_status ams_cuda_find(uint32_t number, ams_cuda_device *device, ams_error *err)
{
    const char *room = getenv("AMS_FAKE_ROOM");
    uint32_t n = 0;
    *device = (ams_cuda_device){.major = 8, .memory_gib = 1};
    (void)ams_cuda_count(&n, err);
    if (number >= n) {
        return ams_cuda_too_few(number, n, err);
    }
    if (number == 0) {
        strcpy(device->name, "no GPU but the host");
    } else {
        snprintf(device->name, sizeof device->name, "no GPU %u but the host", number);
    }
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

ams_status ams_cuda_roller_create(ams_cuda_roller **roller, uint32_t number,
                                  const ams_cuda_policy *policy, uint32_t n, ams_error *err)
{
    enum { LANES = 32 };
    ams_cuda_device device;
    ams_status status = ams_cuda_find(number, &device, err);
    if (status != AMS_OK) {
        return status;
    }
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
