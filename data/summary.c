#include "ams/data.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Groups that no earlier window had. */
static ams_status add_groups(ams_data_summary *s, const ams_table *window, ams_error *err)
{
    ams_status status = AMS_OK;
    for (uint32_t g = s->groups.count; g < window->group_name.count; g++) {
        const char *name = ams_names_get(&window->group_name, g);
        uint32_t index = 0;
        AMS_TRY(
            ams_grow(&s->items, &s->capacity, (size_t)g + 1, sizeof *s->items, "groups", err));
        memset(s->items[g], 0, sizeof s->items[g]);
        AMS_TRY(ams_names_add(&s->groups, name, strlen(name), &index, err));
    }
out:
    return status;
}

static ams_status add_window(void *context, const ams_table *window, uint32_t first,
                             ams_error *err)
{
    ams_data_summary *s = context;
    (void)first;
    ams_status status = add_groups(s, window, err);
    if (status != AMS_OK) {
        return status;
    }
    s->run_times = window->run_time_ms != NULL;
    s->outputs += ams_table_outputs(window);
    for (uint32_t i = 0; i < window->n_items; i++) {
        const uint32_t *answer = NULL;
        const uint32_t answers = ams_table_truth(window, i, &answer);
        s->items_with_truth += answers > 0;
        s->true_labels += answers;
        s->items[window->item_group[i]][window->split[i]]++;
        for (uint32_t m = 0; m < window->n_models; m++) {
            size_t row = (size_t)i * window->n_models + m;
            const float threshold = ams_table_threshold(window, m);
            uint64_t before = s->valuable_outputs;
            for (uint64_t k = window->indptr[row]; k < window->indptr[row + 1]; k++) {
                s->valuable_outputs += window->conf[k] > threshold;
            }
            s->valuable[m] += s->valuable_outputs > before;
        }
    }
    return AMS_OK;
}

/* "exits      of NETWORK: MODEL, MODEL" */
static ams_status list_exits(char **text, const ams_table *head, ams_error *err)
{
    size_t size = 0;
    ams_status status = AMS_OK;
    FILE *stream = open_memstream(text, &size);
    if (stream == NULL) {
        return ams_fail(err, AMS_BACKEND, "no memory for the list of exits");
    }
    for (uint32_t k = 0; k < head->exits.network.count; k++) {
        const char *network = ams_names_get(&head->exits.network, k);
        uint32_t model[AMS_MAX_MODELS];
        const uint32_t n = ams_table_exits_of(head, network, model);
        fprintf(stream, "exits      of %s:", network);
        for (uint32_t i = 0; i < n; i++) {
            fprintf(stream, "%s %s", i == 0 ? "" : ",",
                    ams_names_get(&head->model_name, model[i]));
        }
        fputc('\n', stream);
    }
    if (fclose(stream) != 0) {
        status = ams_fail(err, AMS_BACKEND, "no memory for the list of exits");
    }
    return status;
}

ams_status ams_data_summarize(ams_data_summary *summary, ams_table_file *file,
                              uint64_t memory_mb, ams_error *err)
{
    *summary = (ams_data_summary){.outputs = 0};
    ams_status status =
        ams_table_file_check(file, memory_mb, add_window, summary, summary->hash, err);
    if (status == AMS_OK) {
        status = list_exits(&summary->exits, ams_table_file_head(file), err);
    }
    if (status != AMS_OK) {
        ams_data_summary_fini(summary);
    }
    return status;
}

void ams_data_summary_fini(ams_data_summary *summary)
{
    ams_names_fini(&summary->groups);
    free(summary->items);
    free(summary->exits);
    summary->exits = NULL;
    summary->items = NULL;
}
