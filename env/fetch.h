/* Asking memory for what an item's features are made of, a while before they are read. */
#ifndef AMS_ENV_FETCH_H
#define AMS_ENV_FETCH_H

#include "ams/env.h"
#include "base/fetch.h"

/* Begins to fetch an array's n bytes from memory; no more than most items have. */
AMS_FETCHES void ams_env_fetch_array(const void *array, uint64_t n)
{
    enum { LINE = 64, MOST = 1024 };
    for (uint64_t at = 0; at < n && at < MOST; at += LINE) {
        __builtin_prefetch((const char *)array + at);
    }
}
/* The same of what the item's features are made of; ams_env_fetch_conf is for a while later. */
AMS_FETCHES void ams_env_fetch(const ams_env *env, uint32_t item)
{
    const uint64_t e = env->entry[item];
    const uint64_t n = env->entry[item + 1] - e;
    ams_env_fetch_array(env->label + e, n * sizeof *env->label);
    if (ams_env_binary(env)) {
        ams_env_fetch_array(env->makers + e, n * sizeof *env->makers);
        return;
    }
    ams_env_fetch_array(env->seen + e, n * sizeof *env->seen);
    __builtin_prefetch(&env->conf_at[e]);
}
AMS_FETCHES void ams_env_fetch_conf(const ams_env *env, uint32_t item)
{
    const uint64_t e = env->entry[item];
    if (!ams_env_binary(env)) { /* about 1.5 per entry; the rest is fetched as it is read */
        const uint64_t n = env->entry[item + 1] - e;
        ams_env_fetch_array(env->conf + env->conf_at[e], n * sizeof *env->conf * 3 / 2);
    }
}

#endif
