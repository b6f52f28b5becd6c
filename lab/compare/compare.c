#include "ams/compare.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/team.h"
#include "lab/compare/parts.h"

#include <stdlib.h>
#include <string.h>

/* Under so many, intervals over seeds mean little. */
enum { FEW_SEEDS = 4 };

ams_compare_options ams_compare_defaults(void)
{
    static const char *const baselines[] = {"fixed", "random", "oracle"};
    ams_compare_options options = {.score = ams_score_defaults(),
                                   .baseline = baselines,
                                   .n_baselines = sizeof baselines / sizeof *baselines};
    options.score.bootstrap_draws = 10000;
    return options;
}

/* -- what is scored -- */

/* Whether `name` asks for what one of the baselines from place `first` on is: the kind, which
 * stands in front of a colon (rules:FILE). */
static bool is_listed(const ams_compare *c, size_t first, const char *name)
{
    const size_t length = strlen(name);
    for (size_t k = first; k < c->n_specs; k++) {
        const char *spec = c->spec[k];
        if (strcspn(spec, ":") == length && strncmp(spec, name, length) == 0) {
            return true;
        }
    }
    return false;
}

static ams_status list_baseline(ams_compare *c, size_t first, const char *name, ams_error *err)
{
    char kind[64];
    snprintf(kind, sizeof kind, "%.*s", (int)strcspn(name, ":"), name);
    if (ams_policy_kind_named(kind) == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "option --baseline: '%s' is none; `ams list policies` prints them",
                        name);
    }
    if (!is_listed(c, first, name)) {
        c->spec[c->n_specs++] = name;
    }
    return AMS_OK;
}

/* The runs first, so that they have the same places in both lists. */
static ams_status list_policies(ams_compare *c, ams_error *err)
{
    static const char *const always[] = {"all", "random"};
    const ams_compare_options *o = &c->options;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->spec, c->n_runs + o->n_baselines + 2 + o->score.n_policies,
                      sizeof(char *), "policies", err));
    for (size_t r = 0; r < c->n_runs; r++) {
        c->spec[c->n_specs++] = c->run[r].directory;
    }
    for (size_t k = 0; k < o->n_baselines; k++) {
        AMS_TRY(list_baseline(c, c->n_runs, o->baseline[k], err));
    }
    for (size_t k = 0; k < sizeof always / sizeof *always; k++) {
        AMS_TRY(list_baseline(c, c->n_runs, always[k], err));
    }
    for (size_t k = 0; k < o->score.n_policies; k++) {
        c->spec[c->n_specs++] = o->score.policy[k];
    }
out:
    return status;
}

/* Without a path all runs have to be of one data set, and the file has to be that still. */
static ams_status open_data(ams_compare *c, ams_error *err)
{
    const char *given = c->options.score.data_path;
    ams_score_options options = c->options.score;
    options.data_path = given == NULL ? c->run[0].data_path : given;
    options.policy = c->spec;
    options.n_policies = c->n_specs;
    for (size_t r = 1; given == NULL && r < c->n_runs; r++) {
        if (strcmp(c->run[r].data_hash, c->run[0].data_hash) != 0) {
            return ams_fail(err, AMS_USAGE,
                            "%s and %s were trained on different data; give --data to score "
                            "all of them on one data set",
                            c->run[0].directory, c->run[r].directory);
        }
    }
    ams_status status = ams_score_open(&c->score, &options, err);
    if (status != AMS_OK) {
        if (given == NULL) {
            ams_error_prefix(err, "the runs' data set (--data gives another path)");
        }
        return status;
    }
    if (given == NULL && strcmp(c->score.data_hash, c->run[0].data_hash) != 0) {
        return ams_fail(err, AMS_USAGE,
                        "%s has changed since the runs were trained on it (content hash %s, "
                        "now %s); --data %s scores them on it all the same",
                        options.data_path, c->run[0].data_hash, c->score.data_hash,
                        options.data_path);
    }
    return AMS_OK;
}

/* -- what the groups are -- */

/* A policy that was added is no further seed of a run's agent. */
static ams_status check_members(const ams_compare *c, uint32_t g, ams_error *err)
{
    for (uint32_t k = c->score.first[g]; k < c->score.first[g + 1]; k++) {
        if (c->score.member[k] >= c->n_runs) {
            return ams_fail(err, AMS_USAGE,
                            "option --policy: one is labelled '%s', as runs in %s are; name it "
                            "otherwise, as in --policy NAME=P",
                            c->score.group[g].label, c->options.directory);
        }
    }
    return AMS_OK;
}

/* A run may be called like a baseline, and then its rows could not be told apart from that
 * one's. */
static ams_status check_groups(ams_compare *c, ams_error *err)
{
    ams_status status = AMS_OK;
    c->fixed = AMS_COMPARE_NONE;
    c->oracle = AMS_COMPARE_NONE;
    for (uint32_t g = 0; g < c->score.n_groups; g++) {
        const ams_group *group = &c->score.group[g];
        if (!ams_compare_is_agent(c, g)) {
            c->fixed = strcmp(group->label, "fixed") == 0 ? g : c->fixed;
            c->oracle = strcmp(group->label, "oracle") == 0 ? g : c->oracle;
            continue;
        }
        if (ams_policy_kind_named(group->label) != NULL) {
            return ams_fail(err, AMS_USAGE,
                            "a run in %s is labelled '%s', as a baseline is; train it with "
                            "another label",
                            c->options.directory, group->label);
        }
        AMS_TRY(check_members(c, g, err));
        if (group->n_runs < FEW_SEEDS) {
            ams_notice(c->options.score.progress,
                       "'%s' has %u seed%s; under %d, intervals over seeds mean little",
                       group->label, group->n_runs, group->n_runs == 1 ? "" : "s", FEW_SEEDS);
        }
    }
out:
    return status;
}

/* -- the whole -- */

ams_status ams_compare_open(ams_compare *c, const ams_compare_options *options, ams_error *err)
{
    ams_status status = AMS_OK;
    *c = (ams_compare){.options = *options};
    if (!ams_team_leads(options->score.team)) {
        c->options.score.progress = NULL;
    }
    AMS_TRY(ams_score_find_device(options->score.device, err));
    AMS_TRY(ams_join_path(&c->eval_directory, options->directory, "eval", err));
    AMS_TRY(ams_compare_find_runs(c, err));
    AMS_TRY(list_policies(c, err));
    AMS_TRY(open_data(c, err));
    status = ams_score_load(&c->score, err);
out:
    return status;
}

ams_status ams_compare_run(ams_compare *c, const ams_compare_options *options, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_compare_open(c, options, err));
    AMS_TRY(ams_compare_add_samples(c, err));
    AMS_TRY(ams_score_run(&c->score, err));
    AMS_TRY(check_groups(c, err));
    AMS_TRY(ams_compare_make_rows(c, err));
out:
    return status;
}

void ams_compare_close(ams_compare *c)
{
    ams_score_close(&c->score);
    ams_compare_free_runs(c);
    free(c->eval_directory);
    free(c->items);
    free(c->row);
    free(c->spec);
    *c = (ams_compare){.n_runs = 0};
}
