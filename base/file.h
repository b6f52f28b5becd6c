/* Files that are either whole or absent: written under a temporary name, synced, renamed. What
 * exists and is not a regular file (a device, a pipe) is never replaced. */
#ifndef AMS_BASE_FILE_H
#define AMS_BASE_FILE_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdio.h>

/* A file being written. Start with ams_file_create, print to `stream`, then commit or abort. */
typedef struct ams_file {
    FILE *stream;
    char *path;      /* the final name */
    char *temporary; /* "<path>.<pid>.tmp", on the same file system so that rename is atomic;
                        NULL for a device or a pipe, which is written itself */
} ams_file;

/* @return AMS_IO with the path and the system's reason. */
ams_status ams_file_create(ams_file *file, const char *path, ams_error *err);
/* Flush, check for write errors (a full disk shows here), fsync, rename, fsync the directory.
 * On failure the temporary file is removed and an older file of that name stays as it was. */
ams_status ams_file_commit(ams_file *file, ams_error *err);
/* Removes the temporary file; does nothing on a committed or all-zero ams_file. */
void ams_file_abort(ams_file *file);

/* Writes DIRECTORY/NAME (directory NULL: NAME) by what `print` prints, whole or not at all. A
 * status that `print` returns ends it, and an older file stays. */
typedef ams_status ams_print_fn(FILE *stream, const void *context, ams_error *err);
ams_status ams_file_write(const char *directory, const char *name, ams_print_fn *print,
                          const void *context, ams_error *err);

/* The temporary name for `path`, for libraries that open files themselves; free() it. Removes
 * temporary files of the same name whose processes have ended, as after kill -9.
 * @return AMS_IO where `path` is a device or a pipe. */
ams_status ams_temporary_path(char **temporary, const char *path, ams_error *err);
/* Syncs `temporary`, renames it to `path`, syncs the directory; removes it on failure. */
ams_status ams_file_publish(const char *temporary, const char *path, ams_error *err);

/* Whether `path` can be written: makes its temporary file and removes it. A device is taken for
 * writable. Changes nothing.
 * @return AMS_IO with the path and the system's reason. */
ams_status ams_file_probe(const char *path, ams_error *err);
/* The same of a folder, which need not be there: a file is made in it, or in the nearest folder
 * above it that is there. */
ams_status ams_folder_probe(const char *path, ams_error *err);

/* Creates the directory and its missing parents. */
ams_status ams_make_directories(const char *path, ams_error *err);
/* The whole file, followed by one 0 byte; free() *data. Refuses directories and files over
 * `limit` bytes. */
ams_status ams_read_file(const char *path, size_t limit, char **data, size_t *size,
                         ams_error *err);
/* "directory/name" for the caller to free(). */
ams_status ams_join_path(char **joined, const char *directory, const char *name,
                         ams_error *err);
bool ams_is_directory(const char *path);
bool ams_exists(const char *path);
/* There, and neither a regular file nor a directory: a rename would replace it. */
bool ams_is_device(const char *path);
/* Both are there and are one file or directory, by whatever names. */
bool ams_same_file(const char *a, const char *b);

#endif
