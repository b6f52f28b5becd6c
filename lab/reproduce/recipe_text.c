/* Texts of a recipe's tables: cells by name, and placeholders replaced. */
#include "lab/reproduce/recipe_text.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEPTH = 4, MOST_SEEDS = 1000 };

const char *ams_recipe_text(const ams_recipe *recipe, ams_recipe_table table, size_t row,
                            const char *column)
{
    const ams_tsv *tsv = &recipe->table[table];
    size_t at = ams_tsv_column(tsv, column);
    return at == AMS_NO_COLUMN ? "" : ams_tsv_cell(tsv, row, at);
}

bool ams_recipe_wants(const ams_recipe *recipe, const char *experiment)
{
    for (size_t k = 0; k < recipe->options.n_wanted; k++) {
        if (strcmp(recipe->options.wanted[k], experiment) == 0) {
            return true;
        }
    }
    return recipe->options.n_wanted == 0;
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
    if (strcmp(key, "shipped") == 0) {
        return recipe->shipped;
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

/* Each placeholder once; its value may hold others. */
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
                            "%s, out, device, recipe, shipped or seed",
                            scope->recipe->options.folder, key,
                            scope->recipe->table[AMS_RECIPE_SETS].path,
                            scope->recipe->table[AMS_RECIPE_SCALES].path);
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

/* One word of a template, once or once per seed. */
static ams_status add_word(const ams_recipe_scope *scope, const char *text, uint64_t seeds,
                           char **word, size_t *n, ams_error *err)
{
    bool each = strstr(text, "{seed}") != NULL;
    for (uint64_t k = 1; k <= (each ? seeds : 1); k++) {
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
    char *copy = NULL;
    ams_status status = AMS_OK;
    if (!(seeds >= 0 && seeds <= MOST_SEEDS)) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: seeds: expected a number from 0 to %d, found %g",
                        scope->recipe->table[AMS_RECIPE_SCALES].path, MOST_SEEDS, seeds);
    }
    size_t most = (strlen(text) / 2 + 2) * (seeds > 1 ? (size_t)seeds : 1);
    AMS_TRY(ams_copy_text(&copy, text, err));
    AMS_TRY(ams_alloc(word, most, sizeof **word, "the words of a command", err));
    char *at = copy;
    for (char *next = strsep(&at, " "); next != NULL; next = strsep(&at, " ")) {
        if (*next != '\0') {
            AMS_TRY(add_word(scope, next, (uint64_t)seeds, *word, n, err));
        }
    }
out:
    free(copy);
    return status;
}
