/* Of an output: what stands there already, and what a signal leaves of it. */
#include "base/file.h"
#include "base/memory.h"
#include "console/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 4096 };

static bool begins(const unsigned char *head, size_t size, const char *with)
{
    const size_t length = strlen(with);
    return size >= length && memcmp(head, with, length) == 0;
}

/* Of JSON Lines each object begins on its line; one object alone is written on several. */
static bool is_rows(const unsigned char *head, size_t size)
{
    const bool compressed =
        begins(head, size, "\x1f\x8b") || begins(head, size, "\x28\xb5\x2f\xfd");
    return compressed || (head[0] == '{' && size > 1 && head[1] != '\n');
}

static bool is_of_kind(cli_file kind, const unsigned char *head, size_t size)
{
    switch (kind) {
    case CLI_WRITES_TABLE:
        return begins(head, size, "\x89HDF\r\n\x1a\n");
    case CLI_WRITES_POLICY:
        return begins(head, size, "AMSPOL");
    case CLI_WRITES_LINKS:
        return begins(head, size, "AMSLNK");
    case CLI_WRITES_ROWS:
    case CLI_WRITES_RECORD:
        return is_rows(head, size);
    case CLI_WRITES_TSV:
        return memchr(head, '\t', size) != NULL && memchr(head, '\0', size) == NULL;
    case CLI_WRITES_REQUESTS:
        return begins(head, size, "arrival_ms,");
    case CLI_WRITES_JSON:
        return begins(head, size, "{\n");
    case CLI_WRITES_MARKDOWN:
        return head[0] == '#';
    case CLI_WRITES_HTML:
        return begins(head, size, "<!DOCTYPE html>");
    default:
        return true;
    }
}

static const char *kind_name(cli_file kind)
{
    static const char *const names[] = {
        [CLI_WRITES_TABLE] = "an outputs file (HDF5)",
        [CLI_WRITES_POLICY] = "a policy file",
        [CLI_WRITES_LINKS] = "a file of links",
        [CLI_WRITES_ROWS] = "a file of rows (JSON Lines)",
        [CLI_WRITES_RECORD] = "a file of rows (JSON Lines)",
        [CLI_WRITES_TSV] = "a table of tab-separated values",
        [CLI_WRITES_REQUESTS] = "a table of requests (arrival_ms,...)",
        [CLI_WRITES_JSON] = "one JSON object",
        [CLI_WRITES_MARKDOWN] = "Markdown that begins with a heading",
        [CLI_WRITES_HTML] = "an HTML page",
    };
    return names[kind];
}

ams_status cli_check_kind(const cli_output *output, ams_error *err)
{
    unsigned char head[HEAD];
    size_t size = 0;
    FILE *stream = NULL;
    if (ams_is_device(output->path) || ams_is_directory(output->path)) {
        return AMS_OK;
    }
    stream = fopen(output->path, "re");
    if (stream == NULL) {
        return AMS_OK; /* what cannot be written shows in the probe */
    }
    size = fread(head, 1, sizeof head, stream);
    fclose(stream);
    return size == 0 || is_of_kind(output->kind, head, size)
               ? AMS_OK
               : ams_fail(err, AMS_USAGE,
                          "option %s: %s exists and is not %s, which would replace it; give "
                          "another name, or remove it",
                          output->option, output->path, kind_name(output->kind));
}

/* -- a signal while they are written -- */

enum { MOST_FOLDERS = 8, LONGEST_PATH = 4096, LONGEST_ENDING = 32, ENTRIES = 4096 };

/* For the handler: the folders in which this process may leave temporary files, and how their
 * names end. */
static char folder_path[MOST_FOLDERS][LONGEST_PATH];
static bool folder_nested[MOST_FOLDERS]; /* and in the folders in it */
static volatile sig_atomic_t n_folders;
static char ending[LONGEST_ENDING]; /* ".PID.tmp" */
static pid_t owner;

static bool ends_as_ours(const char *name)
{
    const size_t length = strlen(name);
    const size_t end = strlen(ending);
    return length > end && memcmp(name + length - end, ending, end) == 0;
}

/* The entries of a folder, by what a signal may interrupt: readdir allocates. */
typedef struct folder_reader {
    int folder;
    ssize_t n, at; /* bytes of the buffer, and where the next entry begins */
    _Alignas(struct dirent64) char buffer[ENTRIES];
} folder_reader;

static const struct dirent64 *next_entry(folder_reader *r)
{
    if (r->at >= r->n) {
        r->at = 0;
        /* A system call as it is. NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c) */
        r->n = r->folder < 0 ? 0 : getdents64(r->folder, r->buffer, sizeof r->buffer);
    }
    if (r->n <= 0) {
        return NULL;
    }
    const struct dirent64 *entry = (const struct dirent64 *)(void *)(r->buffer + r->at);
    r->at += entry->d_reclen;
    return entry;
}

static void close_reader(const folder_reader *r)
{
    if (r->folder >= 0) {
        (void)close(r->folder);
    }
}

static void clear_files(int above, const char *path)
{
    folder_reader r = {.folder = openat(above, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    for (const struct dirent64 *e = next_entry(&r); e != NULL; e = next_entry(&r)) {
        if (ends_as_ours(e->d_name)) {
            (void)unlinkat(r.folder, e->d_name, 0);
        }
    }
    close_reader(&r);
}

static void clear_folders(const char *path)
{
    folder_reader r = {.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    for (const struct dirent64 *e = next_entry(&r); e != NULL; e = next_entry(&r)) {
        if (e->d_type == DT_DIR && e->d_name[0] != '.') {
            clear_files(r.folder, e->d_name);
        }
    }
    close_reader(&r);
}

static void remove_temporary(int number)
{
    for (int i = 0; i < n_folders && getpid() == owner; i++) { /* no child's business */
        clear_files(AT_FDCWD, folder_path[i]);
        if (folder_nested[i]) {
            clear_folders(folder_path[i]);
        }
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Commands that end in an orderly way on signals put their own handlers in this one's place. */
static void note(const char *path, bool nested)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
    if (n_folders == MOST_FOLDERS || strlen(path) >= LONGEST_PATH) {
        return;
    }
    owner = getpid();
    snprintf(ending, sizeof ending, ".%ld.tmp", (long)owner);
    memcpy(folder_path[n_folders], path, strlen(path) + 1);
    folder_nested[n_folders] = nested;
    n_folders++;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction now;
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
            (void)signal(signals[i], remove_temporary);
        }
    }
}

/* And the nearest folder above that is there: it is tried whether it can be written. */
void cli_note_folder(const char *path)
{
    char *copy = NULL;
    note(path, true);
    if (path[0] != '\0' && ams_copy_text(&copy, path, NULL) == AMS_OK) {
        const char *above = copy;
        while (!ams_is_directory(above) && strcmp(above, "/") != 0) {
            above = dirname(copy);
            memmove(copy, above, strlen(above) + 1);
            above = copy;
        }
        note(above, false);
    }
    free(copy);
}

void cli_note_temporary(const char *path)
{
    char *copy = NULL;
    if (ams_copy_text(&copy, path, NULL) == AMS_OK) {
        note(dirname(copy), false);
    }
    free(copy);
}
