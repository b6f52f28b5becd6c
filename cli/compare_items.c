/* Baselines fitted on the samples of training items that an experiment's runs learned from. */
#include "cli/compare.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "env/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ams_status compare_read_items(const char *run, uint64_t *items, ams_error *err)
{
    static const char line[] = "\nitems = ";
    char *path = NULL;
    char *text = NULL;
    size_t size = 0;
    ams_status status = AMS_OK;
    *items = 0;
    AMS_TRY(ams_join_path(&path, run, "config.ini", err));
    AMS_TRY(ams_read_file(path, 1 << 20, &text, &size, err));
    char *found = strstr(text, line);
    if (found != NULL) { /* runs of older versions have no such key */
        found += sizeof line - 1;
        found[strcspn(found, "\r\n")] = '\0';
        if (!ams_parse_u64(found, items)) {
            status = ams_fail(err, AMS_BAD_DATA,
                              "%s: expected 'items = ' with a whole number, found '%s'", path,
                              found);
        }
    }
out:
    free(path);
    free(text);
    return status;
}

/* split (N): that of the data, with only the sample left for training; the other training items
 * are in no split. */
static ams_status sampled_split(const compare *c, uint64_t items, uint64_t seed, uint8_t *split,
                                ams_error *err)
{
    enum { IN_NO_SPLIT = 3 };
    const ams_table *table = &c->eval.table;
    uint32_t *sample = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&sample, table->n_items, sizeof *sample, "a sample", err));
    AMS_TRY(ams_sample_training(table->split, table->n_items, items, seed, sample, &n, err));
    for (uint32_t i = 0; i < table->n_items; i++) {
        split[i] = table->split[i] == AMS_TRAIN ? IN_NO_SPLIT : table->split[i];
    }
    for (uint32_t k = 0; k < n; k++) {
        split[sample[k]] = AMS_TRAIN;
    }
out:
    free(sample);
    return status;
}

static ams_status add_sampled(compare *c, const char *name, uint64_t items, uint64_t seed,
                              ams_error *err)
{
    eval_session *s = &c->eval;
    ams_policy *policy = NULL;
    uint8_t *split = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&split, s->env->n_items, 1, "a sample", err));
    AMS_TRY(sampled_split(c, items, seed, split, err));
    /* Only fitting looks at the split; scoring is the same as of any other policy. */
    ams_env view = *s->env;
    view.split = split;
    AMS_TRY(ams_policy_create(&policy, name, &s->table, &view, err));
    policy->env = s->env;
    policy->seed = seed;
    snprintf(policy->label, sizeof policy->label, "%s,items=%llu", name,
             (unsigned long long)items);
    s->run[s->n_runs++] = (eval_run){.policy = policy, .items = items};
out:
    free(split);
    return status;
}

/* Whether an earlier run learned from the same sample. */
static bool seen(const compare *c, size_t run)
{
    for (size_t r = 0; r < run; r++) {
        if (c->eval.run[r].items == c->eval.run[run].items &&
            c->eval.run[r].policy->seed == c->eval.run[run].policy->seed) {
            return true;
        }
    }
    return false;
}

ams_status compare_add_sampled(compare *c, uint32_t first, ams_error *err)
{
    ams_status status = AMS_OK;
    uint32_t end = c->eval.n_runs;
    for (size_t r = 0; r < c->n_runs; r++) {
        if (strcmp(c->run[r].data_hash, c->eval.data_hash) != 0) {
            return ams_fail(err, AMS_USAGE,
                            "option --baseline-items: %s learned from other data than %s, so "
                            "its sample cannot be drawn again",
                            c->run[r].directory, c->eval.data_path);
        }
    }
    for (uint32_t k = first; k < end; k++) {
        const ams_policy_kind *kind = c->eval.run[k].policy->kind;
        for (size_t r = 0; kind->fit != NULL && r < c->n_runs; r++) {
            if (c->eval.run[r].items > 0 && !seen(c, r)) {
                AMS_TRY(add_sampled(c, kind->name, c->eval.run[r].items,
                                    c->eval.run[r].policy->seed, err));
            }
        }
    }
out:
    return status;
}

bool compare_has_samples(const compare *c, const char *name)
{
    size_t length = strlen(name);
    for (uint32_t r = 0; r < c->eval.n_runs; r++) {
        const char *label = c->eval.run[r].policy->label;
        if (strncmp(label, name, length) == 0 && strncmp(label + length, ",items=", 7) == 0) {
            return true;
        }
    }
    return false;
}
