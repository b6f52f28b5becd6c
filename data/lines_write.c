/* Lines into a file that may be compressed. */
#include "data/lines.h"

#include "base/file.h"
#include "base/memory.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_BLOCK = 1 << 16 };

static const char *reason(struct archive *archive)
{
    const char *text = archive_error_string(archive);
    return text == NULL ? "no reason given" : text;
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
