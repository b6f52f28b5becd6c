/* The tables of a stream. */
#include "ams/link_stream.h"

#include "base/file.h"
#include "base/text.h"

static ams_status print_segments(FILE *stream, const void *context, ams_error *err)
{
    const ams_link_stream *s = context;
    const int digits = ams_amount_decimals(s->total_time_ms, 3);
    (void)err;
    fputs("label\tsegment\titems\tlabelled\tprofiled\taccuracy\tunrun\tpredicted\tfloor\tskill"
          "\ttime_ms"
          "\tmodels\n",
          stream);
    for (uint32_t l = 0; l < AMS_LINK_LABELS; l++) {
        for (uint32_t k = 0; s->segment[l] != NULL && k < s->n_segments; k++) {
            const ams_link_segment *g = &s->segment[l][k];
            fprintf(stream, "%s\t%u\t%u\t%u\t%u\t%.6f\t%.6f\t%.6f\t%.6f\t%.6f\t%.*f\t%d\n",
                    ams_link_labels[l], k + 1, g->n, g->labelled, g->profiled, g->accuracy,
                    g->unrun, g->predicted, g->floor, ams_link_skill(g->unrun, g->floor),
                    digits, g->time_ms, __builtin_popcountll(g->set));
        }
    }
    return AMS_OK;
}

ams_link_stream_means ams_link_stream_mean(const ams_link_stream *s, ams_link_label label)
{
    ams_link_stream_means mean = {.accuracy = 0};
    const double share = 1.0 / s->n_segments;
    for (uint32_t k = 0; k < s->n_segments; k++) {
        const ams_link_segment *g = &s->segment[label][k];
        mean.accuracy += share * g->accuracy;
        mean.unrun += share * g->unrun;
        mean.predicted += share * g->predicted;
        mean.floor += share * g->floor;
        mean.time_ms += share * g->time_ms;
        mean.labelled += share * (g->labelled + g->profiled) / g->n;
    }
    return mean;
}

static ams_status print_means(FILE *stream, const void *context, ams_error *err)
{
    const ams_link_stream *s = context;
    (void)err;
    fputs("label\tlabelled\taccuracy\tunrun\tpredicted\tfloor\tskill\ttime_ms\ttime_share\n",
          stream);
    for (uint32_t l = 0; l < AMS_LINK_LABELS; l++) {
        if (s->segment[l] != NULL) {
            const ams_link_stream_means m = ams_link_stream_mean(s, (ams_link_label)l);
            fprintf(stream, "%s\t%.6f\t%.6f\t%.6f\t%.6f\t%.6f\t%.6f\t%.3f\t%.6f\n",
                    ams_link_labels[l], m.labelled, m.accuracy, m.unrun, m.predicted, m.floor,
                    ams_link_skill(m.unrun, m.floor), m.time_ms, m.time_ms / s->total_time_ms);
        }
    }
    return AMS_OK;
}

static ams_status print_reuse(FILE *stream, const void *context, ams_error *err)
{
    const ams_link_stream *s = context;
    const int digits = ams_amount_decimals(s->total_time_ms, 3);
    (void)err;
    fputs("theta\tevery\taccuracy\ttime_ms\trun_share\n", stream);
    for (uint32_t k = 0; k < AMS_LINK_REUSES; k++) {
        const ams_link_reuse *r = &s->reuse[k];
        if (r->every > 0) {
            fprintf(stream, "-\t%u", r->every);
        } else {
            fprintf(stream, "%g\t-", r->theta);
        }
        fprintf(stream, "\t%.6f\t%.*f\t%.6f\n", r->accuracy, digits, r->time_ms, r->run_share);
    }
    return AMS_OK;
}

ams_status ams_link_stream_write(const ams_link_stream *stream, const char *directory,
                                 ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(ams_file_write(directory, "stream.tsv", print_segments, stream, err));
    AMS_TRY(ams_file_write(directory, "means.tsv", print_means, stream, err));
    status = ams_file_write(directory, "reuse.tsv", print_reuse, stream, err);
out:
    return status;
}
