/* What the tables of links have in common. Private to lab/links. */
#ifndef AMS_LAB_LINKS_ROWS_H
#define AMS_LAB_LINKS_ROWS_H

#include "ams/frame.h"
#include "ams/link_session.h"

/* Columns of a mean time, and of its share of the time of all models. */
#define LINK_TIME_COLUMN(text)                                                                 \
    {                                                                                          \
        .name = "time_ms", .meaning = (text), .head = "time_ms", .width = 9,                   \
        .shown = AMS_COST(1)                                                                   \
    }
#define LINK_TIME_SHARE_COLUMN                                                                 \
    {                                                                                          \
        .name = "time_share", .meaning = "of the time of all models", .head = "of all",        \
        .width = 9, .shown = AMS_DECIMALS(1), .scale = 100, .after = " %"                      \
    }

/* What was measured (data, unit of cost, split, items), and the frame "rows" in that unit,
 * which the result owns. @return AMS_BACKEND. */
ams_status ams_link_result_rows(ams_result *result, const ams_link_session *session,
                                const ams_column *column, size_t n_columns, ams_frame **rows,
                                ams_error *err);

#endif
