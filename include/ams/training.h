/* One training: its data, its environment, what trains it, and the run in its folder.
 *
 *     ams_training *training = NULL;
 *     AMS_TRY(ams_training_open(&training, &request, NULL, 0, &progress, err));
 *     AMS_TRY(ams_training_choose_device(&training, 1, &progress, err));
 *     AMS_TRY(ams_training_run(training, &how, &result, err));
 *
 * Several trainings share a data set or an environment where they ask for the same one. */
#ifndef AMS_TRAINING_H
#define AMS_TRAINING_H

#include "ams/frame.h"
#include "ams/pool.h"
#include "ams/progress.h"
#include "ams/run.h"
#include "ams/training_request.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_training ams_training;

/* Checks the options, reads the data and makes the environment, or borrows them from those of
 * the n trainings `before` that have the same. Those have to outlive this one. The request is
 * borrowed; `progress` is used during the call and may be NULL: it hears of a sample.
 * @return what ams_train_check, ams_training_sample_read and ams_env_create return. */
ams_status ams_training_open(ams_training **training, const ams_training_request *request,
                             ams_training *const *before, size_t n,
                             const ams_progress *progress, ams_error *err);
void ams_training_close(ams_training *training); /* accepts NULL */

/* Chooses what trains n trainings, n > 0, which are trained together if a device trains them.
 * All ask for the same `device`. For `auto` it is a rule of sizes, summed over the trainings;
 * `progress` hears what was chosen and why.
 * @return AMS_BACKEND with the reason if device=cuda is not available, AMS_USAGE if there is no
 * device of that number; what ams_train_check returns where `auto` means the CPU. */
ams_status ams_training_choose_device(ams_training *const *training, size_t n,
                                      const ams_progress *progress, ams_error *err);
/* The same where the caller deals devices: "cuda" and "auto" mean that of the number `dealt`,
 * while "cuda:N" stays N. */
ams_status ams_training_choose_dealt(ams_training *const *training, size_t n, uint32_t dealt,
                                     const ams_progress *progress, ams_error *err);
/* Whether a device trains it; false before the choice. */
bool ams_training_on_device(const ams_training *training);

/* How a training is run; all zero is valid. */
typedef struct ams_training_how {
    ams_pool *pool; /* for validations; NULL: as many threads as the options say */
    const volatile sig_atomic_t *stop; /* not 0: write a checkpoint and return; may be NULL */
    /* `done` of `total` updates, with loss and validation as the note, and notices; may be
     * NULL. It has to live as long as the training is run. */
    const ams_progress *progress;
} ams_training_how;

/* Trains in the request's folder, as ams_run_train. */
ams_status ams_training_run(ams_training *training, const ams_training_how *how,
                            ams_run_result *result, ams_error *err);
/* The same as a task for ams_runs_train, which borrows the training and what `how` points to.
 */
ams_run_task ams_training_task(ams_training *training, const ams_training_how *how);

/* What should be known of a run that has ended (`status`): a damaged checkpoint, an update it
 * continued from, an empty validation split. ams_training_run does it by itself. */
void ams_training_tell(const ams_training *training, ams_status status,
                       const ams_run_result *result, const ams_progress *progress);
/* What the baseline `fixed` has on the validation items that chose the weights: one order for
 * all items, fitted to the training items. @return AMS_BAD_DATA without validation items. */
ams_status ams_training_fixed(const ams_training *training, ams_validation *result,
                              ams_error *err);
/* Of the data that it trains on; borrowed. */
const char *ams_training_cost_unit(const ams_training *training);
/* The result of a run that ended well, as one line. */
void ams_training_print(const ams_training *training, const ams_run_result *result,
                        FILE *stream);
/* What `fixed` has beside it, and a hint where the policy loses. goals: whether it has several.
 */
void ams_training_print_fixed(const ams_run_result *result, const ams_validation *fixed,
                              const char *unit, bool goals, FILE *stream);
/* The same as facts; fixed: NULL without validation items. @return AMS_BACKEND. */
ams_status ams_training_result(const ams_training *training, const ams_run_result *run,
                               const ams_validation *fixed, ams_result *result, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
