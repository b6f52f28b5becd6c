/* A trainer whose updates a device makes. Its own arrays are the state's form for checkpoints;
 * between two calls of ams_trainer_sync they may be older than the device's. */
#include "rl/train/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

ams_status ams_device_open(ams_device *device, const ams_accelerator *accelerator,
                           ams_error *err)
{
    *device = (ams_device){0};
    ams_status status = accelerator->open(&device->state, accelerator->number, err);
    device->accelerator = status == AMS_OK ? accelerator : NULL;
    return status;
}

void ams_device_close(ams_device *device)
{
    if (device->accelerator != NULL) {
        device->accelerator->close(device->state);
    }
    *device = (ams_device){0};
}

ams_status ams_trainer_join(ams_trainer *t, ams_device *device, bool *joined, ams_error *err)
{
    *joined = false;
    if (t->options.backend != AMS_BACKEND_SPARSE) {
        return ams_fail(
            err, AMS_USAGE,
            "backend=dense: expected backend=sparse with device=%s, which has a way "
            "of its own",
            device->accelerator->name);
    }
    if (t->goal_env != NULL) {
        return ams_fail(err, AMS_USAGE,
                        "goal_input=%s: expected device=cpu, since device=%s knows no goals",
                        ams_goal_input_names[t->options.goal_input], device->accelerator->name);
    }
    /* The fast path of the CPU keeps the state in a form of its own. */
    ams_fused_destroy(t->fused);
    free(t->slot_target);
    free(t->slot_age);
    free(t->slot_rewards);
    free(t->slot_known);
    free(t->outlook);
    free(t->outlook_before);
    t->fused = NULL;
    t->takes = false;
    t->slot_target = NULL;
    t->slot_age = NULL;
    t->slot_rewards = NULL;
    t->slot_known = NULL;
    t->outlook = NULL;
    t->outlook_before = NULL;
    ams_status status = device->accelerator->add(device->state, t, &t->on_device, err);
    *joined = status == AMS_OK && t->on_device != NULL;
    t->device = *joined ? device : NULL;
    return status;
}

ams_status ams_trainer_accelerate(ams_trainer *t, const ams_accelerator *accelerator,
                                  ams_error *err)
{
    bool joined = false;
    ams_status status = ams_device_open(&t->own, accelerator, err);
    return status != AMS_OK ? status : ams_trainer_join(t, &t->own, &joined, err);
}

/* Not while restoring: what a device says is no fault of the checkpoint. */
static ams_status load_restored(ams_trainer *t, ams_error *err)
{
    ams_status status = t->restored ? t->device->accelerator->load(t->on_device, err) : AMS_OK;
    t->restored = t->restored && status != AMS_OK;
    return status;
}

ams_status ams_device_advance(ams_trainer *const *trainer, size_t n, uint64_t updates,
                              ams_error *err)
{
    ams_device *device = trainer[0]->device;
    ams_status status = AMS_OK;
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(load_restored(trainer[i], err));
        trainer[i]->stale = true;
    }
    status = device->accelerator->update(device->state, updates, err);
out:
    return status;
}

uint64_t ams_trainer_stride(const ams_trainer *t, uint64_t until)
{
    enum { MOST = 4096 };
    const ams_train_options *o = &t->options;
    const uint64_t done = t->count.updates;
    if (t->device == NULL) {
        return 1;
    }
    uint64_t end = until > done && until < o->steps ? until : o->steps;
    uint64_t n = end - done < MOST ? end - done : MOST;
    const uint64_t every[] = {o->log_every, o->validate_every, o->checkpoint_every};
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        uint64_t next = every[i] - done % every[i];
        n = next < n ? next : n;
    }
    return n;
}

ams_status ams_trainer_orders(ams_trainer *t, ams_split split, uint8_t *order, ams_error *err)
{
    ams_status status = load_restored(t, err);
    return status != AMS_OK
               ? status
               : t->device->accelerator->orders(t->on_device, (uint8_t)split, order, err);
}

ams_status ams_trainer_sync(ams_trainer *t, ams_error *err)
{
    if (t->device == NULL || !t->stale) {
        return AMS_OK;
    }
    ams_status status = t->device->accelerator->fetch(t->on_device, err);
    t->stale = status != AMS_OK;
    return status;
}

/* Moments of a row that waited k updates without a gradient. */
static void decay_row(ams_trainer *t, uint32_t f, uint64_t k)
{
    const uint32_t h = t->online.width[1];
    const float keep1 = (float)pow(t->options.adam_beta1, (double)k);
    const float keep2 = (float)pow(t->options.adam_beta2, (double)k);
    float *m = t->moment1 + t->online.weight[0] + (size_t)f * h;
    float *v = t->moment2 + t->online.weight[0] + (size_t)f * h;
    for (uint32_t j = 0; j < h; j++) {
        m[j] *= keep1;
        v[j] *= keep2;
    }
}

/* In a checkpoint of the fast path rows may wait for their steps; a device lets none wait. */
ams_status ams_trainer_catch_up(ams_trainer *t, ams_error *err)
{
    const ams_fused_state state = {.online = t->online.params,
                                   .target = t->target.params,
                                   .moment1 = t->moment1,
                                   .moment2 = t->moment2,
                                   .reached = t->reached};
    ams_fused *fused = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_fused_create(&fused, &t->online, &t->options, t->pool, 1, err));
    AMS_TRY(ams_fused_restore(fused, &state, t->count.updates, err));
    ams_fused_weights(fused, &t->rows, t->online.params);
    for (uint32_t f = 0; f < t->env->n_features; f++) {
        if (t->reached[f] < t->count.updates) {
            decay_row(t, f, t->count.updates - t->reached[f]);
        }
    }
out:
    ams_fused_destroy(fused);
    return status;
}

void ams_trainer_leave_device(ams_trainer *t)
{
    if (t->device != NULL) {
        t->device->accelerator->remove(t->on_device);
        t->on_device = NULL;
        t->device = NULL;
    }
    ams_device_close(&t->own);
}
