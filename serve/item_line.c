#include "serve/item_line.h"

#include "ams/names.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each label once, with the largest confidence that a model gave it. */
typedef struct item_labels {
    ams_names names;
    float *confidence; /* (names.count) */
    size_t capacity;
} item_labels;

static ams_status add_output(item_labels *labels, const ams_output *output, ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t i = 0; i < output->n; i++) {
        uint32_t index = 0;
        const uint32_t before = labels->names.count;
        AMS_TRY(ams_names_add(&labels->names, output->label[i], strlen(output->label[i]),
                              &index, err));
        AMS_TRY(ams_grow(&labels->confidence, &labels->capacity, labels->names.count,
                         sizeof *labels->confidence, "labels", err));
        const float conf = output->confidence[i];
        if (index == before || conf > labels->confidence[index]) {
            labels->confidence[index] = conf;
        }
    }
out:
    return status;
}

static void print_number(ams_text *line, const char *key, double value)
{
    ams_text_print(line, ", \"%s\": ", key);
    ams_text_number(line, value);
}

static void print_labels(ams_text *line, const item_labels *labels)
{
    ams_text_add(line, ", \"labels\": [");
    for (uint32_t i = 0; i < labels->names.count; i++) {
        ams_text_add(line, i == 0 ? "[" : ", [");
        ams_text_json(line, ams_names_get(&labels->names, i));
        ams_text_print(line, ", %.6g]", (double)labels->confidence[i]);
    }
    ams_text_add(line, "]");
}

static void print_model(ams_text *line, const char *name, const ams_run_model *model)
{
    ams_text_add(line, "{\"model\": ");
    ams_text_json(line, name);
    ams_text_print(line, ", \"state\": \"%s\"", ams_run_states[model->state]);
    print_number(line, "start_ms", model->start_ms);
    print_number(line, "time_ms", model->end_ms - model->start_ms);
    if (model->why[0] != '\0') {
        ams_text_add(line, ", \"why\": ");
        ams_text_json(line, model->why);
    }
    ams_text_add(line, "}");
}

static void print_models(ams_text *line, const ams_programs *programs,
                         const ams_run_report *report)
{
    bool first = true;
    ams_text_add(line, ", \"runs\": [");
    for (uint32_t m = 0; m < programs->n; m++) {
        if (report->model[m].state != AMS_RUN_UNTOUCHED) {
            ams_text_add(line, first ? "" : ", ");
            print_model(line, programs->program[m].name, &report->model[m]);
            first = false;
        }
    }
    first = true;
    ams_text_add(line, "], \"untouched\": [");
    for (uint32_t m = 0; m < programs->n; m++) {
        if (report->model[m].state == AMS_RUN_UNTOUCHED) {
            ams_text_add(line, first ? "" : ", ");
            ams_text_json(line, programs->program[m].name);
            first = false;
        }
    }
    ams_text_add(line, "]");
}

ams_status ams_item_line(ams_text *line, const char *item, const ams_programs *programs,
                         const ams_run_report *report, ams_error *err)
{
    item_labels labels = {.confidence = NULL};
    ams_status status = AMS_OK;
    for (uint32_t m = 0; m < programs->n; m++) {
        AMS_TRY(add_output(&labels, &report->model[m].output, err));
    }
    ams_text_add(line, "{\"item\": ");
    ams_text_json(line, item);
    if (report->item != NULL) {
        ams_money_json(line, report->policy, report->item, 0, ", ", ": ");
    }
    print_labels(line, &labels);
    print_models(line, programs, report);
    print_number(line, "took_ms", report->took_ms);
    print_number(line, "saved_ms", report->result.saved_ms);
    ams_text_add(line, "}\n");
    if (line->failed) {
        status = ams_no_memory(err, line->used, "a line of JSON");
    }
out:
    ams_names_fini(&labels.names);
    free(labels.confidence);
    return status;
}

void ams_run_totals_add(ams_run_totals *totals, const ams_programs *programs,
                        const ams_run_report *report)
{
    totals->items++;
    totals->took_ms += report->took_ms;
    totals->saved_ms += report->result.saved_ms;
    for (uint32_t m = 0; m < programs->n; m++) {
        totals->finished += report->model[m].state == AMS_RUN_FINISHED;
        totals->failed += report->model[m].state == AMS_RUN_FAILED;
        totals->cut += report->model[m].state == AMS_RUN_CUT;
    }
}

double ams_run_expected_ms(const ams_live_policy *policy, const ams_programs *programs)
{
    double sum = 0;
    for (uint32_t m = 0; m < programs->n; m++) {
        const double ms = programs->program[m].time_ms;
        sum += isnan(ms) ? (double)ams_online_model_ms(policy->online, m) : ms;
    }
    return sum;
}
