#include "lab/report/data.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "lab/figures/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum experiment_column { NAME, TITLE, QUESTION, FIGURES, EXPERIMENT_COLUMNS };
static const char *const experiment_names[EXPERIMENT_COLUMNS] = {
    AMS_COL_EXPERIMENT, AMS_COL_TITLE, AMS_COL_QUESTION, AMS_COL_FIGURES};
static const char *const note_names[] = {AMS_COL_KEY, AMS_COL_VALUE};

static ams_status in_folder(char **path, const ams_report_data *data, const char *name,
                            ams_error *err)
{
    return ams_join_path(path, data->dir, name, err);
}

bool ams_report_next_figure(const char **list, char path[256])
{
    while (**list == ',' || **list == ' ') {
        ++*list;
    }
    size_t length = strcspn(*list, ",");
    if (length == 0) {
        return false;
    }
    /* Longer ones were refused when they were read. */
    snprintf(path, 256, "%.*s", (int)(length < 255 ? length : 255), *list);
    *list += length;
    for (size_t end = strlen(path); end > 0 && path[end - 1] == ' '; end--) {
        path[end - 1] = '\0';
    }
    return true;
}

/* Is the path's component one that all figures have in common? */
static bool says_nothing(const char *part, size_t length)
{
    static const char *const words[] = {"work", "plots", "figures", "."};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && strncmp(part, words[i], length) == 0) {
            return true;
        }
    }
    return false;
}

void ams_report_figure_title(char title[256], const char *path)
{
    title[0] = '\0';
    for (const char *at = path; *at != '\0';) {
        size_t length = strcspn(at, "/");
        size_t used = strlen(title);
        if (!says_nothing(at, length)) {
            snprintf(title + used, 256 - used, "%s%.*s", used == 0 ? "" : ": ", (int)length,
                     at);
        }
        at += length + (at[length] == '/');
    }
    char *ending = strrchr(title, '.');
    if (ending != NULL) {
        *ending = '\0';
    }
    for (char *c = title; *c != '\0'; c++) {
        *c = *c == '-' || *c == '_' ? ' ' : *c;
    }
}

static bool is_inside(const char *path)
{
    size_t length = strlen(path);
    return path[0] != '/' && length > 4 && strcmp(path + length - 4, ".svg") == 0 &&
           strncmp(path, "../", 3) != 0 && strstr(path, "/../") == NULL;
}

static ams_status check_figures(const ams_report_data *data, size_t row, size_t column,
                                ams_error *err)
{
    char path[256];
    const char *list = ams_report_text_cell(&data->experiments, row, column);
    for (const char *at = list; *at != '\0';
         at += strcspn(at, ",") + (strchr(at, ',') != NULL)) {
        if (strcspn(at, ",") >= sizeof path) {
            return ams_report_bad_cell(&data->experiments, row, column,
                                       "paths of less than 256 bytes", "shorten it", err);
        }
    }
    while (ams_report_next_figure(&list, path)) {
        if (!is_inside(path)) {
            return ams_report_bad_cell(&data->experiments, row, column,
                                       "paths of .svg files inside the report's folder",
                                       "put the figure there, or write - for none", err);
        }
    }
    return AMS_OK;
}

static ams_status read_experiments(ams_report_data *data, ams_error *err)
{
    size_t column[EXPERIMENT_COLUMNS];
    char *path = NULL;
    ams_status status = AMS_OK;
    const ams_tsv *tsv = &data->experiments;
    AMS_TRY(in_folder(&path, data, AMS_EXPERIMENTS_TSV, err));
    AMS_TRY(ams_report_table_read(&data->experiments, path, experiment_names,
                                  EXPERIMENT_COLUMNS, column, err));
    AMS_TRY(ams_alloc(&data->experiment, tsv->n_rows, sizeof *data->experiment, "experiments",
                      err));
    for (data->n = 0; data->n < tsv->n_rows; data->n++) {
        ams_report_experiment *e = &data->experiment[data->n];
        e->name = ams_report_text_cell(tsv, data->n, column[NAME]);
        e->title = ams_report_text_cell(tsv, data->n, column[TITLE]);
        e->question = ams_report_text_cell(tsv, data->n, column[QUESTION]);
        e->figures = ams_report_text_cell(tsv, data->n, column[FIGURES]);
        for (size_t c = NAME; c <= TITLE; c++) {
            if (ams_report_text_cell(tsv, data->n, column[c])[0] == '\0') {
                status = ams_report_bad_cell(tsv, data->n, column[c], "a name",
                                             "every experiment has one", err);
                goto out;
            }
        }
        for (size_t k = 0; k < data->n; k++) {
            if (strcmp(data->experiment[k].name, e->name) == 0) {
                status = ams_report_bad_cell(tsv, data->n, column[NAME], "a name of its own",
                                             "join the two rows", err);
                goto out;
            }
        }
        AMS_TRY(check_figures(data, data->n, column[FIGURES], err));
    }
out:
    free(path);
    return status;
}

static ams_status read_notes(ams_report_data *data, ams_error *err)
{
    size_t column[2];
    char *path = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(in_folder(&path, data, AMS_NOTES_TSV, err));
    AMS_TRY(ams_report_table_read(&data->notes, path, note_names, 2, column, err));
    data->note_key = column[0];
    data->note_value = column[1];
    for (size_t i = 0; i < data->notes.n_rows; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(ams_report_note_key(data, i), ams_report_note_key(data, k)) == 0) {
                status = ams_report_bad_cell(&data->notes, i, column[0], "a key of its own",
                                             "keep one of the two", err);
                goto out;
            }
        }
    }
out:
    free(path);
    return status;
}

/* steps.tsv: how long each command took. It may be missing. */
static ams_status read_steps(ams_report_data *data, ams_error *err)
{
    char *path = NULL;
    ams_status status = in_folder(&path, data, AMS_STEPS_TSV, err);
    if (status == AMS_OK && ams_exists(path)) {
        AMS_TRY(ams_tsv_read(&data->steps, path, err));
        AMS_TRY(ams_tsv_require(&data->steps, AMS_COL_COMMAND, &data->step_command, err));
        AMS_TRY(ams_tsv_require(&data->steps, AMS_COL_SECONDS, &data->step_seconds, err));
        for (size_t i = 0; i < data->steps.n_rows; i++) {
            double seconds;
            AMS_TRY(ams_tsv_number(&data->steps, i, data->step_seconds, &seconds, err));
        }
    }
out:
    free(path);
    return status;
}

/* The row's commands, which have "; " between them. */
static ams_status add_commands(ams_report_experiment *e, const char *command, ams_error *err)
{
    while (command[0] != '\0') {
        const char *end = strstr(command, "; ");
        size_t length = end == NULL ? strlen(command) : (size_t)(end - command);
        uint32_t index;
        ams_status status = ams_names_add(&e->commands, command, length, &index, err);
        if (status != AMS_OK) {
            return status;
        }
        command += length + (end == NULL ? 0 : 2);
    }
    return AMS_OK;
}

static bool same_number(const ams_report_number *a, const ams_report_number *b)
{
    return strcmp(a->text, b->text) == 0;
}

/* Parts the name of the data from the quantity. */
static ams_status part_quantity(ams_report_data *data, ams_report_row *row, ams_error *err)
{
    char key[64];
    const char *name = NULL;
    size_t length = strlen(row->quantity);
    for (const char *at = row->quantity; (at = strstr(at, ", ")) != NULL;) {
        at += 2;
        name = at;
    }
    row->data = "";
    if (name != NULL && (size_t)snprintf(key, sizeof key, "data_%s", name) < sizeof key &&
        ams_report_note(data, key) != NULL) {
        row->data = name;
        length = (size_t)(name - row->quantity) - 2;
    }
    return ams_names_add(&data->quantities, row->quantity, length, &row->base, err);
}

/* The pair that the row completes, else a new one. */
static ams_report_pair *find_pair(const ams_report_experiment *e, const ams_report_row *row)
{
    for (size_t i = 0; i < e->n_pairs; i++) {
        const ams_report_row *other = ams_report_pair_row(&e->pair[i]);
        const ams_report_row *there = e->pair[i].of[row->set];
        bool room = there == NULL || (there->data[0] != '\0' && row->data[0] != '\0');
        if (room && other->base == row->base && strcmp(other->unit, row->unit) == 0 &&
            same_number(&other->paper_low, &row->paper_low) &&
            same_number(&other->paper_high, &row->paper_high)) {
            return &e->pair[i];
        }
    }
    return &e->pair[e->n_pairs];
}

static ams_status add_row(ams_report_data *data, ams_report_experiment *e, ams_report_row *row,
                          ams_error *err)
{
    ams_status status = part_quantity(data, row, err);
    if (status != AMS_OK) {
        return status;
    }
    ams_report_pair *pair = find_pair(e, row);
    e->n_pairs += pair == &e->pair[e->n_pairs];
    ams_report_row **end = &pair->of[row->set];
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = row;
    e->count[row->verdict]++;
    data->count[row->set][row->verdict]++;
    data->has_set[row->set] = true;
    return add_commands(e, row->command, err);
}

static ams_status check_experiments(const ams_report_data *data, ams_error *err)
{
    for (size_t i = 0; i < data->rows.n; i++) {
        const ams_report_row *row = &data->rows.row[i];
        bool known = false;
        for (size_t k = 0; k < data->n; k++) {
            known = known || strcmp(data->experiment[k].name, row->experiment) == 0;
        }
        if (!known) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s:%zu: column 'experiment': expected a name of %s, found "
                            "'%.200s'; add it there",
                            data->rows.tsv.path, row->line, data->experiments.path,
                            row->experiment);
        }
    }
    return AMS_OK;
}

static ams_status join(ams_report_data *data, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(check_experiments(data, err));
    AMS_TRY(ams_alloc(&data->pairs, data->rows.n, sizeof *data->pairs, "pairs of rows", err));
    ams_report_pair *next = data->pairs;
    for (size_t k = 0; k < data->n; k++) {
        ams_report_experiment *e = &data->experiment[k];
        e->pair = next;
        for (size_t i = 0; i < data->rows.n; i++) {
            if (strcmp(data->rows.row[i].experiment, e->name) == 0) {
                AMS_TRY(add_row(data, e, &data->rows.row[i], err));
            }
        }
        next += e->n_pairs;
    }
out:
    return status;
}

ams_status ams_report_data_read(ams_report_data *data, const char *dir, ams_error *err)
{
    *data = (ams_report_data){.dir = dir};
    char *rows = NULL;
    char *choices = NULL;
    ams_status status = AMS_OK;
    if (!ams_is_directory(dir)) {
        return ams_fail(err, AMS_IO,
                        "no such folder: %s; expected one written by ams reproduce", dir);
    }
    AMS_TRY(in_folder(&rows, data, AMS_ROWS_TSV, err));
    AMS_TRY(in_folder(&choices, data, AMS_CHOICES_TSV, err));
    AMS_TRY(ams_report_rows_read(&data->rows, rows, err));
    AMS_TRY(read_experiments(data, err));
    AMS_TRY(read_notes(data, err));
    AMS_TRY(read_steps(data, err));
    AMS_TRY(ams_report_choices_read(&data->choices, choices, err));
    status = join(data, err);
out:
    free(rows);
    free(choices);
    if (status != AMS_OK) {
        ams_report_data_fini(data);
    }
    return status;
}

void ams_report_data_fini(ams_report_data *data)
{
    ams_report_rows_fini(&data->rows);
    ams_report_choices_fini(&data->choices);
    for (size_t i = 0; data->experiment != NULL && i < data->experiments.n_rows; i++) {
        ams_names_fini(&data->experiment[i].commands);
    }
    ams_names_fini(&data->quantities);
    ams_tsv_fini(&data->experiments);
    ams_tsv_fini(&data->notes);
    ams_tsv_fini(&data->steps);
    free(data->experiment);
    free(data->pairs);
    *data = (ams_report_data){0};
}

const ams_report_row *ams_report_pair_row(const ams_report_pair *pair)
{
    return pair->of[AMS_REPORT_PHOTOS] != NULL ? pair->of[AMS_REPORT_PHOTOS]
                                               : pair->of[AMS_REPORT_SYNTHETIC];
}

const ams_report_row *ams_report_pair_next(const ams_report_pair *pair,
                                           const ams_report_row *row)
{
    if (row == NULL) {
        return ams_report_pair_row(pair);
    }
    return row->next != NULL || row->set == AMS_REPORT_SYNTHETIC
               ? row->next
               : pair->of[AMS_REPORT_SYNTHETIC];
}

const char *ams_report_pair_quantity(const ams_report_data *data, const ams_report_pair *pair)
{
    return ams_names_get(&data->quantities, ams_report_pair_row(pair)->base);
}

bool ams_report_pair_why(const ams_report_pair *pair, const ams_report_row *row,
                         char names[AMS_REPORT_PHRASE_LONG])
{
    names[0] = '\0';
    if (row->why[0] == '\0') {
        return false;
    }
    bool before = true;
    for (const ams_report_row *r = NULL; (r = ams_report_pair_next(pair, r)) != NULL;) {
        before = before && r != row;
        if (strcmp(r->why, row->why) == 0) {
            if (before) {
                return false;
            }
            size_t used = strlen(names);
            snprintf(names + used, AMS_REPORT_PHRASE_LONG - used, "%s%s", used == 0 ? "" : ", ",
                     r->data[0] == '\0' ? ams_report_set_names[r->set] : r->data);
        }
    }
    return true;
}

size_t ams_report_n_notes(const ams_report_data *data)
{
    return data->notes.n_rows;
}

const char *ams_report_note_key(const ams_report_data *data, size_t i)
{
    return ams_tsv_cell(&data->notes, i, data->note_key);
}

const char *ams_report_note_value(const ams_report_data *data, size_t i)
{
    return ams_tsv_cell(&data->notes, i, data->note_value);
}

const char *ams_report_note(const ams_report_data *data, const char *key)
{
    for (size_t i = 0; i < ams_report_n_notes(data); i++) {
        if (strcmp(ams_report_note_key(data, i), key) == 0) {
            return ams_report_note_value(data, i);
        }
    }
    return NULL;
}

bool ams_report_note_seconds(const ams_report_data *data, double *seconds)
{
    const char *text = ams_report_note(data, "seconds");
    return text != NULL && ams_parse_double(text, seconds) && *seconds >= 0;
}

const char *ams_report_rule(const ams_report_data *data)
{
    const char *rule = ams_report_note(data, "rule");
    return rule != NULL ? rule
                        : "agrees: the papers' number lies within our interval; same "
                          "direction: it does not, but both say the same of what is better; "
                          "differs: neither; no figure: the papers print no number for it, or "
                          "it cannot be measured here.";
}

const char *ams_report_run_command(const ams_report_data *data)
{
    const char *command = ams_report_note(data, "command");
    return command != NULL ? command : "ams reproduce -o DIR";
}

bool ams_report_command_seconds(const ams_report_data *data, const char *command,
                                double *seconds)
{
    for (size_t i = 0; i < data->steps.n_rows; i++) {
        if (strcmp(ams_tsv_cell(&data->steps, i, data->step_command), command) == 0) {
            return ams_parse_double(ams_tsv_cell(&data->steps, i, data->step_seconds), seconds);
        }
    }
    return false;
}

bool ams_report_seconds(const ams_report_data *data, const ams_report_experiment *experiment,
                        double *seconds)
{
    *seconds = 0;
    for (uint32_t i = 0; i < experiment->commands.count; i++) {
        double one = 0;
        if (!ams_report_command_seconds(data, ams_names_get(&experiment->commands, i), &one)) {
            return false;
        }
        *seconds += one;
    }
    return experiment->commands.count > 0;
}

const ams_report_experiment *ams_report_note_experiment(const ams_report_data *data, size_t i)
{
    const ams_report_experiment *found = NULL;
    const char *key = ams_report_note_key(data, i);
    for (size_t k = 0; k < data->n; k++) {
        const ams_report_experiment *e = &data->experiment[k];
        size_t length = strlen(e->name);
        if (strncmp(key, e->name, length) == 0 && key[length] == '-' &&
            (found == NULL || length > strlen(found->name))) {
            found = e;
        }
    }
    return found;
}
