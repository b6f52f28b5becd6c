#include "cli/device.h"

#include "cuda/choose.h"
#include "cuda/cuda.h"

#include <stdio.h>

static ams_status settle_auto(ams_train_options *train, const ams_env *env, ams_error *err)
{
    double work = 0;
    ams_status status = ams_cuda_work(train, env, &work, err);
    if (status != AMS_OK) {
        return status;
    }
    ams_cuda_device device;
    ams_error reason = {{0}};
    bool large = work >= AMS_CUDA_WORTHWHILE && train->backend == 0;
    bool found = large && ams_cuda_find(&device, &reason) == AMS_OK;
    train->device = found ? AMS_DEVICE_CUDA : AMS_DEVICE_CPU;
    if (found) {
        fprintf(stderr,
                "ams train: device=auto chose cuda (%s): an update has %.3g multiply-adds, at "
                "least %.3g\n",
                device.name, work, AMS_CUDA_WORTHWHILE);
    } else if (large) {
        fprintf(stderr, "ams train: device=auto chose cpu: %s\n", reason.text);
    } else if (train->backend != 0) {
        fprintf(stderr, "ams train: device=auto chose cpu: backend=dense is the CPU's\n");
    } else {
        fprintf(stderr,
                "ams train: device=auto chose cpu: an update has %.3g multiply-adds, fewer "
                "than %.3g\n",
                work, AMS_CUDA_WORTHWHILE);
    }
    return ams_train_check(train, err); /* not every precision is the CPU's, either */
}

ams_status cli_settle_device(ams_train_options *train, const ams_env *env, cli_device *chosen,
                             ams_error *err)
{
    *chosen = (cli_device){.name = "cpu"};
    if (train->device == AMS_DEVICE_AUTO) {
        ams_status status = settle_auto(train, env, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    if (train->device != AMS_DEVICE_CUDA) {
        return AMS_OK;
    }
    ams_cuda_device device;
    ams_status status = ams_cuda_find(&device, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "device=cuda");
        return status;
    }
    fprintf(stderr,
            "ams train: on %s; this backend was never run on a GPU by its authors: "
            "compare its result with --device cpu\n",
            device.name);
    chosen->accelerator = &ams_cuda;
    snprintf(chosen->name, sizeof chosen->name, "%s", device.name);
    return AMS_OK;
}
