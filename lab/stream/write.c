/* The files of a study. */
#include "ams/stream_study.h"

#include "base/file.h"
#include "lab/figures/columns.h"

#include <jansson.h>
#include <math.h>

typedef struct manifest_of {
    const ams_stream_study *study;
    const char *command, *version;
} manifest_of;

/* Columns of stream.tsv after those of the series and the point; two have a standard error. */
static const struct {
    ams_stream_measure measure;
    bool with_error;
} columns[] = {{AMS_STREAM_SCORE, true},
               {AMS_STREAM_MISSED, true},
               {AMS_STREAM_SCORE_MET, false},
               {AMS_STREAM_SCORE_ANY, false},
               {AMS_STREAM_LATE, false},
               {AMS_STREAM_DEPTH, false},
               {AMS_STREAM_OPTIONAL_MS, false},
               {AMS_STREAM_RESPONSE_MS, false},
               {AMS_STREAM_RESPONSE_P95_MS, false},
               {AMS_STREAM_RESPONSE_MAX_MS, false},
               {AMS_STREAM_QUEUE, false},
               {AMS_STREAM_LOAD, false},
               {AMS_STREAM_WORST_CLIENT, false}};

static void put_number(FILE *stream, double value)
{
    if (isfinite(value)) {
        fprintf(stream, "\t%.6g", value);
    } else {
        fputs("\t-", stream);
    }
}

/* What differs between points: the x axis of figures. */
static const char *axis_of(const ams_stream_study *s)
{
    const bool closed = s->options.base.source.arrivals == AMS_ARRIVE_CLIENTS;
    bool rate = false;
    bool deadline = false;
    bool delta = false;
    for (uint32_t p = 1; p < s->n_points; p++) {
        const ams_stream_point *a = &s->point[p - 1];
        const ams_stream_point *b = &s->point[p];
        rate = rate || a->clients != b->clients || a->load != b->load;
        deadline = deadline || a->deadline_high_ms != b->deadline_high_ms;
        delta = delta || a->delta != b->delta;
    }
    return rate + deadline + delta > 1 ? "several"
           : deadline                  ? "deadline"
           : delta                     ? "delta"
           : !rate                     ? "none"
           : closed                    ? "clients"
                                       : "load";
}

static void put_row(FILE *stream, const ams_stream_study *s, uint32_t k, uint32_t p)
{
    const ams_stream_series *series = &s->series[k];
    const ams_stream_point *at = &s->point[p];
    double full = 0;
    double mandatory = 0;
    ams_stream_offered(s, p, &full, &mandatory);
    fprintf(stream, "%s\t%s\t%s", series->label,
            series->kind == NULL ? "-" : series->kind->name, series->predictor);
    put_number(stream, series->kind != NULL && series->kind->needs_parameter
                           ? series->parameter[p]
                           : (double)NAN);
    fprintf(stream, "\t%s\t%u", ams_arrivals_names[s->options.base.source.arrivals],
            at->clients);
    put_number(stream, full);
    put_number(stream, mandatory);
    put_number(stream, at->deadline_low_ms);
    put_number(stream, at->deadline_high_ms);
    put_number(stream, at->delta);
    fprintf(stream, "\t%u", s->n_seeds);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        double error = 0;
        const double mean = ams_stream_mean(s, k, p, columns[c].measure, &error);
        const bool known = series->kind != NULL || columns[c].with_error;
        put_number(stream, known ? mean : (double)NAN);
        if (columns[c].with_error) {
            put_number(stream, known ? error : (double)NAN);
        }
    }
    fprintf(stream, "\t%s\n", axis_of(s));
}

static ams_status print_rows(FILE *stream, const void *context, ams_error *err)
{
    const ams_stream_study *s = context;
    (void)err;
    fputs(AMS_STREAM_HEADER, stream);
    for (uint32_t k = 0; k < s->n_series; k++) {
        for (uint32_t p = 0; p < s->n_points; p++) {
            put_row(stream, s, k, p);
        }
    }
    return AMS_OK;
}

static ams_status print_timing(FILE *stream, const void *context, ams_error *err)
{
    const ams_stream_study *s = context;
    (void)err;
    fputs("series\tclients\tdeadline_high_ms\tdelta\tdecision_us\tdecision_share\tplans\trows\t"
          "cell_hits\tbeyond\n",
          stream);
    for (uint32_t k = 0; k < s->n_series; k++) {
        for (uint32_t p = 0; p < s->n_points && s->series[k].kind != NULL; p++) {
            const ams_dispatch_counts *c = &s->series[k].result[(size_t)p * s->n_seeds].counts;
            fprintf(stream, "%s\t%u\t%.6g\t%.6g\t%.3f\t%.5f\t%llu\t%llu\t%llu\t%llu\n",
                    s->series[k].label, s->point[p].clients, s->point[p].deadline_high_ms,
                    s->point[p].delta, ams_stream_mean(s, k, p, AMS_STREAM_DECISION_US, NULL),
                    ams_stream_mean(s, k, p, AMS_STREAM_DECISION_SHARE, NULL),
                    (unsigned long long)c->plans, (unsigned long long)c->rows,
                    (unsigned long long)c->cell_hits, (unsigned long long)c->beyond);
        }
    }
    return AMS_OK;
}

/* What a timeline shows: a second, or less where a second has too many executions to see. */
static double shown_ms(const ams_stream_study *s)
{
    const double jobs = 15;
    double full = 0;
    for (uint32_t m = 0; m < s->data->work[0].n_models; m++) {
        full += (double)s->data->time_ms[m];
    }
    return fmin(1000, jobs * full);
}

/* The busiest stretch: where most executions begin. */
static double busiest(const ams_sim_result *r, double ms)
{
    uint64_t first = 0;
    uint64_t most = 0;
    double from = 0;
    for (uint64_t k = 0; k < r->n_executions; k++) {
        while (r->execution[k].start_ms - r->execution[first].start_ms > ms) {
            first++;
        }
        if (k - first >= most) {
            most = k - first;
            from = r->execution[first].start_ms;
        }
    }
    return from;
}

static ams_status print_timeline(FILE *stream, const void *context, ams_error *err)
{
    const ams_stream_study *s = context;
    const ams_sim_result *r = &s->timeline;
    const double ms = shown_ms(s);
    const double from = busiest(r, ms);
    (void)err;
    fputs(AMS_TIMELINE_HEADER, stream);
    for (uint64_t k = 0; k < r->n_executions; k++) {
        const ams_stream_execution *e = &r->execution[k];
        if (e->start_ms < from || e->start_ms > from + ms) {
            continue;
        }
        const ams_stream_job *job = NULL;
        for (uint64_t i = 0; i < r->n_jobs && job == NULL; i++) {
            job = r->job[i].id == e->job ? &r->job[i] : NULL;
        }
        fprintf(stream, "%s\t%llu\t%u\t%u\t%.6g\t%.6g\t%.6g\t%.6g\n",
                ams_names_get(&s->data->table.model_name,
                              ams_stream_data_model(s->data, 2, e->item, e->model)),
                (unsigned long long)e->job, job == NULL ? 0 : job->client, e->worker,
                e->start_ms - from, e->end_ms - from, job == NULL ? 0 : job->arrival_ms - from,
                job == NULL ? 0 : job->deadline_ms - from);
    }
    return AMS_OK;
}

static ams_status print_manifest(FILE *stream, const void *context, ams_error *err)
{
    const manifest_of *m = context;
    const ams_stream_study *s = m->study;
    const ams_sim_options *o = &s->options.base;
    json_t *seeds = json_array();
    json_t *series = json_array();
    json_t *models = json_array();
    for (uint32_t k = 0; k < s->n_seeds; k++) {
        json_array_append_new(seeds, json_integer((json_int_t)s->options.seed[k]));
    }
    for (uint32_t k = 0; k < s->n_series; k++) {
        json_array_append_new(series, json_string(s->series[k].label));
    }
    for (uint32_t k = 0; k < s->data->work[0].n_models; k++) {
        json_array_append_new(
            models, json_string(ams_names_get(&s->data->table.model_name, s->data->model[k])));
    }
    json_t *manifest = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:s, s:I, s:I, s:i, s:i, s:f, s:f, s:f, s:o, s:o}",
        "command", m->command, "version", m->version, "data_hash", s->data->hash, "cost_unit",
        ams_table_cost_unit(&s->data->table), "models", models, "sets",
        (int)s->data->work[0].sets, "truth", (int)s->data->truth, "arrivals",
        ams_arrivals_names[o->source.arrivals], "jobs", (json_int_t)o->source.jobs, "warmup",
        (json_int_t)o->warmup, "workers", (int)o->dispatch.workers, "mandatory",
        (int)o->dispatch.mandatory, "miss_cost", o->dispatch.miss_cost, "ageing",
        o->dispatch.ageing, "charge_us", o->charge_us, "seeds", seeds, "series", series);
    if (s->data->policy != NULL) { /* models are then in its order */
        json_object_set_new(manifest, "order", json_string(s->data->policy));
    }
    const int failed = manifest == NULL ? 1 : json_dumpf(manifest, stream, JSON_INDENT(2));
    json_decref(manifest);
    fputc('\n', stream);
    return failed == 0 ? AMS_OK : ams_fail(err, AMS_IO, "cannot write the manifest as JSON");
}

ams_status ams_stream_study_write(const ams_stream_study *study, const char *directory,
                                  const char *command, const char *version, ams_error *err)
{
    const manifest_of m = {.study = study, .command = command, .version = version};
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(ams_file_write(directory, AMS_STREAM_TSV, print_rows, study, err));
    AMS_TRY(ams_file_write(directory, "timing.tsv", print_timing, study, err));
    AMS_TRY(ams_file_write(directory, "stream.json", print_manifest, &m, err));
    if (study->timeline.n_executions > 0) {
        AMS_TRY(ams_file_write(directory, AMS_TIMELINE_TSV, print_timeline, study, err));
    }
out:
    return status;
}
