/* Networks of which models are exits: kept with the models, checked, copied. */
#include "ams/table.h"

#include "base/memory.h"
#include "env/table_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t ams_table_stage(const ams_table *table, uint32_t model)
{
    return table->exits.stage == NULL ? 0 : table->exits.stage[model];
}

const char *ams_table_stage_of(const ams_table *table, uint32_t model)
{
    return ams_table_stage(table, model) == 0
               ? ""
               : ams_names_get(&table->exits.network, table->exits.of[model]);
}

bool ams_table_has_exits(const ams_table *table)
{
    for (uint32_t m = 0; m < table->n_models; m++) {
        if (ams_table_stage(table, m) > 0) {
            return true;
        }
    }
    return false;
}

uint32_t ams_table_exits_of(const ams_table *table, const char *network,
                            uint32_t model[AMS_MAX_MODELS])
{
    uint32_t n = 0;
    for (uint32_t m = 0; m < table->n_models; m++) {
        if (ams_table_stage(table, m) == 0 ||
            strcmp(ams_table_stage_of(table, m), network) != 0) {
            continue;
        }
        uint32_t at = n++;
        for (; at > 0 && table->exits.stage[model[at - 1]] > table->exits.stage[m]; at--) {
            model[at] = model[at - 1];
        }
        model[at] = m;
    }
    return n;
}

static ams_status alloc_exits(ams_exits *exits, size_t n, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&exits->of, n, sizeof *exits->of, "exits", err));
    status = ams_alloc(&exits->stage, n, sizeof *exits->stage, "exits", err);
out:
    return status;
}

ams_status ams_exits_set(ams_exits *exits, size_t n, size_t model, const char *network,
                         uint32_t stage, ams_error *err)
{
    ams_status status = AMS_OK;
    if (exits->stage == NULL) {
        AMS_TRY(alloc_exits(exits, n, err));
        memset(exits->of, 0xff, n * sizeof *exits->of); /* AMS_NO_NAME */
    }
    if (stage > 0) {
        AMS_TRY(
            ams_names_add(&exits->network, network, strlen(network), &exits->of[model], err));
    }
    exits->stage[model] = (uint8_t)(stage < UINT8_MAX ? stage : UINT8_MAX);
out:
    return status;
}

ams_status ams_exits_copy(ams_exits *to, const ams_exits *from, const uint32_t *model, size_t n,
                          ams_error *err)
{
    ams_status status = AMS_OK;
    for (size_t k = 0; from->stage != NULL && k < n && status == AMS_OK; k++) {
        const size_t m = model == NULL ? k : model[k];
        const bool is_exit = from->stage[m] > 0;
        status =
            ams_exits_set(to, n, k, is_exit ? ams_names_get(&from->network, from->of[m]) : "",
                          from->stage[m], err);
    }
    return status;
}

void ams_exits_fini(ams_exits *exits)
{
    ams_names_fini(&exits->network);
    free(exits->of);
    free(exits->stage);
    *exits = (ams_exits){.of = NULL};
}

/* Whether two exits of one network agree: other stages, the same task. */
static ams_status check_pair(const ams_table *t, uint32_t a, uint32_t b, ams_error *err)
{
    const char *network = ams_table_stage_of(t, a);
    if (t->exits.of[a] != t->exits.of[b]) {
        return AMS_OK;
    }
    if (t->exits.stage[a] == t->exits.stage[b]) {
        return ams_fail(err, AMS_BAD_DATA,
                        "models '%s' and '%s': expected different stages of network '%s', "
                        "found %u of both",
                        ams_names_get(&t->model_name, a), ams_names_get(&t->model_name, b),
                        network, t->exits.stage[a]);
    }
    if (t->model_task[a] != t->model_task[b]) {
        return ams_fail(err, AMS_BAD_DATA,
                        "models '%s' and '%s': expected one task of the exits of network '%s', "
                        "found '%s' and '%s'",
                        ams_names_get(&t->model_name, a), ams_names_get(&t->model_name, b),
                        network, ams_names_get(&t->task_name, t->model_task[a]),
                        ams_names_get(&t->task_name, t->model_task[b]));
    }
    return AMS_OK;
}

ams_status ams_check_exits(const ams_table *t, ams_error *err)
{
    ams_status status = AMS_OK;
    if (t->exits.stage == NULL) {
        return AMS_OK;
    }
    for (uint32_t m = 0; m < t->n_models; m++) {
        const uint32_t stage = t->exits.stage[m];
        const bool named = t->exits.of[m] < t->exits.network.count;
        if (stage > AMS_MAX_MODELS || (stage > 0) != named) {
            return ams_fail(err, AMS_BAD_DATA,
                            "model %u (%s): expected a stage from 1 to %d with its network, or "
                            "neither, found stage %u of %s",
                            m, ams_names_get(&t->model_name, m), AMS_MAX_MODELS, stage,
                            named ? ams_names_get(&t->exits.network, t->exits.of[m]) : "none");
        }
        for (uint32_t other = 0; stage > 0 && other < m; other++) {
            if (t->exits.stage[other] > 0) {
                AMS_TRY(check_pair(t, other, m, err));
            }
        }
    }
out:
    return status;
}
