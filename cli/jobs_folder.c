/* The folder of an experiment, and what `ams sweep` and `ams tune` share around their runs. */
#include "cli/jobs.h"

#include "base/file.h"
#include "env/table_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

ams_status cli_format(char **text, ams_error *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        *text = NULL;
        return ams_no_memory(err, 0, "a run");
    }
    return AMS_OK;
}

void cli_now(char text[32])
{
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

ams_status jobs_side_by_side(const cli_args *args, uint64_t *side_by_side, ams_error *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *side_by_side = processors > 0 ? (uint64_t)processors : 1;
    ams_status status = cli_get_u64(args, "-j", side_by_side, err);
    if (status == AMS_OK && (*side_by_side == 0 || *side_by_side > 1024)) {
        status = ams_fail(err, AMS_USAGE, "option -j: expected 1 to 1024, found %llu",
                          (unsigned long long)*side_by_side);
    }
    return status;
}

ams_status jobs_memory(const cli_args *args, uint64_t *memory_mb, ams_error *err)
{
    ams_status status = cli_get_u64(args, "--memory", memory_mb, err);
    bool given = cli_has(args, "--memory");
    if (status == AMS_OK && given && (*memory_mb == 0 || *memory_mb > UINT64_C(1) << 30)) {
        status = ams_fail(err, AMS_USAGE, "option --memory: expected 1 to %llu, found %llu",
                          1ULL << 30, (unsigned long long)*memory_mb);
    }
    return status;
}

uint64_t jobs_memory_share(uint64_t memory_mb, uint64_t side_by_side, size_t n)
{
    uint64_t runs = side_by_side < n ? side_by_side : n;
    uint64_t share = runs > 0 ? memory_mb / runs : memory_mb;
    return memory_mb > 0 && share == 0 ? 1 : share;
}

ams_status jobs_check_data(const char *path, uint64_t memory_mb, char hash[AMS_HASH_TEXT],
                           ams_error *err)
{
    enum { WINDOWS_MB = 4096 };
    return ams_table_hash_file(path, memory_mb > 0 ? memory_mb : WINDOWS_MB, hash, err);
}

uint64_t jobs_together(const cli_args *args, uint64_t side_by_side)
{
    enum { TOGETHER = 256 };
    return cli_has(args, "-j") ? side_by_side : TOGETHER;
}

ams_status jobs_open_folder(const char *directory, int *lock, ams_error *err)
{
    static const char *const folders[] = {"runs", "logs"};
    char *path = NULL;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < sizeof folders / sizeof(char *); k++) {
        AMS_TRY(ams_join_path(&path, directory, folders[k], err));
        AMS_TRY(ams_make_directories(path, err));
        free(path);
        path = NULL;
    }
    AMS_TRY(ams_join_path(&path, directory, "lock", err));
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*lock < 0) {
        status = ams_fail(err, AMS_IO, "cannot open %s: %s", path, strerror(errno));
    } else if (flock(*lock, LOCK_EX | LOCK_NB) != 0) {
        status = ams_fail(err, AMS_USAGE, "%s is in use by another sweep or search", directory);
    }
out:
    free(path);
    return status;
}

ams_status jobs_write_failed(const char *directory, job *const *run, size_t n, ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, directory, "failed.tsv", err));
    AMS_TRY(ams_file_create(&file, path, err));
    fputs("run\tlabel\tseed\tcode\tmessage\n", file.stream);
    for (size_t r = 0; r < n; r++) {
        if (run[r]->state == JOB_FAILED) {
            fprintf(file.stream, "%s\t%s\t%llu\t%d\t%s\n", run[r]->name, run[r]->label,
                    (unsigned long long)run[r]->seed, run[r]->code, run[r]->message);
        }
    }
    status = ams_file_commit(&file, err);
out:
    free(path);
    return status;
}

ams_status jobs_print_failed(job *const *run, size_t n)
{
    int code = 0;
    for (size_t r = 0; r < n; r++) {
        if (run[r]->state == JOB_FAILED) {
            printf("  failed: %s: %s\n", run[r]->name, run[r]->message);
            code = code == 0 ? run[r]->code : code;
        }
    }
    return code >= AMS_USAGE && code <= AMS_BACKEND ? (ams_status)code : AMS_BACKEND;
}

ams_status jobs_write_json(const char *directory, const char *name, json_t *json,
                           ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, directory, name, err));
    if (json == NULL) {
        status = ams_fail(err, AMS_BACKEND,
                          "%s cannot be described as JSON (a text that is not UTF-8, or out of "
                          "memory)",
                          path);
        goto out;
    }
    AMS_TRY(ams_file_create(&file, path, err));
    json_dumpf(json, file.stream, JSON_INDENT(2));
    fputc('\n', file.stream);
    status = ams_file_commit(&file, err);
out:
    json_decref(json);
    free(path);
    return status;
}
