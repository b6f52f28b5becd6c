/* Numbers and tables of the story's files. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_PARAMS_H
#define AMS_DATA_SYNTH_PARAMS_H

#include "base/tsv.h"
#include "data/synth/files.h"

#include <stdbool.h>
#include <stddef.h>

/* A row of story.tsv or cube.tsv: a double of a struct. */
typedef struct ams_synth_key {
    const char *name;
    size_t offset;
    double minimum, maximum;
} ams_synth_key;

/* The folder's file if it is there, else the built-in one. */
ams_status ams_synth_open(ams_tsv *tsv, int file, const char *folder, ams_error *err);

/* Column `preset` into `values`. Every key must have its row, every row a key.
 * @return AMS_USAGE (no such column), AMS_BAD_DATA. */
ams_status ams_synth_params(void *values, const ams_synth_key *keys, size_t n,
                            const ams_tsv *tsv, const char *preset, ams_error *err);
/* Columns that hold presets: neither "parameter" nor "meaning". */
bool ams_synth_is_preset(const ams_tsv *tsv, size_t column);

/* A number of a cell, within bounds; messages name file, row and column. */
ams_status ams_synth_number(const ams_tsv *tsv, size_t row, size_t column, double minimum,
                            double maximum, double *value, ams_error *err);

#endif
