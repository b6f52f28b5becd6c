/* `ams trace`: one item under limits: what ran when, why, what it found, what was left. */
#include "cli/trace.h"

#include "base/file.h"
#include "env/math.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    {.name = "--data", .takes_value = true},     {.name = "--policy", .takes_value = true},
    {.name = "--item", .takes_value = true},     {.name = "--deadline", .takes_value = true},
    {.name = "--memory", .takes_value = true},   {.name = "--scheduler", .takes_value = true},
    {.name = "--times", .takes_value = true},    {.name = "--expect", .takes_value = true},
    {.name = "--negative", .takes_value = true}, {.name = "--late", .takes_value = true},
    {.name = "--stop", .takes_value = true},     {.name = "--draws", .takes_value = true},
    {.name = "--seed", .takes_value = true},     {.name = "--threads", .takes_value = true},
    {.name = "-o", .takes_value = true},         {.name = "--json"},
};

static ams_status choose_scheduler(trace_session *s, const cli_args *args, ams_error *err)
{
    const schedule_setup *setup = &s->setup;
    if (setup->n_policies != 1) {
        return ams_fail(err, AMS_USAGE, "expected one --policy, found %u", setup->n_policies);
    }
    s->policy = setup->policy[0];
    if (s->policy->kind->values == NULL) {
        s->scheduler = ams_scheduler_named("first-fit", setup->parallel);
        return AMS_OK;
    }
    return schedule_choose(setup, args, 0, &s->scheduler, err);
}

static ams_status run_item(trace_session *s, ams_error *err)
{
    const schedule_setup *setup = &s->setup;
    const ams_policy_kind *kind = s->policy->kind;
    void *worker = NULL;
    ams_status status = AMS_OK;
    if (setup->recorded && setup->table.run_time_ms == NULL) {
        return ams_fail(err, AMS_BAD_DATA, "%s has no recorded times", setup->data_path);
    }
    s->time_ms = setup->recorded
                     ? setup->table.run_time_ms + (size_t)s->item * setup->env->n_models
                     : setup->env->time_ms;
    if (kind->worker_create != NULL) {
        AMS_TRY(kind->worker_create(s->policy, &worker, err));
    }
    s->task = (ams_schedule_task){.env = setup->env,
                                  .scheduler = s->scheduler,
                                  .policy = s->policy,
                                  .worker = worker,
                                  .options = setup->options,
                                  .expected_ms = setup->expected_ms,
                                  .mem_mb = setup->table.mem_mb,
                                  .overlap = setup->overlap,
                                  .deadline_ms = setup->point[0].deadline_ms,
                                  .memory_mb = setup->point[0].memory_mb};
    ams_schedule_item(&s->schedule, &s->task, s->item, 0, s->time_ms);
    if (kind->values != NULL) {
        kind->values(s->policy, worker, s->item, s->schedule.seen, s->left);
    }
    status = ams_schedule_check(&s->schedule, &s->task, s->item, s->time_ms, err);
    if (kind->worker_destroy != NULL) {
        kind->worker_destroy(worker);
    }
out:
    return status;
}

/* What was predicted per unit of what the scheduler divides by: seconds, and GB with memory. */
double trace_rate(const trace_session *s, uint32_t model, float value)
{
    double cost = (double)s->setup.expected_ms[model] / 1000;
    if (s->setup.parallel) {
        cost *= (double)ams_limit_memory(s->setup.table.mem_mb[model]) / 1000;
    }
    return (double)value / cost;
}

uint64_t trace_known(const ams_schedule *schedule, uint32_t k)
{
    uint64_t known = 0;
    double end_ms = schedule->run[k].end_ms;
    for (uint32_t j = 0; j < schedule->n; j++) {
        const ams_schedule_run *other = &schedule->run[j];
        bool before = other->end_ms < end_ms || (other->end_ms == end_ms && j < k);
        known |= other->finished && before ? UINT64_C(1) << other->model : 0;
    }
    return known;
}

static ams_status trace(trace_session *s, const cli_args *args, ams_error *err)
{
    ams_status status = AMS_OK;
    s->directory = cli_get(args, "-o", NULL);
    s->setup.parallel = cli_has(args, "--memory");
    AMS_TRY(cli_require(args, "--item", &s->setup.item_id, err));
    AMS_TRY(schedule_open(&s->setup, args, 1, err));
    s->item = s->setup.item;
    AMS_TRY(choose_scheduler(s, args, err));
    AMS_TRY(run_item(s, err));
    if (s->directory != NULL) {
        AMS_TRY(trace_write(s, err));
    }
    if (cli_has(args, "--json")) {
        AMS_TRY(trace_print_json(s, stdout, err));
    } else {
        trace_print(s, stdout);
    }
out:
    return status;
}

static ams_status run(const cli_args *args, ams_error *err)
{
    trace_session s = {.directory = NULL};
    ams_status status = trace(&s, args, err);
    schedule_setup_fini(&s.setup);
    return status;
}

const ams_command ams_cmd_trace = {
    .name = "trace",
    .summary = "one item under limits: what ran when, why, what it found, what was left",
    .usage = "ams trace --data F.h5 --policy P --item ID [--deadline T] [--memory M]\n"
             "          [-o DIR] [--json]",
    .help = SCHEDULE_SETUP_HELP
    "  --memory M         runs models side by side under this budget: 500MB, 8GB, 1.5x\n"
    "                     (x: of the largest model; 1 GB is 1000 MB)\n"
    "  --item ID          as `ams data export` names it\n"
    "  -o DIR             writes trace.txt, trace.json, trace.tsv and the Gantt picture\n"
    "                     (gantt.svg, gantt.png; needs gnuplot) there\n"
    "  --json             prints JSON\n"
    "\n"
    "One policy, one deadline (default: none), one budget; the first of --scheduler. Reads "
    "the\n"
    "item only, and the training items where a policy is fitted to them, for `plan` and for\n"
    "quantiles of times.\n"
    "\n"
    "Example:\n"
    "  ams trace --data data/photos.h5 --policy runs/dqn-0 --item flickr_like/0001 \\\n"
    "    --deadline 168ms --memory 1.5x -o results/trace\n",
    CLI_OPTIONS(options),
    .run = run,
};
