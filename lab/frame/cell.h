/* A cell as text, for the writers. Private to this folder. */
#ifndef AMS_LAB_FRAME_CELL_H
#define AMS_LAB_FRAME_CELL_H

#include "ams/frame.h"

enum { AMS_CELL_BYTES = 600 }; /* of any double in decimals; texts are not copied */

/* As in TSV: the number or text alone. The text, or `room`. */
const char *ams_cell_plain(const ams_frame *frame, size_t row, size_t column,
                           char room[AMS_CELL_BYTES]);
/* As on the terminal: scaled, without what the column puts around it. */
const char *ams_cell_shown(const ams_frame *frame, size_t row, size_t column,
                           char room[AMS_CELL_BYTES]);

#endif
