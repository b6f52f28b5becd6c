/* Baselines fitted to the samples of training items that an experiment's runs learned from. */
#include "base/memory.h"
#include "env/sample.h"
#include "lab/compare/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* split (N): that of the data, with only the sample left for training; the other training items
 * are in no split. */
static ams_status sample_split(const ams_table *table, uint64_t items, uint64_t seed,
                               uint8_t *split, ams_error *err)
{
    uint32_t *sample = NULL;
    uint32_t n = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&sample, table->n_items, sizeof *sample, "a sample", err));
    AMS_TRY(ams_sample_training(table->split, table->n_items, items, seed, sample, &n, err));
    for (uint32_t i = 0; i < table->n_items; i++) {
        split[i] = table->split[i] == AMS_TRAIN ? AMS_IN_NO_SPLIT : table->split[i];
    }
    for (uint32_t k = 0; k < n; k++) {
        split[sample[k]] = AMS_TRAIN;
    }
out:
    free(sample);
    return status;
}

static ams_status add_sample(ams_compare *c, const ams_policy_kind *kind, uint64_t items,
                             uint64_t seed, ams_error *err)
{
    ams_score_session *s = &c->score;
    ams_policy *policy = NULL;
    uint8_t *split = NULL;
    char label[64];
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&split, s->table.n_items, 1, "a sample", err));
    AMS_TRY(sample_split(&s->table, items, seed, split, err));
    AMS_TRY(ams_policy_fit(&policy, kind, NULL, &s->table, s->env, split, err));
    snprintf(label, sizeof label, "%s,items=%llu", kind->name, (unsigned long long)items);
    ams_policy_set_name(policy, label, seed);
    AMS_TRY(ams_score_add(s, policy, err));
    c->items[s->n_policies - 1] = items;
out:
    free(split);
    return status;
}

/* Whether an earlier run learned from the same sample. */
static bool is_seen(const ams_compare *c, size_t run)
{
    for (size_t r = 0; r < run; r++) {
        if (c->run[r].items == c->run[run].items &&
            ams_policy_seed(c->score.policy[r]) == ams_policy_seed(c->score.policy[run])) {
            return true;
        }
    }
    return false;
}

/* Whether an earlier policy, after those of the runs, is of the same kind. */
static bool is_repeated(const ams_compare *c, uint32_t policy)
{
    for (uint32_t p = (uint32_t)c->n_runs; p < policy; p++) {
        if (ams_policy_kind_of(c->score.policy[p]) ==
            ams_policy_kind_of(c->score.policy[policy])) {
            return true;
        }
    }
    return false;
}

static ams_status check_data(const ams_compare *c, ams_error *err)
{
    for (size_t r = 0; r < c->n_runs; r++) {
        if (strcmp(c->run[r].data_hash, c->score.data_hash) != 0) {
            return ams_fail(err, AMS_USAGE,
                            "option --baseline-items: %s learned from other data than %s, so "
                            "its sample cannot be drawn again",
                            c->run[r].directory, c->score.options.data_path);
        }
    }
    return AMS_OK;
}

ams_status ams_compare_add_samples(ams_compare *c, ams_error *err)
{
    const uint32_t end = c->score.n_policies;
    const size_t most = end + (c->options.baseline_items ? (end - c->n_runs) * c->n_runs : 0);
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->items, most, sizeof *c->items, "policies", err));
    for (size_t r = 0; r < c->n_runs; r++) {
        c->items[r] = c->run[r].items;
    }
    if (!c->options.baseline_items) {
        goto out;
    }
    AMS_TRY(check_data(c, err));
    for (uint32_t p = (uint32_t)c->n_runs; p < end; p++) {
        const ams_policy_kind *kind = ams_policy_kind_of(c->score.policy[p]);
        /* One that is read from a file has nothing to learn from a sample. */
        const bool fitted = kind->fit != NULL && !kind->takes_path && !is_repeated(c, p);
        for (size_t r = 0; fitted && r < c->n_runs; r++) {
            if (c->run[r].items > 0 && !is_seen(c, r)) {
                AMS_TRY(add_sample(c, kind, c->run[r].items,
                                   ams_policy_seed(c->score.policy[r]), err));
            }
        }
    }
out:
    return status;
}

bool ams_compare_has_samples(const ams_compare *c, const char *name)
{
    static const char items[] = ",items=";
    const size_t length = strlen(name);
    for (uint32_t p = 0; p < c->score.n_policies; p++) {
        const char *label = ams_policy_label(c->score.policy[p]);
        if (strncmp(label, name, length) == 0 &&
            strncmp(label + length, items, sizeof items - 1) == 0) {
            return true;
        }
    }
    return false;
}
