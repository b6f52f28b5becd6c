#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

uint32_t ams_text_width(const char *text)
{
    uint32_t n = 0;
    for (; *text != '\0'; text++) {
        n += begins_character(*text);
    }
    return n;
}

/* Bytes before character n. */
static size_t bytes_before(const char *text, uint32_t n)
{
    size_t at = 0;
    for (uint32_t seen = 0; text[at] != '\0'; at++) {
        if (begins_character(text[at]) && seen++ == n) {
            break;
        }
    }
    return at;
}

void ams_text_shorten(char *out, const char *text, uint32_t characters)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    const size_t size = AMS_SHORT_BYTES(characters);
    const uint32_t width = ams_text_width(text);
    if (width <= characters) {
        snprintf(out, size, "%s", text);
        return;
    }
    const uint32_t end = (characters - 1) / 2;
    const size_t first = bytes_before(text, characters - 1 - end);
    const size_t last = bytes_before(text, width - end);
    snprintf(out, size, "%.*s%s%s", (int)first, text, ellipsis, text + last);
}

int ams_text_fill(const char *text, uint32_t width)
{
    const uint32_t has = ams_text_width(text);
    return has < width ? (int)(width - has) : 0;
}

char *ams_list_next(char **rest)
{
    char *const name = *rest;
    char *to = name;
    char *at = name;
    for (; *at != '\0' && *at != ','; at++) {
        at += *at == '\\' && (at[1] == ',' || at[1] == '\\');
        *to++ = *at;
    }
    *rest = *at == ',' ? at + 1 : NULL;
    *to = '\0';
    return name;
}

bool ams_list_escapes(const char *at)
{
    /* A backslash where it would be read together with what follows it. */
    return *at == ',' || (*at == '\\' && (at[1] == ',' || at[1] == '\\' || at[1] == '\0'));
}

void ams_list_put(FILE *stream, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (ams_list_escapes(at)) {
            fputc('\\', stream);
        }
        fputc(*at, stream);
    }
}

int ams_amount_decimals(double largest, int decimals)
{
    enum { MOST = 40 };
    const double size = fabs(largest);
    if (!(size > 0 && size < 1)) {
        return decimals;
    }
    const int zeros = (int)ceil(-log10(size));
    return decimals + zeros < MOST ? decimals + zeros : MOST;
}

void ams_amount_print(char out[AMS_AMOUNT_BYTES], double amount, double largest)
{
    if (fabs(largest) >= 100 && fabs(largest) < 1e7) {
        snprintf(out, AMS_AMOUNT_BYTES, "%.1f", amount);
        return;
    }
    snprintf(out, AMS_AMOUNT_BYTES, "%#.4g", amount);
    size_t length = strlen(out);
    if (length > 0 && out[length - 1] == '.') { /* "1234." */
        out[length - 1] = '\0';
    }
}
