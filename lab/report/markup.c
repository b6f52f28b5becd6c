#include "lab/report/markup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the character at `text` and its code point, 0 where it is none (RFC 3629). */
static size_t decode(const unsigned char *text, unsigned *point)
{
    static const struct form {
        unsigned char mask, lead;
        unsigned least;
    } forms[] = {
        {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (size_t n = 0; n < sizeof forms / sizeof *forms; n++) {
        if ((text[0] & forms[n].mask) != forms[n].lead) {
            continue;
        }
        *point = text[0] & (unsigned char)~forms[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((text[i] & 0xc0) != 0x80) {
                return 0;
            }
            *point = *point << 6 | (text[i] & 0x3f);
        }
        bool surrogate = *point >= 0xd800 && *point < 0xe000;
        return *point < forms[n].least || *point > 0x10ffff || surrogate ? 0 : n + 1;
    }
    return 0;
}

bool report_is_text(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != 0) {
        unsigned point = 0;
        size_t length = decode(at, &point);
        if (length == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) {
            return false;
        }
        at += length;
    }
    return true;
}

void report_html(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            putc(*text, out);
        }
    }
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

void report_html_id(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        putc(strchr(plain, *text) != NULL ? *text : '-', out);
    }
}

void report_markdown_path(FILE *out, const char *path)
{
    for (; *path != '\0'; path++) {
        bool as_it_is = strchr(plain, *path) != NULL || strchr("./,=+", *path) != NULL;
        fprintf(out, as_it_is ? "%c" : "%%%02X", (unsigned char)*path);
    }
}

void report_markdown(FILE *out, const char *text)
{
    /* What opens emphasis, code, a link, a table's cell or a heading; and the marks of lists
     * ("1.", "-", "+"), which mean something only where a line begins. */
    const char *start = text;
    size_t digits = strspn(text, "0123456789");
    for (; *text != '\0'; text++) {
        if (*text == '<') {
            fputs("&lt;", out);
        } else if (*text == '&') {
            fputs("&amp;", out);
        } else {
            bool mark = text == start ? strchr("-+=", *text) != NULL
                                      : text == start + digits && strchr(".)", *text) != NULL;
            if (mark || strchr("\\`*_[]|#~>$", *text) != NULL) {
                putc('\\', out);
            }
            putc(*text, out);
        }
    }
}

/* The longest run of backticks. */
static size_t longest_run(const char *text)
{
    size_t longest = 0;
    while (*text != '\0') {
        size_t run = strspn(text, "`");
        longest = run > longest ? run : longest;
        text += run > 0 ? run : 1;
    }
    return longest;
}

static void fence(FILE *out, size_t n)
{
    while (n-- > 0) {
        putc('`', out);
    }
}

void report_markdown_code(FILE *out, const char *text)
{
    size_t ticks = longest_run(text) + 1;
    /* A blank inside keeps a backtick at an end from joining the fence; readers drop it. */
    const char *blank = ticks > 1 ? " " : "";
    fence(out, ticks);
    fprintf(out, "%s%s%s", blank, text, blank);
    fence(out, ticks);
}

void report_markdown_block(FILE *out, const ams_names *lines)
{
    size_t ticks = 3;
    for (uint32_t i = 0; i < lines->count; i++) {
        size_t longest = longest_run(ams_names_get(lines, i)) + 1;
        ticks = longest > ticks ? longest : ticks;
    }
    fence(out, ticks);
    fputs("sh\n", out);
    for (uint32_t i = 0; i < lines->count; i++) {
        fprintf(out, "%s\n", ams_names_get(lines, i));
    }
    fence(out, ticks);
    putc('\n', out);
}

/* Digits behind the point, as the file has them. */
static int decimals_of(const char *text)
{
    const char *point = strchr(text, '.');
    return point == NULL ? 0 : (int)strspn(point + 1, "0123456789");
}

static bool has_exponent(const report_number *number)
{
    return number->given && strpbrk(number->text, "eE") != NULL;
}

static void put_number(char phrase[REPORT_PHRASE], const report_number *number, int decimals)
{
    int own = decimals_of(number->text);
    if (has_exponent(number)) {
        snprintf(phrase, REPORT_PHRASE, "%.5g", number->value);
    } else {
        snprintf(phrase, REPORT_PHRASE, "%.*f", decimals < own ? decimals : own, number->value);
    }
}

/* The decimals that show `digits` significant ones of x. */
static int decimals_for(double x, int digits)
{
    int decimals = x > 0 ? digits - 1 - (int)floor(log10(x)) : 9;
    return decimals < 0 ? 0 : decimals > 9 ? 9 : decimals;
}

void report_measured_parts(char mean[REPORT_PHRASE], char interval[REPORT_PHRASE],
                           const report_measured *measured)
{
    *interval = '\0';
    if (!measured->mean.given) {
        snprintf(mean, REPORT_PHRASE, "not measured");
        return;
    }
    if (!measured->low.given) {
        put_number(mean, &measured->mean, decimals_for(fabs(measured->mean.value), 5));
        return;
    }
    char low[REPORT_PHRASE];
    char high[REPORT_PHRASE];
    int decimals = decimals_for((measured->high.value - measured->low.value) / 2, 2);
    put_number(mean, &measured->mean, decimals);
    put_number(low, &measured->low, decimals);
    put_number(high, &measured->high, decimals);
    snprintf(interval, REPORT_PHRASE, "[%.70s, %.70s]", low, high);
}

void report_measured_phrase(char phrase[REPORT_PHRASE], const report_measured *measured)
{
    char mean[REPORT_PHRASE];
    char interval[REPORT_PHRASE];
    report_measured_parts(mean, interval, measured);
    snprintf(phrase, REPORT_PHRASE, "%.70s%s%.80s", mean, interval[0] == '\0' ? "" : " ",
             interval);
}

void report_paper_phrase(char phrase[REPORT_PHRASE], const report_row *row)
{
    const report_number *low = &row->paper_low;
    const report_number *high = &row->paper_high;
    if (!low->given && !high->given) {
        snprintf(phrase, REPORT_PHRASE, "none");
    } else if (!high->given) {
        snprintf(phrase, REPORT_PHRASE, "at least %.60s", low->text);
    } else if (!low->given) {
        snprintf(phrase, REPORT_PHRASE, "at most %.60s", high->text);
    } else if (low->value < high->value) {
        snprintf(phrase, REPORT_PHRASE, "%.60s to %.60s", low->text, high->text);
    } else {
        snprintf(phrase, REPORT_PHRASE, "%.60s", low->text);
    }
}

void report_duration(char phrase[REPORT_PHRASE], double seconds)
{
    double whole = floor(seconds + 0.5);
    if (seconds < 10) {
        snprintf(phrase, REPORT_PHRASE, "%.2g s", seconds);
    } else if (whole < 60) {
        snprintf(phrase, REPORT_PHRASE, "%.0f s", whole);
    } else if (whole < 3600) {
        double minutes = floor(whole / 60);
        snprintf(phrase, REPORT_PHRASE, "%.0f min %.0f s", minutes, whole - 60 * minutes);
    } else {
        double minutes = floor(seconds / 60 + 0.5);
        double hours = floor(minutes / 60);
        snprintf(phrase, REPORT_PHRASE, "%.0f h %.0f min", hours, minutes - 60 * hours);
    }
}
