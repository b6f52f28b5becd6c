/* Between the files of `ams tune`. */
#ifndef AMS_CLI_TUNE_H
#define AMS_CLI_TUNE_H

#include "ams/tune.h"
#include "cli/json.h"

/* The trials as JSON, on stdout. @return as cli_print_json. */
ams_status cli_tune_print_json(const ams_tune *tune, ams_error *err);

#endif
