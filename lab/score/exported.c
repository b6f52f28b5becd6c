/* What an export printed, and what rounding changed, as a result. */
#include "lab/score/quantize.h"

#include "ams/export.h"
#include "base/text.h"
#include "lab/frame/exported.h"

static const ams_column columns[] =
    AMS_EXPORTED_COLUMNS("largest difference of Q to the policy's",
                         "  largest difference of Q (allowed) in 256 states");

ams_status ams_export_result(const ams_export_set *set, const ams_quantized *rounded,
                             const ams_quantize_options *rounding, ams_result *result,
                             ams_error *err)
{
    const ams_quantized *q = rounded;
    ams_frame *files = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"states", ams_cell_count(AMS_GOLDEN_STATES)}));
    AMS_TRY(ams_result_add_frame(result, "files", columns, sizeof columns / sizeof *columns,
                                 &files, err));
    for (uint32_t k = 0; k < set->n; k++) {
        const ams_export_report *r = &set->report[k];
        AMS_TRY(ams_exported_add(files, set->kind[k]->name, set->kind[k]->file, r->bytes,
                                 r->difference, r->allowed, err));
    }
    if (q != NULL) {
        status = AMS_RESULT_FACTS(
            result, err,
            {"quantize.weights", ams_cell_text(ams_stored_modes[rounding->stored])},
            {"quantize.data", ams_cell_text(rounding->data_path)},
            {"quantize.split", ams_cell_text(ams_split_name(rounding->split))},
            {"quantize.items", ams_cell_count(q->n_items)},
            {"quantize.time_ms_before", ams_cell_real(q->before.time_ms)},
            {"quantize.time_ms", ams_cell_real(q->after.time_ms)},
            {"quantize.area_before", ams_cell_real(q->before.area)},
            {"quantize.area", ams_cell_real(q->after.area)},
            {"quantize.q_change", ams_cell_real(q->q_change)});
    }
out:
    return status;
}

void ams_quantized_print(const ams_quantized *q, const ams_quantize_options *rounding,
                         uint32_t before, float largest_q, FILE *stream)
{
    const int digits = ams_amount_decimals(q->before.time_ms, 2);
    fprintf(stream,
            "%s against %s on %u items of the %s split: %s %.*f -> %.*f %s (%+.2f %%; mean "
            "over\nrequired recalls 0.8, 0.9, 1.0), area %.5f -> %.5f; Q change by up to %.3g "
            "(largest |Q| %.3g)\n\n",
            ams_stored_modes[rounding->stored], ams_stored_modes[before], q->n_items,
            ams_split_name(rounding->split), ams_cost_word(q->cost_unit), digits,
            q->before.time_ms, digits, q->after.time_ms, q->cost_unit,
            q->before.time_ms > 0 ? 100 * (q->after.time_ms / q->before.time_ms - 1) : 0,
            q->before.area, q->after.area, q->q_change, (double)largest_q);
}
