/* The tables of a recipe, and what placeholders in them mean. */
#include "lab/reproduce/recipe.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 14, MOST_DEPTH = 4, MOST_NAMES = 64 };

typedef struct table_kind {
    const char *path;
    const char *column[MOST_COLUMNS]; /* those there must be */
} table_kind;

static const table_kind kinds[AMS_RECIPE_TABLES] = {
    [AMS_RECIPE_EXPERIMENTS] = {"reproduce/experiments.tsv",
                                {"experiment", "title", "question"}},
    [AMS_RECIPE_SETS] = {"reproduce/sets.tsv", {"name", "set", "data"}},
    [AMS_RECIPE_SCALES] = {"reproduce/scales.tsv", {"key", "small"}},
    [AMS_RECIPE_STEPS] = {"reproduce/steps.tsv", {"step", "for", "needs", "work", "command"}},
    [AMS_RECIPE_ROWS] = {"reproduce/rows.tsv",
                         {"id", "for", "step", "file", "where", "other", "columns", "nth",
                          "convert"}},
    [AMS_RECIPE_FIGURES] = {"reproduce/figures.tsv", {"experiment", "for", "step", "file"}},
    [AMS_RECIPE_CHOICES] = {"reproduce/choices.tsv",
                            {"choice", "option", "for", "measure", "unit", "better", "how",
                             "step", "file", "where", "other", "columns", "nth", "convert"}},
    [AMS_RECIPE_WHY] = {"reproduce/why.tsv", {"id", "set", "verdict", "why"}},
    [AMS_RECIPE_SECONDS] = {"reproduce/seconds.tsv", {"step", "seconds"}},
    [AMS_RECIPE_PAPERS] = {"expected/papers.tsv",
                           {"id", "experiment", "quantity", "unit", "low", "high", "neutral",
                            "source"}},
};

const char *ams_recipe_text(const ams_recipe *recipe, ams_recipe_table table, size_t row,
                            const char *column)
{
    const ams_tsv *tsv = &recipe->table[table];
    size_t at = ams_tsv_column(tsv, column);
    return at == AMS_NO_COLUMN ? "" : ams_tsv_cell(tsv, row, at);
}

static ams_status read_tables(ams_recipe *recipe, ams_error *err)
{
    char *path = NULL;
    ams_status status = AMS_OK;
    for (size_t t = 0; t < AMS_RECIPE_TABLES; t++) {
        size_t column;
        AMS_TRY(ams_join_path(&path, recipe->options.folder, kinds[t].path, err));
        if (!ams_exists(path)) {
            status = ams_fail(err, AMS_IO,
                              "no such file: %s; run this in the root of the repository, whose "
                              "folder experiments/ has the recipe, or give --recipe FOLDER",
                              path);
            goto out;
        }
        AMS_TRY(ams_tsv_read(&recipe->table[t], path, err));
        for (size_t c = 0; c < MOST_COLUMNS && kinds[t].column[c] != NULL; c++) {
            AMS_TRY(ams_tsv_require(&recipe->table[t], kinds[t].column[c], &column, err));
        }
        free(path);
        path = NULL;
    }
out:
    free(path);
    return status;
}

/* -- what was asked for -- */

bool ams_recipe_wants(const ams_recipe *recipe, const char *experiment)
{
    for (size_t k = 0; k < recipe->options.n_wanted; k++) {
        if (strcmp(recipe->options.wanted[k], experiment) == 0) {
            return true;
        }
    }
    return recipe->options.n_wanted == 0;
}

static ams_status check_wanted(const ams_recipe *recipe, ams_error *err)
{
    const char *known[MOST_NAMES];
    size_t n = recipe->table[AMS_RECIPE_EXPERIMENTS].n_rows;
    n = n < MOST_NAMES ? n : MOST_NAMES;
    for (size_t e = 0; e < n; e++) {
        known[e] = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
    }
    for (size_t k = 0; k < recipe->options.n_wanted; k++) {
        const char *name = recipe->options.wanted[k];
        size_t e = 0;
        while (e < n && strcmp(known[e], name) != 0) {
            e++;
        }
        if (e == n) {
            const char *nearest = ams_nearest(name, known, n);
            return ams_fail(err, AMS_USAGE,
                            "no experiment is named '%s'; %s%s%s `ams reproduce --list` shows "
                            "them",
                            name, nearest == NULL ? "" : "did you mean ",
                            nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
        }
    }
    return AMS_OK;
}

static ams_status find_scale(ams_recipe *recipe, ams_error *err)
{
    const ams_tsv *scales = &recipe->table[AMS_RECIPE_SCALES];
    const char *name = recipe->options.scale;
    recipe->scale = ams_tsv_column(scales, name);
    if (recipe->scale != AMS_NO_COLUMN && strcmp(name, "key") != 0 &&
        strcmp(name, "meaning") != 0) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_USAGE,
                    "option --scale: %s has no column '%s'; expected small or "
                    "paper",
                    scales->path, name);
}

double ams_recipe_scale(const ams_recipe *recipe, const char *key, size_t column)
{
    const ams_tsv *scales = &recipe->table[AMS_RECIPE_SCALES];
    double value = 0;
    for (size_t k = 0; k < scales->n_rows; k++) {
        if (strcmp(ams_recipe_text(recipe, AMS_RECIPE_SCALES, k, "key"), key) == 0) {
            (void)ams_parse_double(ams_tsv_cell(scales, k, column), &value);
        }
    }
    return value;
}

/* -- placeholders -- */

/* NULL: none of that name. number holds a seed's text. */
static const char *meaning(const ams_recipe_scope *scope, const char *key, char number[32])
{
    const ams_recipe *recipe = scope->recipe;
    const ams_tsv *scales = &recipe->table[AMS_RECIPE_SCALES];
    if (strcmp(key, "out") == 0) {
        return recipe->options.out;
    }
    if (strcmp(key, "device") == 0) {
        return recipe->options.device;
    }
    if (strcmp(key, "recipe") == 0) {
        return recipe->options.folder;
    }
    if (strcmp(key, "seed") == 0 && scope->seed > 0) {
        snprintf(number, 32, "%llu", (unsigned long long)scope->seed);
        return number;
    }
    size_t column = ams_tsv_column(&recipe->table[AMS_RECIPE_SETS], key);
    if (scope->set != SIZE_MAX && column != AMS_NO_COLUMN) {
        return ams_tsv_cell(&recipe->table[AMS_RECIPE_SETS], scope->set, column);
    }
    for (size_t k = 0; k < scales->n_rows; k++) {
        if (strcmp(ams_recipe_text(recipe, AMS_RECIPE_SCALES, k, "key"), key) == 0) {
            return ams_tsv_cell(scales, k, recipe->scale);
        }
    }
    return NULL;
}

/* Each placeholder once; what it stands for may hold others. */
static ams_status expand_to(const ams_recipe_scope *scope, const char *text, FILE *stream,
                            ams_error *err)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");
        fwrite(text, 1, plain, stream);
        text += plain;
        if (*text == '\0') {
            break;
        }
        char key[32];
        char number[32];
        size_t length = strcspn(text, "}");
        snprintf(key, sizeof key, "%.*s", (int)(length - 1), text + 1);
        const char *value = meaning(scope, key, number);
        if (text[length] == '\0' || value == NULL) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: '{%s}' means nothing here: expected a column of %s, a key of "
                            "%s, out, device, recipe or seed",
                            scope->recipe->options.folder, key, kinds[AMS_RECIPE_SETS].path,
                            kinds[AMS_RECIPE_SCALES].path);
        }
        fputs(value, stream);
        text += length + 1;
    }
    return AMS_OK;
}

static ams_status expand_once(const ams_recipe_scope *scope, const char *text, char **expanded,
                              ams_error *err)
{
    size_t size = 0;
    *expanded = NULL;
    FILE *stream = open_memstream(expanded, &size);
    if (stream == NULL) {
        return ams_no_memory(err, 0, "a command");
    }
    ams_status status = expand_to(scope, text, stream, err);
    if (fclose(stream) != 0 && status == AMS_OK) {
        status = ams_no_memory(err, size, "a command");
    }
    if (status != AMS_OK) {
        free(*expanded);
        *expanded = NULL;
    }
    return status;
}

ams_status ams_recipe_expand(const ams_recipe_scope *scope, const char *text, char **expanded,
                             ams_error *err)
{
    ams_status status = expand_once(scope, text, expanded, err);
    for (int depth = 1;
         status == AMS_OK && depth < MOST_DEPTH && strchr(*expanded, '{') != NULL; depth++) {
        char *before = *expanded;
        status = expand_once(scope, before, expanded, err);
        free(before);
    }
    return status;
}

bool ams_recipe_list(const char *text, size_t i, char word[64])
{
    if (strcmp(text, "-") == 0) {
        return false;
    }
    for (;; i--) {
        text += strspn(text, " ");
        size_t length = strcspn(text, " ");
        if (length == 0) {
            return false;
        }
        if (i == 0) {
            snprintf(word, 64, "%.*s", (int)length, text);
            return true;
        }
        text += length;
    }
}

/* One word of a template, once or once a seed. */
static ams_status add_word(const ams_recipe_scope *scope, const char *text, char **word,
                           size_t *n, ams_error *err)
{
    bool each = strstr(text, "{seed}") != NULL;
    double seeds = each ? ams_recipe_scale(scope->recipe, "seeds", scope->recipe->scale) : 1;
    for (uint64_t k = 1; (double)k <= seeds; k++) {
        const ams_recipe_scope with_seed = {
            .recipe = scope->recipe, .set = scope->set, .seed = each ? k : 0};
        ams_status status = ams_recipe_expand(&with_seed, text, &word[*n], err);
        if (status != AMS_OK) {
            return status;
        }
        (*n)++;
    }
    return AMS_OK;
}

ams_status ams_recipe_words(const ams_recipe_scope *scope, const char *text, char ***word,
                            size_t *n, ams_error *err)
{
    double seeds = ams_recipe_scale(scope->recipe, "seeds", scope->recipe->scale);
    size_t most = (strlen(text) / 2 + 2) * (seeds > 1 && seeds < 1000 ? (size_t)seeds : 1);
    char *copy = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&copy, text, err));
    AMS_TRY(ams_alloc(word, most, sizeof **word, "the words of a command", err));
    char *at = copy;
    for (char *next = strsep(&at, " "); next != NULL; next = strsep(&at, " ")) {
        if (*next != '\0') {
            AMS_TRY(add_word(scope, next, *word, n, err));
        }
    }
out:
    free(copy);
    return status;
}

/* -- the whole -- */

ams_status ams_recipe_read(ams_recipe *recipe, const ams_recipe_options *options,
                           ams_error *err)
{
    *recipe = (ams_recipe){.options = *options};
    ams_status status = AMS_OK;
    AMS_TRY(read_tables(recipe, err));
    AMS_TRY(check_wanted(recipe, err));
    AMS_TRY(find_scale(recipe, err));
    AMS_TRY(ams_recipe_steps(recipe, err));
    AMS_TRY(ams_recipe_numbers(recipe, err));
out:
    if (status != AMS_OK) {
        ams_recipe_fini(recipe);
    }
    return status;
}

static void fini_cell(ams_recipe_cell *cell)
{
    free(cell->file);
    free(cell->where);
    free(cell->other);
}

void ams_recipe_fini(ams_recipe *recipe)
{
    for (size_t s = 0; s < recipe->n_steps; s++) {
        for (size_t w = 0; w < recipe->step[s].n_words; w++) {
            free(recipe->step[s].word[w]);
        }
        free(recipe->step[s].word);
        free(recipe->step[s].need);
        free(recipe->step[s].name);
    }
    for (size_t r = 0; r < recipe->n_rows; r++) {
        fini_cell(&recipe->row[r].cell);
        free(recipe->row[r].quantity);
    }
    for (size_t f = 0; f < recipe->n_figures; f++) {
        free(recipe->figure[f].file);
    }
    for (size_t c = 0; c < recipe->n_choices; c++) {
        fini_cell(&recipe->choice[c].cell);
        free(recipe->choice[c].set);
    }
    free(recipe->step);
    free(recipe->row);
    free(recipe->figure);
    free(recipe->choice);
    for (size_t t = 0; t < AMS_RECIPE_TABLES; t++) {
        ams_tsv_fini(&recipe->table[t]);
    }
    *recipe = (ams_recipe){0};
}
