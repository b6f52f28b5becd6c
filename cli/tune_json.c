/* What `ams tune --json` prints: the rows of tune.tsv with all digits, the best trial first. */
#include "cli/json.h"
#include "cli/tune.h"

#include <string.h>

ams_status cli_tune_print_json(const ams_tune *tune, ams_error *err)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < tune->n_trials; i++) {
        const ams_trial *ranked = ams_tune_ranked(tune, (uint32_t)i + 1);
        json_t *row = json_object();
        for (size_t c = 0; ranked != NULL && c < ams_tune_columns(tune); c++) {
            char head[AMS_TUNE_CELL];
            char text[AMS_TUNE_CELL];
            double number = 0;
            ams_tune_head(tune, c, head);
            ams_tune_cell(tune, ranked, c, text);
            json_object_set_new(row, head,
                                ams_tune_number(tune, ranked, c, &number)
                                    ? cli_json_number(number)
                                : strcmp(text, "-") == 0 ? json_null()
                                                         : json_string(text));
        }
        if (ranked != NULL) {
            json_array_append(rows, row);
        }
        json_decref(row);
    }
    return cli_print_json(json_pack("{s:s, s:s, s:s, s:o}", "data_hash", tune->data_hash,
                                    "metric", ams_tune_by_area(tune) ? "area" : "time_ms",
                                    "cost_unit", tune->cost_unit, "rows", rows),
                          err);
}
