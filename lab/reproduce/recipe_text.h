/* Texts of a recipe's tables, with their placeholders. Private to lab/reproduce. */
#ifndef AMS_LAB_REPRODUCE_RECIPE_TEXT_H
#define AMS_LAB_REPRODUCE_RECIPE_TEXT_H

#include "lab/reproduce/recipe.h"

/* What {placeholders} mean: a row of SETS (SIZE_MAX: none), a seed (0: none). */
typedef struct ams_recipe_scope {
    const ams_recipe *recipe;
    size_t set;
    uint64_t seed;
} ams_recipe_scope;
/* `text` with its placeholders replaced, for the caller to free(). */
ams_status ams_recipe_expand(const ams_recipe_scope *scope, const char *text, char **expanded,
                             ams_error *err);
/* Words separated by blanks, each expanded; a word with {seed} once per seed. */
ams_status ams_recipe_words(const ams_recipe_scope *scope, const char *text, char ***word,
                            size_t *n, ams_error *err);
/* The i-th word of a list separated by blanks, in `word`; false after the last. */
bool ams_recipe_list(const char *text, size_t i, char word[64]);
/* A scale's value as a number; 0 if it is no number. */
double ams_recipe_scale(const ams_recipe *recipe, const char *key, size_t column);

/* Parts of ams_recipe_read: steps (recipe_steps.c), then rows, figures and choices
 * (recipe_rows.c). */
ams_status ams_recipe_steps(ams_recipe *recipe, ams_error *err);
ams_status ams_recipe_numbers(ams_recipe *recipe, ams_error *err);

#endif
