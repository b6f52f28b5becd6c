#include "data/form.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "data/rows.h"

#include <stdlib.h>
#include <string.h>

const char *const ams_part_name[AMS_PARTS] = {"item",  "model", "labels",  "label", "conf",
                                              "group", "split", "time_ms", "truth"};
const char *const ams_row_formats[] = {"rows", "keyed", "coco", "fiftyone", "yolo", NULL};

/* What a format says beforehand. */
static const char *const preset[] = {[AMS_FORMAT_ROWS] = "",
                                     [AMS_FORMAT_KEYED] = "",
                                     [AMS_FORMAT_COCO] =
                                         "item=image_id,label=category_id,conf=score",
                                     [AMS_FORMAT_FIFTYONE] = "item=filepath,model=*,labels=*",
                                     [AMS_FORMAT_YOLO] = ""};

void ams_form_fini(ams_form *form)
{
    for (int part = 0; part < AMS_PARTS; part++) {
        free(form->name[part]);
        free(form->tail[part]);
    }
    *form = (ams_form){0};
}

static ams_status find_part(const char *option, const char *name, ams_part *part,
                            ams_error *err)
{
    for (int p = 0; p < AMS_PARTS; p++) {
        if (strcmp(name, ams_part_name[p]) == 0) {
            *part = (ams_part)p;
            return AMS_OK;
        }
    }
    return ams_fail(
        err, AMS_USAGE,
        "option --columns: expected item, model, labels, label, conf, group, split, "
        "time_ms or truth before the '=' of '%s', found '%s'%s",
        option, name, ams_hint_of(name, ams_part_name, AMS_PARTS, "'").text);
}

/* "item=ImageID", "label==right", "conf=prob_*": text is cut at its '='. */
static ams_status set_part(ams_form *form, char *text, const char *whole, ams_error *err)
{
    char *value = strchr(text, '=');
    if (value == NULL || value[1] == '\0') {
        return ams_fail(err, AMS_USAGE,
                        "option --columns: expected PART=COLUMN between commas, as in "
                        "item=ImageID,label=LabelName; found '%s'",
                        whole);
    }
    *value++ = '\0';
    ams_part part = AMS_PART_ITEM;
    ams_status status = find_part(whole, text, &part, err);
    if (status != AMS_OK) {
        return status;
    }
    free(form->name[part]);
    free(form->tail[part]);
    form->name[part] = NULL;
    form->tail[part] = NULL;
    char *star = value[0] == '=' ? NULL : strchr(value, '*');
    if (value[0] == '=' && value[1] != '\0') {
        form->source[part] = AMS_CONSTANT;
        return ams_copy_text(&form->name[part], value + 1, err);
    }
    form->source[part] = star == NULL ? AMS_BY_NAME : AMS_BY_PATTERN;
    if (star != NULL) {
        *star = '\0';
        status = ams_copy_text(&form->tail[part], star + 1, err);
    }
    return status != AMS_OK ? status : ams_copy_text(&form->name[part], value, err);
}

static ams_status set_columns(ams_form *form, const char *columns, ams_error *err)
{
    char *text = NULL;
    char *whole = NULL;
    ams_status status = AMS_OK;
    if (columns == NULL || columns[0] == '\0') {
        return AMS_OK;
    }
    AMS_TRY(ams_copy_text(&text, columns, err));
    for (char *rest = text; rest != NULL && status == AMS_OK;) {
        char *column = ams_list_next(&rest);
        free(whole);
        whole = NULL;
        AMS_TRY(ams_copy_text(&whole, column, err));
        AMS_TRY(set_part(form, column, whole, err));
    }
out:
    free(text);
    free(whole);
    return status;
}

static ams_status set_separator(ams_form *form, const char *separator, ams_error *err)
{
    if (separator == NULL) {
        return AMS_OK;
    }
    const bool tab = strcmp(separator, "tab") == 0 || strcmp(separator, "\\t") == 0;
    if (!tab && (strlen(separator) != 1 || strchr("\"\n\r", separator[0]) != NULL)) {
        return ams_fail(err, AMS_USAGE,
                        "option --separator: expected one byte, such as ; or |, or tab; found "
                        "'%s'",
                        separator);
    }
    form->separator = tab ? '\t' : separator[0];
    return AMS_OK;
}

/* Patterns that go together. */
static ams_status check_patterns(ams_form *form, ams_error *err)
{
    form->by_model = ams_form_patterned(form, AMS_PART_MODEL);
    if (form->by_model &&
        (form->name[AMS_PART_MODEL][0] != '\0' || form->tail[AMS_PART_MODEL][0] != '\0')) {
        return ams_fail(err, AMS_USAGE,
                        "option --columns: expected model=*, which makes * the name of a model "
                        "in other columns' names; found model=%s*%s",
                        form->name[AMS_PART_MODEL], form->tail[AMS_PART_MODEL]);
    }
    bool any = false;
    for (int part = 0; part < AMS_PARTS; part++) {
        const bool may = part == AMS_PART_LABEL || part == AMS_PART_CONF ||
                         (form->by_model && (part == AMS_PART_LABELS || part == AMS_PART_TIME));
        const bool patterned =
            part != AMS_PART_MODEL && ams_form_patterned(form, (ams_part)part);
        any = any || (patterned && part != AMS_PART_TIME);
        if (patterned && !may) {
            return ams_fail(err, AMS_USAGE,
                            "option --columns: expected a * in label and conf alone, and in "
                            "labels and time_ms with model=*; found one in %s",
                            ams_part_name[part]);
        }
    }
    if (form->by_model && !any) {
        return ams_fail(err, AMS_USAGE,
                        "option --columns: expected a * in labels, label or conf beside "
                        "model=*, found none");
    }
    return AMS_OK;
}

static ams_status check_format(const ams_row_form *said, ams_error *err)
{
    if (said->format == AMS_FORMAT_YOLO &&
        (said->columns != NULL || said->separator != NULL || said->label_names == NULL)) {
        return ams_fail(err, AMS_USAGE,
                        "--format yolo: expected --label-names FILE with the names of the "
                        "classes, and neither --columns nor --separator");
    }
    if (said->format == AMS_FORMAT_COCO && said->label_names == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "--format coco: expected --label-names FILE, where FILE has the "
                        "categories, such as instances_val2017.json");
    }
    if (said->format != AMS_FORMAT_ROWS && said->separator != NULL) {
        return ams_fail(err, AMS_USAGE, "--separator: expected rows, found --format %s",
                        ams_row_formats[said->format]);
    }
    return AMS_OK;
}

/* A constant has to be what rows may have in its place. */
static ams_status check_constant(ams_part part, const char *text, ams_error *err)
{
    double number = 0;
    const bool parsed = ams_parse_double(text, &number);
    switch (part) {
    case AMS_PART_CONF:
        return parsed && number >= 0 && number <= 1
                   ? AMS_OK
                   : ams_fail(err, AMS_BAD_DATA,
                              "conf: expected a confidence from 0 to 1, found '%s'", text);
    case AMS_PART_TIME:
        return parsed && ams_row_check_time(number, NULL) == AMS_OK
                   ? AMS_OK
                   : ams_fail(err, AMS_BAD_DATA,
                              "time_ms: expected a number greater than 0 and below 3.4e38, "
                              "found '%s'",
                              text);
    case AMS_PART_SPLIT:
        return ams_row_check_split(text, err);
    default:
        return ams_row_check_name(ams_part_name[part], text, err);
    }
}

static ams_status check_constants(const ams_form *form, ams_error *err)
{
    ams_status status = AMS_OK;
    for (int part = 0; part < AMS_PARTS && status == AMS_OK; part++) {
        const char *text = ams_form_constant(form, (ams_part)part);
        status = text == NULL ? AMS_OK : check_constant((ams_part)part, text, err);
    }
    if (status == AMS_BAD_DATA) {
        ams_error_prefix(err, "option --columns");
        status = AMS_USAGE;
    }
    return status;
}

ams_status ams_form_init(ams_form *form, const ams_row_form *said, const ams_names *models,
                         ams_error *err)
{
    *form = (ams_form){
        .format = said->format, .numbers = said->label_names != NULL, .models = models};
    ams_status status = AMS_OK;
    AMS_TRY(check_format(said, err));
    AMS_TRY(set_columns(form, preset[said->format], err));
    AMS_TRY(set_columns(form, said->columns, err));
    AMS_TRY(set_separator(form, said->separator, err));
    AMS_TRY(check_patterns(form, err));
    AMS_TRY(check_constants(form, err));
out:
    if (status != AMS_OK) {
        ams_form_fini(form);
    }
    return status;
}

const char *ams_form_field(const ams_form *form, ams_part part)
{
    return form == NULL || form->source[part] == AMS_BY_DEFAULT ? ams_part_name[part]
                                                                : form->name[part];
}

const char *ams_form_constant(const ams_form *form, ams_part part)
{
    return form != NULL && form->source[part] == AMS_CONSTANT ? form->name[part] : NULL;
}

bool ams_form_patterned(const ams_form *form, ams_part part)
{
    return form != NULL && form->source[part] == AMS_BY_PATTERN;
}

bool ams_form_match(const ams_form *form, ams_part part, const char *name, const char **star,
                    size_t *length)
{
    const char *head = form->name[part];
    const char *tail = form->tail[part];
    const size_t before = strlen(head);
    const size_t after = strlen(tail);
    const size_t all = strlen(name);
    if (all <= before + after || memcmp(name, head, before) != 0 ||
        strcmp(name + all - after, tail) != 0) {
        return false;
    }
    *star = name + before;
    *length = all - before - after;
    return true;
}

ams_status ams_form_fill(const ams_form *form, ams_part part, const char *star, char **name,
                         ams_error *err)
{
    return ams_format(name, "a column's name", err, "%s%s%s", form->name[part], star,
                      form->tail[part]);
}

ams_status ams_time_unit(const char *unit, double *ms, ams_error *err)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1e3}, {"us", 1e-3}, {"ns", 1e-6}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (unit == NULL || strcmp(unit, units[i].name) == 0) {
            *ms = units[i].ms;
            return AMS_OK;
        }
    }
    return ams_fail(err, AMS_USAGE, "option --time-unit: expected s, ms, us or ns, found '%s'",
                    unit);
}
