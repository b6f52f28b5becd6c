#include "env/entries.h"

#include "base/memory.h"
#include "env/math.h"

#include <stdlib.h>

/* What an item's outputs of one label make. */
typedef struct entries_label {
    uint64_t seen, makers;
    float best;
    uint32_t next; /* place of its next confidence among those of the item */
} entries_label;

/* What puts an item's outputs in order: what they make of each label, and which labels occur,
 * as bits and as bits of words that are not 0, so that few words are looked at. All zero
 * between two items. */
typedef struct entries_sorter {
    entries_label *label; /* (L) */
    uint64_t *occurs;     /* (L / 64 + 1) */
    uint64_t *words;      /* (L / 4096 + 1) */
    size_t n_words;
} entries_sorter;

static ams_status sorter_init(entries_sorter *s, uint32_t n_labels, ams_error *err)
{
    static const char *const what = "an item's outputs";
    ams_status status = AMS_OK;
    s->n_words = n_labels / 4096 + 1;
    AMS_TRY(ams_alloc(&s->label, n_labels, sizeof *s->label, what, err));
    AMS_TRY(ams_alloc(&s->occurs, n_labels / 64 + 1, sizeof *s->occurs, what, err));
    AMS_TRY(ams_alloc(&s->words, s->n_words, sizeof *s->words, what, err));
out:
    return status;
}

static void sorter_fini(entries_sorter *s)
{
    free(s->label);
    free(s->occurs);
    free(s->words);
}

/* Outputs that the state can show are above this: the model's threshold, or 0 where confidences
 * are features. */
static float least_conf(const ams_env *env, uint32_t model)
{
    return ams_env_binary(env) ? env->threshold[model] : 0.0F;
}

/* bound (M + 1): where the outputs of the item's models begin. */
static void collect(const ams_env *env, const ams_table *table, const uint64_t *bound,
                    entries_sorter *sorter)
{
    for (uint32_t m = 0; m < env->n_models; m++) {
        const float least = least_conf(env, m);
        const float threshold = env->threshold[m];
        const uint64_t bit = UINT64_C(1) << m;
        for (uint64_t at = bound[m]; at < bound[m + 1]; at++) {
            const float conf = table->conf[at];
            const uint32_t number = table->label[at];
            entries_label *label = &sorter->label[number];
            if (!(conf > least)) {
                continue;
            }
            const bool makes = conf > threshold;
            const float held = makes ? conf : 0;
            label->seen |= bit;
            label->makers |= makes ? bit : 0;
            label->best = held > label->best ? held : label->best;
            sorter->occurs[number / 64] |= UINT64_C(1) << number % 64;
            sorter->words[number / 4096] |= UINT64_C(1) << number / 64 % 64;
        }
    }
}

/* Returns the profit. */
static double append(ams_entries *s, entries_label *label, uint32_t number, size_t first_conf,
                     bool count)
{
    const size_t e = s->n++;
    const double profit = count && label->makers != 0 ? 1.0 : (double)label->best;
    label->next = (uint32_t)(s->n_conf - first_conf);
    s->n_conf += (size_t)__builtin_popcountll(label->seen);
    s->label[e] = number;
    s->makers[e] = label->makers;
    s->seen[e] = label->seen;
    s->conf_at[e + 1] = s->n_conf;
    s->profit[e] = profit;
    return profit;
}

/* An entry per label that occurs, ascending. Returns the value of all: the sum of what each is
 * worth, in that order. */
static double append_all(ams_entries *s, entries_sorter *sorter, bool count)
{
    const size_t first_conf = s->n_conf;
    double full = 0;
    for (size_t k = 0; k < sorter->n_words; k++) {
        for (; sorter->words[k] != 0; sorter->words[k] &= sorter->words[k] - 1) {
            const size_t word = k * 64 + ams_lowest(sorter->words[k]);
            uint64_t bits = sorter->occurs[word];
            sorter->occurs[word] = 0;
            for (; bits != 0; bits &= bits - 1) {
                const size_t number = word * 64 + ams_lowest(bits);
                full += append(s, &sorter->label[number], (uint32_t)number, first_conf, count);
            }
        }
    }
    return full;
}

/* Confidences of a label stand in the order of the models, in which outputs come. */
static void place_confidences(ams_entries *s, const ams_env *env, const ams_table *table,
                              const uint64_t *bound, entries_sorter *sorter, size_t first_conf)
{
    for (uint32_t m = 0; m < env->n_models; m++) {
        const float least = least_conf(env, m);
        for (uint64_t at = bound[m]; at < bound[m + 1]; at++) {
            if (table->conf[at] > least) {
                s->conf[first_conf + sorter->label[table->label[at]].next++] = table->conf[at];
            }
        }
    }
}

static void append_item(ams_entries *s, const ams_env *env, const ams_table *table,
                        uint32_t item, entries_sorter *sorter)
{
    const uint64_t *bound = table->indptr + (uint64_t)item * env->n_models;
    const size_t first = s->n;
    const size_t first_conf = s->n_conf;
    collect(env, table, bound, sorter);
    s->full[item] = append_all(s, sorter, env->options.value == AMS_VALUE_COUNT);
    place_confidences(s, env, table, bound, sorter, first_conf);
    s->entry[item + 1] = s->n;
    for (size_t e = first; e < s->n; e++) {
        sorter->label[s->label[e]] = (entries_label){0};
    }
    s->most = s->n - first > s->most ? (uint32_t)(s->n - first) : s->most;
}

/* As many entries as outputs at most: arrays that grow would be copied as they do, and pages
 * that nothing is written to are not there. */
static ams_status reserve(ams_entries *s, uint32_t n_items, size_t most, ams_error *err)
{
    static const char *const what = "the environment's entries";
    const size_t items = n_items;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc_unset(&s->entry, items + 1, sizeof *s->entry, what, err));
    AMS_TRY(ams_alloc_unset(&s->full, items, sizeof *s->full, what, err));
    AMS_TRY(ams_alloc_unset(&s->label, most, sizeof *s->label, what, err));
    AMS_TRY(ams_alloc_unset(&s->makers, most, sizeof *s->makers, what, err));
    AMS_TRY(ams_alloc_unset(&s->seen, most, sizeof *s->seen, what, err));
    AMS_TRY(ams_alloc_unset(&s->conf_at, most + 1, sizeof *s->conf_at, what, err));
    AMS_TRY(ams_alloc_unset(&s->profit, most, sizeof *s->profit, what, err));
    AMS_TRY(ams_alloc_unset(&s->conf, most, sizeof *s->conf, what, err));
    s->entry[0] = 0;
    s->conf_at[0] = 0;
out:
    return status;
}

ams_status ams_entries_make(ams_entries *entries, const ams_env *env, const ams_table *table,
                            ams_error *err)
{
    const uint64_t rows = (uint64_t)table->n_items * table->n_models;
    entries_sorter sorter = {0};
    ams_status status = AMS_OK;
    *entries = (ams_entries){0};
    AMS_TRY(sorter_init(&sorter, table->n_labels, err));
    AMS_TRY(reserve(entries, table->n_items, table->indptr[rows] - table->indptr[0], err));
    for (uint32_t i = 0; i < table->n_items; i++) {
        append_item(entries, env, table, i, &sorter);
    }
out:
    sorter_fini(&sorter);
    if (status != AMS_OK) {
        ams_entries_fini(entries);
    }
    return status;
}

void ams_entries_fini(ams_entries *entries)
{
    free(entries->entry);
    free(entries->full);
    free(entries->label);
    free(entries->makers);
    free(entries->seen);
    free(entries->conf_at);
    free(entries->profit);
    free(entries->conf);
    *entries = (ams_entries){0};
}
