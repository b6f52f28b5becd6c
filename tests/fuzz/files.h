/* Inputs as files, for parsers that open what they read by its path. */
#ifndef AMS_TESTS_FUZZ_FILES_H
#define AMS_TESTS_FUZZ_FILES_H

#include "ams/status.h"

#include <stddef.h>
#include <stdint.h>

/* A file in memory. */
typedef struct fuzz_file {
    int fd;
    char path[64];
} fuzz_file;

fuzz_file fuzz_file_open(const uint8_t *data, size_t size);
void fuzz_file_close(const fuzz_file *file);

/* A folder that holds the n files of an input, and those alone of `name`. A name may have one
 * folder in front of it. The input is the files one after the other, each after a line
 * `=== NAME`; what is before the first such line, and files of other names, are left out.
 *
 * The folder is the same for all inputs of a process, and is removed at its end. */
const char *fuzz_folder(const char *const *name, size_t n, const uint8_t *data, size_t size);

/* Writes a file of the folder. */
void fuzz_write(const char *name, const uint8_t *data, size_t size);

/* The path of a name in the folder; holds for two calls. */
const char *fuzz_path(const char *name);

/* A promise of every reader: it succeeds, or says why not. Before the call err->text is "". */
void fuzz_check(ams_status status, ams_error *err);

#endif
