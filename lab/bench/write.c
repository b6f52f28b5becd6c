/* The figures as files. */
#include "lab/bench/bench.h"

#include <jansson.h>

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

static json_t *row_json(const ams_bench_row *row)
{
    json_t *bound = row->bound > 0 ? json_real(row->bound) : json_null();
    return json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:f, s:s, s:o, s:s}", "figure",
                     row->figure, "variant", row->variant, "batch", (json_int_t)row->batch,
                     "threads", (json_int_t)row->threads, "median", row->median, "low",
                     row->low, "high", row->high, "unit", row->unit, "bound", bound, "bound_by",
                     row->by);
}

ams_status ams_bench_write_json(const ams_bench *bench, const ams_bench_origin *origin,
                                FILE *stream, ams_error *err)
{
    json_t *rows = json_array();
    json_t *machines = json_array();
    for (size_t r = 0; r < bench->n_rows; r++) {
        json_array_append_new(rows, row_json(&bench->row[r]));
    }
    for (uint32_t i = 0; i < bench->n_machines; i++) {
        const ams_bench_machine *m = &bench->machine[i];
        json_array_append_new(machines, json_pack("{s:I, s:f, s:f, s:f}", "threads",
                                                  (json_int_t)m->threads, "flop_per_s", m->flop,
                                                  "cache_bytes_per_s", m->cache,
                                                  "memory_bytes_per_s", m->memory));
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "version", origin->version,
                             "commit", origin->commit, "cpu", origin->cpu, "blas_kernel",
                             origin->blas_kernel, "machine", machines, "rows", rows);
    int failed = json == NULL ? 1 : json_dumpf(json, stream, JSON_INDENT(2));
    json_decref(json);
    fputc('\n', stream);
    return failed == 0 ? AMS_OK : ams_fail(err, AMS_IO, "cannot write the figures as JSON");
}
