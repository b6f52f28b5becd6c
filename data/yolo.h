/* Detections as YOLO writes them: a folder with a text file per image, a line per detection:
 * class, box or outline, confidence. Private to data/. */
#ifndef AMS_DATA_YOLO_H
#define AMS_DATA_YOLO_H

#include "ams/data.h"

typedef struct ams_yolo_reader ams_yolo_reader;
/* `path` and `model` stay borrowed. */
ams_status ams_yolo_open(ams_yolo_reader **reader, const char *path, const char *model,
                         ams_error *err);
void ams_yolo_close(ams_yolo_reader *reader);
/* The next file as the execution on the item that it is named after. *bad_row: only this file
 * breaks a rule. */
ams_status ams_yolo_next(ams_yolo_reader *reader, ams_row *row, bool *found, bool *bad_row,
                         ams_error *err);
/* Reads one line: the class goes into `id`. Pure. */
ams_status ams_yolo_line(const char *line, char id[24], double *conf, ams_error *err);

#endif
