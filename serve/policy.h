/* A policy.ams as the server and the runner hold it: opened by the embedded scheduler, with its
 * names as JSON has them. Never changes once it is open. */
#ifndef AMS_SERVE_POLICY_H
#define AMS_SERVE_POLICY_H

#include "ams/online.h"
#include "ams/status.h"

typedef struct ams_live_policy {
    ams_online *online;
    uint32_t n_models, n_labels;
    size_t item_size;  /* bytes of memory that an item takes */
    char **model;      /* (M) JSON strings with their quotes */
    char **label;      /* (L) */
    const char **name; /* (M) the models' names as they are */
    void *memory;
} ams_live_policy;

/* `path`: a policy.ams, or a folder that holds one. @return AMS_IO; AMS_BAD_DATA for a file
 * that is no policy, or has names that are not UTF-8; AMS_BACKEND. */
ams_status ams_live_open(ams_live_policy *policy, const char *path, ams_error *err);
/* The same for bytes in memory, which may be freed afterwards. */
ams_status ams_live_parse(ams_live_policy *policy, const void *bytes, size_t n,
                          const char *name, ams_error *err);
void ams_live_close(ams_live_policy *policy);

#endif
