#include "lab/links/rows.h"

ams_status ams_link_result_rows(ams_result *result, const ams_link_session *session,
                                const ams_column *column, size_t n_columns, ams_frame **rows,
                                ams_error *err)
{
    const char *unit = ams_table_cost_unit(&session->table);
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"data_hash", ams_cell_text(session->data_hash)},
                             {"fit", ams_cell_text(session->options.fit_path)},
                             {"cost_unit", ams_cell_text(unit)},
                             {"split", ams_cell_text(ams_split_name(session->options.split))},
                             {"items", ams_cell_count(session->measured.n)}));
    AMS_TRY(ams_result_add_frame(result, "rows", column, n_columns, rows, err));
    status = ams_frame_set_unit(*rows, unit, err);
out:
    return status;
}
