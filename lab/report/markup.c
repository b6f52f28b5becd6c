/* Escaping, and the two formats. */
#include "lab/report/markup.h"

#include <stdarg.h>
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

bool ams_report_is_text(const char *text)
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

void ams_html_text(FILE *out, const char *text)
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

void ams_html_id(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        putc(strchr(plain, *text) != NULL ? *text : '-', out);
    }
}

void ams_markdown_path(FILE *out, const char *path)
{
    for (; *path != '\0'; path++) {
        bool as_it_is = strchr(plain, *path) != NULL || strchr("./,=+", *path) != NULL;
        fprintf(out, as_it_is ? "%c" : "%%%02X", (unsigned char)*path);
    }
}

void ams_markdown_text(FILE *out, const char *text)
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

/* The longest series of backticks. */
static size_t longest_series(const char *text)
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

void ams_markdown_code(FILE *out, const char *text)
{
    size_t ticks = longest_series(text) + 1;
    /* A blank inside keeps a backtick at an end from joining the fence; readers drop it. */
    const char *blank = ticks > 1 ? " " : "";
    fence(out, ticks);
    fprintf(out, "%s%s%s", blank, text, blank);
    fence(out, ticks);
}

void ams_markdown_block(FILE *out, const ams_names *lines)
{
    size_t ticks = 3;
    for (uint32_t i = 0; i < lines->count; i++) {
        size_t longest = longest_series(ams_names_get(lines, i)) + 1;
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

/* -- the formats -- */

static void html_code(FILE *out, const char *text)
{
    fputs("<code>", out);
    ams_html_text(out, text);
    fputs("</code>", out);
}

static void html_heading(FILE *out, int level, const char *prefix, const char *id,
                         const char *text)
{
    if (level == 2) {
        fprintf(out, "<h2 id=\"%s", prefix);
        ams_html_id(out, id);
        fputs("\">", out);
    } else {
        fputs("<h3 class=\"choice\">", out);
    }
    ams_html_text(out, text);
    fprintf(out, "</h%d>\n", level);
}

static void markdown_heading(FILE *out, int level, const char *prefix, const char *id,
                             const char *text)
{
    (void)prefix; /* readers make ids of the words */
    (void)id;
    fputs(level == 2 ? "## " : "### ", out);
    ams_markdown_text(out, text);
    fputs("\n\n", out);
}

const ams_markup_form ams_markup_html = {
    .mark = {[AMS_STRONG] = {"<b>", "</b>"},
             [AMS_ASIDE] = {" (", ")"},
             [AMS_PARAGRAPH] = {"<p>", "</p>\n"},
             [AMS_QUIET] = {"<p class=\"quiet\">", "</p>\n"},
             [AMS_MISSING] = {"<p class=\"missing\">", "</p>\n"},
             [AMS_LEAD] = {"<p><b>", "</b>:</p>\n"},
             [AMS_COMMAND] = {"<pre>", "</pre>\n"},
             [AMS_LIST] = {"<ul>\n", "</ul>\n"},
             [AMS_ITEM] = {"<li>", "</li>\n"},
             [AMS_POINTS] = {"", ""},
             [AMS_POINT] = {"<p>", "</p>\n"},
             [AMS_FACTS] = {"<dl>\n", "</dl>\n"},
             [AMS_NOTES] = {"<dl class=\"wide\">\n", "</dl>\n"},
             [AMS_KEY] = {"<dt>", "</dt>"},
             [AMS_VALUE] = {"<dd>", "</dd>\n"}},
    .text = ams_html_text,
    .code = html_code,
    .heading = html_heading,
};

const ams_markup_form ams_markup_markdown = {
    .mark = {[AMS_STRONG] = {"**", "**"},
             [AMS_ASIDE] = {"; ", ""},
             [AMS_PARAGRAPH] = {"", "\n\n"},
             [AMS_QUIET] = {"", "\n\n"},
             [AMS_MISSING] = {"", "\n\n"},
             [AMS_LEAD] = {"", ": "},
             [AMS_COMMAND] = {"", "\n\n"},
             [AMS_LIST] = {"", "\n"},
             [AMS_ITEM] = {"- ", "\n"},
             [AMS_POINTS] = {"", "\n"},
             [AMS_POINT] = {"- ", "\n"},
             [AMS_FACTS] = {"", "\n"},
             [AMS_NOTES] = {"", "\n"},
             [AMS_KEY] = {"- ", ": "},
             [AMS_VALUE] = {"", "\n"}},
    .text = ams_markdown_text,
    .code = ams_markdown_code,
    .heading = markdown_heading,
};

/* -- the writer -- */

void ams_markup_open(const ams_markup *m, ams_markup_part part)
{
    fputs(m->form->mark[part].open, m->out);
}

void ams_markup_close(const ams_markup *m, ams_markup_part part)
{
    fputs(m->form->mark[part].close, m->out);
}

void ams_markup_text(const ams_markup *m, const char *text)
{
    m->form->text(m->out, text);
}

void ams_markup_code(const ams_markup *m, const char *text)
{
    m->form->code(m->out, text);
}

void ams_markup_heading(const ams_markup *m, int level, const char *prefix, const char *id,
                        const char *text)
{
    m->form->heading(m->out, level, prefix, id, text);
}

void ams_markup_plain(const ams_markup *m, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(m->out, format, arguments);
    va_end(arguments);
}
