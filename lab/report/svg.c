#include "lab/report/svg.h"

#include "base/file.h"
#include "base/number.h"
#include "lab/report/markup.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct svg_drawing {
    XML_Parser parser;
    FILE *out;
    const char *path, *prefix, *label;
    size_t depth;
    size_t left_out; /* elements open inside one that is left out, with itself */
    ams_status status;
    ams_error *err;
} svg_drawing;

/* What draws and can do nothing else. Everything that is not here is refused. */
static const char *const elements[] = {
    "svg",      "g",        "defs",       "symbol",      "use",
    "path",     "rect",     "circle",     "ellipse",     "line",
    "polyline", "polygon",  "text",       "tspan",       "image",
    "marker",   "clipPath", "mask",       "pattern",     "linearGradient",
    "stop",     "filter",   "feFlood",    "feComposite", "radialGradient",
    "feMerge",  "feBlend",  "feMergeNode"};
/* Attributes that say where and how something is drawn. Others are left out, and those that act
 * or load are refused. */
static const char *const attributes_known[] = {"clip-path",
                                               "clip-rule",
                                               "clipPathUnits",
                                               "color",
                                               "cx",
                                               "cy",
                                               "d",
                                               "display",
                                               "dominant-baseline",
                                               "dx",
                                               "dy",
                                               "fill",
                                               "fill-opacity",
                                               "fill-rule",
                                               "filter",
                                               "filterUnits",
                                               "flood-color",
                                               "flood-opacity",
                                               "font-family",
                                               "font-size",
                                               "font-style",
                                               "font-variant",
                                               "font-weight",
                                               "fx",
                                               "fy",
                                               "gradientTransform",
                                               "gradientUnits",
                                               "height",
                                               "in",
                                               "in2",
                                               "k1",
                                               "k2",
                                               "k3",
                                               "k4",
                                               "letter-spacing",
                                               "marker-end",
                                               "marker-mid",
                                               "marker-start",
                                               "markerHeight",
                                               "markerUnits",
                                               "markerWidth",
                                               "mask",
                                               "maskContentUnits",
                                               "maskUnits",
                                               "mode",
                                               "offset",
                                               "opacity",
                                               "operator",
                                               "orient",
                                               "overflow",
                                               "patternContentUnits",
                                               "patternTransform",
                                               "patternUnits",
                                               "points",
                                               "preserveAspectRatio",
                                               "primitiveUnits",
                                               "r",
                                               "refX",
                                               "refY",
                                               "result",
                                               "rotate",
                                               "rx",
                                               "ry",
                                               "shape-rendering",
                                               "spreadMethod",
                                               "stop-color",
                                               "stop-opacity",
                                               "stroke",
                                               "stroke-dasharray",
                                               "stroke-dashoffset",
                                               "stroke-linecap",
                                               "stroke-linejoin",
                                               "stroke-miterlimit",
                                               "stroke-opacity",
                                               "stroke-width",
                                               "style",
                                               "text-anchor",
                                               "text-decoration",
                                               "text-rendering",
                                               "textLength",
                                               "transform",
                                               "viewBox",
                                               "visibility",
                                               "width",
                                               "word-spacing",
                                               "x",
                                               "x1",
                                               "x2",
                                               "xml:space",
                                               "y",
                                               "y1",
                                               "y2"};
static const char *const left_out[] = {"title", "desc", "metadata"};

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Without regard to case, as in a page. */
static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof attributes_known / sizeof *attributes_known; i++) {
        if (strcasecmp(name, attributes_known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The first failure is kept; the parser calls nothing more. */
static void refuse(svg_drawing *d, const char *what, const char *found)
{
    if (d->status == AMS_OK) {
        d->status =
            ams_fail(d->err, AMS_BAD_DATA,
                     "%s:%lu: expected a drawing alone, found %s '%.100s'; draw the "
                     "figure with ams plot",
                     d->path, (unsigned long)XML_GetCurrentLineNumber(d->parser), what, found);
        XML_StopParser(d->parser, XML_FALSE);
    }
}

/* Of a root element without viewBox. */
static void write_view_box(svg_drawing *d, const char *width, const char *height)
{
    char text[2][32] = {"", ""};
    double size[2] = {0, 0};
    const char *const given[] = {width, height};
    for (size_t i = 0; i < 2; i++) {
        const char *from = given[i] == NULL ? "" : given[i];
        size_t digits = strspn(from, "0123456789.");
        /* A bare number and "px" are the drawing's own units. */
        if (from[digits] == '\0' || strcmp(from + digits, "px") == 0) {
            snprintf(text[i], sizeof text[i], "%.*s", (int)(digits < 31 ? digits : 31), from);
        }
        if (!ams_parse_double(text[i], &size[i]) || size[i] <= 0) {
            refuse(d, "no viewBox, and the size", from);
            return;
        }
    }
    fprintf(d->out, " viewBox=\"0 0 %s %s\"", text[0], text[1]);
}

static void write_root(svg_drawing *d, const char **attributes)
{
    const char *width = NULL;
    const char *height = NULL;
    bool view_box = false;
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(attributes[0], "viewBox") == 0) {
            fputs(" viewBox=\"", d->out);
            ams_html_text(d->out, attributes[1]);
            putc('"', d->out);
            view_box = true;
        } else if (strcmp(attributes[0], "width") == 0) {
            width = attributes[1];
        } else if (strcmp(attributes[0], "height") == 0) {
            height = attributes[1];
        }
    }
    if (!view_box) {
        write_view_box(d, width, height);
    }
    fputs(" role=\"img\" aria-label=\"", d->out);
    ams_html_text(d->out, d->label);
    putc('"', d->out);
}

/* `url(#a)` becomes `url(#prefix-a)`; a url of anything else is refused. */
static void write_value(svg_drawing *d, const char *value)
{
    /* What a style may load in other words: CSS has escapes and more functions than url(). */
    static const char *const loads[] = {"\\",     "@",           "src(",       "image-set(",
                                        "image(", "javascript:", "expression("};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        if (strcasestr(value, loads[i]) != NULL) {
            refuse(d, "a link to elsewhere", value);
            return;
        }
    }
    for (const char *url; (url = strcasestr(value, "url(")) != NULL;) {
        const char *target = url + 4;
        const char *quote = *target == '\'' || *target == '"' ? "1" : "";
        target += strlen(quote);
        if (*target != '#') {
            refuse(d, "a link to elsewhere", url);
            return;
        }
        char before[512];
        snprintf(before, sizeof before, "%.*s", (int)(url - value), value);
        if (strlen(before) != (size_t)(url - value)) {
            refuse(d, "a long attribute with", "url(");
            return;
        }
        ams_html_text(d->out, before);
        fputs(*quote == '\0' ? "url(#" : "url('#", d->out);
        fprintf(d->out, "%s-", d->prefix);
        value = target + 1;
        if (*quote != '\0') {
            size_t name = strcspn(value, "'\"");
            fprintf(d->out, "%.*s'", (int)name, value);
            value += name + (value[name] != '\0');
        }
    }
    ams_html_text(d->out, value);
}

static void write_link(svg_drawing *d, const char *element, const char *target)
{
    static const char picture[] = "data:image/png;base64,";
    if (target[0] == '#') {
        fprintf(d->out, " href=\"#%s-", d->prefix);
        ams_html_text(d->out, target + 1);
        putc('"', d->out);
    } else if (strcmp(element, "image") == 0 &&
               strncmp(target, picture, strlen(picture)) == 0) {
        fputs(" href=\"", d->out);
        ams_html_text(d->out, target);
        putc('"', d->out);
    } else {
        refuse(d, "a link to elsewhere", target);
    }
}

static void write_attribute(svg_drawing *d, const char *element, const char *name,
                            const char *value)
{
    const char *colon = strrchr(name, ':');
    const char *local = colon == NULL ? name : colon + 1; /* "href" of "xlink:href" */
    if (strncasecmp(local, "on", 2) == 0) {
        refuse(d, "an event's handler", name);
    } else if (strcasecmp(local, "href") == 0) {
        write_link(d, element, value);
    } else if (strcasecmp(name, "id") == 0) {
        fprintf(d->out, " id=\"%s-", d->prefix);
        ams_html_text(d->out, value);
        putc('"', d->out);
    } else if (is_known(name)) {
        fprintf(d->out, " %s=\"", name);
        write_value(d, value);
        putc('"', d->out);
    }
}

static void on_start(void *user, const char *name, const char **attributes)
{
    svg_drawing *d = user;
    bool root = d->depth++ == 0;
    if (d->status != AMS_OK) {
        return;
    }
    if (d->left_out > 0 || is_one_of(name, left_out, sizeof left_out / sizeof *left_out)) {
        d->left_out++;
        return;
    }
    if (!is_one_of(name, elements, sizeof elements / sizeof *elements) ||
        root != (strcmp(name, "svg") == 0)) {
        refuse(d, "the element", name);
        return;
    }
    fprintf(d->out, "<%s", name);
    if (root) {
        write_root(d, attributes);
    } else {
        for (; attributes[0] != NULL; attributes += 2) {
            write_attribute(d, name, attributes[0], attributes[1]);
        }
    }
    putc('>', d->out);
}

static void on_end(void *user, const char *name)
{
    svg_drawing *d = user;
    d->depth--;
    if (d->left_out > 0) {
        d->left_out--;
    } else {
        fprintf(d->out, "</%s>", name);
    }
}

static void on_text(void *user, const char *text, int length)
{
    const svg_drawing *d = user;
    char part[256];
    for (int at = 0; d->left_out == 0 && at < length; at += (int)sizeof part - 1) {
        snprintf(part, sizeof part, "%.*s", length - at, text + at);
        ams_html_text(d->out, part);
    }
}

ams_status ams_report_svg(FILE *out, const char *path, const char *prefix, const char *label,
                          ams_error *err)
{
    enum { MOST = 64 << 20 };
    char *text = NULL;
    size_t size = 0;
    ams_status status = ams_read_file(path, MOST, &text, &size, err);
    if (status != AMS_OK) {
        return status;
    }
    svg_drawing d = {.out = out, .path = path, .prefix = prefix, .label = label, .err = err};
    d.parser = XML_ParserCreate(NULL);
    if (d.parser == NULL) {
        free(text);
        return ams_no_memory(err, size, "reading a figure");
    }
    XML_SetUserData(d.parser, &d);
    XML_SetElementHandler(d.parser, on_start, on_end);
    XML_SetCharacterDataHandler(d.parser, on_text);
    enum XML_Status parsed = XML_Parse(d.parser, text, (int)size, 1);
    if (parsed != XML_STATUS_OK && d.status == AMS_OK) {
        d.status =
            ams_fail(err, AMS_BAD_DATA,
                     "%s:%lu: expected well-formed SVG, found: %s; draw the figure again", path,
                     (unsigned long)XML_GetCurrentLineNumber(d.parser),
                     XML_ErrorString(XML_GetErrorCode(d.parser)));
    }
    XML_ParserFree(d.parser);
    free(text);
    return d.status;
}
