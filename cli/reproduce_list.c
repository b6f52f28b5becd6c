#include "cli/reproduce.h"

#include "cli/json.h"

#include <stdio.h>

ams_status cli_reproduce_list(const ams_recipe *recipe, bool json, ams_error *err)
{
    json_t *rows = json_array();
    for (size_t e = 0; e < recipe->table[AMS_RECIPE_EXPERIMENTS].n_rows; e++) {
        const char *name = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "experiment");
        const char *question = ams_recipe_text(recipe, AMS_RECIPE_EXPERIMENTS, e, "question");
        json_array_append_new(
            rows, json_pack("{s:s, s:s}", "experiment", name, "question", question));
        if (!json) {
            printf("  %-18s  %s\n", name, question);
        }
    }
    if (json) {
        return cli_print_json(json_pack("{s:o}", "rows", rows), err);
    }
    json_decref(rows);
    return AMS_OK;
}
