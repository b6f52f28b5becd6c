/* Between the files of `ams reproduce`. */
#ifndef AMS_CLI_REPRODUCE_H
#define AMS_CLI_REPRODUCE_H

#include "lab/reproduce/recipe.h"

#include <stdbool.h>

/* --list: the experiments of a recipe, as lines or as JSON. @return as cli_print_json. */
ams_status cli_reproduce_list(const ams_recipe *recipe, bool json, ams_error *err);

#endif
