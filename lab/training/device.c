/* What trains: the CPU or a GPU. */
#include "ams/cuda.h"
#include "cuda/choose.h"
#include "lab/training/state.h"
#include "rl/net/backend.h"

#include <stdio.h>

static ams_status sum_work(ams_training *const *training, size_t n, double *sum, ams_error *err)
{
    ams_status status = AMS_OK;
    *sum = 0;
    for (size_t i = 0; i < n; i++) {
        double work = 0;
        AMS_TRY(ams_cuda_work(&training[i]->train, training[i]->env, &work, err));
        *sum += work;
    }
out:
    return status;
}

static ams_status resolve_auto(ams_training *const *training, size_t n, uint32_t dealt,
                               const ams_progress *progress, ams_error *err)
{
    const ams_train_options *first = &training[0]->train;
    char what[64] = "an update has";
    double work = 0;
    ams_status status = sum_work(training, n, &work, err);
    if (status != AMS_OK) {
        return status;
    }
    if (n > 1) {
        snprintf(what, sizeof what, "updates of %zu runs together have", n);
    }
    ams_cuda_device device;
    ams_error reason = {{0}};
    bool goals = false;
    bool refines = false;
    for (size_t i = 0; i < n; i++) {
        goals = goals || training[i]->train.goal_input != AMS_OFF;
        refines = refines || ams_train_refine(&training[i]->train) > 0;
    }
    bool large = work >= AMS_CUDA_WORTHWHILE && first->backend == AMS_BACKEND_SPARSE &&
                 !goals && !refines;
    bool found = large && ams_cuda_find(dealt, &device, &reason) == AMS_OK;
    for (size_t i = 0; i < n; i++) {
        training[i]->train.device = found ? AMS_DEVICE_CUDA : AMS_DEVICE_CPU;
    }
    if (found) {
        ams_notice(progress,
                   "device=auto chose cuda (%s): %s %.3g multiply-adds, at least %.3g",
                   device.name, what, work, AMS_CUDA_WORTHWHILE);
    } else if (large) {
        ams_notice(progress, "device=auto chose cpu: %s", reason.text);
    } else if (goals) {
        ams_notice(progress, "device=auto chose cpu: cuda knows no goals");
    } else if (refines) {
        ams_notice(progress, "device=auto chose cpu: cuda knows no refinement");
    } else if (first->backend != AMS_BACKEND_SPARSE) {
        ams_notice(progress, "device=auto chose cpu: backend=dense is the CPU's");
    } else {
        ams_notice(progress, "device=auto chose cpu: %s %.3g multiply-adds, fewer than %.3g",
                   what, work, AMS_CUDA_WORTHWHILE);
    }
    /* Not every precision is the CPU's, either; of several each says so by itself. */
    return n > 1 ? AMS_OK : ams_train_check(first, err);
}

ams_status ams_training_choose_dealt(ams_training *const *training, size_t n, uint32_t dealt,
                                     const ams_progress *progress, ams_error *err)
{
    const ams_train_options *first = &training[0]->train;
    ams_cuda_device device;
    ams_status status = AMS_OK;
    if (first->device == AMS_DEVICE_AUTO) {
        status = resolve_auto(training, n, dealt, progress, err);
    }
    if (status != AMS_OK || !ams_device_is_cuda(first->device)) {
        return status;
    }
    const uint32_t number =
        first->device == AMS_DEVICE_CUDA ? dealt : ams_device_number(first->device);
    status = ams_cuda_find(number, &device, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "device=%s", ams_device_names[first->device]);
        return status;
    }
    ams_notice(progress,
               "on %s; this backend was never run on a GPU by its authors: compare its result "
               "with --device cpu",
               device.name);
    for (size_t i = 0; i < n; i++) {
        training[i]->gpu = ams_cuda;
        training[i]->gpu.number = number;
        training[i]->accelerator = &training[i]->gpu;
        snprintf(training[i]->device, sizeof training[i]->device, "%s", device.name);
    }
    return AMS_OK;
}

ams_status ams_training_choose_device(ams_training *const *training, size_t n,
                                      const ams_progress *progress, ams_error *err)
{
    return ams_training_choose_dealt(training, n, 0, progress, err);
}

bool ams_training_on_device(const ams_training *training)
{
    return training->accelerator != NULL;
}
