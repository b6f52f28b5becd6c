/* notes.tsv of a reproduction. Private to lab/reproduce. */
#ifndef AMS_LAB_REPRODUCE_NOTES_H
#define AMS_LAB_REPRODUCE_NOTES_H

#include "lab/reproduce/reproduce.h"

#include <stdio.h>

/* An ams_print_fn (base/file.h); context: an ams_reproduction. */
ams_status ams_notes_print(FILE *stream, const void *context, ams_error *err);

#endif
