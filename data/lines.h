/* Lines of a text file that may be compressed (gzip, zstd, xz, bzip2: recognised by content,
 * through libarchive), and the other way round. */
#ifndef AMS_DATA_LINES_H
#define AMS_DATA_LINES_H

#include "ams/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ams_line_reader ams_line_reader;
/* "-" is standard input. A byte order mark at the start is left out, whatever is read. */
ams_status ams_lines_open(ams_line_reader **reader, const char *path, ams_error *err);
void ams_lines_close(ams_line_reader *reader);
/* The next line without its end (\n or \r\n), 0-terminated, valid until the next call; *line is
 * NULL at the end. Lines over 64 MiB are refused; a truncated archive is AMS_BAD_DATA. */
ams_status ams_lines_next(ams_line_reader *reader, const char **line, size_t *length,
                          ams_error *err);
/* In place of lines: the next bytes, valid until the next call; *size is 0 at the end. Not to
 * be mixed with ams_lines_next. */
ams_status ams_lines_block(ams_line_reader *reader, const char **block, size_t *size,
                           ams_error *err);
/* The first byte of the file that is no blank, or 0 where its first block has none. Before
 * anything else is read. */
ams_status ams_lines_first(ams_line_reader *reader, char *first, ams_error *err);
/* In place of some lines: the bytes that come next, from the start of a line on, as far as they
 * hold no quote and no 0, of which ams_lines_pass takes some, which have so many line ends.
 * Eight bytes after them can be read. *last: nothing follows them. Valid until the next call
 * but that one. */
ams_status ams_lines_window(ams_line_reader *reader, const char **text, size_t *size,
                            bool *last, ams_error *err);
void ams_lines_pass(ams_line_reader *reader, size_t bytes, uint64_t lines);
/* Where the next line stands, to return there while its block is held; false where it is not.
 */
typedef struct ams_lines_place {
    uint64_t blocks;
    const char *at;
    size_t left;
    uint64_t number;
} ams_lines_place;
ams_lines_place ams_lines_tell(const ams_line_reader *reader);
bool ams_lines_return(ams_line_reader *reader, const ams_lines_place *place);
uint64_t ams_lines_number(const ams_line_reader *reader); /* of the line last given, from 1 */
uint64_t
ams_lines_bytes(const ams_line_reader *reader); /* of the file as stored, read so far */

typedef struct ams_line_writer ams_line_writer;
/* ".gz" and ".zst" compress. Written under a temporary name; "-" is standard output. */
ams_status ams_lines_create(ams_line_writer **writer, const char *path, ams_error *err);
/* printf; errors are kept and reported by finish. */
void ams_lines_print(ams_line_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ams_lines_put(ams_line_writer *writer, const char *text, size_t length);
/* Publishes and destroys; on failure no file is left. */
ams_status ams_lines_finish(ams_line_writer *writer, ams_error *err);
void ams_lines_abandon(ams_line_writer *writer);

#endif
