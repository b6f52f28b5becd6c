/* Runs of one name whose settings differ are no seeds of one policy: each setting gets a row.
 */
#include "ams/options.h"
#include "base/file.h"
#include "base/memory.h"
#include "lab/score/parts.h"

#include <stdlib.h>
#include <string.h>

/* A policy's settings, where its run's folder has them. */
typedef struct score_settings {
    bool known;
    char label[64]; /* before */
    ams_train_options train;
} score_settings;

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

/* The path of "NAME=RULE:PATH". */
static const char *path_of(const char *spec)
{
    const size_t name = strcspn(spec, "=/");
    spec += spec[name] == '=' ? name + 1 : 0;
    for (int i = 0; ams_decide_modes[i] != NULL; i++) {
        const size_t length = strlen(ams_decide_modes[i]);
        if (strncmp(spec, ams_decide_modes[i], length) == 0 && spec[length] == ':') {
            return spec + length + 1;
        }
    }
    return spec;
}

static ams_status read_settings(score_settings *settings, const char *spec, ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_train_defaults(&settings->train, err));
    AMS_TRY(ams_join_path(&path, path_of(spec), "config.ini", err));
    settings->known =
        ams_exists(path) && ams_config_file(&settings->train, ams_train_keys, ams_n_train_keys,
                                            path, NULL) == AMS_OK;
out:
    free(path);
    return status;
}

static bool same(const score_settings *a, const score_settings *b, const ams_key *key)
{
    char text[2][2 * AMS_TEXT_MAX];
    ams_config_print(&a->train, key, text[0], sizeof text[0]);
    ams_config_print(&b->train, key, text[1], sizeof text[1]);
    return strcmp(text[0], text[1]) == 0;
}

/* Whether one of the n that are called as `mine` has another value of the key. */
static bool differs(const score_settings *all, size_t n, const score_settings *mine,
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

/* "dqn,hidden=8". */
static ams_status name_apart(ams_policy *policy, const score_settings *all, size_t n,
                             const score_settings *mine, ams_error *err)
{
    char label[1024];
    char value[2 * AMS_TEXT_MAX];
    size_t used = (size_t)snprintf(label, sizeof label, "%s", mine->label);
    for (size_t i = 0; i < ams_n_train_keys; i++) {
        const ams_key *key = &ams_train_keys[i];
        if (!ignored(key->name) && differs(all, n, mine, key) && used < sizeof mine->label) {
            ams_config_print(&mine->train, key, value, sizeof value);
            used +=
                (size_t)snprintf(label + used, sizeof label - used, ",%s=%s", key->name, value);
        }
    }
    if (used >= sizeof mine->label) {
        return ams_fail(err, AMS_USAGE,
                        "policies '%s' differ in more than the seed, and what differs is too "
                        "long for a name (%.80s...); give each a name, as in NAME=POLICY",
                        mine->label, label);
    }
    if (strcmp(label, mine->label) != 0) {
        ams_policy_set_name(policy, label, ams_policy_seed(policy));
    }
    return AMS_OK;
}

ams_status ams_score_name_apart(ams_score_session *s, ams_error *err)
{
    const size_t n = s->options.n_policies;
    score_settings *all = NULL;
    ams_status status = ams_alloc(&all, n, sizeof *all, "settings", err);
    for (size_t k = 0; k < n && status == AMS_OK; k++) {
        snprintf(all[k].label, sizeof all[k].label, "%s", ams_policy_label(s->policy[k]));
        status = read_settings(&all[k], s->options.policy[k], err);
    }
    for (size_t k = 0; k < n && status == AMS_OK; k++) {
        if (all[k].known) {
            status = name_apart(s->policy[k], all, n, &all[k], err);
        }
    }
    free(all);
    return status;
}
