/* Many updates, by the CPU or by the device that the trainers share. */
#include "rl/train/state.h"

ams_status ams_trainers_advance(ams_trainer *const *trainer, size_t n, uint64_t updates,
                                ams_error *err)
{
    if (trainer[0]->device != NULL) {
        return ams_device_advance(trainer, n, updates, err);
    }
    for (size_t i = 0; i < n; i++) {
        for (uint64_t k = 0; k < updates; k++) {
            ams_trainer_update(trainer[i]);
        }
    }
    return AMS_OK;
}

ams_status ams_trainer_advance(ams_trainer *t, uint64_t n, ams_error *err)
{
    return ams_trainers_advance(&t, 1, n, err);
}
