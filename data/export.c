#include "ams/data.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nine digits give every float back. */
#define FLOAT_DIGITS "%.9g"

/* A JSON text with its quotes. */
static void put_text(ams_line_writer *writer, const char *text)
{
    ams_lines_put(writer, "\"", 1);
    for (const char *at = text; *at != '\0';) {
        size_t plain = 0;
        while ((unsigned char)at[plain] >= 0x20 && at[plain] != '"' && at[plain] != '\\') {
            plain++;
        }
        ams_lines_put(writer, at, plain);
        at += plain;
        if (*at != '\0') {
            ams_lines_print(writer, "\\u%04x", (unsigned)*at++);
        }
    }
    ams_lines_put(writer, "\"", 1);
}

static void put_field(ams_line_writer *writer, const char *head, const char *text)
{
    ams_lines_put(writer, head, strlen(head));
    put_text(writer, text);
}

/* The first model of a task brings the item's truth in it. */
static void put_truth(ams_line_writer *writer, const ams_table *table, uint32_t item,
                      uint32_t m)
{
    const char *task = ams_names_get(&table->task_name, table->model_task[m]);
    const size_t length = strlen(task);
    const uint32_t *truth = NULL;
    uint32_t count = ams_table_truth(table, item, &truth);
    for (uint32_t other = 0; other < m; other++) {
        count = table->model_task[other] == table->model_task[m] ? 0 : count;
    }
    bool any = false;
    for (uint32_t k = 0; k < count; k++) {
        const char *label = ams_names_get(&table->label_name, truth[k]);
        if (strncmp(label, task, length) == 0 && label[length] == '/') {
            put_field(writer, any ? "," : ",\"truth\":[", label + length + 1);
            any = true;
        }
    }
    if (any) {
        ams_lines_put(writer, "]", 1);
    }
}

static void put_row(ams_line_writer *writer, const ams_table *table, uint32_t item, uint32_t m)
{
    size_t row = (size_t)item * table->n_models + m;
    const char *task = ams_names_get(&table->task_name, table->model_task[m]);
    put_field(writer, "{\"item\":", ams_names_get(&table->item_id, item));
    put_field(writer,
              ",\"group\":", ams_names_get(&table->group_name, table->item_group[item]));
    put_field(writer, ",\"split\":", ams_split_name((ams_split)table->split[item]));
    put_field(writer, ",\"model\":", ams_names_get(&table->model_name, m));
    if (table->run_time_ms != NULL) {
        ams_lines_print(writer, ",\"time_ms\":" FLOAT_DIGITS, (double)table->run_time_ms[row]);
    }
    ams_lines_put(writer, ",\"labels\":[", 11);
    for (uint64_t k = table->indptr[row]; k < table->indptr[row + 1]; k++) {
        const char *label = ams_names_get(&table->label_name, table->label[k]);
        put_field(writer, k == table->indptr[row] ? "[" : ",[", label + strlen(task) + 1);
        ams_lines_print(writer, "," FLOAT_DIGITS "]", (double)table->conf[k]);
    }
    ams_lines_put(writer, "]", 1);
    put_truth(writer, table, item, m);
    ams_lines_put(writer, "}\n", 2);
}

static void print_models(FILE *stream, const ams_table *table)
{
    const bool unit = !ams_table_costs_ms(table);
    const bool kinds = ams_table_has_kinds(table);
    const bool exits = ams_table_has_exits(table);
    fprintf(stream, "name\ttask\ttime_ms\tmem_mb\ttheta\tthreshold%s%s%s\n",
            kinds ? "\tkind" : "", unit ? "\tcost_unit" : "", exits ? "\tstage_of\tstage" : "");
    for (uint32_t m = 0; m < table->n_models; m++) {
        fprintf(stream,
                "%s\t%s\t" FLOAT_DIGITS "\t" FLOAT_DIGITS "\t" FLOAT_DIGITS "\t" FLOAT_DIGITS
                "%s%s%s%s",
                ams_names_get(&table->model_name, m),
                ams_names_get(&table->task_name, table->model_task[m]),
                (double)table->time_ms[m], (double)table->mem_mb[m], (double)table->theta[m],
                (double)ams_table_threshold(table, m), kinds ? "\t" : "",
                kinds ? ams_output_kinds[ams_table_kind(table, m)] : "", unit ? "\t" : "",
                unit ? ams_table_cost_unit(table) : "");
        if (ams_table_stage(table, m) > 0) {
            fprintf(stream, "\t%s\t%u", ams_table_stage_of(table, m),
                    ams_table_stage(table, m));
        } else if (exits) {
            fputs("\t\t", stream);
        }
        fputc('\n', stream);
    }
}

static void cut_ending(char *path, const char *ending)
{
    size_t length = strlen(path);
    size_t tail = strlen(ending);
    if (length > tail && strcmp(path + length - tail, ending) == 0) {
        path[length - tail] = '\0';
    }
}

ams_status ams_data_models_path(char **path, const char *rows_path, ams_error *err)
{
    char *stem = NULL;
    ams_status status = ams_copy_text(&stem, rows_path, err);
    if (status != AMS_OK) {
        return status;
    }
    cut_ending(stem, ".gz");
    cut_ending(stem, ".zst");
    cut_ending(stem, ".jsonl");
    if (asprintf(path, "%s.models.tsv", stem) < 0) {
        *path = NULL;
        status = ams_no_memory(err, strlen(stem), "a path");
    }
    free(stem);
    return status;
}

static ams_status put_items(void *context, const ams_table *table, uint32_t first,
                            ams_error *err)
{
    (void)first;
    (void)err; /* what cannot be written shows at the end */
    for (uint32_t item = 0; item < table->n_items; item++) {
        for (uint32_t m = 0; m < table->n_models; m++) {
            put_row(context, table, item, m);
        }
    }
    return AMS_OK;
}

/* table or, where that is NULL, file; head: the models. */
static ams_status export_rows(const ams_table *head, const ams_table *table,
                              ams_table_file *file, const char *rows_path,
                              const char *models_path, ams_error *err)
{
    char *path = NULL;
    ams_file models = {0};
    ams_line_writer *writer = NULL;
    ams_status status = AMS_OK;
    if (models_path != NULL) {
        AMS_TRY(ams_copy_text(&path, models_path, err));
    } else if (strcmp(rows_path, "-") != 0) {
        AMS_TRY(ams_data_models_path(&path, rows_path, err));
    }
    if (path != NULL) {
        AMS_TRY(ams_file_create(&models, path, err));
        print_models(models.stream, head);
    }
    AMS_TRY(ams_lines_create(&writer, rows_path, err));
    AMS_TRY(table != NULL ? put_items(writer, table, 0, err)
                          : ams_table_file_check(file, 0, put_items, writer, NULL, err));
    status = ams_lines_finish(writer, err);
    writer = NULL;
    if (status == AMS_OK && path != NULL) {
        status = ams_file_commit(&models, err);
    }
out:
    if (writer != NULL) {
        ams_lines_abandon(writer);
    }
    ams_file_abort(&models);
    free(path);
    return status;
}

ams_status ams_data_export(const ams_table *table, const char *rows_path, ams_error *err)
{
    return export_rows(table, table, NULL, rows_path, NULL, err);
}

ams_status ams_data_export_file(ams_table_file *file, const char *rows_path,
                                const char *models_path, ams_error *err)
{
    return export_rows(ams_table_file_head(file), NULL, file, rows_path, models_path, err);
}
