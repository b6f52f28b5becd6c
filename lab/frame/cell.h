/* A cell as text, for the writers. Private to this folder. */
#ifndef AMS_LAB_FRAME_CELL_H
#define AMS_LAB_FRAME_CELL_H

#include "ams/frame.h"

enum { AMS_CELL_BYTES = 64 }; /* of a number with what surrounds it; texts are not copied */

/* As in TSV: the number or text alone. The text, or `room`. */
const char *ams_cell_plain(const ams_cell *cell, const ams_column *column,
                           char room[AMS_CELL_BYTES]);
/* As on the terminal: scaled, with what the column puts around it; texts are not. */
const char *ams_cell_shown(const ams_cell *cell, const ams_column *column,
                           char room[AMS_CELL_BYTES]);

#endif
