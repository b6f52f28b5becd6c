#include "cli/device.h"

#include "cuda/choose.h"
#include "cuda/cuda.h"

#include <stdio.h>

static ams_status sum_work(ams_train_options *const *train, const ams_env *const *env, size_t n,
                           double *sum, ams_error *err)
{
    ams_status status = AMS_OK;
    *sum = 0;
    for (size_t i = 0; i < n; i++) {
        double work = 0;
        AMS_TRY(ams_cuda_work(train[i], env[i], &work, err));
        *sum += work;
    }
out:
    return status;
}

static ams_status settle_auto(ams_train_options *const *train, const ams_env *const *env,
                              size_t n, ams_error *err)
{
    char what[64] = "an update has";
    double work = 0;
    ams_status status = sum_work(train, env, n, &work, err);
    if (status != AMS_OK) {
        return status;
    }
    if (n > 1) {
        snprintf(what, sizeof what, "updates of %zu runs together have", n);
    }
    ams_cuda_device device;
    ams_error reason = {{0}};
    bool large = work >= AMS_CUDA_WORTHWHILE && train[0]->backend == 0;
    bool found = large && ams_cuda_find(&device, &reason) == AMS_OK;
    for (size_t i = 0; i < n; i++) {
        train[i]->device = found ? AMS_DEVICE_CUDA : AMS_DEVICE_CPU;
    }
    if (found) {
        fprintf(stderr,
                "ams train: device=auto chose cuda (%s): %s %.3g multiply-adds, at least "
                "%.3g\n",
                device.name, what, work, AMS_CUDA_WORTHWHILE);
    } else if (large) {
        fprintf(stderr, "ams train: device=auto chose cpu: %s\n", reason.text);
    } else if (train[0]->backend != 0) {
        fprintf(stderr, "ams train: device=auto chose cpu: backend=dense is the CPU's\n");
    } else {
        fprintf(stderr,
                "ams train: device=auto chose cpu: %s %.3g multiply-adds, fewer than %.3g\n",
                what, work, AMS_CUDA_WORTHWHILE);
    }
    /* Not every precision is the CPU's, either; of several each says so by itself. */
    return n > 1 ? AMS_OK : ams_train_check(train[0], err);
}

ams_status cli_settle_device(ams_train_options *const *train, const ams_env *const *env,
                             size_t n, cli_device *chosen, ams_error *err)
{
    *chosen = (cli_device){.name = "cpu"};
    if (train[0]->device == AMS_DEVICE_AUTO) {
        ams_status status = settle_auto(train, env, n, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    if (train[0]->device != AMS_DEVICE_CUDA) {
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
