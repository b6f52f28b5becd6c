/* `rules:FILE`: handcrafted rules, as in the papers. The base probability of a model is its
 * share of training items on which it outputs something. A row of FILE says that once a model
 * of `task` has output `label`, the probability of the models of `target` is multiplied by
 * `factor`. The next model is the one with the largest probability per time [ours: the papers
 * do not say].
 *
 * `rules-random:FILE`, nearer to the papers' wording: all models begin alike, and the next one
 * is drawn with its probability.
 *
 * A `label` that ends with "*" is every label that begins so; its row counts once per item. A
 * `target` is a task or a single model.
 *
 * FILE: UTF-8 lines; "#" begins a comment, blank lines are skipped, and the first other line is
 * the header "task label factor target"; cells are separated by tabs. */
#include "sched/policies/kinds.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"
#include "env/math.h"
#include "online/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4, MOST_BYTES = 1 << 20, MOST_ROWS = 256 };
static const char *const columns[COLUMNS] = {"task", "label", "factor", "target"};

typedef struct rules_rule {
    uint32_t label;  /* of the table: "task/label" */
    uint32_t row;    /* of the file */
    uint64_t target; /* models of the task */
    double factor;
} rules_rule;

typedef struct rules_state {
    rules_rule *rule;
    size_t n, room;
    uint32_t rows;
    double base[AMS_MAX_MODELS];
} rules_state;

typedef struct rules_place {
    const char *path;
    size_t line;
} rules_place;

static ams_status split_cells(char *line, char *cell[COLUMNS], const rules_place *at,
                              ams_error *err)
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
                            const rules_place *at, ams_error *err)
{
    *task = ams_names_find(&table->task_name, name, strlen(name));
    return *task != AMS_NO_NAME
               ? AMS_OK
               : ams_fail(err, AMS_BAD_DATA, "%s:%zu: the data set has no task '%s'", at->path,
                          at->line, name);
}

/* The labels that a rule's label means, each a rule of the row. */
static ams_status add_labels(rules_state *r, const ams_table *table, const char *task,
                             const char *name, const rules_rule *of_row, const rules_place *at,
                             ams_error *err)
{
    char *full = NULL;
    ams_status status = AMS_OK;
    size_t before = r->n;
    AMS_TRY(ams_join_path(&full, task, name, err));
    size_t length = strlen(full);
    bool prefix = full[length - 1] == '*';
    for (uint32_t l = 0; l < table->n_labels; l++) {
        const char *label = ams_names_get(&table->label_name, l);
        if (prefix ? strncmp(label, full, length - 1) == 0 : strcmp(label, full) == 0) {
            AMS_TRY(ams_grow(&r->rule, &r->room, r->n + 1, sizeof *r->rule, "rules", err));
            r->rule[r->n] = *of_row;
            r->rule[r->n++].label = l;
        }
    }
    if (r->n == before) {
        status = ams_fail(err, AMS_BAD_DATA, "%s:%zu: the data set has no label '%s/%s'",
                          at->path, at->line, task, name);
    }
out:
    free(full);
    return status;
}

/* A task's models, or one model. */
static ams_status find_target(const ams_table *table, const char *name, uint64_t *target,
                              const rules_place *at, ams_error *err)
{
    uint32_t model = ams_names_find(&table->model_name, name, strlen(name));
    uint32_t task;
    if (model != AMS_NO_NAME) {
        *target = UINT64_C(1) << model;
        return AMS_OK;
    }
    ams_status status = find_task(table, name, &task, at, err);
    for (uint32_t m = 0; status == AMS_OK && m < table->n_models; m++) {
        *target |= (uint64_t)(table->model_task[m] == task) << m;
    }
    return status;
}

static ams_status add_rule(rules_state *r, const ams_table *table, char *cell[COLUMNS],
                           const rules_place *at, ams_error *err)
{
    rules_rule new_rule = {.row = r->rows++};
    uint32_t task;
    ams_status status = AMS_OK;
    AMS_TRY(find_task(table, cell[0], &task, at, err));
    if (r->rows > MOST_ROWS) {
        status = ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected at most %d rules", at->path,
                          at->line, MOST_ROWS);
        goto out;
    }
    if (!ams_parse_double(cell[2], &new_rule.factor) || !(new_rule.factor > 0)) {
        status = ams_fail(err, AMS_BAD_DATA, "%s:%zu: expected a factor over 0, found '%s'",
                          at->path, at->line, cell[2]);
        goto out;
    }
    AMS_TRY(find_target(table, cell[3], &new_rule.target, at, err));
    status = add_labels(r, table, cell[0], cell[1], &new_rule, at, err);
out:
    return status;
}

static ams_status read_line(rules_state *r, const ams_table *table, char *line, bool *header,
                            const rules_place *at, ams_error *err)
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

static ams_status read_rules(rules_state *r, const char *path, const ams_table *table,
                             ams_error *err)
{
    char *text = NULL;
    size_t size = 0;
    bool header = false;
    rules_place at = {.path = path};
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

static ams_status fit_base(rules_state *r, const ams_env *env, ams_error *err)
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
    return n > 0 ? AMS_OK : ams_policy_no_training("rules", env, err);
}

static ams_status fit_rules(ams_policy *policy, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&policy->state, 1, sizeof(rules_state), "rules", err));
    AMS_TRY(read_rules(policy->state, policy->path, policy->table, err));
    AMS_TRY(fit_base(policy->state, policy->env, err));
out:
    return status;
}

static void fini_rules(ams_policy *policy)
{
    rules_state *r = policy->state;
    if (r != NULL) {
        free(r->rule);
    }
    free(r);
}

/* The rules whose label the run of model m has newly found. fired: rows that have counted. */
static void apply(const rules_state *r, const ams_env *env, uint32_t item, uint64_t before,
                  uint32_t m, bool fired[MOST_ROWS], double *probability)
{
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        if (!(env->makers[e] >> m & 1) || (env->makers[e] & before)) {
            continue;
        }
        for (size_t k = 0; k < r->n; k++) {
            const rules_rule *one = &r->rule[k];
            if (one->label != env->label[e] || fired[one->row]) {
                continue;
            }
            fired[one->row] = true;
            for (uint64_t target = one->target; target != 0; target &= target - 1) {
                probability[ams_lowest(target)] *= one->factor;
            }
        }
    }
}

/* The model at which the sum of the remaining ones' probabilities passes the share. */
static uint32_t draw_model(const double *probability, uint64_t remaining, double share)
{
    double sum = 0;
    uint32_t m = 0;
    for (uint64_t left = remaining; left != 0; left &= left - 1) {
        sum += probability[ams_lowest(left)];
    }
    share *= sum;
    for (; remaining != 0; remaining &= remaining - 1) {
        m = ams_lowest(remaining);
        share -= probability[m];
        if (share < 0) {
            break;
        }
    }
    return m;
}

static uint32_t order_drawn(const ams_policy *policy, void *worker, uint32_t item,
                            uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    const rules_state *r = policy->state;
    const ams_env *env = policy->env;
    const uint32_t whole = policy->item_index == NULL ? item : policy->item_index[item];
    double probability[AMS_MAX_MODELS];
    bool fired[MOST_ROWS] = {false};
    uint32_t words[4] = {0};
    uint64_t mask = 0;
    for (uint32_t m = 0; m < env->n_models; m++) {
        probability[m] = 1;
    }
    for (uint32_t k = 0; k < env->n_models; k++) {
        if (k % 4 == 0) { /* as of `random`: item 32 bits, draw 28, block of four words 4 */
            ams_philox(policy->draw_seed, AMS_STREAM_RULES,
                       (uint64_t)whole << 32 | (uint64_t)(draw & 0x0FFFFFFF) << 4 | k / 4,
                       words);
        }
        uint32_t m =
            draw_model(probability, ams_env_remaining(env, mask), ams_unit(words[k % 4]));
        order[k] = (uint8_t)m;
        apply(r, env, item, mask, m, fired, probability);
        mask |= UINT64_C(1) << m;
    }
    return env->n_models;
}

static uint32_t order_rules(const ams_policy *policy, void *worker, uint32_t item,
                            uint32_t draw, uint8_t order[AMS_MAX_MODELS])
{
    (void)worker;
    (void)draw;
    const rules_state *r = policy->state;
    const ams_env *env = policy->env;
    double probability[AMS_MAX_MODELS];
    bool fired[MOST_ROWS] = {false};
    uint64_t mask = 0;
    memcpy(probability, r->base, sizeof probability);
    for (uint32_t k = 0; k < env->n_models; k++) {
        float q[AMS_MAX_MODELS];
        for (uint32_t m = 0; m < env->n_models; m++) {
            q[m] = (float)probability[m];
        }
        uint32_t m = ams_rule_cost_q(q, env->time_ms, ams_env_remaining(env, mask));
        order[k] = (uint8_t)m;
        apply(r, env, item, mask, m, fired, probability);
        mask |= UINT64_C(1) << m;
    }
    return env->n_models;
}

/* Hidden units of a row: relu(labels of it that are found), and where it has several relu(that
 * - 1), whose difference is 1 once any is found. */
static uint32_t lay_out_units(const rules_state *r, uint32_t first[MOST_ROWS],
                              bool several[MOST_ROWS])
{
    uint32_t labels[MOST_ROWS] = {0};
    uint32_t units = 0;
    for (size_t k = 0; k < r->n; k++) {
        labels[r->rule[k].row]++;
    }
    for (uint32_t row = 0; row < r->rows; row++) {
        several[row] = labels[row] > 1;
        first[row] = units;
        units += several[row] ? 2 : 1;
    }
    return units;
}

static void set_unit(const ams_net *net, const rules_rule *rule, uint32_t unit, bool second)
{
    const float sign = second ? -1 : 1;
    float *in = net->params + net->weight[0] + (size_t)rule->label * net->width[1];
    float *out = net->params + net->weight[1] + (size_t)unit * net->width[2];
    in[unit] = 1;
    net->params[net->bias[0] + unit] = second ? -1 : 0;
    for (uint64_t target = rule->target; target != 0; target &= target - 1) {
        out[ams_lowest(target)] = sign * (float)log(rule->factor);
    }
}

/* Probabilities multiply, so their logarithms are sums: a network of one hidden layer, and the
 * rule `odds`, which takes the largest Q - ln(time). A model that never spoke in training has
 * the probability 0 whatever the rules say. */
static ams_status rules_to_net(const ams_policy *policy, ams_policy_file *file, ams_error *err)
{
    const rules_state *r = policy->state;
    const uint32_t n = policy->env->n_models;
    const float never = -1e4F; /* far below the logarithm of any share and factors */
    uint32_t first[MOST_ROWS];
    bool several[MOST_ROWS];
    const uint32_t width[] = {policy->env->n_labels, lay_out_units(r, first, several), n + 1};
    ams_status status = ams_net_init_widths(&file->net, width, 2, err);
    if (status != AMS_OK) {
        return status;
    }
    const ams_net *net = &file->net;
    memset(net->params, 0, net->n_params * sizeof(float));
    for (size_t k = 0; k < r->n; k++) {
        const uint32_t row = r->rule[k].row;
        set_unit(net, &r->rule[k], first[row], false);
        if (several[row]) {
            set_unit(net, &r->rule[k], first[row] + 1, true);
        }
    }
    for (uint32_t m = 0; m < n; m++) {
        net->params[net->bias[1] + m] = r->base[m] > 0 ? (float)log(r->base[m]) : never;
        for (uint32_t unit = 0; r->base[m] == 0 && unit < net->width[1]; unit++) {
            net->params[net->weight[1] + (size_t)unit * net->width[2] + m] = 0;
        }
    }
    file->decide = AMS_DECIDE_ODDS;
    file->env.reward = AMS_REWARD_REMAINING;
    return AMS_OK;
}

const ams_policy_kind ams_policy_rules = {
    .name = "rules",
    .help = "rules:FILE: frequencies of output, adjusted by handcrafted rules, per time",
    .draws = 1,
    .takes_path = true,
    .fit = fit_rules,
    .fini = fini_rules,
    .order = order_rules,
    .to_net = rules_to_net};

const ams_policy_kind ams_policy_rules_random = {
    .name = "rules-random",
    .help = "rules-random:FILE: drawn, weighted by handcrafted rules; mean over 100 draws",
    .draws = 100,
    .takes_path = true,
    .fit = fit_rules,
    .fini = fini_rules,
    .order = order_drawn};
