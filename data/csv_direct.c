#include "data/csv_direct.h"

#include "base/decimal.h"
#include "base/eight.h"
#include "base/memory.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct direct_cell {
    const char *text;
    size_t length;
} direct_cell;

/* An execution that is being read. */
typedef struct direct_run {
    const char
        *head; /* of the first record, with the separator after it; NULL: there is none */
    size_t head_length;
    direct_cell item, model;
    ams_csv_run run;
} direct_run;

typedef struct direct_state {
    ams_csv_direct *d;
    const char *text; /* all of it */
    uint64_t line;    /* the number of its first line */
    direct_run open;  /* whose records may go on */
    bool label_conf;  /* lines end with label and conf, in that order */
} direct_state;

void ams_csv_direct_fini(ams_csv_direct *direct)
{
    free(direct->run);
    free(direct->label);
    free(direct->conf);
    free(direct->text);
    ams_csv_labels_fini(&direct->known);
    *direct = (ams_csv_direct){0};
}

/* The first n cells of a line, each with a separator after it; false where it has fewer. What
 * stands after the line may be looked at, but not taken. */
static bool cut_cells(direct_cell *cell, uint32_t n, const char *at, const char *end,
                      char separator)
{
    const char *begin = at;
    uint32_t k = 0;
    for (; at < end; at += sizeof(uint64_t)) {
        uint64_t found = ams_eight_each(ams_eight(at), (unsigned char)separator);
        for (; found != 0; found &= found - 1) {
            const char *mark = at + ams_eight_first(found);
            if (mark >= end) {
                return false;
            }
            cell[k++] = (direct_cell){begin, (size_t)(mark - begin)};
            begin = mark + 1;
            if (k == n) {
                return true;
            }
        }
    }
    return k == n;
}

static bool same_cell(direct_cell cell, const char *text, size_t length)
{
    return cell.length == length && memcmp(cell.text, text, length) == 0;
}

/* A copy of the cell with a 0; its place counts from 1. An empty one is none. */
static ams_status keep_cell(ams_csv_direct *d, direct_cell cell, uint32_t *at, ams_error *err)
{
    *at = 0;
    if (cell.length == 0) {
        return AMS_OK;
    }
    ams_status status =
        ams_grow(&d->text, &d->text_capacity, d->text_used + cell.length + 2, 1, "a row", err);
    if (status == AMS_OK) {
        d->text_used += d->text_used == 0 ? 1 : 0;
        memcpy(d->text + d->text_used, cell.text, cell.length);
        d->text[d->text_used + cell.length] = '\0';
        *at = (uint32_t)d->text_used;
        d->text_used += cell.length + 1;
    }
    return status;
}

/* Whether a name of that length is right; it has a 0 after it. */
static bool is_name(const char *name, size_t length)
{
    return strlen(name) == length && ams_row_check_name("name", name, NULL) == AMS_OK;
}

static direct_cell cell_of(const direct_cell *cell, int column)
{
    return column < 0 ? (direct_cell){"", 0} : cell[column];
}

/* The model's number; executions of an item mostly come in the order of the models. */
static uint32_t find_model(const direct_state *s, direct_cell cell)
{
    const ams_names *models = s->d->models;
    const uint32_t next = s->open.head == NULL || s->open.run.model + 1 >= models->count
                              ? 0
                              : s->open.run.model + 1;
    const char *name = models->count == 0 ? "" : ams_names_get(models, next);
    return cell.length > 0 && strncmp(name, cell.text, cell.length) == 0 &&
                   name[cell.length] == '\0'
               ? next
               : ams_names_find(models, cell.text, cell.length);
}

static bool read_time(direct_cell cell, double *time_ms)
{
    *time_ms = (double)NAN;
    return cell.length == 0 || (ams_decimal(cell.text, time_ms) == cell.text + cell.length &&
                                ams_row_check_time(*time_ms, NULL) == AMS_OK);
}

/* Whether item, group and split are those of the execution before: mostly all that stands
 * before the model is. */
static bool is_again(const direct_state *s, const direct_cell *cell)
{
    const ams_csv_direct *d = s->d;
    const ams_csv_run *before = &s->open.run;
    const int column[] = {d->layout.item, d->layout.group, d->layout.split};
    const uint32_t text[] = {before->item, before->group, before->split};
    const char *line = cell[0].text;
    const size_t front = (size_t)(cell[d->layout.model].text - line);
    if (s->open.head != NULL && d->layout.item < d->layout.model &&
        d->layout.group < d->layout.model && d->layout.split < d->layout.model &&
        front <= s->open.head_length && memcmp(line, s->open.head, front) == 0) {
        return true;
    }
    for (int k = 0; k < 3; k++) {
        const direct_cell now = cell_of(cell, column[k]);
        const char *old = text[k] == 0 ? "" : d->text + text[k];
        if (strncmp(old, now.text, now.length) != 0 || old[now.length] != '\0') {
            return false;
        }
    }
    return s->open.head != NULL;
}

/* What a head says of item, group and split becomes the run's; *taken is false where it may not
 * be right. */
static ams_status take_names(const direct_state *s, const direct_cell *cell, ams_csv_run *run,
                             bool *taken, ams_error *err)
{
    ams_csv_direct *d = s->d;
    ams_split split = AMS_TRAIN;
    ams_status status = AMS_OK;
    run->again = is_again(s, cell);
    if (run->again) {
        run->item = s->open.run.item;
        run->group = s->open.run.group;
        run->split = s->open.run.split;
        return AMS_OK;
    }
    const direct_cell item = cell_of(cell, d->layout.item);
    const direct_cell group = cell_of(cell, d->layout.group);
    AMS_TRY(keep_cell(d, item, &run->item, err));
    AMS_TRY(keep_cell(d, group, &run->group, err));
    AMS_TRY(keep_cell(d, cell_of(cell, d->layout.split), &run->split, err));
    *taken = run->item != 0 && is_name(d->text + run->item, item.length) &&
             (run->group == 0 || is_name(d->text + run->group, group.length)) &&
             (run->split == 0 || ams_split_parse(d->text + run->split, &split));
out:
    return status;
}

/* The open execution ends before `at`, where the line of that number begins. */
static ams_status close_run(const direct_state *s, const char *at, uint64_t number,
                            ams_error *err)
{
    ams_csv_direct *d = s->d;
    ams_status status =
        ams_grow(&d->run, &d->run_capacity, d->n_runs + 1, sizeof *d->run, "executions", err);
    if (status == AMS_OK) {
        d->run[d->n_runs++] = s->open.run;
        d->bytes = (size_t)(at - s->text);
        d->lines = number - s->line;
    }
    return status;
}

/* The head of a line that begins another execution. *taken is false where it does not, though
 * its head is another, or where the head may not be right. */
static ams_status read_head(const direct_state *s, const char *line, const char *end,
                            direct_run *next, bool *taken, ams_error *err)
{
    ams_csv_direct *d = s->d;
    const ams_csv_layout *l = &d->layout;
    direct_cell cell[AMS_CSV_DIRECT_COLUMNS];
    *taken = l->head > 0 && cut_cells(cell, l->head, line, end, l->separator);
    if (!*taken) {
        return AMS_OK;
    }
    const direct_cell last = cell[l->head - 1];
    *next = (direct_run){.head = line,
                         .head_length = (size_t)(last.text - line) + last.length + 1,
                         .item = cell[l->item],
                         .model = cell[l->model],
                         .run = {.first = d->n_outputs}};
    next->run.model = find_model(s, next->model);
    *taken = next->run.model != AMS_NO_NAME &&
             read_time(cell_of(cell, l->time), &next->run.time_ms) &&
             (s->open.head == NULL ||
              !same_cell(next->item, s->open.item.text, s->open.item.length) ||
              !same_cell(next->model, s->open.model.text, s->open.model.length));
    return *taken ? take_names(s, cell, &next->run, taken, err) : AMS_OK;
}

/* One more output of the execution; *taken is false where the label may not be right. */
static ams_status put_output(ams_csv_direct *d, ams_csv_run *run, direct_cell label,
                             double conf, bool *taken, ams_error *err)
{
    const size_t n = d->n_outputs;
    ams_status status = AMS_OK;
    if (n == d->label_capacity || n == d->conf_capacity) {
        AMS_TRY(
            ams_grow(&d->label, &d->label_capacity, n + 1, sizeof *d->label, "labels", err));
        AMS_TRY(ams_grow(&d->conf, &d->conf_capacity, n + 1, sizeof *d->conf, "labels", err));
    }
    AMS_TRY(ams_csv_labels_find(&d->known, d->model_task[run->model], label.text, label.length,
                                &d->label[n], taken, err));
    d->conf[n] = conf;
    d->n_outputs += *taken ? 1 : 0;
    run->count += *taken ? 1 : 0;
out:
    return status;
}

/* What follows the head, two columns at least: label and conf, and those that nobody reads. */
static bool cut_output(const ams_csv_layout *l, const char *at, const char *end,
                       direct_cell *label, direct_cell *conf)
{
    direct_cell cell[AMS_CSV_DIRECT_COLUMNS];
    const uint32_t n = l->n_columns - l->head;
    if (n < 2 || !cut_cells(cell, n - 1, at, end, l->separator)) {
        return false;
    }
    const char *rest = cell[n - 2].text + cell[n - 2].length + 1;
    cell[n - 1] = (direct_cell){rest, (size_t)(end - rest)};
    *label = cell[(uint32_t)l->label - l->head];
    *conf = cell[(uint32_t)l->conf - l->head];
    return memchr(rest, l->separator, cell[n - 1].length) == NULL;
}

static ams_status take_output(ams_csv_direct *d, ams_csv_run *run, const char *at,
                              const char *end, bool *taken, ams_error *err)
{
    direct_cell label;
    direct_cell conf;
    double value = 0;
    *taken = cut_output(&d->layout, at, end, &label, &conf);
    if (!*taken) {
        return AMS_OK;
    }
    run->records++;
    if (label.length == 0 || conf.length == 0) { /* nothing was found, which stands alone */
        *taken = label.length == 0 && conf.length == 0 && run->records == 1;
        return AMS_OK;
    }
    *taken = run->records == run->count + 1 &&
             ams_decimal(conf.text, &value) == conf.text + conf.length && value >= 0 &&
             value <= 1;
    return *taken ? put_output(d, run, label, value, taken, err) : AMS_OK;
}

/* The open execution is followed by the next one, whose first line has that number. */
static ams_status begin_run(direct_state *s, const direct_run *next, uint64_t number,
                            ams_error *err)
{
    ams_status status = s->open.head == NULL ? AMS_OK : close_run(s, next->head, number, err);
    s->open = *next;
    s->open.run.line = number;
    return status;
}

static bool has_head(const direct_state *s, const char *line, const char *end)
{
    const direct_run *open = &s->open;
    return open->head != NULL && (size_t)(end - line) >= open->head_length &&
           memcmp(line, open->head, open->head_length) == 0;
}

static ams_status take_line(direct_state *s, const char *line, const char *end, uint64_t number,
                            bool *taken, ams_error *err)
{
    direct_run next;
    ams_status status = AMS_OK;
    if (has_head(s, line, end)) {
        return take_output(s->d, &s->open.run, line + s->open.head_length, end, taken, err);
    }
    AMS_TRY(read_head(s, line, end, &next, taken, err));
    if (*taken) {
        AMS_TRY(take_output(s->d, &next.run, line + next.head_length, end, taken, err));
    }
    if (*taken) { /* a record that is wrong would not end the one before */
        AMS_TRY(begin_run(s, &next, number, err));
    }
out:
    return status;
}

/* Where the line after a line end begins; NULL where there is none. */
static const char *after_line(const char *at, const char *end)
{
    at += at < end && *at == '\r' ? 1 : 0;
    return at < end && *at == '\n' ? at + 1 : NULL;
}

/* What follows the head where it is a label and its confidence or nothing, and the line ends.
 * Returns where the next one begins; NULL where it is something else. */
static const char *cut_usual(const direct_state *s, const char *at, const char *end,
                             direct_cell *label, double *conf)
{
    if (!s->label_conf || !cut_cells(label, 1, at, end, s->d->layout.separator)) {
        return NULL;
    }
    const char *number = label->text + label->length + 1;
    if (label->length == 0) {
        return after_line(number, end);
    }
    const char *stop = number < end ? ams_decimal_padded(number, conf) : NULL;
    return stop != NULL && *conf >= 0 && *conf <= 1 ? after_line(stop, end) : NULL;
}

/* The line, in one pass, if it is one as nearly all are. *next is where the one after it
 * begins, NULL where nothing was taken: then its end has to be found first. */
static ams_status take_usual(direct_state *s, const char *line, const char *end,
                             uint64_t number, const char **next, ams_error *err)
{
    const bool same = has_head(s, line, end);
    direct_cell label;
    double conf = 0;
    bool taken = true;
    direct_run other;
    ams_status status = AMS_OK;
    *next = NULL;
    if (!same) {
        AMS_TRY(read_head(s, line, end, &other, &taken, err));
        /* A line that is too short would have taken cells of the one after it. */
        taken = taken && memchr(line, '\n', other.head_length) == NULL;
    }
    direct_run *run = same ? &s->open : &other;
    const char *after =
        taken ? cut_usual(s, line + run->head_length, end, &label, &conf) : NULL;
    if (after == NULL || run->run.records != run->run.count ||
        (label.length == 0 && run->run.records > 0)) {
        return AMS_OK;
    }
    if (label.length > 0) {
        AMS_TRY(put_output(s->d, &run->run, label, conf, &taken, err));
    }
    run->run.records += taken ? 1 : 0;
    if (taken && !same) {
        AMS_TRY(begin_run(s, &other, number, err));
    }
    *next = taken ? after : NULL;
out:
    return status;
}

ams_status ams_csv_direct_take(ams_csv_direct *direct, const char *text, size_t size, bool last,
                               uint64_t line, ams_error *err)
{
    const ams_csv_layout *l = &direct->layout;
    direct_state s = {.d = direct, .text = text, .line = line};
    const char *const end = text + size;
    const char *at = text;
    bool taken = true;
    ams_status status = AMS_OK;
    direct->n_runs = direct->n_outputs = direct->text_used = direct->bytes = 0;
    direct->lines = 0;
    s.label_conf = l->n_columns == l->head + 2 && (uint32_t)l->label == l->head;
    while (at < end && taken) {
        const char *after = NULL;
        AMS_TRY(take_usual(&s, at, end, line, &after, err));
        if (after != NULL) {
            at = after;
            line++;
            continue;
        }
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL && !last) {
            break;
        }
        const char *next = stop == NULL ? end : stop + 1;
        stop = stop == NULL ? end : stop;
        stop -= stop > at && stop[-1] == '\r' ? 1 : 0;
        if (stop > at) { /* blank lines mean nothing */
            AMS_TRY(take_line(&s, at, stop, line, &taken, err));
        }
        at = next;
        line++;
    }
    if (taken && last && at == end && s.open.head != NULL) {
        AMS_TRY(close_run(&s, end, line, err));
    }
out:
    return status;
}
