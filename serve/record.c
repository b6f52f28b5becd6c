#include "serve/record.h"

#include "base/file.h"
#include "base/memory.h"
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
    ams_status status = AMS_OK;
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
    if (row.failed) {
        status = ams_no_memory(err, row.used, "a row");
    } else if (fwrite(row.data, 1, row.used, stream) != row.used) {
        status = ams_fail(err, AMS_IO, "cannot write a row");
    }
    ams_text_fini(&row);
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

static ams_status print_models(FILE *stream, const void *context, ams_error *err)
{
    const ams_programs *programs = context;
    bool memory = true;
    (void)err;
    for (uint32_t i = 0; i < programs->n; i++) {
        memory = memory && !isnan(programs->program[i].mem_mb);
    }
    fprintf(stream, "name\ttask%s\n", memory ? "\tmem_mb" : "");
    for (uint32_t i = 0; i < programs->n; i++) {
        const ams_program *p = &programs->program[i];
        fprintf(stream, "%s\t%s", p->name, p->task);
        if (memory) {
            fprintf(stream, "\t%g", p->mem_mb);
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

ams_status ams_record(const ams_programs *programs, const char *const *item, size_t n,
                      const char *path, size_t output_bytes, const ams_progress *progress,
                      ams_error *err)
{
    const ams_runner_options options = {
        .programs = programs, .limits = ams_item_limits_none(), .output_bytes = output_bytes};
    ams_runner *runner = NULL;
    ams_file file = {.stream = NULL};
    char *models = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_record_models_path(&models, path, err));
    AMS_TRY(ams_runner_create(&runner, &options, err));
    AMS_TRY(ams_file_create(&file, path, err));
    for (size_t i = 0; i < n; i++) {
        AMS_TRY(record_item(runner, programs, item[i], file.stream, err));
        ams_progress_update(progress, (double)(i + 1), (double)n, "items");
    }
    AMS_TRY(ams_file_write(NULL, models, print_models, programs, err));
    status = ams_file_commit(&file, err);
out:
    ams_file_abort(&file);
    ams_runner_destroy(runner);
    free(models);
    return status;
}
