#include "data/lines.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/unzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_BLOCK = 1 << 16, LONGEST_LINE = 64 << 20 };

struct ams_line_reader {
    char *path;
    int fd;
    ams_unzip *bytes; /* of the file; of gzip files what they hold */
    struct archive *archive;
    const char *block; /* what libarchive decoded last; borrowed from it */
    size_t block_left;
    bool begun, ended; /* the first block was decoded, the last one */
    char *line;
    size_t capacity;
    uint64_t number;  /* lines given */
    uint64_t passing; /* line ends in the block last given whole */
};

static const char *reason(struct archive *archive)
{
    const char *text = archive_error_string(archive);
    return text == NULL ? "the compressed data ends too early" : text;
}

/* The decoders report what they cannot decode with EILSEQ or a negative number of their own. */
static ams_status read_failure(const ams_line_reader *reader, ams_error *err)
{
    int code = archive_errno(reader->archive);
    if (code > 0 && code != EILSEQ) {
        return ams_fail(err, AMS_IO, "cannot read %s: %s", reader->path,
                        reason(reader->archive));
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s: expected whole text, gzip, zstd, xz or bzip2 data, found after line "
                    "%llu: %s",
                    reader->path, (unsigned long long)reader->number, reason(reader->archive));
}

/* What libarchive reads from. */
static la_ssize_t give_block(struct archive *archive, void *context, const void **block)
{
    ams_error message = {""};
    size_t size = 0;
    const ams_status status = ams_unzip_next(context, block, &size, &message);
    if (status != AMS_OK) {
        archive_set_error(archive, status == AMS_BAD_DATA ? EILSEQ : EIO, "%s", message.text);
        return -1;
    }
    return (la_ssize_t)size;
}

/* gzip is ams_unzip's. Not libarchive's "all filters": those take text that starts with "begin"
 * for uuencode and start external programs. */
static bool support_formats(struct archive *archive)
{
    return archive_read_support_filter_zstd(archive) == ARCHIVE_OK &&
           archive_read_support_filter_xz(archive) == ARCHIVE_OK &&
           archive_read_support_filter_bzip2(archive) == ARCHIVE_OK &&
           archive_read_support_format_raw(archive) == ARCHIVE_OK &&
           archive_read_support_format_empty(archive) == ARCHIVE_OK;
}

static ams_status start_reading(ams_line_reader *reader, ams_error *err)
{
    reader->archive = archive_read_new();
    if (reader->archive == NULL) {
        return ams_no_memory(err, sizeof *reader, "a decoder");
    }
    if (!support_formats(reader->archive)) {
        return ams_fail(err, AMS_BACKEND, "libarchive lacks a decoder: %s",
                        reason(reader->archive));
    }
    const ams_status status = ams_unzip_create(&reader->bytes, reader->fd, err);
    if (status != AMS_OK) {
        return status;
    }
    if (archive_read_open(reader->archive, reader->bytes, NULL, give_block, NULL) !=
        ARCHIVE_OK) {
        return read_failure(reader, err);
    }
    struct archive_entry *entry = NULL;
    int got = archive_read_next_header(reader->archive, &entry);
    if (got == ARCHIVE_EOF) {
        reader->ended = true;
        return AMS_OK;
    }
    return got == ARCHIVE_OK ? AMS_OK : read_failure(reader, err);
}

ams_status ams_lines_open(ams_line_reader **reader, const char *path, ams_error *err)
{
    *reader = NULL;
    ams_line_reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return ams_no_memory(err, sizeof *r, "a reader");
    }
    r->fd = -1;
    ams_status status = AMS_OK;
    bool standard_input = strcmp(path, "-") == 0;
    AMS_TRY(ams_copy_text(&r->path, standard_input ? "standard input" : path, err));
    if (!standard_input && ams_is_directory(path)) {
        status = ams_fail(err, AMS_IO, "cannot read %s: it is a directory", path);
        goto out;
    }
    r->fd = standard_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) {
        status = ams_fail(err, AMS_IO, "cannot open %s: %s", r->path, strerror(errno));
        goto out;
    }
    AMS_TRY(start_reading(r, err));
    *reader = r;
    return AMS_OK;
out:
    ams_lines_close(r);
    return status;
}

void ams_lines_close(ams_line_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->archive != NULL) {
        archive_read_free(reader->archive);
    }
    ams_unzip_destroy(reader->bytes);
    if (reader->fd >= 0) {
        close(reader->fd);
    }
    free(reader->path);
    free(reader->line);
    free(reader);
}

/* Spreadsheets put a byte order mark in front of the first line. Whoever reads sees what is
 * behind it, so a file that is nothing else is empty. */
static void pass_mark(ams_line_reader *reader)
{
    static const char mark[3] = {'\xEF', '\xBB', '\xBF'};
    if (!reader->begun && reader->block_left >= sizeof mark &&
        memcmp(reader->block, mark, sizeof mark) == 0) {
        reader->block += sizeof mark;
        reader->block_left -= sizeof mark;
    }
    reader->begun = true;
}

static ams_status next_block(ams_line_reader *reader, ams_error *err)
{
    while (!reader->ended && reader->block_left == 0) {
        const void *block = NULL;
        la_int64_t offset = 0;
        int got =
            archive_read_data_block(reader->archive, &block, &reader->block_left, &offset);
        if (got == ARCHIVE_EOF) {
            reader->ended = true;
            reader->block_left = 0;
        } else if (got != ARCHIVE_OK) {
            return read_failure(reader, err);
        }
        reader->block = block;
        pass_mark(reader);
    }
    return AMS_OK;
}

/* Moves the block's bytes up to the end of the line into the line; *complete when it ends. */
static ams_status take(ams_line_reader *reader, size_t *used, bool *complete, ams_error *err)
{
    const char *end = memchr(reader->block, '\n', reader->block_left);
    size_t part = end == NULL ? reader->block_left : (size_t)(end - reader->block);
    if (*used + part > LONGEST_LINE) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s:%llu: expected a line of at most 64 MiB, found more", reader->path,
                        (unsigned long long)reader->number + 1);
    }
    ams_status status =
        ams_grow(&reader->line, &reader->capacity, *used + part + 1, 1, "a line", err);
    if (status != AMS_OK) {
        return status;
    }
    memcpy(reader->line + *used, reader->block, part);
    *used += part;
    *complete = end != NULL;
    part += *complete ? 1 : 0;
    reader->block += part;
    reader->block_left -= part;
    return AMS_OK;
}

ams_status ams_lines_next(ams_line_reader *reader, const char **line, size_t *length,
                          ams_error *err)
{
    *line = NULL;
    *length = 0;
    size_t used = 0;
    bool complete = false;
    bool any = false;
    while (!complete) {
        ams_status status = next_block(reader, err);
        if (status != AMS_OK) {
            return status;
        }
        if (reader->ended) {
            break;
        }
        any = true;
        status = take(reader, &used, &complete, err);
        if (status != AMS_OK) {
            return status;
        }
    }
    if (!any) {
        return AMS_OK;
    }
    if (used > 0 && reader->line[used - 1] == '\r') {
        used--;
    }
    reader->line[used] = '\0';
    reader->number++;
    *line = reader->line;
    *length = used;
    return AMS_OK;
}

static uint64_t count_line_ends(const char *text, size_t length)
{
    const char *const end = text + length;
    uint64_t count = 0;
    for (const char *at = memchr(text, '\n', length); at != NULL;
         at = memchr(at + 1, '\n', (size_t)(end - at) - 1)) {
        count++;
    }
    return count;
}

ams_status ams_lines_block(ams_line_reader *reader, const char **block, size_t *size,
                           ams_error *err)
{
    *block = "";
    *size = 0;
    reader->number += reader->passing; /* what a failure is told to come after */
    reader->passing = 0;
    ams_status status = next_block(reader, err);
    if (status != AMS_OK || reader->ended) {
        return status;
    }
    *block = reader->block;
    *size = reader->block_left;
    reader->passing = count_line_ends(*block, *size);
    reader->block_left = 0;
    return AMS_OK;
}

ams_status ams_lines_first(ams_line_reader *reader, char *first, ams_error *err)
{
    *first = '\0';
    ams_status status = next_block(reader, err);
    if (status != AMS_OK) {
        return status;
    }
    size_t i = 0;
    while (i < reader->block_left && strchr(" \t\r\n", reader->block[i]) != NULL) {
        i++;
    }
    *first = i < reader->block_left ? reader->block[i] : '\0';
    return AMS_OK;
}

uint64_t ams_lines_number(const ams_line_reader *reader)
{
    return reader->number;
}

uint64_t ams_lines_bytes(const ams_line_reader *reader)
{
    return ams_unzip_bytes(reader->bytes);
}

struct ams_line_writer {
    char *path, *temporary;
    struct archive *archive;
    char *block;
    size_t used;
    bool opened; /* the temporary file is there */
    ams_status status;
    ams_error error; /* of the first failure */
};

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

static void write_failure(ams_line_writer *writer)
{
    if (writer->status == AMS_OK) {
        writer->status = ams_fail(&writer->error, AMS_IO, "cannot write %s: %s", writer->path,
                                  reason(writer->archive));
    }
}

/* A time stamp in the gzip header would make equal content unequal files. */
static bool add_filter(struct archive *archive, const char *path)
{
    if (ends_with(path, ".gz")) {
        return archive_write_add_filter_gzip(archive) == ARCHIVE_OK &&
               archive_write_set_filter_option(archive, "gzip", "timestamp", NULL) ==
                   ARCHIVE_OK;
    }
    if (ends_with(path, ".zst")) {
        return archive_write_add_filter_zstd(archive) == ARCHIVE_OK;
    }
    return archive_write_add_filter_none(archive) == ARCHIVE_OK;
}

static ams_status start_writing(ams_line_writer *writer, ams_error *err)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    writer->archive = archive;
    if (archive == NULL || entry == NULL) {
        archive_entry_free(entry);
        return ams_no_memory(err, sizeof *writer, "an encoder");
    }
    archive_entry_set_filetype(entry, AE_IFREG);
    bool opened = archive_write_set_format_raw(archive) == ARCHIVE_OK &&
                  add_filter(archive, writer->path) &&
                  archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
                  (writer->temporary == NULL
                       ? archive_write_open_fd(archive, STDOUT_FILENO)
                       : archive_write_open_filename(archive, writer->temporary)) == ARCHIVE_OK;
    writer->opened = opened && writer->temporary != NULL;
    bool ready = opened && archive_write_header(archive, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    return ready ? AMS_OK
                 : ams_fail(err, AMS_IO, "cannot write %s: %s", writer->path, reason(archive));
}

ams_status ams_lines_create(ams_line_writer **writer, const char *path, ams_error *err)
{
    *writer = NULL;
    ams_line_writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return ams_no_memory(err, sizeof *w, "a writer");
    }
    ams_status status = AMS_OK;
    const bool standard_output = strcmp(path, "-") == 0;
    AMS_TRY(ams_copy_text(&w->path, standard_output ? "standard output" : path, err));
    if (!standard_output) {
        AMS_TRY(ams_temporary_path(&w->temporary, path, err));
    }
    AMS_TRY(ams_alloc(&w->block, WRITE_BLOCK, 1, "a writer", err));
    if (ams_is_directory(path)) {
        status = ams_fail(err, AMS_IO, "cannot write %s: it is a directory", path);
        goto out;
    }
    AMS_TRY(start_writing(w, err));
    *writer = w;
    return AMS_OK;
out:
    ams_lines_abandon(w);
    return status;
}

static void write_out(ams_line_writer *writer, const char *text, size_t length)
{
    if (length > 0 && writer->status == AMS_OK &&
        archive_write_data(writer->archive, text, length) != (la_ssize_t)length) {
        write_failure(writer);
    }
}

void ams_lines_put(ams_line_writer *writer, const char *text, size_t length)
{
    if (length > WRITE_BLOCK - writer->used) {
        write_out(writer, writer->block, writer->used);
        writer->used = 0;
    }
    if (length > WRITE_BLOCK) {
        write_out(writer, text, length);
        return;
    }
    memcpy(writer->block + writer->used, text, length);
    writer->used += length;
}

void ams_lines_print(ams_line_writer *writer, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        if (writer->status == AMS_OK) {
            writer->status = ams_no_memory(&writer->error, strlen(format), "a line");
        }
        return;
    }
    ams_lines_put(writer, text, (size_t)length);
    free(text);
}

ams_status ams_lines_finish(ams_line_writer *writer, ams_error *err)
{
    write_out(writer, writer->block, writer->used);
    if (writer->status == AMS_OK && archive_write_close(writer->archive) != ARCHIVE_OK) {
        write_failure(writer);
    }
    ams_status status = writer->status;
    if (status == AMS_OK && writer->temporary != NULL) {
        writer->opened = false;
        status = ams_file_publish(writer->temporary, writer->path, err);
    } else if (status != AMS_OK && err != NULL) {
        *err = writer->error;
    }
    ams_lines_abandon(writer);
    return status;
}

void ams_lines_abandon(ams_line_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->archive != NULL) {
        archive_write_free(writer->archive);
    }
    if (writer->opened && writer->temporary != NULL) {
        unlink(writer->temporary);
    }
    free(writer->path);
    free(writer->temporary);
    free(writer->block);
    free(writer);
}
