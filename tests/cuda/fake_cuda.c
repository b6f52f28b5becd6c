/* What cuda/device.cu says where the device is host_device.c: for tests of the program where no
 * GPU is. AMS_FAKE_ROOM: runs it has memory for. */
#include "cuda/cuda.h"
#include "tests/cuda/host_device.h"

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
