/* A file of rows that may be there already: what it has, and where the next row goes. Private
 * to serve/. */
#ifndef AMS_SERVE_RECORDING_H
#define AMS_SERVE_RECORDING_H

#include "ams/names.h"
#include "serve/programs.h"

#include <stdio.h>

typedef struct ams_recording {
    FILE *stream;    /* at the end of the last whole item */
    ams_names items; /* that it has */
    long long end;   /* bytes of whole items */
    int held;        /* of base/lock.h; 0: the file system has locks */
} ams_recording;

/* Opens the file, or creates it, and cuts off an item at its end that has not all its rows. No
 * other process can record into it until it is closed.
 * @return AMS_BAD_DATA as "path:line: ..." where it is no recording of these programs: nothing
 * is changed; AMS_IO, AMS_BACKEND. */
ams_status ams_recording_open(ams_recording *recording, const char *path,
                              const ams_programs *programs, ams_error *err);
/* Appends all rows of an item, whole or not at all. */
ams_status ams_recording_add(ams_recording *recording, const char *path, const void *rows,
                             size_t size, ams_error *err);
/* Accepts an all-zero struct. @return AMS_IO where the disk refuses what was written. */
ams_status ams_recording_close(ams_recording *recording, const char *path, ams_error *err);

#endif
