/* Training an agent in the environment: act, remember, learn, one update after the other.
 *
 * B batch, E environments, A actions. Everything that decides the result is in
 * ams_train_options and the environment; threads only decide how fast it comes. */
#ifndef AMS_TRAIN_H
#define AMS_TRAIN_H

#include "ams/accelerator.h"
#include "ams/decide.h"
#include "ams/options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_trainer ams_trainer;

/* When it does not explore, the behaviour policy follows `choose` (NULL: largest Q), so that
 * the states it meets are those that the deployed rule will meet; it takes END where END's Q is
 * above the chosen model's. Borrows env (made with ams_train_env_options), which must have
 * training items. */
ams_status ams_trainer_create(ams_trainer **trainer, const ams_env *env,
                              const ams_train_options *options, ams_choose_fn *choose,
                              ams_error *err);
void ams_trainer_destroy(ams_trainer *trainer);
/* One step of every environment and one update of the network. The first calls fill the replay
 * to `warmup` transitions before they learn. */
void ams_trainer_update(ams_trainer *trainer);
/* A device and the runs that it trains together; all zero: none. */
typedef struct ams_device {
    const ams_accelerator *accelerator;
    void *state;
} ams_device;
/* @return AMS_BACKEND if there is none; *device is all zero then, and may be opened once more.
 * To be closed after its trainers are destroyed; what is all zero may be. */
ams_status ams_device_open(ams_device *device, const ams_accelerator *accelerator,
                           ams_error *err);
void ams_device_close(ams_device *device);
/* Lets the device, which is borrowed, make the updates from here on; right after create. From
 * then on only ams_trainers_advance trains, and what reads weights or saves needs
 * ams_trainer_sync before it. *joined = false, and the reason in err, where the device has no
 * room beside the trainers it has; this one is then good for nothing but to be destroyed. */
ams_status ams_trainer_join(ams_trainer *trainer, ams_device *device, bool *joined,
                            ams_error *err);
/* The same on a device of its own. */
ams_status ams_trainer_accelerate(ams_trainer *trainer, const ams_accelerator *accelerator,
                                  ams_error *err);
/* `updates` updates of each of n trainers, n > 0: all of a device, or any that the CPU trains.
 * @return AMS_BACKEND if the device fails; the trainers are then unusable. */
ams_status ams_trainers_advance(ams_trainer *const *trainer, size_t n, uint64_t updates,
                                ams_error *err);
/* The same of one. */
ams_status ams_trainer_advance(ams_trainer *trainer, uint64_t n, ams_error *err);
/* How many updates to ask of it: up to the next that is logged, validated or saved, up to
 * `until` where that is not 0, and no more than 4096; one at a time on the CPU, which then
 * stops at once when it is asked to. */
uint64_t ams_trainer_stride(const ams_trainer *trainer, uint64_t until);
/* What ams_accelerator has as `orders`; only where a device trains. */
ams_status ams_trainer_orders(ams_trainer *trainer, ams_split split, uint8_t *order,
                              ams_error *err);
/* The device's state into the trainer; nothing to do where the CPU trains. */
ams_status ams_trainer_sync(ams_trainer *trainer, ams_error *err);
/* The update without the step: for measuring. The replay must hold what a minibatch needs. */
void ams_trainer_practise(ams_trainer *trainer);
/* What the last minibatch held: ones of its states and of their next states, all together, and
 * how many rows of the first layer they touched. Next states whose targets were known already
 * do not count. */
typedef struct ams_minibatch_size {
    double ones, next_ones, rows, next_rows, next_states;
} ams_minibatch_size;
ams_minibatch_size ams_trainer_minibatch(ams_trainer *trainer);
uint64_t ams_trainer_updates(const ams_trainer *trainer); /* done so far */
/* Right before the first update that refines: from these weights, (n_params) of the online
 * network, and not from those that were learned last. The caller's, for refine_from=best. */
void ams_trainer_refine_from(ams_trainer *trainer, const float *params);
/* The online network as it is now; borrowed, and overwritten by the next call. */
const ams_net *ams_trainer_net(ams_trainer *trainer);

/* Means since the last call of ams_trainer_take_stats. */
typedef struct ams_train_stats {
    uint64_t updates, episodes; /* episodes: finished since the start of training */
    double epsilon, loss, q_mean;
    uint64_t loss_of; /* updates that loss and q_mean are means of; 0: they are 0 */
} ams_train_stats;
ams_train_stats ams_trainer_take_stats(ams_trainer *trainer);
ams_train_stats ams_trainer_peek_stats(const ams_trainer *trainer); /* without beginning anew */

/* The trainer's whole state (networks, moments, replay, episodes, counters) as sections of a
 * file that the caller has begun; restore continues bit for bit. */
struct ams_blob;
struct ams_sections;
ams_status ams_trainer_save(ams_trainer *trainer, struct ams_blob *blob, ams_error *err);
/* @return AMS_BAD_DATA if the sections are of another configuration; the trainer is then
 * unusable. */
ams_status ams_trainer_restore(ams_trainer *trainer, const struct ams_sections *sections,
                               ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
