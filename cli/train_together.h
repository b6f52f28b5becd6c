/* Many runs of `ams train` that a GPU trains together, in one process. */
#ifndef AMS_CLI_TRAIN_TOGETHER_H
#define AMS_CLI_TRAIN_TOGETHER_H

#include "cli/jobs.h"

/* Trains jobs of one batch, by their arguments, at most `most` side by side; signals are caught
 * before they are let in again by `mask`. Each says in its own log what `ams train` would say,
 * and what becomes of it goes to its `told`. Where device=auto means the CPU, each is told
 * JOB_WAITING, to be started by itself. */
void train_together(job *const *run, size_t n, const sigset_t *mask, size_t most);

/* Gives waiting jobs that ask for a GPU, by device=cuda or auto, a batch, numbers from 1 on:
 * the same to those that can be trained together. Jobs whose arguments are refused get none:
 * by itself each says so. @return the number of batches. */
uint32_t train_form_batches(job *const *run, size_t n);

#endif
