#include "serve/programs.h"

#include "ams/config.h"
#include "ams/names.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_SECTION = 48 }; /* inih cuts longer names to this */
enum { LONGEST_LABEL = 1024 };

static void fini_program(ams_program *program)
{
    free(program->name);
    free(program->command);
    free(program->task);
}

void ams_programs_fini(ams_programs *programs)
{
    for (uint32_t i = 0; i < programs->n; i++) {
        fini_program(&programs->program[i]);
    }
    free(programs->program);
    *programs = (ams_programs){.program = NULL};
}

/* ---- the file ---- */

typedef struct programs_reader {
    ams_programs *programs;
    size_t room;
} programs_reader;

static ams_status find_program(programs_reader *r, const ams_config_entry *e,
                               ams_program **program, ams_error *err)
{
    ams_programs *all = r->programs;
    const size_t length = strlen(e->section);
    if (length == 0 || length > LONGEST_SECTION) {
        return ams_fail(err, AMS_USAGE,
                        "%s: expected a section [model] before, its name at most %d bytes long",
                        e->where, LONGEST_SECTION);
    }
    for (uint32_t i = 0; i < all->n; i++) {
        if (strcmp(all->program[i].name, e->section) == 0) {
            *program = &all->program[i];
            return AMS_OK;
        }
    }
    if (all->n == AMS_ONLINE_MODELS) {
        return ams_fail(err, AMS_USAGE, "%s: expected at most %d models", e->where,
                        (int)AMS_ONLINE_MODELS);
    }
    ams_status status = ams_check_control("the name of a model", e->section, length, err);
    if (status != AMS_OK) {
        ams_error_prefix(err, "%s", e->where);
        return status;
    }
    status = ams_grow(&all->program, &r->room, all->n + 1, sizeof *all->program, "models", err);
    if (status == AMS_OK) {
        *program = &all->program[all->n];
        **program = (ams_program){.time_ms = (double)NAN,
                                  .mem_mb = (double)NAN,
                                  .priority = (double)NAN,
                                  .threshold = (double)NAN};
        status = ams_copy_text(&(*program)->name, e->section, err);
        all->n += status == AMS_OK;
    }
    return status;
}

/* Further lines of a command are lines of its text. */
static ams_status add_line(char **text, const char *line, ams_error *err)
{
    const size_t before = *text == NULL ? 0 : strlen(*text) + 1;
    const size_t length = strlen(line) + 1;
    char *longer = realloc(*text, before + length);
    if (longer == NULL) {
        return ams_no_memory(err, before + length, "a command");
    }
    if (before > 0) {
        longer[before - 1] = '\n';
    }
    memcpy(longer + before, line, length);
    *text = longer;
    return AMS_OK;
}

static ams_status read_number(const ams_config_entry *e, double least, double *value,
                              ams_error *err)
{
    double number = 0;
    if (!isnan(*value)) {
        return ams_fail(err, AMS_USAGE, "%s: '%s' stands twice", e->where, e->name);
    }
    if (!ams_parse_double(e->value, &number) || !(number >= least) || number > 1e12) {
        return ams_fail(err, AMS_USAGE, "%s: %s: expected a number %s, found '%s'", e->where,
                        e->name, least > 0 ? "above 0" : "from 0 on", e->value);
    }
    *value = number;
    return AMS_OK;
}

static ams_status on_entry(void *context, const ams_config_entry *e, ams_error *err)
{
    static const char *const names[] = {"command", "task",     "time_ms",
                                        "mem_mb",  "priority", "threshold"};
    const double positive = 1e-6;
    programs_reader *r = context;
    ams_program *p = NULL;
    ams_status status = find_program(r, e, &p, err);
    if (status != AMS_OK) {
        return status;
    }
    if (strcmp(e->name, "command") == 0) {
        return e->comment
                   ? ams_fail(err, AMS_USAGE,
                              "%s: what follows ' ;' would be taken for a comment; write "
                              "';' without a space before it, or another line",
                              e->where)
                   : add_line(&p->command, e->value, err);
    }
    if (strcmp(e->name, "task") == 0) {
        if (ams_check_control("the name of a task", e->value, strlen(e->value), err) !=
            AMS_OK) {
            ams_error_prefix(err, "%s", e->where);
            return AMS_BAD_DATA;
        }
        return p->task != NULL || e->value[0] == '\0'
                   ? ams_fail(err, AMS_USAGE, "%s: expected one name of a task", e->where)
                   : ams_copy_text(&p->task, e->value, err);
    }
    if (strcmp(e->name, "time_ms") == 0) {
        return read_number(e, positive, &p->time_ms, err);
    }
    if (strcmp(e->name, "mem_mb") == 0) {
        return read_number(e, 0, &p->mem_mb, err);
    }
    if (strcmp(e->name, "priority") == 0) {
        return read_number(e, positive, &p->priority, err);
    }
    if (strcmp(e->name, "threshold") == 0) {
        AMS_TRY(read_number(e, 0, &p->threshold, err));
        return p->threshold < 1 ? AMS_OK
                                : ams_fail(err, AMS_USAGE,
                                           "%s: threshold: expected 0 to below 1, found '%s'",
                                           e->where, e->value);
    }
    const char *near = ams_nearest(e->name, names, sizeof names / sizeof *names);
    return ams_fail(err, AMS_USAGE, "%s: unknown key '%s'%s%s%s", e->where, e->name,
                    near == NULL ? "; expected command, task, time_ms, mem_mb, priority "
                                   "or threshold"
                                 : "; did you mean ",
                    near == NULL ? "" : near, near == NULL ? "" : "?");
out:
    return status;
}

/* Into the policy's order: each of its models once, and no other. */
static ams_status match(ams_programs *programs, const char *path, const ams_live_policy *policy,
                        ams_error *err)
{
    for (uint32_t m = 0; m < policy->n_models; m++) {
        uint32_t i = m;
        while (i < programs->n && strcmp(programs->program[i].name, policy->name[m]) != 0) {
            i++;
        }
        if (i >= programs->n) {
            return ams_fail(err, AMS_USAGE, "%s: the policy's model '%s' has no section", path,
                            policy->name[m]);
        }
        const ams_program found = programs->program[i];
        programs->program[i] = programs->program[m];
        programs->program[m] = found;
    }
    if (programs->n > policy->n_models) {
        const char *name = programs->program[policy->n_models].name;
        return ams_fail(err, AMS_USAGE, "%s: the policy has no model '%s'%s", path, name,
                        ams_hint_of(name, policy->name, policy->n_models, "").text);
    }
    return AMS_OK;
}

ams_status ams_programs_read(ams_programs *programs, const char *path,
                             const ams_live_policy *policy, ams_error *err)
{
    programs_reader r = {.programs = programs};
    ams_status status = AMS_OK;
    *programs = (ams_programs){.program = NULL};
    AMS_TRY(ams_config_entries(path, on_entry, &r, err));
    if (programs->n == 0) {
        status = ams_fail(err, AMS_USAGE, "%s: expected sections [model], found none", path);
    }
    for (uint32_t i = 0; i < programs->n && status == AMS_OK; i++) {
        ams_program *p = &programs->program[i];
        if (p->command == NULL || p->command[0] == '\0') {
            status = ams_fail(err, AMS_USAGE, "%s: [%s] has no command", path, p->name);
        } else if (p->task == NULL) {
            status = ams_copy_text(&p->task, p->name, err);
        }
    }
    if (status == AMS_OK && policy != NULL) {
        status = match(programs, path, policy, err);
    }
out:
    if (status != AMS_OK) {
        ams_programs_fini(programs);
    }
    return status;
}

/* ---- what a program printed ---- */

static ams_status add_label(ams_output *o, const char *text, size_t n, const char *task,
                            float confidence, ams_error *err)
{
    const size_t size = strlen(task) + 1 + n + 1;
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&o->label, &o->room, o->n + 1, sizeof *o->label, "labels", err));
    AMS_TRY(ams_grow(&o->confidence, &o->confidence_room, o->n + 1, sizeof *o->confidence,
                     "labels", err));
    char *label = malloc(size);
    if (label == NULL) {
        return ams_no_memory(err, size, "a label");
    }
    snprintf(label, size, "%s/%.*s", task, (int)n, text);
    o->label[o->n] = label;
    o->confidence[o->n++] = confidence;
out:
    return status;
}

static ams_status read_line(ams_output *o, const char *line, size_t n, size_t number,
                            const char *task, ams_error *err)
{
    const char *tab = memchr(line, '\t', n);
    const size_t length = tab == NULL ? n : (size_t)(tab - line);
    double confidence = 1;
    char digits[64];
    if (tab != NULL) {
        snprintf(digits, sizeof digits, "%.*s", (int)(n - length - 1), tab + 1);
        if (n - length > sizeof digits || !ams_parse_double(digits, &confidence) ||
            !ams_confidence(&confidence, NULL)) {
            return ams_fail(err, AMS_BAD_DATA,
                            "line %zu of its output: expected a confidence from 0 to 1 after "
                            "the tab, found '%s'",
                            number, digits);
        }
    }
    if (length == 0 || length > LONGEST_LABEL || ams_control_at(line, length) < length) {
        return ams_fail(err, AMS_BAD_DATA,
                        "line %zu of its output: expected a label of 1 to %d bytes without "
                        "control characters",
                        number, LONGEST_LABEL);
    }
    return add_label(o, line, length, task, (float)confidence, err);
}

ams_status ams_output_parse(ams_output *output, const char *text, size_t n, const char *task,
                            ams_error *err)
{
    ams_status status = AMS_OK;
    *output = (ams_output){.label = NULL};
    for (size_t number = 1; n > 0 && status == AMS_OK; number++) {
        const char *end = memchr(text, '\n', n);
        size_t length = end == NULL ? n : (size_t)(end - text);
        const size_t step = end == NULL ? n : length + 1;
        length -= length > 0 && text[length - 1] == '\r';
        if (length > 0) { /* empty lines are skipped */
            status = read_line(output, text, length, number, task, err);
        }
        text += step;
        n -= step;
    }
    return status;
}

void ams_output_fini(ams_output *output)
{
    for (size_t i = 0; i < output->n; i++) {
        free(output->label[i]);
    }
    free(output->label);
    free(output->confidence);
    *output = (ams_output){.label = NULL};
}
