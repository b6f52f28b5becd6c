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
static int folder_depth[MOST_FOLDERS]; /* 1: and those in it */
static volatile sig_atomic_t n_folders;
static char ending[LONGEST_ENDING]; /* ".PID.tmp" */
static pid_t owner;

static bool ends_as_ours(const char *name)
{
    const size_t length = strlen(name);
    const size_t end = strlen(ending);
    return length > end && memcmp(name + length - end, ending, end) == 0;
}

static void clear_folder(int above, const char *path, int depth);

/* Temporary files of the folder are removed, and down to `depth` those of the folders in it. */
static void clear_entry(int folder, const struct dirent64 *entry, int depth)
{
    if (ends_as_ours(entry->d_name)) {
        (void)unlinkat(folder, entry->d_name, 0);
    } else if (entry->d_type == DT_DIR && depth > 0 && entry->d_name[0] != '.') {
        clear_folder(folder, entry->d_name, depth - 1);
    }
}

/* Nothing that a signal may not interrupt: no readdir, which allocates. */
static void clear_folder(int above, const char *path, int depth)
{
    _Alignas(struct dirent64) char buffer[ENTRIES];
    const int nested = above == AT_FDCWD ? 0 : O_NOFOLLOW;
    const int folder = openat(above, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | nested);
    ssize_t n = 0;
    while (folder >= 0 && (n = getdents64(folder, buffer, sizeof buffer)) > 0) {
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *entry = (const struct dirent64 *)(void *)(buffer + at);
            clear_entry(folder, entry, depth);
            at += entry->d_reclen;
        }
    }
    if (folder >= 0) {
        (void)close(folder);
    }
}

static void remove_temporary(int number)
{
    for (int i = 0; i < n_folders && getpid() == owner; i++) { /* no child's business */
        clear_folder(AT_FDCWD, folder_path[i], folder_depth[i]);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Commands that end in an orderly way on signals put their own handlers in this one's place. */
static void note(const char *path, int depth)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU};
    if (n_folders == MOST_FOLDERS || strlen(path) >= LONGEST_PATH) {
        return;
    }
    owner = getpid();
    snprintf(ending, sizeof ending, ".%ld.tmp", (long)owner);
    memcpy(folder_path[n_folders], path, strlen(path) + 1);
    folder_depth[n_folders] = depth;
    n_folders++;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction now;
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
            (void)signal(signals[i], remove_temporary);
        }
    }
}

void cli_note_folder(const char *path)
{
    note(path, 1);
}

void cli_note_temporary(const char *path)
{
    char *copy = NULL;
    if (ams_copy_text(&copy, path, NULL) == AMS_OK) {
        note(dirname(copy), 0);
    }
    free(copy);
}
