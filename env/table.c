#include "ams/table.h"

#include <stdlib.h>
#include <string.h>

static const char *const split_names[] = {"train", "validation", "test"};

const char *ams_split_name(ams_split split)
{
    return split_names[split];
}

bool ams_split_parse(const char *name, ams_split *split)
{
    for (int i = AMS_TRAIN; i <= AMS_TEST; i++) {
        if (strcmp(name, split_names[i]) == 0) {
            *split = (ams_split)i;
            return true;
        }
    }
    return false;
}

void ams_table_fini(ams_table *table)
{
    free(table->name);
    free(table->created);
    free(table->generator);
    free(table->source);
    free(table->license);
    free(table->cost_unit);
    free(table->threshold);
    free(table->kind);
    ams_exits_fini(&table->exits);
    ams_names_fini(&table->model_name);
    ams_names_fini(&table->task_name);
    free(table->model_task);
    free(table->theta);
    free(table->time_ms);
    free(table->mem_mb);
    ams_names_fini(&table->label_name);
    ams_names_fini(&table->item_id);
    ams_names_fini(&table->group_name);
    free(table->item_group);
    free(table->split);
    free(table->truth_indptr);
    free(table->truth);
    free(table->indptr);
    free(table->label);
    free(table->conf);
    free(table->run_time_ms);
    *table = (ams_table){0};
}
