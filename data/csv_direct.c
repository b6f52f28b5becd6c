#include "data/csv_direct.h"

#include "base/decimal.h"
#include "base/eight.h"
#include "base/memory.h"
#include "data/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 256 };

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
} direct_state;

void ams_csv_direct_fini(ams_csv_direct *direct)
{
    free(direct->run);
    free(direct->label);
    free(direct->conf);
    free(direct->text);
    free(direct->labels);
    free(direct->names);
    free(direct->slot);
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

/* Whether item, group and split are those of the execution before. */
static bool is_again(const direct_state *s, const direct_cell *cell)
{
    const ams_csv_direct *d = s->d;
    const ams_csv_run *before = &s->open.run;
    const int column[] = {d->layout.item, d->layout.group, d->layout.split};
    const uint32_t text[] = {before->item, before->group, before->split};
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

static uint64_t hash_of(uint32_t task, direct_cell cell)
{
    enum { HALF = 8, WHOLE = 16 };
    uint64_t low = ams_eight(cell.text);
    uint64_t high = 0;
    if (cell.length > WHOLE) {
        return XXH3_64bits_withSeed(cell.text, cell.length, task);
    }
    if (cell.length < HALF) {
        low &= (UINT64_C(1) << 8 * cell.length) - 1;
    } else {
        high = ams_eight(cell.text + cell.length - HALF);
    }
    low = (low ^ cell.length) * UINT64_C(0x9E3779B97F4A7C15);
    high = (high ^ task ^ low >> 32) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (low ^ high) ^ high >> 29;
}

/* The slot that holds the label, or the empty one where it belongs. */
static uint32_t *slot_of(const ams_csv_direct *d, uint64_t hash, uint32_t task,
                         direct_cell cell)
{
    uint32_t at = (uint32_t)hash & (d->slots - 1);
    while (d->slot[at] != 0) {
        const ams_csv_label *label = &d->labels[d->slot[at] - 1];
        if (label->hash == hash && label->task == task &&
            same_cell(cell, d->names + label->text, label->length)) {
            break;
        }
        at = (at + 1) & (d->slots - 1);
    }
    return &d->slot[at];
}

static ams_status make_slots(ams_csv_direct *d, ams_error *err)
{
    const uint32_t slots = d->slots == 0 ? FIRST_SLOTS : 2 * d->slots;
    uint32_t *larger = NULL;
    ams_status status = ams_alloc(&larger, slots, sizeof *larger, "labels", err);
    if (status != AMS_OK) {
        return status;
    }
    free(d->slot);
    d->slot = larger;
    d->slots = slots;
    for (uint32_t k = 0; k < d->n_labels; k++) {
        uint32_t at = (uint32_t)d->labels[k].hash & (slots - 1);
        while (d->slot[at] != 0) {
            at = (at + 1) & (slots - 1);
        }
        d->slot[at] = k + 1;
    }
    return AMS_OK;
}

/* A label that was not seen before; *taken is false where it may not be right. */
static ams_status add_label(ams_csv_direct *d, uint64_t hash, uint32_t task, direct_cell cell,
                            bool *taken, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_grow(&d->names, &d->names_capacity,
                     d->names_used + cell.length + 1 + sizeof(uint64_t), 1, "labels", err));
    char *name = d->names + d->names_used;
    memcpy(name, cell.text, cell.length);
    name[cell.length] = '\0';
    *taken = is_name(name, cell.length);
    if (!*taken) {
        return AMS_OK;
    }
    AMS_TRY(ams_grow(&d->labels, &d->labels_capacity, (size_t)d->n_labels + 1,
                     sizeof *d->labels, "labels", err));
    d->labels[d->n_labels++] = (ams_csv_label){.hash = hash,
                                               .task = task,
                                               .length = (uint32_t)cell.length,
                                               .text = d->names_used,
                                               .index = AMS_NO_NAME};
    d->names_used += cell.length + 1;
    *slot_of(d, hash, task, cell) = d->n_labels;
out:
    return status;
}

static ams_status find_label(ams_csv_direct *d, uint32_t task, direct_cell cell,
                             uint32_t *label, bool *taken, ams_error *err)
{
    const uint64_t hash = hash_of(task, cell);
    ams_status status = AMS_OK;
    if (d->n_labels >= d->slots / 3 * 2) {
        AMS_TRY(make_slots(d, err));
    }
    const uint32_t held = *slot_of(d, hash, task, cell);
    *label = held == 0 ? d->n_labels : held - 1;
    if (held == 0) {
        AMS_TRY(add_label(d, hash, task, cell, taken, err));
    }
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
    ams_status status = AMS_OK;
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
    if (*taken) {
        AMS_TRY(ams_grow(&d->label, &d->label_capacity, d->n_outputs + 1, sizeof *d->label,
                         "labels", err));
        AMS_TRY(ams_grow(&d->conf, &d->conf_capacity, d->n_outputs + 1, sizeof *d->conf,
                         "labels", err));
        AMS_TRY(find_label(d, d->model_task[run->model], label, &d->label[d->n_outputs], taken,
                           err));
        d->conf[d->n_outputs] = value;
        d->n_outputs += *taken ? 1 : 0;
        run->count += *taken ? 1 : 0;
    }
out:
    return status;
}

static ams_status take_line(direct_state *s, const char *line, const char *end, uint64_t number,
                            bool *taken, ams_error *err)
{
    direct_run *open = &s->open;
    direct_run next;
    ams_status status = AMS_OK;
    if (open->head != NULL && (size_t)(end - line) >= open->head_length &&
        memcmp(line, open->head, open->head_length) == 0) {
        return take_output(s->d, &open->run, line + open->head_length, end, taken, err);
    }
    AMS_TRY(read_head(s, line, end, &next, taken, err));
    if (*taken) {
        next.run.line = number;
        AMS_TRY(take_output(s->d, &next.run, line + next.head_length, end, taken, err));
    }
    if (*taken) { /* a record that is wrong would not end the one before */
        AMS_TRY(open->head == NULL ? AMS_OK : close_run(s, line, number, err));
        *open = next;
    }
out:
    return status;
}

ams_status ams_csv_direct_take(ams_csv_direct *direct, const char *text, size_t size, bool last,
                               uint64_t line, ams_error *err)
{
    direct_state s = {.d = direct, .text = text, .line = line};
    const char *const end = text + size;
    const char *at = text;
    bool taken = true;
    ams_status status = AMS_OK;
    direct->n_runs = direct->n_outputs = direct->text_used = direct->bytes = 0;
    direct->lines = 0;
    while (at < end && taken) {
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
