/* `ams train --auto`: several schemes and a constant order, of which the best is kept. */
#include "cli/train_auto.h"

#include "ams/auto.h"
#include "cli/jobs.h"
#include "cli/json.h"

static ams_status print_json(const ams_auto_result *r, const char *directory, double seconds,
                             ams_error *err)
{
    json_t *rows = json_array();
    for (uint32_t i = 0; i < r->n; i++) {
        const ams_auto_row *row = &r->row[i];
        json_array_append_new(
            rows, json_pack("{s:s, s:b, s:b, s:o, s:o, s:o}", "policy", row->name, "kept",
                            row->is_kept, "candidate", row->can_be_kept, "time_ms",
                            cli_json_number(row->time_ms), "area", cli_json_number(row->area),
                            "seconds", cli_json_number(row->seconds)));
    }
    return cli_print_json(json_pack("{s:s, s:s, s:o, s:o}", "run", directory, "cost_unit",
                                    r->cost_unit, "seconds", cli_json_number(seconds), "rows",
                                    rows),
                          err);
}

static void print_result(const ams_auto_result *r, const char *directory, double seconds)
{
    const ams_auto_row *kept = &r->row[0];
    const ams_auto_row *best = &r->row[0];
    const char *cost = ams_cost_word(r->cost_unit);
    printf("Geometric mean of the mean %s (%s) until recall 0.5, 0.8, 0.9 and 1.0, on the "
           "validation split.\n\n",
           cost, r->cost_unit);
    printf("%-14s %10s %8s %9s\n", "policy", cost, "area", "seconds");
    for (uint32_t i = 0; i < r->n; i++) {
        const ams_auto_row *row = &r->row[i];
        printf("%-14s %10.4g %8.4f %9.1f%s\n", row->name, row->time_ms, row->area, row->seconds,
               row->is_kept       ? "  kept"
               : row->can_be_kept ? ""
                                  : "  (no policy file can hold it)");
        kept = row->is_kept ? row : kept;
        best = row->time_ms < best->time_ms ? row : best;
    }
    printf("\n%s/policy.ams is that of %s; all took %.1f s.\n", directory, kept->name, seconds);
    if (!best->can_be_kept) {
        printf(
            "The baseline %s is better on the validation split: `ams tune` may find settings "
            "that are not (docs/your-own-data.md).\n",
            best->name);
    }
}

ams_status cli_train_auto(const ams_training_request *request, const cli_args *args,
                          ams_error *err)
{
    static const char *const others[] = {"--resume", "--until"};
    cli_progress bar = {.command = "ams train"};
    const ams_progress progress = cli_progress_listener(&bar);
    ams_training_how how = {.progress = &progress};
    ams_auto_result result;
    double seconds = 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (cli_has(args, others[i])) {
            return ams_fail(err, AMS_USAGE,
                            "%s cannot be given with --auto; the same command continues what "
                            "was stopped",
                            others[i]);
        }
    }
    how.stop = cli_catch_signals();
    cli_progress_begin(&bar, request->directory);
    ams_status status = ams_auto_train(request, &how, &result, err);
    cli_progress_end(&bar);
    for (uint32_t i = 0; status == AMS_OK && i < result.n; i++) {
        seconds += result.row[i].seconds;
    }
    if (status == AMS_OK && result.is_stopped) {
        return cli_stopped_by(*how.stop);
    }
    if (status == AMS_OK && cli_has(args, "--json")) {
        return print_json(&result, request->directory, seconds, err);
    }
    if (status == AMS_OK) {
        print_result(&result, request->directory, seconds);
    }
    return status;
}
