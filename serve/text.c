#include "serve/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 1024 };

void ams_text_fini(ams_text *text)
{
    free(text->data);
    *text = (ams_text){.data = NULL};
}

static bool reserve(ams_text *text, size_t more)
{
    if (text->failed || more > SIZE_MAX / 2 - text->used) {
        text->failed = true;
        return false;
    }
    if (text->used + more <= text->room) {
        return true;
    }
    size_t room = text->room == 0 ? FIRST : text->room;
    while (room < text->used + more) {
        room *= 2;
    }
    char *data = realloc(text->data, room);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->room = room;
    return true;
}

void ams_text_bytes(ams_text *text, const void *bytes, size_t n)
{
    if (n > 0 && reserve(text, n)) {
        memcpy(text->data + text->used, bytes, n);
        text->used += n;
    }
}

void ams_text_add(ams_text *text, const char *piece)
{
    ams_text_bytes(text, piece, strlen(piece));
}

void ams_text_print(ams_text *text, const char *format, ...)
{
    char piece[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    ams_text_bytes(text, piece,
                   n < 0                      ? 0
                   : (size_t)n < sizeof piece ? (size_t)n
                                              : sizeof piece - 1);
}

/* Bytes of the UTF-8 character at `at`; 0 if there is none: a message that was cut to its size
 * may end within one. */
static size_t character(const unsigned char *at)
{
    const unsigned c = at[0];
    const size_t n = c < 0x80                ? 1
                     : c >= 0xC2 && c < 0xE0 ? 2
                     : c >= 0xE0 && c < 0xF0 ? 3
                     : c >= 0xF0 && c < 0xF5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (c == 0xE0 && at[1] < 0xA0) || (c == 0xF0 && at[1] < 0x90);
    const bool none = (c == 0xED && at[1] > 0x9F) || (c == 0xF4 && at[1] > 0x8F);
    return overlong || none ? 0 : n;
}

void ams_text_json(ams_text *text, const char *piece)
{
    const char *plain = piece; /* first that is not written yet */
    ams_text_add(text, "\"");
    while (*piece != '\0') {
        const unsigned char c = (unsigned char)*piece;
        size_t n = character((const unsigned char *)piece);
        if (n > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) {
            piece += n;
            continue;
        }
        ams_text_bytes(text, plain, (size_t)(piece - plain));
        if (n == 0) {
            ams_text_add(text, "\xEF\xBF\xBD"); /* U+FFFD, the replacement character */
        } else if (c == '"' || c == '\\') {
            ams_text_print(text, "\\%c", c);
        } else {
            ams_text_print(text, "\\u%04X", c);
        }
        plain = ++piece;
    }
    ams_text_bytes(text, plain, (size_t)(piece - plain));
    ams_text_add(text, "\"");
}

void ams_text_number(ams_text *text, double value)
{
    if (!isfinite(value)) {
        ams_text_add(text, "null");
        return;
    }
    if (fabs(value) >= 1e12) {
        ams_text_print(text, "%.17g", value);
        return;
    }
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.3f", value);
    while (digits[n - 1] == '0') {
        n--;
    }
    n -= digits[n - 1] == '.';
    /* What rounds to zero from below. */
    bool minus_zero = n == 2 && digits[0] == '-' && digits[1] == '0';
    ams_text_bytes(text, digits + minus_zero, (size_t)n - minus_zero);
}

void ams_text_drop(ams_text *text, size_t n)
{
    text->used -= n;
    if (n > 0 && text->used > 0) {
        memmove(text->data, text->data + n, text->used);
    }
}
