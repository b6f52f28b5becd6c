/* What is said of a training that ended. */
#include "lab/training/state.h"

#include "base/text.h"

#include <math.h>

/* A newcomer has to know where one line of sorting does better than the network. */
void ams_training_print_fixed(const ams_run_result *r, const ams_validation *fixed,
                              const char *unit, bool goals, FILE *stream)
{
    char own[AMS_AMOUNT_BYTES];
    char other[AMS_AMOUNT_BYTES];
    const double largest = fmax(r->best.time_ms, fixed->time_ms);
    ams_amount_print(own, r->best.time_ms, largest);
    ams_amount_print(other, fixed->time_ms, largest);
    fprintf(stream, "%s, on the same validation items: %s %s, area %.4f\n",
            goals ? "fixed:each, one order per required recall"
                  : "fixed, one order for all items",
            other, unit, fixed->area);
    if (fixed->time_ms < r->best.time_ms) {
        fprintf(stream,
                "The policy loses to it: %s %s are more than %s %s. `ams train --auto` also "
                "tries a "
                "scheme for models that are alternatives, and keeps the best on the validation "
                "split; "
                "`ams tune` searches for other settings (docs/your-own-data.md).\n",
                own, unit, other, unit);
    }
}

ams_status ams_training_result(const ams_training *training, const ams_run_result *r,
                               const ams_validation *fixed, ams_result *result, ams_error *err)
{
    static const char *const outcome[] = {"finished", "already finished", "stopped", "paused"};
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"run", ams_cell_text(training->request->directory)},
                             {"cost_unit", ams_cell_text(ams_training_cost_unit(training))},
                             {"outcome", ams_cell_text(outcome[r->outcome])},
                             {"resumed_at", ams_cell_count(r->resumed_at)},
                             {"updates", ams_cell_count(r->updates)},
                             {"stopped_early", ams_cell_flag(r->early)},
                             {"best_updates", ams_cell_count(r->best_updates)},
                             {"validation_area", ams_cell_real(r->best.area)},
                             {"validation_time_ms", ams_cell_real(r->best.time_ms)},
                             {"seconds", ams_cell_real(r->seconds)},
                             {"updates_per_s", ams_cell_real(r->updates_per_s)}));
    if (fixed != NULL) {
        status =
            AMS_RESULT_FACTS(result, err, {"fixed_validation_area", ams_cell_real(fixed->area)},
                             {"fixed_validation_time_ms", ams_cell_real(fixed->time_ms)});
    }
out:
    return status;
}
