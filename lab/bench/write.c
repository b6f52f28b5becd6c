/* The figures as files. */
#include "lab/bench/bench.h"

void ams_bench_write(const ams_bench *bench, const ams_bench_origin *origin, FILE *stream)
{
    static const char *const what[] = {"arithmetic", "cache", "memory"};
    fputs("figure\tvariant\tbatch\tthreads\tmedian\tlow\thigh\tunit\tbound\tbound_by\tshare\t"
          "commit\tcpu\n",
          stream);
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        const ams_bench_machine *m = &bench->machine[i];
        const double rate[] = {m->flop, m->cache, m->memory};
        for (int k = 0; k < 3; k++) {
            fprintf(stream, "machine\t%s\t1\t%u\t%.6g\t%.6g\t%.6g\t%s\t%.6g\t-\t1\t%s\t%s\n",
                    what[k], m->threads, rate[k], rate[k], rate[k],
                    k == 0 ? "flop/s" : "bytes/s", rate[k], origin->commit, origin->cpu);
        }
    }
    for (size_t r = 0; r < bench->n_rows; r++) {
        const ams_bench_row *row = &bench->row[r];
        fprintf(stream, "%s\t%s\t%u\t%u\t%.6g\t%.6g\t%.6g\t%s\t", row->figure, row->variant,
                row->batch, row->threads, row->median, row->low, row->high, row->unit);
        if (row->bound > 0) {
            fprintf(stream, "%.6g\t%s\t%.4g", row->bound, row->by, row->median / row->bound);
        } else {
            fputs("-\t-\t-", stream);
        }
        fprintf(stream, "\t%s\t%s\n", origin->commit, origin->cpu);
    }
}

static const ams_column machine_columns[] = {
    {.name = "threads", .meaning = "processors that were busy"},
    {.name = "flop_per_s", .meaning = "operations per second; a multiply-add counts 2"},
    {.name = "cache_bytes_per_s", .meaning = "with 4.6 MB in use"},
    {.name = "memory_bytes_per_s", .meaning = "with 256 MB in use"},
};

static const ams_column columns[] = {
    {.name = "figure", .meaning = "what is measured", .head = "figure", .width = -10},
    {.name = "variant", .meaning = "on which path", .head = "variant", .width = -7},
    {.name = "batch",
     .meaning = "minibatch; 1 where there is none",
     .head = "batch",
     .width = 6},
    {.name = "threads", .meaning = "that work", .head = "threads", .width = 8},
    {.name = "median",
     .meaning = "of several measurements, units per second",
     .head = "median",
     .width = 12,
     .shown = AMS_SIGNIFICANT(6)},
    {.name = "low",
     .meaning = "the smallest",
     .head = "low",
     .width = 12,
     .shown = AMS_SIGNIFICANT(6)},
    {.name = "high",
     .meaning = "the largest",
     .head = "high",
     .width = 12,
     .shown = AMS_SIGNIFICANT(6)},
    {.name = "unit",
     .meaning = "what is counted",
     .head = " unit",
     .width = -13,
     .before = " "},
    {.name = "bound",
     .meaning = "units per second that nothing can exceed",
     .head = "bound",
     .width = 12,
     .shown = AMS_SIGNIFICANT(4)},
    {.name = "bound_by", .meaning = "what bounds: arithmetic, cache, memory"},
    {.json = "", .head = "by", .width = -10},
    {.json = "",
     .head = "share",
     .meaning = "median / bound",
     .width = 6,
     .scale = 100,
     .shown = AMS_DECIMALS(1),
     .after = "%"},
};

ams_status ams_bench_result(const ams_bench *bench, const ams_bench_origin *origin,
                            ams_result *result, ams_error *err)
{
    ams_frame *machine = NULL;
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(AMS_RESULT_FACTS(result, err, {"version", ams_cell_text(origin->version)},
                             {"commit", ams_cell_text(origin->commit)},
                             {"cpu", ams_cell_text(origin->cpu)},
                             {"blas_kernel", ams_cell_text(origin->blas_kernel)}));
    AMS_TRY(ams_result_add_frame(result, "machine", machine_columns,
                                 sizeof machine_columns / sizeof *machine_columns, &machine,
                                 err));
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        const ams_bench_machine *m = &bench->machine[i];
        AMS_TRY(AMS_FRAME_ADD(machine, err, ams_cell_count(m->threads), ams_cell_real(m->flop),
                              ams_cell_real(m->cache), ams_cell_real(m->memory)));
    }
    AMS_TRY(ams_result_add_frame(result, "rows", columns, sizeof columns / sizeof *columns,
                                 &rows, err));
    for (size_t r = 0; r < bench->n_rows; r++) {
        const ams_bench_row *row = &bench->row[r];
        const bool bound = row->bound > 0;
        AMS_TRY(AMS_FRAME_ADD(
            rows, err, ams_cell_text(row->figure), ams_cell_text(row->variant),
            ams_cell_count(row->batch), ams_cell_count(row->threads),
            ams_cell_real(row->median), ams_cell_real(row->low), ams_cell_real(row->high),
            ams_cell_text(row->unit), ams_cell_if(bound, ams_cell_real(row->bound)),
            ams_cell_text(row->by), ams_cell_if(bound, ams_cell_text(row->by)),
            ams_cell_if(bound, ams_cell_real(row->median / row->bound))));
    }
out:
    return status;
}
