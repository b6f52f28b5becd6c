/* A second environment of a table that has one. Private to env/ and sched/. */
#ifndef AMS_ENV_BESIDE_H
#define AMS_ENV_BESIDE_H

#include "ams/env.h"

/* ams_env_create, where `other` is an environment of the same table: entries that would be the
 * same are borrowed from it. Then nothing of them is read after `other` is destroyed. NULL:
 * there is no other. */
ams_status ams_env_create_beside(ams_env **env, const ams_table *table,
                                 const ams_env_options *options, const ams_env *other,
                                 ams_error *err);

#endif
