#include "data/json_items.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_VALUE = 64 << 20, END_OF_FILE = -1 };

typedef struct text_buffer {
    char *text;
    size_t used, capacity;
} text_buffer;

struct ams_json_items {
    const char *path, *member;
    const char *const *kept; /* members, NULL at the end; NULL: all */
    ams_line_reader *lines;
    ams_json_layout layout;
    const unsigned char *block; /* what is left of it; borrowed from lines */
    size_t left;
    int byte; /* block[0] or END_OF_FILE, after peek */
    uint64_t line;
    bool started, ended;
    bool first; /* no value was given yet */
    text_buffer key, value;
};

ams_status ams_json_items_open(ams_json_items **items, const char *path, ams_line_reader *lines,
                               ams_json_layout layout, const char *member, ams_error *err)
{
    *items = calloc(1, sizeof **items);
    if (*items == NULL) {
        return ams_no_memory(err, sizeof **items, "a JSON reader");
    }
    **items = (ams_json_items){.path = path,
                               .member = member,
                               .lines = lines,
                               .layout = layout,
                               .line = 1,
                               .first = true};
    return AMS_OK;
}

void ams_json_items_close(ams_json_items *items)
{
    if (items == NULL) {
        return;
    }
    free(items->key.text);
    free(items->value.text);
    free(items);
}

void ams_json_items_keep(ams_json_items *items, const char *const *members)
{
    items->kept = members;
}

/* The next byte stays where it is until `take`. */
static ams_status peek(ams_json_items *items, ams_error *err)
{
    if (items->left == 0) {
        const char *block = NULL;
        ams_status status = ams_lines_block(items->lines, &block, &items->left, err);
        if (status != AMS_OK) {
            return status;
        }
        items->block = (const unsigned char *)block;
    }
    items->byte = items->left == 0 ? END_OF_FILE : *items->block;
    return AMS_OK;
}

static void take(ams_json_items *items)
{
    items->line += items->byte == '\n' ? 1 : 0;
    if (items->byte != END_OF_FILE) {
        items->block++;
        items->left--;
    }
}

static ams_status skip_blanks(ams_json_items *items, ams_error *err)
{
    for (;;) {
        ams_status status = peek(items, err);
        const int byte = items->byte;
        if (status != AMS_OK || (byte != ' ' && byte != '\t' && byte != '\r' && byte != '\n')) {
            return status;
        }
        take(items);
    }
}

static ams_status unexpected(const ams_json_items *items, const char *expected, ams_error *err)
{
    char byte[4] = "'x'";
    const bool shown = items->byte >= 0x20 && items->byte < 0x7F;
    byte[1] = shown ? (char)items->byte : '?';
    return ams_fail(err, AMS_BAD_DATA, "%s:%llu: expected %s, found %s", items->path,
                    (unsigned long long)items->line, expected,
                    items->byte == END_OF_FILE ? "the end of the file" : byte);
}

/* Skips blanks and takes the byte that has to follow. */
static ams_status take_byte(ams_json_items *items, char byte, const char *expected,
                            ams_error *err)
{
    ams_status status = skip_blanks(items, err);
    if (status == AMS_OK && items->byte != byte) {
        return unexpected(items, expected, err);
    }
    if (status == AMS_OK) {
        take(items);
    }
    return status;
}

/* Moves the next n bytes of the block into the buffer, or past it where that is NULL. */
static ams_status put(ams_json_items *items, size_t n, text_buffer *buffer, ams_error *err)
{
    if (buffer != NULL) {
        if (buffer->used + n > LONGEST_VALUE) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s:%llu: expected a value of at most 64 MiB, found more",
                            items->path, (unsigned long long)items->line);
        }
        ams_status status = ams_grow(&buffer->text, &buffer->capacity, buffer->used + n + 1, 1,
                                     "a JSON value", err);
        if (status != AMS_OK) {
            return status;
        }
        memcpy(buffer->text + buffer->used, items->block, n);
        buffer->used += n;
        buffer->text[buffer->used] = '\0';
    }
    items->block += n;
    items->left -= n;
    return AMS_OK;
}

typedef struct value_scan {
    uint64_t depth; /* of brackets */
    bool quoted, escaped;
    bool done; /* the value ended with the byte last taken */
} value_scan;

static void scan_byte(value_scan *scan, int byte)
{
    if (scan->quoted) {
        scan->quoted = byte != '"' || scan->escaped;
        scan->escaped = byte == '\\' && !scan->escaped;
        scan->done = !scan->quoted && scan->depth == 0;
    } else if (byte == '"') {
        scan->quoted = true;
    } else if (byte == '{' || byte == '[') {
        scan->depth++;
    } else if (byte == '}' || byte == ']') {
        scan->depth--;
        scan->done = scan->depth == 0;
    }
}

/* A number or word at depth 0 ends before the byte. */
static bool ends_word(int byte)
{
    return byte == ',' || byte == '}' || byte == ']' || byte == ':' || byte == ' ' ||
           byte == '\t' || byte == '\r' || byte == '\n';
}

/* How many bytes of the block are the value's. */
static size_t scan_block(ams_json_items *items, value_scan *scan)
{
    size_t n = 0;
    while (n < items->left && !scan->done &&
           (scan->depth > 0 || scan->quoted || !ends_word(items->block[n]))) {
        items->line += items->block[n] == '\n' ? 1 : 0;
        scan_byte(scan, items->block[n++]);
    }
    return n;
}

/* Moves one value into the buffer, or past it where that is NULL. */
static ams_status take_value(ams_json_items *items, text_buffer *buffer, ams_error *err)
{
    value_scan scan = {0};
    bool any = false;
    ams_status status = AMS_OK;
    AMS_TRY(skip_blanks(items, err));
    if (buffer != NULL) {
        buffer->used = 0;
    }
    while (!scan.done) {
        AMS_TRY(peek(items, err));
        if (items->byte == END_OF_FILE && (scan.quoted || scan.depth > 0)) {
            return unexpected(items, scan.quoted ? "a closing quote" : "a closing bracket",
                              err);
        }
        const size_t n = scan_block(items, &scan);
        if (n == 0) {
            break; /* behind a number or word */
        }
        AMS_TRY(put(items, n, buffer, err));
        any = true;
    }
    return any ? AMS_OK : unexpected(items, "a JSON value", err);
out:
    return status;
}

static ams_status take_key(ams_json_items *items, ams_error *err)
{
    ams_status status = skip_blanks(items, err);
    if (status == AMS_OK && items->byte != '"') {
        return unexpected(items, "a key in quotes", err);
    }
    if (status == AMS_OK) {
        status = take_value(items, &items->key, err);
    }
    return status != AMS_OK ? status : take_byte(items, ':', "a colon after the key", err);
}

static bool key_is(const ams_json_items *items, const char *name)
{
    const size_t length = strlen(name);
    return items->key.used == length + 2 && memcmp(items->key.text + 1, name, length) == 0;
}

/* Whether the value at hand is an array or object that nobody asked for. */
static bool passed_over(const ams_json_items *items)
{
    if (items->kept == NULL || (items->byte != '[' && items->byte != '{')) {
        return false;
    }
    size_t i = 0;
    while (items->kept[i] != NULL && !key_is(items, items->kept[i])) {
        i++;
    }
    return items->kept[i] == NULL;
}

/* Goes to the array that is the member. */
static ams_status find_member(ams_json_items *items, ams_error *err)
{
    ams_status status = AMS_OK;
    for (bool first = true;; first = false) {
        AMS_TRY(skip_blanks(items, err));
        if (items->byte == '}') {
            return ams_fail(err, AMS_BAD_DATA, "%s:%llu: expected a member \"%s\", found none",
                            items->path, (unsigned long long)items->line, items->member);
        }
        if (!first) {
            AMS_TRY(take_byte(items, ',', "a comma or a closing bracket", err));
        }
        AMS_TRY(take_key(items, err));
        if (key_is(items, items->member)) {
            return take_byte(items, '[', "an array", err);
        }
        AMS_TRY(take_value(items, NULL, err));
    }
out:
    return status;
}

static ams_status start(ams_json_items *items, ams_error *err)
{
    items->started = true;
    const bool array = items->layout == AMS_JSON_ARRAY;
    ams_status status =
        take_byte(items, array ? '[' : '{', array ? "a JSON array" : "a JSON object", err);
    return status == AMS_OK && items->layout == AMS_JSON_MEMBER ? find_member(items, err)
                                                                : status;
}

/* After the last value: nothing but what ends the file, or other members. */
static ams_status finish(ams_json_items *items, ams_error *err)
{
    ams_status status = AMS_OK;
    take(items);
    items->ended = true;
    if (items->layout != AMS_JSON_MEMBER) {
        AMS_TRY(skip_blanks(items, err));
        status = items->byte == END_OF_FILE
                     ? AMS_OK
                     : unexpected(items, "the end of the file after the last value", err);
    }
out:
    return status;
}

ams_status ams_json_items_next(ams_json_items *items, ams_json_value *value, ams_error *err)
{
    *value = (ams_json_value){0};
    ams_status status = AMS_OK;
    if (items->ended) {
        return AMS_OK;
    }
    if (!items->started) {
        AMS_TRY(start(items, err));
    }
    AMS_TRY(skip_blanks(items, err));
    const char closing = items->layout == AMS_JSON_KEYED ? '}' : ']';
    if (items->byte == closing) {
        return finish(items, err);
    }
    if (!items->first) {
        AMS_TRY(take_byte(items, ',', "a comma or a closing bracket", err));
        AMS_TRY(skip_blanks(items, err));
    }
    items->first = false;
    value->line = items->line;
    if (items->layout == AMS_JSON_KEYED) {
        AMS_TRY(take_key(items, err));
        AMS_TRY(skip_blanks(items, err));
        value->key = items->key.text;
        value->key_length = items->key.used;
    }
    if (passed_over(items)) {
        value->text = "";
        return take_value(items, NULL, err);
    }
    AMS_TRY(take_value(items, &items->value, err));
    value->text = items->value.text;
    value->length = items->value.used;
out:
    return status;
}
