/* Tokens of JSON (RFC 8259) as they nearly all are, taken in one pass from a text that may be
 * written to: for readers that leave whatever is otherwise to jansson. Private to data/.
 *
 * `*at` is the next byte of a text with AMS_JSON_PAD zeros after it. What begins with "take" is
 * false where something else stands there; then *at is anywhere before it. */
#ifndef AMS_DATA_JSON_SCAN_H
#define AMS_DATA_JSON_SCAN_H

#include "base/decimal.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    AMS_JSON_PAD = 8,    /* eight bytes can be looked at wherever one is */
    AMS_JSON_DIGITS = 16 /* of a whole number with its end */
};

typedef struct ams_json_piece { /* a text, 0-terminated: it holds no other zero */
    char *at;
    size_t length;
} ams_json_piece;

static inline void ams_json_blanks(char **at)
{
    while (**at == ' ' || **at == '\t' || **at == '\n' || **at == '\r') {
        ++*at;
    }
}

static inline bool ams_json_next_is(char **at, char byte)
{
    if (**at != byte) {
        ams_json_blanks(at);
    }
    return **at == byte;
}

static inline bool ams_json_take(char **at, char byte)
{
    const bool there = ams_json_next_is(at, byte);
    *at += there ? 1 : 0;
    return there;
}

/* A text without escapes and control characters (DEL and U+0080 to U+009F, too), in UTF-8. Its
 * closing quote becomes its end. */
bool ams_json_take_text(char **at, ams_json_piece *text);
/* A number that ams_decimal reads. */
bool ams_json_take_number(char **at, double *value);
/* A whole number whose digits are the text that ams_row_text would make of it. */
bool ams_json_take_digits(char **at, char digits[AMS_JSON_DIGITS]);
/* null, true or false. */
bool ams_json_take_word(char **at, const char *word);
/* Any scalar, or an array of them. An object may hold a key twice, which jansson finds. */
bool ams_json_take_any(char **at);

#endif
