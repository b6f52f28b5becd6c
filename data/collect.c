#include "data/collect.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ams_collect_fini(ams_collected *collected)
{
    free(collected->text);
    free(collected->label);
    free(collected->truth);
    free(collected->names);
    free(collected->conf);
    *collected = (ams_collected){0};
}

/* Offsets count from 1, so that 0 can stand for no text. */
static ams_status keep(ams_collected *c, const char *text, size_t *at, ams_error *err)
{
    *at = 0;
    if (text == NULL) {
        return AMS_OK;
    }
    const size_t length = strlen(text) + 1;
    ams_status status =
        ams_grow(&c->text, &c->text_capacity, c->used + length, 1, "a row", err);
    if (status == AMS_OK) {
        memcpy(c->text + c->used, text, length);
        *at = c->used + 1;
        c->used += length;
    }
    return status;
}

static const char *kept(const ams_collected *c, size_t at)
{
    return at == 0 ? NULL : c->text + at - 1;
}

bool ams_collect_same(const ams_collected *c, const ams_row *record)
{
    return c->open && strcmp(kept(c, c->head[0]), record->item) == 0 &&
           strcmp(kept(c, c->head[1]), record->model) == 0;
}

static ams_status check(const ams_collected *c, const char *what, const char *before,
                        const char *now, ams_error *err)
{
    if ((before == NULL && now == NULL) ||
        (before != NULL && now != NULL && strcmp(before, now) == 0)) {
        return AMS_OK;
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "expected %s %s%s%s as in line %llu of the same execution, found %s%s%s",
                    what, before == NULL ? "" : "'", before == NULL ? "none" : before,
                    before == NULL ? "" : "'", (unsigned long long)c->line,
                    now == NULL ? "" : "'", now == NULL ? "none" : now, now == NULL ? "" : "'");
}

static ams_status check_same(const ams_collected *c, const ams_row *record, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(check(c, "group", kept(c, c->head[2]), record->group, err));
    AMS_TRY(check(c, "split", kept(c, c->head[3]), record->split, err));
    if (c->one_truth) {
        AMS_TRY(check(c, "truth", c->row.n_truth == 0 ? NULL : kept(c, c->truth[0]),
                      record->n_truth == 0 ? NULL : record->truth[0], err));
    }
    if (isnan(record->time_ms) != isnan(c->row.time_ms) || record->time_ms < c->row.time_ms ||
        record->time_ms > c->row.time_ms) {
        status =
            ams_fail(err, AMS_BAD_DATA,
                     "expected the time %g as in line %llu of the same execution, found %g",
                     c->row.time_ms, (unsigned long long)c->line, record->time_ms);
        goto out;
    }
    if (c->row.n_labels == 0 || record->n_labels == 0) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "expected a record without a label to be the only one of its "
                          "execution, found another in line %llu",
                          (unsigned long long)c->line);
    }
out:
    return status;
}

static ams_status start(ams_collected *c, const ams_row *record, uint64_t line, ams_error *err)
{
    const char *const head[4] = {record->item, record->model, record->group, record->split};
    ams_status status = AMS_OK;
    c->used = 0;
    c->line = line;
    c->row = (ams_row){.time_ms = record->time_ms};
    for (int i = 0; i < 4; i++) {
        AMS_TRY(keep(c, head[i], &c->head[i], err));
    }
    c->open = true;
out:
    return status;
}

ams_status ams_collect_add(ams_collected *c, const ams_row *record, uint64_t line, bool agrees,
                           ams_error *err)
{
    const bool more = c->open;
    ams_status status = !more    ? start(c, record, line, err)
                        : agrees ? AMS_OK
                                 : check_same(c, record, err);
    const uint32_t truths = more && c->one_truth ? 0 : record->n_truth;
    const size_t n_labels = (size_t)c->row.n_labels + record->n_labels;
    const size_t n_truth = (size_t)c->row.n_truth + truths;
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(ams_grow(&c->label, &c->label_capacity, n_labels, sizeof *c->label, "labels", err));
    AMS_TRY(ams_grow(&c->conf, &c->conf_capacity, n_labels, sizeof *c->conf, "labels", err));
    AMS_TRY(ams_grow(&c->truth, &c->truth_capacity, n_truth, sizeof *c->truth, "truth", err));
    for (uint32_t i = 0; i < record->n_labels; i++) {
        AMS_TRY(keep(c, record->label[i], &c->label[c->row.n_labels], err));
        c->conf[c->row.n_labels++] = record->conf[i];
    }
    for (uint32_t i = 0; i < truths; i++) {
        AMS_TRY(keep(c, record->truth[i], &c->truth[c->row.n_truth], err));
        c->row.n_truth++;
    }
    c->row.clamped += record->clamped;
    c->row.unknown_fields += record->unknown_fields;
    if (record->unknown_field != NULL && c->row.unknown_field == NULL) {
        c->row.unknown_field = "";
        AMS_TRY(keep(c, record->unknown_field, &c->unknown, err));
    }
out:
    return status;
}

ams_status ams_collect_give(ams_collected *c, ams_row *row, ams_error *err)
{
    const size_t n_labels = c->row.n_labels;
    const size_t count = n_labels + c->row.n_truth;
    c->open = false;
    ams_status status =
        ams_grow(&c->names, &c->names_capacity, count, sizeof *c->names, "labels", err);
    if (status != AMS_OK) {
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        c->names[i] = kept(c, i < n_labels ? c->label[i] : c->truth[i - n_labels]);
    }
    *row = c->row;
    row->item = kept(c, c->head[0]);
    row->model = kept(c, c->head[1]);
    row->group = kept(c, c->head[2]);
    row->split = kept(c, c->head[3]);
    row->label = c->names;
    row->truth = c->row.n_truth == 0 ? NULL : c->names + n_labels; /* there may be no names */
    row->conf = c->conf;
    row->unknown_field = row->unknown_field == NULL ? NULL : kept(c, c->unknown);
    return AMS_OK;
}
