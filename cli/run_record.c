/* `ams run --record`: what a policy learns from, recorded by running every model. */
#include "cli/run.h"

#include "base/file.h"
#include "serve/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ams_status write_row(FILE *stream, const char *item, const ams_program *program,
                            const ams_run_model *model, ams_error *err)
{
    const size_t task = strlen(program->task) + 1; /* which the import puts before each label */
    ams_text row = {.data = NULL};
    ams_text_add(&row, "{\"item\": ");
    ams_text_json(&row, item);
    ams_text_add(&row, ", \"model\": ");
    ams_text_json(&row, program->name);
    ams_text_add(&row, ", \"time_ms\": ");
    ams_text_number(&row, fmax(model->end_ms - model->start_ms, 0.001));
    ams_text_add(&row, ", \"labels\": [");
    for (size_t i = 0; i < model->output.n; i++) {
        ams_text_add(&row, i == 0 ? "[" : ", [");
        ams_text_json(&row, model->output.label[i] + task);
        ams_text_print(&row, ", %.6g]", (double)model->output.confidence[i]);
    }
    ams_text_add(&row, "]}\n");
    bool written = !row.failed && fwrite(row.data, 1, row.used, stream) == row.used;
    ams_status status = row.failed ? ams_no_memory(err, row.used, "a row")
                        : written  ? AMS_OK
                                   : ams_fail(err, AMS_IO, "cannot write a row");
    ams_text_fini(&row);
    return status;
}

/* rows.jsonl -> rows.models.tsv */
static ams_status write_models(const ams_programs *programs, const char *rows, ams_error *err)
{
    const char *slash = strrchr(rows, '/');
    const char *dot = strrchr(slash == NULL ? rows : slash, '.');
    const size_t stem = dot == NULL ? strlen(rows) : (size_t)(dot - rows);
    const size_t size = stem + sizeof ".models.tsv";
    ams_file file = {.stream = NULL};
    bool memory = true;
    ams_status status = AMS_OK;
    char *path = malloc(size);
    if (path == NULL) {
        return ams_no_memory(err, size, "a path");
    }
    snprintf(path, size, "%.*s.models.tsv", (int)stem, rows);
    AMS_TRY(ams_file_create(&file, path, err));
    for (uint32_t i = 0; i < programs->n; i++) {
        memory = memory && !isnan(programs->program[i].mem_mb);
    }
    fprintf(file.stream, "name\ttask%s\n", memory ? "\tmem_mb" : "");
    for (uint32_t i = 0; i < programs->n; i++) {
        const ams_program *p = &programs->program[i];
        fprintf(file.stream, "%s\t%s", p->name, p->task);
        if (memory) {
            fprintf(file.stream, "\t%g", p->mem_mb);
        }
        fputc('\n', file.stream);
    }
    AMS_TRY(ams_file_commit(&file, err));
    fprintf(stderr, "ams run: wrote %s and %s\n", rows, path);
out:
    ams_file_abort(&file);
    free(path);
    return status;
}

static ams_status record_item(ams_runner *runner, const ams_programs *programs,
                              const char *item, FILE *stream, ams_error *err)
{
    const ams_run_report *report = NULL;
    ams_status status = ams_runner_item(runner, item, &report, err);
    for (uint32_t m = 0; m < programs->n && status == AMS_OK; m++) {
        if (report->model[m].state != AMS_RUN_FINISHED) {
            return ams_fail(err, AMS_BAD_DATA,
                            "%s: model %s: %s; every row is needed: a model that finds nothing "
                            "prints nothing and exits with 0",
                            item, programs->program[m].name, report->model[m].why);
        }
        status = write_row(stream, item, &programs->program[m], &report->model[m], err);
    }
    return status;
}

ams_status run_record(const ams_programs *programs, const cli_args *args, const char *path,
                      size_t output_bytes, ams_error *err)
{
    const ams_runner_options options = {
        .programs = programs, .limits = ams_item_limits_none(), .output_bytes = output_bytes};
    ams_runner *runner = NULL;
    ams_file file = {.stream = NULL};
    cli_progress progress;
    ams_status status = AMS_OK;
    cli_progress_begin(&progress, "recording");
    AMS_TRY(ams_runner_create(&runner, &options, err));
    AMS_TRY(ams_file_create(&file, path, err));
    for (int i = 0; i < args->n_operands; i++) {
        AMS_TRY(record_item(runner, programs, args->operand[i], file.stream, err));
        cli_progress_update(&progress, i + 1, args->n_operands, "items");
    }
    cli_progress_end(&progress);
    AMS_TRY(ams_file_commit(&file, err));
    AMS_TRY(write_models(programs, path, err));
out:
    ams_file_abort(&file);
    ams_runner_destroy(runner);
    return status;
}
