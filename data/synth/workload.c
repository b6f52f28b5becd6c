/* A workload's numbers as a table. */
#include "ams/synth.h"

#include "base/file.h"

/* What one table is printed of. */
typedef struct workload_table {
    const ams_synth_workload *w;
    ams_synth_targets target;
} workload_table;

static void put(FILE *stream, const char *what, double reached, double target)
{
    fprintf(stream, "%s\t%.6f\t", what, reached);
    if (target > 0) {
        fprintf(stream, "%.6f\n", target);
    } else {
        fputs("-\n", stream);
    }
}

static ams_status print(FILE *stream, const void *context, ams_error *err)
{
    const workload_table *t = context;
    const ams_synth_workload *w = t->w;
    (void)err;
    fputs("quantity\treached\ttarget\n", stream);
    put(stream, "all_ms", w->all_ms, t->target.all_ms);
    put(stream, "random_ms", w->random_ms, t->target.random_ms);
    put(stream, "valuable_ms", w->valuable_ms, t->target.valuable_ms);
    put(stream, "random_stderr_ms", w->random_stderr_ms, 0);
    put(stream, "disjoint_ms", w->disjoint_ms, 0);
    put(stream, "valuable_runs", w->valuable_runs, 0);
    put(stream, "dispensable_runs", w->dispensable_runs, 0);
    put(stream, "valuable_labels", w->valuable_labels, 0);
    put(stream, "shared_labels", w->shared_labels, 0);
    put(stream, "items", w->n_items, 0);
    put(stream, "items_without_value", w->empty, 0);
    return AMS_OK;
}

ams_status ams_synth_write_workload(const ams_synth_workload *workload,
                                    ams_synth_targets target, const char *path, ams_error *err)
{
    const workload_table t = {.w = workload, .target = target};
    return ams_file_write(NULL, path, print, &t, err);
}

static void print_time(FILE *stream, const char *what, double reached, double target)
{
    fprintf(stream, "  %-34s %9.1f", what, reached);
    if (target > 0) {
        fprintf(stream, " %9.1f %+8.2f%%\n", target, 100 * (reached / target - 1));
    } else {
        fprintf(stream, " %9s %9s\n", "-", "-");
    }
}

void ams_synth_print_workload(const ams_synth_workload *w, ams_synth_targets target,
                              FILE *stream)
{
    fprintf(stream,
            "Means over the first %u items, %.1f outputs per item; %u random orders each.\n\n",
            w->n_items, (double)w->n_outputs / w->n_items, w->n_orders);
    fprintf(stream, "  %-34s %9s %9s %9s\n", "ms per item", "reached", "target", "off");
    print_time(stream, "all models", w->all_ms, target.all_ms);
    print_time(stream, "random order until recall 1.0", w->random_ms, target.random_ms);
    print_time(stream, "valuable executions", w->valuable_ms, target.valuable_ms);
    fprintf(stream, "\n  standard error of random: %.1f ms\n", w->random_stderr_ms);
    fprintf(stream,
            "  valuable executions: %.2f; %.2f of them could be left out one at a time\n",
            w->valuable_runs, w->dispensable_runs);
    fprintf(
        stream,
        "  valuable labels: %.2f; %.2f executions give each, %.1f%% come from more than one\n",
        w->valuable_labels, w->makers, 100 * w->shared_labels);
    fprintf(stream, "  random if nothing overlapped: %.1f ms\n", w->disjoint_ms);
    fprintf(stream, "  items without a valuable label: %u\n", w->empty);
}
