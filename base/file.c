#include "base/file.h"

#include "base/memory.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ams_status io_failure(ams_error *err, const char *action, const char *path)
{
    return ams_fail(err, AMS_IO, "cannot %s %s: %s", action, path, strerror(errno));
}

bool ams_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool ams_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool ams_is_device(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

bool ams_same_file(const char *a, const char *b)
{
    struct stat one;
    struct stat other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

ams_status ams_join_path(char **joined, const char *directory, const char *name, ams_error *err)
{
    size_t length = strlen(directory) + strlen(name) + 2;
    *joined = malloc(length);
    if (*joined == NULL) {
        return ams_no_memory(err, length, "a path");
    }
    size_t end = strlen(directory);
    const char *slash = end > 0 && directory[end - 1] == '/' ? "" : "/";
    snprintf(*joined, length, "%s%s%s", directory, slash, name);
    return AMS_OK;
}

/* Whether `name` is "<base>.<pid>.tmp" of a process that has ended. */
static bool is_left_behind(const char *name, const char *base)
{
    const size_t length = strlen(base);
    if (strncmp(name, base, length) != 0 || name[length] != '.' ||
        !isdigit((unsigned char)name[length + 1])) {
        return false;
    }
    char *end = NULL;
    errno = 0;
    const long pid = strtol(name + length + 1, &end, 10);
    return strcmp(end, ".tmp") == 0 && errno == 0 && pid > 0 && pid <= INT_MAX &&
           kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/* What writers of this name that were killed have left; a failure changes nothing. */
static void remove_left_behind(const char *path)
{
    char *copy = strdup(path);
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    DIR *folder = copy == NULL || base[0] == '\0' ? NULL : opendir(dirname(copy));
    if (folder != NULL) {
        for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
            if (is_left_behind(e->d_name, base)) {
                (void)unlinkat(dirfd(folder), e->d_name, 0);
            }
        }
        closedir(folder);
    }
    free(copy);
}

ams_status ams_temporary_path(char **temporary, const char *path, ams_error *err)
{
    size_t length = strlen(path) + 32;
    *temporary = NULL;
    if (ams_is_device(path)) {
        return ams_fail(err, AMS_IO,
                        "cannot write %s: expected a file, which is renamed when it is whole; "
                        "it is a device or a pipe",
                        path);
    }
    *temporary = malloc(length);
    if (*temporary == NULL) {
        return ams_no_memory(err, length, "a path");
    }
    remove_left_behind(path);
    snprintf(*temporary, length, "%s.%ld.tmp", path, (long)getpid());
    return AMS_OK;
}

static ams_status sync_path(const char *path, ams_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return io_failure(err, "open", path);
    }
    /* Some file systems cannot sync a directory and say EINVAL; the rename is still atomic. */
    if (fsync(fd) != 0 && errno != EINVAL) {
        ams_status status = io_failure(err, "sync", path);
        close(fd);
        return status;
    }
    close(fd);
    return AMS_OK;
}

ams_status ams_file_publish(const char *temporary, const char *path, ams_error *err)
{
    char *copy = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&copy, path, err));
    AMS_TRY(sync_path(temporary, err));
    if (rename(temporary, path) != 0) {
        status = io_failure(err, "rename the finished file to", path);
        goto out;
    }
    status = sync_path(dirname(copy), err);
out:
    if (status != AMS_OK) {
        unlink(temporary);
    }
    free(copy);
    return status;
}

ams_status ams_file_create(ams_file *file, const char *path, ams_error *err)
{
    *file = (ams_file){0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&file->path, path, err));
    if (ams_is_directory(path)) {
        status = ams_fail(err, AMS_IO, "cannot write %s: it is a directory", path);
        goto out;
    }
    if (!ams_is_device(path)) {
        AMS_TRY(ams_temporary_path(&file->temporary, path, err));
    }
    const char *written = file->temporary == NULL ? path : file->temporary;
    file->stream = fopen(written, "we");
    if (file->stream == NULL) {
        status = io_failure(err, "write", written);
    }
out:
    if (status != AMS_OK) {
        free(file->path);
        free(file->temporary);
        *file = (ams_file){0};
    }
    return status;
}

ams_status ams_file_commit(ams_file *file, ams_error *err)
{
    ams_status status = AMS_OK;
    bool failed = fflush(file->stream) != 0 || ferror(file->stream) != 0;
    int reason = errno;
    if (fclose(file->stream) != 0 && !failed) {
        failed = true;
        reason = errno;
    }
    file->stream = NULL;
    if (failed) {
        errno = reason;
        status = io_failure(err, "write", file->path);
        if (file->temporary != NULL) {
            unlink(file->temporary);
        }
    } else if (file->temporary != NULL) {
        status = ams_file_publish(file->temporary, file->path, err);
    }
    free(file->path);
    free(file->temporary);
    *file = (ams_file){0};
    return status;
}

void ams_file_abort(ams_file *file)
{
    if (file->stream != NULL) {
        fclose(file->stream);
        if (file->temporary != NULL) {
            unlink(file->temporary);
        }
    }
    free(file->path);
    free(file->temporary);
    *file = (ams_file){0};
}

ams_status ams_file_probe(const char *path, ams_error *err)
{
    ams_file file = {.stream = NULL};
    if (ams_is_device(path)) {
        return AMS_OK;
    }
    ams_status status = ams_file_create(&file, path, err);
    ams_file_abort(&file);
    return status;
}

ams_status ams_folder_probe(const char *path, ams_error *err)
{
    char *folder = NULL;
    char *inside = NULL;
    struct stat info;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&folder, path, err));
    while (stat(folder, &info) != 0) {
        if (errno != ENOENT) {
            status = io_failure(err, "create the directory", path);
            goto out;
        }
        const char *above = dirname(folder);
        memmove(folder, above, strlen(above) + 1);
    }
    if (!S_ISDIR(info.st_mode)) {
        status =
            ams_fail(err, AMS_IO, "cannot create the directory %s: a file is in the way", path);
        goto out;
    }
    AMS_TRY(ams_join_path(&inside, folder, ".ams", err));
    status = ams_file_probe(inside, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "cannot write into %s", path);
    }
out:
    free(folder);
    free(inside);
    return status;
}

ams_status ams_make_directories(const char *path, ams_error *err)
{
    char *copy = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_copy_text(&copy, path, err));
    for (char *at = copy + 1; copy[0] != '\0'; at++) {
        if (*at != '/' && *at != '\0') {
            continue;
        }
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            status = io_failure(err, "create the directory", copy);
            goto out;
        }
        if (kept == '\0') {
            break;
        }
        *at = kept;
    }
    if (!ams_is_directory(path)) {
        status =
            ams_fail(err, AMS_IO, "cannot create the directory %s: a file is in the way", path);
    }
out:
    free(copy);
    return status;
}

/* Reads until the end or until limit + 1 bytes have come. */
static ams_status read_stream(FILE *stream, const char *path, size_t limit, char **data,
                              size_t *size, ams_error *err)
{
    size_t capacity = 0;
    for (;;) {
        ams_status status = ams_grow(data, &capacity, *size + 65536, 1, "a file", err);
        if (status != AMS_OK) {
            return status;
        }
        size_t got = fread(*data + *size, 1, capacity - *size - 1, stream);
        *size += got;
        (*data)[*size] = '\0';
        if (ferror(stream)) {
            return io_failure(err, "read", path);
        }
        if (*size > limit) {
            return ams_fail(err, AMS_BAD_DATA, "%s: at most %zu bytes were expected", path,
                            limit);
        }
        if (got == 0) {
            return AMS_OK;
        }
    }
}

ams_status ams_read_file(const char *path, size_t limit, char **data, size_t *size,
                         ams_error *err)
{
    *data = NULL;
    *size = 0;
    if (ams_is_directory(path)) {
        return ams_fail(err, AMS_IO, "cannot read %s: it is a directory", path);
    }
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return io_failure(err, "open", path);
    }
    ams_status status = read_stream(stream, path, limit, data, size, err);
    fclose(stream);
    if (status != AMS_OK) {
        free(*data);
        *data = NULL;
    }
    return status;
}

ams_status ams_file_write(const char *directory, const char *name, ams_print_fn *print,
                          const void *context, ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    if (directory != NULL) {
        AMS_TRY(ams_join_path(&path, directory, name, err));
    }
    AMS_TRY(ams_file_create(&file, path == NULL ? name : path, err));
    AMS_TRY(print(file.stream, context, err));
    status = ams_file_commit(&file, err);
out:
    ams_file_abort(&file);
    free(path);
    return status;
}
