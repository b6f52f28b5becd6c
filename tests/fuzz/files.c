#include "tests/fuzz/files.h"

#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

fuzz_file fuzz_file_open(const uint8_t *data, size_t size)
{
    fuzz_file file = {.fd = memfd_create("input", MFD_CLOEXEC)};
    need(file.fd >= 0 && write(file.fd, data, size) == (ssize_t)size);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

void fuzz_file_close(const fuzz_file *file)
{
    close(file->fd);
}

static char folder[PATH_MAX / 2];

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* In memory where that can be. */
static void make_folder(void)
{
    if (folder[0] == '\0') {
        const char *tmp = getenv("TMPDIR");
        const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                            : tmp == NULL                 ? "/tmp"
                                                          : tmp;
        snprintf(folder, sizeof folder, "%s/ams-fuzz-XXXXXX", where);
        need(mkdtemp(folder) != NULL);
        need(atexit(remove_folder) == 0);
    }
}

const char *fuzz_path(const char *name)
{
    static char path[2][PATH_MAX];
    static unsigned turn;
    turn ^= 1;
    make_folder();
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

void fuzz_write(const char *name, const uint8_t *data, size_t size)
{
    const char *path = fuzz_path(name);
    const char *slash = strrchr(name, '/');
    if (slash != NULL) {
        char part[64];
        snprintf(part, sizeof part, "%.*s", (int)(slash - name), name);
        mkdir(fuzz_path(part), 0700);
    }
    FILE *stream = fopen(path, "wbe");
    need(stream != NULL && fwrite(data, 1, size, stream) == size);
    need(fclose(stream) == 0);
}

/* The length of the line at data, with its end. */
static size_t line_length(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    return end == NULL ? size : (size_t)(end - data) + 1;
}

/* The name's index if the line is `=== NAME`, n if it is another name's, n + 1 if it is none.
 */
static size_t name_of(const uint8_t *line, size_t length, const char *const *name, size_t n)
{
    static const char mark[] = "=== ";
    const size_t head = sizeof mark - 1;
    if (length < head || memcmp(line, mark, head) != 0) {
        return n + 1;
    }
    size_t k = 0;
    while (k < n && !(strlen(name[k]) + head + 1 == length &&
                      memcmp(line + head, name[k], length - head - 1) == 0)) {
        k++;
    }
    return k;
}

const char *fuzz_folder(const char *const *name, size_t n, const uint8_t *data, size_t size)
{
    make_folder();
    for (size_t k = 0; k < n; k++) {
        unlink(fuzz_path(name[k]));
    }
    size_t open = n;
    size_t start = 0;
    for (size_t at = 0; at <= size;) {
        size_t length = at < size ? line_length(data + at, size - at) : 0;
        size_t found = at < size ? name_of(data + at, length, name, n) : n;
        if (found <= n) {
            if (open < n) {
                fuzz_write(name[open], data + start, at - start);
            }
            open = found;
            start = at + length;
        }
        at += length == 0 ? 1 : length;
    }
    return folder;
}

void fuzz_check(ams_status status, ams_error *err)
{
    need(status == AMS_OK || err->text[0] != '\0');
    err->text[0] = '\0';
}
