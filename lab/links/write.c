/* The tables of a study. */
#include "ams/link_study.h"

#include "base/file.h"

#include <math.h>

static const char *model_name(const ams_link_session *s, uint32_t model)
{
    return ams_names_get(&s->table.model_name, model);
}

static void put_limit(FILE *stream, double limit)
{
    if (isinf(limit)) {
        fputs("-\t", stream);
    } else {
        fprintf(stream, "%.6g\t", limit);
    }
}

static void put_number(FILE *stream, double number)
{
    if (isnan(number)) {
        fputs("\t-", stream);
    } else {
        fprintf(stream, "\t%.6f", number);
    }
}

static void put_set(FILE *stream, const ams_link_session *s, uint64_t set)
{
    const char *before = "\t";
    if (set == 0) {
        fputs("\t-", stream);
    }
    for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
        fprintf(stream, "%s%s", before, model_name(s, (uint32_t)__builtin_ctzll(bits)));
        before = ",";
    }
}

static void put_names(FILE *stream, const ams_link_study *study, const ams_link_study_row *row)
{
    const ams_link_budget *budget = &study->options.budget[row->budget];
    put_limit(stream, budget->time_ms);
    put_limit(stream, budget->mem_mb);
    fprintf(stream, "%s\t%s", ams_link_methods[row->method], ams_link_fillings[row->filling]);
}

static ams_status print_rows(FILE *stream, const void *context, ams_error *err)
{
    const ams_link_study *study = context;
    (void)err;
    fputs("time_budget_ms\tmem_budget_mb\tmethod\tfill\tmodels\ttime_ms\tmem_mb\tlink_us\tf1\t"
          "ci_low\tci_high\tfloor\tskill\texact\tfloor_exact\trecall\tfloor_recall\ttop1\t"
          "floor_top1\tcount\tfloor_count\tvalue\tbound\toptimal\tset\n",
          stream);
    for (uint32_t k = 0; k < study->n_rows; k++) {
        const ams_link_study_row *row = &study->row[k];
        const double f1 = row->accuracy.mean[AMS_LINK_F1];
        put_names(stream, study, row);
        fprintf(stream, "\t%d\t%.3f\t%.3f\t%.2f\t%.6f", __builtin_popcountll(row->choice.set),
                row->time_ms, row->mem_mb, row->link_us, f1);
        put_number(stream, row->low);
        put_number(stream, row->high);
        put_number(stream, row->floor[AMS_LINK_F1]);
        put_number(stream, ams_link_skill(f1, row->floor[AMS_LINK_F1]));
        for (uint32_t m = AMS_LINK_EXACT; m < AMS_LINK_NUMBER; m++) {
            put_number(stream, row->accuracy.mean[m]);
            put_number(stream, row->floor[m]);
        }
        put_number(stream, row->choice.value);
        put_number(stream, row->choice.bound);
        fputs(row->choice.optimal ? "\tyes" : "\tno", stream);
        put_set(stream, study->session, row->choice.set);
        fputc('\n', stream);
    }
    return AMS_OK;
}

static ams_status print_targets(FILE *stream, const void *context, ams_error *err)
{
    const ams_link_study *study = context;
    (void)err;
    fputs("time_budget_ms\tmem_budget_mb\tmethod\tfill\ttarget\tran\tf1\n", stream);
    for (uint32_t k = 0; k < study->n_rows; k++) {
        const ams_link_study_row *row = &study->row[k];
        for (uint32_t j = 0; j < study->session->space.n_models; j++) {
            put_names(stream, study, row);
            fprintf(stream, "\t%s\t%s\t%.6f\n", model_name(study->session, j),
                    row->choice.set >> j & 1 ? "yes" : "no",
                    row->accuracy.target[j][AMS_LINK_F1]);
        }
    }
    return AMS_OK;
}

static ams_status print_qualities(FILE *stream, const void *context, ams_error *err)
{
    const ams_link_session *s = context;
    const uint32_t n = s->space.n_models;
    (void)err;
    fputs("source\ttarget\tf1\tfloor\tskill\n", stream);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n; j++) {
            const double f1 = s->p[(size_t)i * n + j];
            if (i != j) {
                fprintf(stream, "%s\t%s\t%.6f\t%.6f\t%.6f\n", model_name(s, i),
                        model_name(s, j), f1, s->p0[j], ams_link_skill(f1, s->p0[j]));
            }
        }
    }
    return AMS_OK;
}

ams_status ams_link_write_qualities(const ams_link_session *session, const char *path,
                                    ams_error *err)
{
    return ams_file_write(NULL, path, print_qualities, session, err);
}

ams_status ams_link_study_write(const ams_link_study *study, const char *directory,
                                ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(ams_file_write(directory, "links.tsv", print_rows, study, err));
    AMS_TRY(ams_file_write(directory, "targets.tsv", print_targets, study, err));
    status = ams_file_write(directory, "qualities.tsv", print_qualities, study->session, err);
out:
    return status;
}
