#include "data/lines.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/unzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_LINE = 64 << 20, WINDOW = 1 << 18, SLACK = 8 };

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
    /* Of ams_lines_window: a copy of what was decoded and is not given yet. */
    char *window;
    size_t window_capacity;
    const char *odd; /* the first byte in the block that is no plain text */
    bool copied;     /* the block is in the window */
    bool drained;    /* nothing follows the block */
    bool broken;     /* what follows the block cannot be decoded */
    uint64_t blocks; /* so far: places in others are gone */
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
    free(reader->window);
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
        int got = reader->drained  ? ARCHIVE_EOF
                  : reader->broken ? ARCHIVE_FATAL
                                   : archive_read_data_block(reader->archive, &block,
                                                             &reader->block_left, &offset);
        if (got == ARCHIVE_EOF) {
            reader->ended = true;
            reader->block_left = 0;
        } else if (got != ARCHIVE_OK) {
            return read_failure(reader, err);
        }
        reader->block = block;
        reader->odd = NULL;
        reader->copied = false;
        reader->blocks++;
        pass_mark(reader);
    }
    return AMS_OK;
}

/* Appends what is decoded next to the window, which holds `used` bytes. */
static ams_status append_block(ams_line_reader *reader, size_t *used, ams_error *err)
{
    const void *block = NULL;
    size_t size = 0;
    la_int64_t offset = 0;
    const int got = archive_read_data_block(reader->archive, &block, &size, &offset);
    reader->drained = got == ARCHIVE_EOF;
    reader->broken = got != ARCHIVE_OK && got != ARCHIVE_EOF;
    if (got != ARCHIVE_OK || size == 0) {
        return AMS_OK;
    }
    ams_status status = ams_grow(&reader->window, &reader->window_capacity,
                                 *used + size + SLACK, 1, "lines", err);
    if (status == AMS_OK) {
        memcpy(reader->window + *used, block, size);
        *used += size;
    }
    return status;
}

/* The block's bytes and the next ones into the window, which becomes the block. */
static ams_status fill_window(ams_line_reader *reader, ams_error *err)
{
    const bool copied = reader->copied;
    const size_t offset = copied ? (size_t)(reader->block - reader->window) : 0;
    size_t used = reader->block_left;
    ams_status status = ams_grow(&reader->window, &reader->window_capacity,
                                 offset + used + WINDOW + SLACK, 1, "lines", err);
    if (status != AMS_OK) {
        return status;
    }
    if (used > 0) {
        memmove(reader->window, copied ? reader->window + offset : reader->block, used);
    }
    while (status == AMS_OK && used < WINDOW && !reader->drained && !reader->broken) {
        status = append_block(reader, &used, err);
    }
    memset(reader->window + used, 0, SLACK);
    reader->block = reader->window;
    reader->block_left = used;
    reader->odd = NULL;
    reader->copied = true;
    reader->blocks++;
    return status;
}

/* The first quote or 0 from `text` on. */
static const char *find_odd(const char *text, size_t size)
{
    const char *quote = memchr(text, '"', size);
    const char *zero = memchr(text, '\0', quote == NULL ? size : (size_t)(quote - text));
    return zero != NULL ? zero : quote != NULL ? quote : text + size;
}

ams_status ams_lines_window(ams_line_reader *reader, const char **text, size_t *size,
                            bool *last, ams_error *err)
{
    ams_status status = AMS_OK;
    *text = "";
    *size = 0;
    *last = false;
    AMS_TRY(next_block(reader, err));
    if (reader->ended) {
        return AMS_OK;
    }
    if (!reader->copied ||
        (reader->block_left < WINDOW / 4 && !reader->drained && !reader->broken)) {
        AMS_TRY(fill_window(reader, err));
    }
    if (reader->odd == NULL || reader->odd < reader->block) {
        reader->odd = find_odd(reader->block, reader->block_left);
    }
    *text = reader->block;
    *size = (size_t)(reader->odd - reader->block);
    *last = reader->drained && *size == reader->block_left;
out:
    return status;
}

void ams_lines_pass(ams_line_reader *reader, size_t bytes, uint64_t lines)
{
    reader->block += bytes;
    reader->block_left -= bytes;
    reader->number += lines;
}

ams_lines_place ams_lines_tell(const ams_line_reader *reader)
{
    return (ams_lines_place){reader->blocks, reader->block, reader->block_left, reader->number};
}

bool ams_lines_return(ams_line_reader *reader, const ams_lines_place *place)
{
    if (place->blocks != reader->blocks || place->at == NULL) {
        return false;
    }
    reader->block = place->at;
    reader->block_left = place->left;
    reader->number = place->number;
    return true;
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
