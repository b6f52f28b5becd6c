#include "data/json_scan.h"

#include "base/eight.h"

/* Bytes of the character at `at` of two bytes or more: UTF-8 by RFC 3629, and no control
 * character. 0 for anything else. */
static size_t wide_character(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    /* The least and largest second byte leave out overlong forms, surrogates and what is above
     * U+10FFFF; those after it may be any that continue. */
    const unsigned first = byte[0];
    const size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const unsigned least = first == 0xC2   ? 0xA0
                           : first == 0xE0 ? 0xA0
                           : first == 0xF0 ? 0x90
                                           : 0x80;
    const unsigned largest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (length == 0 || first > 0xF4 || byte[1] < least || byte[1] > largest) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

bool ams_json_take_text(char **from, ams_json_piece *text)
{
    if (!ams_json_take(from, '"')) {
        return false;
    }
    char *at = *from;
    text->at = at;
    for (;;) {
        const uint64_t word = ams_eight(at);
        const uint64_t odd =
            ams_eight_unusual(word) | ams_eight_equal(word, '"') | ams_eight_equal(word, '\\');
        if (odd == 0) {
            at += sizeof word;
            continue;
        }
        at += ams_eight_first(odd);
        if (*at == '"') {
            break;
        }
        const size_t step = wide_character(at);
        if (step == 0) {
            return false;
        }
        at += step;
    }
    text->length = (size_t)(at - text->at);
    *at = '\0';
    *from = at + 1;
    return true;
}

bool ams_json_take_number(char **at, double *value)
{
    ams_json_blanks(at);
    const char *end = ams_decimal(*at, value);
    if (end != NULL) {
        *at += end - *at;
    }
    return end != NULL;
}

bool ams_json_take_digits(char **at, char digits[AMS_JSON_DIGITS])
{
    size_t n = 0;
    ams_json_blanks(at);
    const char *from = *at;
    while (n < AMS_JSON_DIGITS && from[n] >= '0' && from[n] <= '9') {
        n++;
    }
    if (n == 0 || n == AMS_JSON_DIGITS || (from[0] == '0' && n > 1) || from[n] == '.' ||
        from[n] == 'e' || from[n] == 'E') {
        return false;
    }
    memcpy(digits, from, n);
    digits[n] = '\0';
    *at += n;
    return true;
}

bool ams_json_take_word(char **at, const char *word)
{
    const size_t length = strlen(word);
    ams_json_blanks(at);
    const bool there = strncmp(*at, word, length) == 0;
    *at += there ? length : 0;
    return there;
}

static bool take_scalar(char **at)
{
    ams_json_piece text;
    double number = 0;
    return ams_json_next_is(at, '"')
               ? ams_json_take_text(at, &text)
               : ams_json_take_number(at, &number) || ams_json_take_word(at, "null") ||
                     ams_json_take_word(at, "true") || ams_json_take_word(at, "false");
}

bool ams_json_take_any(char **at)
{
    if (!ams_json_take(at, '[')) {
        return take_scalar(at);
    }
    if (ams_json_take(at, ']')) {
        return true;
    }
    do {
        if (!take_scalar(at)) {
            return false;
        }
    } while (ams_json_take(at, ','));
    return ams_json_take(at, ']');
}
