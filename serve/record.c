#include "serve/record.h"

#include "base/file.h"
#include "base/memory.h"
#include "serve/recording.h"
#include "serve/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct record_session {
    const ams_record_options *options;
    ams_record_counts *counts;
    ams_runner *runner;
    ams_recording recording;
    ams_text rows;     /* of an item */
    ams_text failures; /* a line per item */
} record_session;

enum { FAILURES_LISTED = 20 };

/* What an import takes where the table of models has no threshold (docs/format.md). */
#define DEFAULT_THRESHOLD 0.5

static void add_row(ams_text *row, const char *item, const ams_program *program,
                    const ams_run_model *model)
{
    const size_t task = strlen(program->task) + 1; /* which the import puts before each label */
    ams_text_add(row, "{\"item\": ");
    ams_text_json(row, item);
    ams_text_add(row, ", \"model\": ");
    ams_text_json(row, program->name);
    ams_text_add(row, ", \"time_ms\": ");
    ams_text_number(row, fmax(model->end_ms - model->start_ms, 0.001));
    ams_text_add(row, ", \"labels\": [");
    for (size_t i = 0; i < model->output.n; i++) {
        ams_text_add(row, i == 0 ? "[" : ", [");
        ams_text_json(row, model->output.label[i] + task);
        ams_text_print(row, ", %.6g]", (double)model->output.confidence[i]);
    }
    ams_text_add(row, "]}\n");
}

/* The first program that failed on the item, n if none. */
static uint32_t find_failure(const ams_run_report *report, uint32_t n)
{
    uint32_t m = 0;
    while (m < n && report->model[m].state == AMS_RUN_FINISHED) {
        m++;
    }
    return m;
}

static ams_status take_failure(record_session *s, const char *item, const char *model,
                               const char *why, ams_error *err)
{
    if (s->options->stop_at_failure) {
        return ams_fail(err, AMS_BAD_DATA,
                        "%s: model %s: %s; a model that finds nothing prints nothing and exits "
                        "with 0. %u items are recorded; the same command continues",
                        item, model, why, s->counts->recorded + s->counts->already);
    }
    if (s->counts->failed++ < FAILURES_LISTED) {
        ams_text_print(&s->failures, "%s: model %s: %s", item, model, why);
        ams_text_bytes(&s->failures, "", 1); /* ends the line */
    }
    return AMS_OK;
}

static ams_status record_item(record_session *s, const char *item, ams_error *err)
{
    const ams_programs *programs = s->options->programs;
    const ams_run_report *report = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_runner_item(s->runner, item, &report, err));
    const uint32_t failed = find_failure(report, programs->n);
    if (failed < programs->n) {
        return take_failure(s, item, programs->program[failed].name, report->model[failed].why,
                            err);
    }
    s->rows.used = 0;
    for (uint32_t m = 0; m < programs->n; m++) {
        add_row(&s->rows, item, &programs->program[m], &report->model[m]);
    }
    if (s->rows.failed) {
        return ams_no_memory(err, s->rows.used, "rows");
    }
    AMS_TRY(
        ams_recording_add(&s->recording, s->options->path, s->rows.data, s->rows.used, err));
    s->counts->recorded++;
out:
    return status;
}

static ams_status record_items(record_session *s, ams_error *err)
{
    const ams_names *items = s->options->items;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < items->count; i++) {
        const char *item = ams_names_get(items, i);
        if (ams_names_find(&s->recording.items, item, strlen(item)) != AMS_NO_NAME) {
            s->counts->already++;
        } else {
            AMS_TRY(record_item(s, item, err));
        }
        ams_progress_update(s->options->progress, (double)(i + 1), (double)items->count,
                            "items");
    }
    if (s->counts->failed > 0 && s->counts->failed == items->count) {
        status = ams_fail(err, AMS_BAD_DATA,
                          "models failed on each of the %u items, so nothing is recorded; %s",
                          items->count, s->failures.failed ? "" : s->failures.data);
    }
out:
    return status;
}

/* What was left out, at the end. */
static void list_failures(const record_session *s)
{
    const uint32_t failed = s->counts->failed;
    const char *line = s->failures.data;
    const char *end = line == NULL ? NULL : line + s->failures.used;
    if (failed == 0 || s->failures.failed) {
        return;
    }
    for (; line < end; line += strlen(line) + 1) {
        ams_notice(s->options->progress, "left out: %s", line);
    }
    if (failed > FAILURES_LISTED) {
        ams_notice(s->options->progress, "left out: %u more items", failed - FAILURES_LISTED);
    }
}

static ams_status print_models(FILE *stream, const void *context, ams_error *err)
{
    const ams_programs *programs = context;
    bool memory = false;
    bool threshold = false;
    (void)err;
    for (uint32_t i = 0; i < programs->n; i++) {
        memory = memory || !isnan(programs->program[i].mem_mb);
        threshold = threshold || !isnan(programs->program[i].threshold);
    }
    fprintf(stream, "name\ttask%s%s\n", memory ? "\tmem_mb" : "",
            threshold ? "\tthreshold" : "");
    for (uint32_t i = 0; i < programs->n; i++) {
        const ams_program *p = &programs->program[i];
        fprintf(stream, "%s\t%s", p->name, p->task);
        if (memory) {
            fprintf(stream, "\t%.9g", isnan(p->mem_mb) ? 0 : p->mem_mb);
        }
        if (threshold) {
            fprintf(stream, "\t%.9g", isnan(p->threshold) ? DEFAULT_THRESHOLD : p->threshold);
        }
        fputc('\n', stream);
    }
    return AMS_OK;
}

ams_status ams_record_models_path(char **models, const char *path, ams_error *err)
{
    static const char ending[] = ".models.tsv";
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash == NULL ? path : slash, '.');
    const size_t stem = dot == NULL ? strlen(path) : (size_t)(dot - path);
    ams_status status = ams_alloc(models, stem + sizeof ending, 1, "a path", err);
    if (status == AMS_OK) {
        memcpy(*models, path, stem);
        memcpy(*models + stem, ending, sizeof ending);
    }
    return status;
}

ams_status ams_record(const ams_record_options *options, ams_record_counts *counts,
                      ams_error *err)
{
    const ams_runner_options runner = {.programs = options->programs,
                                       .limits = ams_item_limits_none(),
                                       .output_bytes = options->output_bytes};
    record_session s = {.options = options, .counts = counts};
    char *models = NULL;
    bool wrote_models = false;
    ams_status status = AMS_OK;
    *counts = (ams_record_counts){.recorded = 0};
    AMS_TRY(ams_record_models_path(&models, options->path, err));
    AMS_TRY(ams_runner_create(&s.runner, &runner, err));
    AMS_TRY(ams_recording_open(&s.recording, options->path, options->programs, err));
    if (s.recording.items.count == 0 || !ams_exists(models)) {
        AMS_TRY(ams_file_write(NULL, models, print_models, options->programs, err));
        wrote_models = true;
    }
    status = record_items(&s, err);
    list_failures(&s);
out:
    if (s.recording.stream != NULL && s.recording.end == 0) { /* nothing to continue from */
        unlink(options->path);
        if (wrote_models) {
            unlink(models);
        }
    }
    if (status == AMS_OK) {
        status = ams_recording_close(&s.recording, options->path, err);
    } else {
        ams_recording_close(&s.recording, options->path, NULL);
    }
    ams_runner_destroy(s.runner);
    ams_text_fini(&s.rows);
    ams_text_fini(&s.failures);
    free(models);
    return status;
}
