/* A folder of its own for each test of data/, and short ways to fill it. */
#ifndef AMS_TESTS_DATA_FIXTURE_H
#define AMS_TESTS_DATA_FIXTURE_H

#include "ams/data.h"

/* Check's own comparison of floats promotes them silently, which the project's warnings refuse.
 */
#define expect_float(found, expected) ck_assert_double_eq((double)(found), (double)(expected))

/* A fresh folder, removed at the end with whatever is in it. */
void folder_begin(void);
void folder_end(void);
/* The path of a name in it; a few of them are valid at a time. */
const char *in_folder(const char *name);
/* Writes a text, compressed by the name's ending; returns the path. */
const char *put_file(const char *name, const char *text);
/* How many entries the folder has. */
int count_files(void);

/* Models a (task one, 10 ms), b (task one, 20 ms), c (task two, 30 ms) as models.tsv. */
const char *put_models(void);

/* Imports the files named in the folder to "out.h5" with put_models(); message may be NULL. */
ams_status import_files(const char *const *names, size_t n, ams_import_options options,
                        ams_import_counts *counts, ams_error *err);
/* One JSON Lines file "rows.jsonl" that holds the text. */
ams_status import_text(const char *text, ams_import_options options, ams_import_counts *counts,
                       ams_error *err);
/* The content hash of the file in the folder, computed anew; static. */
const char *hash_of(const char *name);

#endif
