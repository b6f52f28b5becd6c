#include "rl/run/settings.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the mean over seeds may differ in: names, places, and what changes no bit. */
static bool ignored(const char *key)
{
    static const char *const names[] = {"seed",   "label",     "threads",
                                        "device", "log_every", "checkpoint_every"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(key, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

ams_status ams_run_settings_read(ams_run_settings *settings, const char *directory,
                                 ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    settings->known = false;
    AMS_TRY(ams_train_defaults(&settings->train, err));
    AMS_TRY(ams_join_path(&path, directory, "config.ini", err));
    settings->known =
        ams_exists(path) && ams_config_file(&settings->train, ams_train_keys, ams_n_train_keys,
                                            path, NULL) == AMS_OK;
out:
    free(path);
    return status;
}

static bool same(const ams_run_settings *a, const ams_run_settings *b, const ams_key *key)
{
    char text[2][2 * AMS_TEXT_MAX];
    ams_config_print(&a->train, key, text[0], sizeof text[0]);
    ams_config_print(&b->train, key, text[1], sizeof text[1]);
    return strcmp(text[0], text[1]) == 0;
}

/* Whether one of the n that are called as `mine` has another value of the key. */
static bool differs(const ams_run_settings *all, size_t n, const ams_run_settings *mine,
                    const ams_key *key)
{
    for (size_t k = 0; k < n; k++) {
        if (all[k].known && strcmp(all[k].label, mine->label) == 0 &&
            !same(&all[k], mine, key)) {
            return true;
        }
    }
    return false;
}

size_t ams_run_settings_apart(const ams_run_settings *all, size_t n,
                              const ams_run_settings *mine, char *text, size_t size)
{
    char value[2 * AMS_TEXT_MAX];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; mine->known && i < ams_n_train_keys; i++) {
        const ams_key *key = &ams_train_keys[i];
        if (!ignored(key->name) && differs(all, n, mine, key)) {
            ams_config_print(&mine->train, key, value, sizeof value);
            used += (size_t)snprintf(used < size ? text + used : NULL,
                                     used < size ? size - used : 0, ",%s=%s", key->name, value);
        }
    }
    return used;
}
