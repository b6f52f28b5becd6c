/* Scoring the items of a file that is too large for the memory: they are read a window at a
 * time, and the policies move from one window to the next.
 *
 * A user makes a table to create policies with (ams_windows_fit_table), creates them, and
 * visits the windows in order (ams_windows_walk), or shares them with other processes
 * (base/team.h). What each window gives is folded by the user, with sched/fold.h or
 * sched/limits/fold_limits.h. The cut into windows changes no score. */
#ifndef AMS_SCHED_WINDOWS_H
#define AMS_SCHED_WINDOWS_H

#include "ams/policy.h"
#include "ams/table_file.h"

/* Most items of a window, a multiple of what an evaluation gives to one thread; its table takes
 * about 100 MB at 50 outputs per item. */
enum { AMS_WINDOW_ITEMS = 16384 };

/* Bytes that windows may take of a memory limit: half, since the rest is for fitted policies,
 * scores and the library that reads the file. */
static inline uint64_t ams_windows_bytes(uint64_t memory_mb)
{
    return memory_mb * (UINT64_C(1) << 20) / 2;
}

/* The places of the items of `split` (AMS_IN_NO_SPLIT: of none), and of item `one`
 * (AMS_NO_NAME: none), ascending. item (n): the caller's to free. */
ams_status ams_windows_list(const ams_table *head, uint8_t split, uint32_t one, uint32_t **item,
                            uint32_t *n, ams_error *err);

/* The table to create policies with. */
typedef struct ams_windows_fit {
    const char *path;   /* of the file, for messages */
    const char *option; /* that sets memory_mb, for messages: "--memory" */
    uint64_t memory_mb;
    bool fitted; /* some policy is fitted to the training items: all of them are read. Else
                    the file's first item is */
} ams_windows_fit;
/* @return AMS_USAGE where the training items take more than ams_windows_bytes, with the memory
 * that they need; what ams_table_file_read returns. */
ams_status ams_windows_fit_table(ams_table_file *file, const ams_windows_fit *fit,
                                 ams_table *table, ams_error *err);
/* The content hash that is stored in the file, or else computed from it. */
ams_status ams_windows_hash(ams_table_file *file, const char *path, uint64_t memory_mb,
                            char hash[AMS_HASH_TEXT], ams_error *err);

/* A walk through n_items of the file; everything is borrowed. */
typedef struct ams_windows {
    ams_table_file *file;
    const uint32_t *item; /* (n_items) places in the file, ascending */
    uint32_t n_items;
    const ams_env *env;        /* which the policies were created with, and return to */
    ams_policy *const *policy; /* (n_policies) in the order of their creation */
    uint32_t n_policies;
    uint64_t bytes;          /* that a window may take */
    uint64_t bytes_per_item; /* besides its tables and environments: scores, orders */
    uint32_t piece; /* items that are visited at once: environments and scores of few stay in
                       the processor's caches. 0: all of a window */
} ams_windows;

/* Items of a window: as many as fit, at least 64. */
uint32_t ams_windows_size(const ams_windows *windows);

/* A window, or a piece of it; borrowed by the visitor until it returns. */
typedef struct ams_window {
    const ams_table *table; /* of its n items; of a piece without their names */
    const ams_env *env;     /* made of the table */
    const uint32_t *item;   /* (n) places in the file */
    uint32_t first, n;      /* its items are first .. first + n - 1 of n_items */
} ams_window;
typedef ams_status ams_window_fn(void *context, const ams_window *window, ams_error *err);

/* Windows of the walk, and one of them. */
uint32_t ams_windows_count(const ams_windows *windows);
/* Reads the window, moves every policy to it, and calls `visit`, piece by piece. Afterwards the
 * policies are with `env` again, whether or not it failed.
 * @return what `visit` returns; what ams_table_file_read, ams_env_create and ams_policy_move
 * return. */
ams_status ams_windows_visit(const ams_windows *windows, uint32_t number, ams_window_fn *visit,
                             void *context, ams_error *err);
/* One after the other, until `visit` does not return AMS_OK. */
ams_status ams_windows_walk(const ams_windows *windows, ams_window_fn *visit, void *context,
                            ams_error *err);

#endif
