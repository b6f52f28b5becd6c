/* manifest.json of a run: what made it, on what machine. Private to rl/. */
#ifndef AMS_RL_RUN_MANIFEST_H
#define AMS_RL_RUN_MANIFEST_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ams_manifest {
    const char *directory, *command, *version, *data_path, *data_hash;
    const char *cost_unit; /* of the times in metrics.tsv */
    const char *device;    /* what trained: "cpu", or the GPU's name */
    uint64_t threads, seed, updates;
    bool early;        /* `patience` ended the training */
    const char *state; /* "running", "stopped", "failed", "finished" */
} ams_manifest;

/* Keeps the start time of a manifest that is already there. */
ams_status ams_manifest_write(const ams_manifest *manifest, ams_error *err);
/* The last word about a run that is finished, at the time `end` (Unix time), where the manifest
 * that is there does not say so: a process that was killed left it. Else does nothing. What the
 * manifest says about the start stays. */
ams_status ams_manifest_finish(const ams_manifest *manifest, int64_t end, ams_error *err);

#endif
