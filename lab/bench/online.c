/* Decisions of the embedded scheduler on one thread: whole items, from begin to done, each
 * execution reported with its recorded output by index. */
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"

#include "ams/online.h"
#include "ams/policy_file.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench_online {
    const ams_table *table;
    ams_online *policy;
    void *memory, *room;
    size_t room_size;
    ams_item_limits limits;
    uint32_t item;      /* next */
    uint64_t decisions; /* of the items so far */
    uint64_t labels;    /* that they found */
} bench_online;

static ams_status check(int code, ams_error *err)
{
    return code == AMS_ONLINE_OK ? AMS_OK
                                 : ams_fail(err, AMS_BACKEND, "%s", ams_online_text(code));
}

static ams_status end_runs(bench_online *o, ams_item *item, const ams_item_step *step,
                           double now_ms, ams_error *err)
{
    const ams_table *t = o->table;
    ams_status status = AMS_OK;
    for (uint32_t i = 0; i < step->n && status == AMS_OK; i++) {
        const uint64_t row = (uint64_t)o->item * t->n_models + step->model[i];
        const uint64_t from = t->indptr[row];
        const size_t n = (size_t)(t->indptr[row + 1] - from);
        status = check(
            ams_item_finished(item, step->model[i], now_ms, t->label + from, t->conf + from, n),
            err);
    }
    return status;
}

/* Whatever starts at once ends at once; the deadline leaves room for all. */
static ams_status schedule_item(void *context, ams_error *err)
{
    bench_online *o = context;
    ams_item *item = NULL;
    ams_item_step step;
    double now_ms = 0;
    ams_status status = AMS_OK;
    AMS_TRY(check(ams_item_begin(&item, o->policy, &o->limits, o->room, o->room_size), err));
    while (true) {
        AMS_TRY(check(ams_item_next(item, now_ms, &step), err));
        o->decisions++;
        if (step.answer != AMS_ITEM_START) {
            break;
        }
        for (uint32_t i = 0; i < step.n; i++) {
            AMS_TRY(check(ams_item_started(item, step.model[i], now_ms), err));
        }
        now_ms += (double)o->table->time_ms[step.model[step.n - 1]];
        AMS_TRY(end_runs(o, item, &step, now_ms, err));
    }
    o->labels += ams_item_labels(item, NULL, 0);
    o->item = o->item + 1 == o->table->n_items ? 0 : o->item + 1;
out:
    return status;
}

/* The papers' network with random weights, through the bytes of its policy.ams. */
static ams_status open_policy(bench_online *o, const ams_table *table, ams_error *err)
{
    ams_policy_file file = {.agent = "dqn",
                            .label = "bench",
                            .data_hash = "00000000000000000000000000000000",
                            .env = ams_env_defaults(),
                            .model_name = table->model_name,
                            .label_name = table->label_name,
                            .time_ms = table->time_ms,
                            .mem_mb = table->mem_mb,
                            .theta = table->theta,
                            .threshold = table->threshold};
    ams_blob blob = {.data = NULL};
    size_t size = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_net_init(&file.net, table->n_labels, "256", table->n_models + 1, err));
    file.env.features = AMS_FEATURES_LABELS;
    ams_net_randomize(&file.net, 1);
    AMS_TRY(ams_policy_file_bytes(&file, &blob, err));
    AMS_TRY(check(ams_online_size(blob.data, blob.size, &size), err));
    AMS_TRY(ams_alloc(&o->memory, size, 1, "a policy", err));
    AMS_TRY(check(ams_online_open(&o->policy, blob.data, blob.size, o->memory, size), err));
    o->room_size = ams_item_size(o->policy);
    AMS_TRY(ams_alloc(&o->room, o->room_size, 1, "an item", err));
out:
    ams_blob_fini(&blob);
    ams_net_fini(&file.net);
    return status;
}

static ams_status measure(ams_bench *bench, bench_online *o, const char *variant,
                          ams_error *err)
{
    const uint32_t items = o->table->n_items < 200 ? o->table->n_items : 200;
    const ams_bench_row row = {.figure = "online",
                               .variant = variant,
                               .unit = "decisions/s",
                               .batch = 1,
                               .threads = 1};
    const double h = 256;
    ams_status status = AMS_OK;
    o->decisions = o->labels = 0;
    o->item = 0;
    for (uint32_t i = 0; i < items; i++) {
        AMS_TRY(schedule_item(o, err));
    }
    const double each = (double)o->decisions / items;
    const double rows = h * (double)o->labels / (double)o->decisions;
    AMS_TRY(ams_bench_measure(bench, row, each, schedule_item, o, err));
    /* As of `decide`: the output layer and the rows of labels that were found. */
    ams_bench_bound(bench, 2 * h * (o->table->n_models + 1) + rows, 0, 0);
out:
    return status;
}

ams_status ams_bench_online(ams_bench *bench, const ams_table *table, ams_error *err)
{
    static const struct {
        const char *variant;
        int rule;
    } rules[] = {{"q-greedy", AMS_ITEM_Q_GREEDY},
                 {"algorithm1", AMS_ITEM_ALGORITHM_1},
                 {"algorithm2", AMS_ITEM_ALGORITHM_2},
                 {"plan", AMS_ITEM_PLAN}};
    bench_online o = {.table = table, .limits = ams_item_limits_none()};
    ams_status status = AMS_OK;
    if ((bench->options.what & AMS_BENCH_ONLINE) == 0) {
        return AMS_OK;
    }
    AMS_TRY(open_policy(&o, table, err));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        o.limits.rule = rules[i].rule;
        o.limits.deadline_ms = INFINITY;
        o.limits.memory_mb = INFINITY;
        if (rules[i].rule != AMS_ITEM_Q_GREEDY) {
            o.limits.deadline_ms = 0;
            o.limits.memory_mb = 0;
        }
        for (uint32_t m = 0; m < table->n_models && rules[i].rule != AMS_ITEM_Q_GREEDY; m++) {
            o.limits.deadline_ms += 2 * (double)table->time_ms[m];
            o.limits.memory_mb = fmax(o.limits.memory_mb, 2 * (double)table->mem_mb[m]);
        }
        AMS_TRY(measure(bench, &o, rules[i].variant, err));
    }
out:
    free(o.memory);
    free(o.room);
    return status;
}
