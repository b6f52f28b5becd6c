/* `rules:FILE`: handcrafted rules, as in the papers. The base probability of a model is its
 * share of training items on which it outputs something. A row of FILE says that once a model
 * of `task` has output `label`, the probability of the models of `target` is multiplied by
 * `factor`. The next model is the one with the largest probability per time [ours: the papers
 * do not say].
 *
 * FILE: UTF-8 lines; "#" begins a comment, blank lines are skipped, and the first other line is
 * the header "task label factor target"; cells are separated by tabs. */
#include "sched/kinds.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "env/math.h"
#include "sched/online/rules.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4, MOST_BYTES = 1 << 20 };
static const char *const columns[COLUMNS] = {"task", "label", "factor", "target"};

typedef struct rule {
    uint32_t label;  /* of the table: "task/label" */
    uint64_t target; /* models of the task */
    double factor;
} rule;

typedef struct rules {
    rule *rule;
    size_t n, room;
    double base[AMS_MAX_MODELS];
} rules;

typedef struct place {
    const char *path;
    size_t line;
} place;

static ams_status split_cells(char *line, char *cell[COLUMNS], const place *at, ams_error *err)
{
    size_t n = 0;
    for (char *from = line; from != NULL; n++) {
        char *tab = strchr(from, '\t');
        if (tab != NULL) {
            *tab = '\0';
        }
        if (n < COLUMNS) {
            cell[n] = from;
        }
        from = tab == NULL ? NULL : tab + 1;
    }
    return n == COLUMNS ? AMS_OK
                        : ams_fail(err, AMS_BAD_DATA,
                                   "%s:%zu: expected 4 cells separated by tabs (task, label, "
                                   "factor, target), found %zu",
                                   at->path, at->line, n);
}

static ams_status find_task(const ams_table *table, const char *name, uint32_t *task,
                            const place *at, ams_error *err)
{
    *task = ams_names_find(&table->task_name, name, strlen(name));
    return *task != AMS_NO_NAME
               ? AMS_OK
               : ams_fail(err, AMS_BAD_DATA, "%s:%zu: the data set has no task '%s'", at->path,
                          at->line, name);
}

static ams_status find_label(const ams_table *table, const char *task, const char *name,
                             uint32_t *label, const place *at, ams_error *err)
{
    char *full = NULL;
    ams_status status = ams_join_path(&full, task, name, err);
    if (status == AMS_OK) {
        *label = ams_names_find(&table->label_name, full, strlen(full));
        if (*label == AMS_NO_NAME) {
            status = ams_fail(err, AMS_BAD_DATA, "%s:%zu: the data set has no label '%s/%s'",
                              at->path, at->line, task, name);
        }
    }
    free(full);
    return status;
}

static ams_status add_rule(rules *r, const ams_table *table, char *cell[COLUMNS],
                           const place *at, ams_error *err)
{
    rule new_rule = {0};
    uint32_t task;
    ams_status status = AMS_OK;
    AMS_TRY(find_task(table, cell[0], &task, at, err));
    AMS_TRY(find_label(table, cell[0], cell[1], &new_rule.label, at, err));
    if (!ams_parse_double(cell[2], &new_rule.factor) || !(new_rule.factor > 0)) {
        return ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected a factor over 0, found '%s'",
                        at->path, at->line, cell[2]);
    }
    AMS_TRY(find_task(table, cell[3], &task, at, err));
    for (uint32_t m = 0; m < table->n_models; m++) {
        new_rule.target |= (uint64_t)(table->model_task[m] == task) << m;
    }
    AMS_TRY(ams_grow(&r->rule, &r->room, r->n + 1, sizeof *r->rule, "rules", err));
    r->rule[r->n++] = new_rule;
out:
    return status;
}

static ams_status read_line(rules *r, const ams_table *table, char *line, bool *header,
                            const place *at, ams_error *err)
{
    char *cell[COLUMNS] = {0};
    line[strcspn(line, "\r")] = '\0';
    if (line[0] == '\0' || line[0] == '#') {
        return AMS_OK;
    }
    ams_status status = split_cells(line, cell, at, err);
    if (status != AMS_OK || *header) {
        return status != AMS_OK ? status : add_rule(r, table, cell, at, err);
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        if (strcmp(cell[c], columns[c]) != 0) {
            return ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected the column '%s', found '%s'",
                            at->path, at->line, columns[c], cell[c]);
        }
    }
    *header = true;
    return AMS_OK;
}

static ams_status read_rules(rules *r, const char *path, const ams_table *table, ams_error *err)
{
    char *text = NULL;
    size_t size = 0;
    bool header = false;
    place at = {.path = path};
    ams_status status = AMS_OK;
    AMS_TRY(ams_read_file(path, MOST_BYTES, &text, &size, err));
    if (strlen(text) != size) {
        status = ams_fail(err, AMS_BAD_DATA, "%s: expected text, found a zero byte", path);
        goto out;
    }
    for (char *line = text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        at.line++;
        AMS_TRY(read_line(r, table, line, &header, &at, err));
        line = end == NULL ? NULL : end + 1;
    }
    if (r->n == 0) {
        status =
            ams_fail(err, AMS_BAD_DATA, "%s: expected at least one rule, found none", path);
    }
out:
    free(text);
    return status;
}

static ams_status fit_base(rules *r, const ams_env *env, ams_error *err)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < env->n_items; i++) {
        uint64_t spoke = 0;
        for (uint64_t e = env->entry[i]; e < env->entry[i + 1]; e++) {
            spoke |= env->makers[e];
        }
        for (; env->split[i] == AMS_TRAIN && spoke != 0; spoke &= spoke - 1) {
            r->base[ams_lowest(spoke)]++;
        }
        n += env->split[i] == AMS_TRAIN && env->full[i] > 0;
    }
    for (uint32_t m = 0; n > 0 && m < env->n_models; m++) {
        r->base[m] /= n;
    }
    return n > 0 ? AMS_OK
                 : ams_fail(err, AMS_BAD_DATA,
                            "`rules` takes base probabilities from the training split, which "
                            "has no item with a valuable label; `ams data split` deals items "
                            "to splits");
}

static ams_status fit_rules(ams_policy *policy, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&policy->state, 1, sizeof(rules), "rules", err));
    AMS_TRY(read_rules(policy->state, policy->path, policy->table, err));
    AMS_TRY(fit_base(policy->state, policy->env, err));
out:
    return status;
}

static void fini_rules(ams_policy *policy)
{
    rules *r = policy->state;
    if (r != NULL) {
        free(r->rule);
    }
    free(r);
}

/* The rules whose label the run of model m has newly found. */
static void apply(const rules *r, const ams_env *env, uint32_t item, uint64_t before,
                  uint32_t m, double *probability)
{
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        if (!(env->makers[e] >> m & 1) || (env->makers[e] & before)) {
            continue;
        }
        for (size_t k = 0; k < r->n; k++) {
            uint64_t target = r->rule[k].label == env->label[e] ? r->rule[k].target : 0;
            for (; target != 0; target &= target - 1) {
                probability[ams_lowest(target)] *= r->rule[k].factor;
            }
        }
    }
}

static uint32_t order_rules(const ams_policy *policy, void *worker, uint32_t item,
                            uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    (void)draw;
    const rules *r = policy->state;
    const ams_env *env = policy->env;
    double probability[AMS_MAX_MODELS];
    uint64_t mask = 0;
    memcpy(probability, r->base, sizeof probability);
    for (uint32_t k = 0; k < env->n_models; k++) {
        float q[AMS_MAX_MODELS];
        for (uint32_t m = 0; m < env->n_models; m++) {
            q[m] = (float)probability[m];
        }
        uint32_t m = ams_rule_cost_q(q, env->time_ms, ams_env_remaining(env, mask));
        order[k] = (uint8_t)m;
        apply(r, env, item, mask, m, probability);
        mask |= UINT64_C(1) << m;
    }
    return env->n_models;
}

const ams_policy_kind ams_policy_rules = {
    .name = "rules",
    .help = "rules:FILE: shares of items with output, changed by handcrafted rules, per time",
    .draws = 1,
    .takes_path = true,
    .fit = fit_rules,
    .fini = fini_rules,
    .order = order_rules};
