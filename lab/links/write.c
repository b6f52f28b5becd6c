/* The tables of a study. */
#include "ams/link_study.h"

#include "base/file.h"
#include "base/text.h"
#include "lab/links/rows.h"

#include <math.h>
#include <stdlib.h>

static const char *model_name(const ams_link_session *s, uint32_t model)
{
    return ams_names_get(&s->table.model_name, model);
}

/* The names of a set, a list between commas, for the caller to free(). */
static ams_status set_text(char **text, const ams_link_session *s, uint64_t set, ams_error *err)
{
    size_t size = 0;
    FILE *stream = open_memstream(text, &size);
    const char *before = "";
    if (stream == NULL) {
        return ams_no_memory(err, 1, "the names of models");
    }
    for (uint64_t bits = set; bits != 0; bits &= bits - 1) {
        fputs(before, stream);
        ams_list_put(stream, model_name(s, (uint32_t)__builtin_ctzll(bits)));
        before = ",";
    }
    return fclose(stream) == 0 ? AMS_OK : ams_no_memory(err, size, "the names of models");
}

static const ams_column columns[] = {
    {.name = "time_budget_ms", .meaning = "limit on the time of the models that run, ms"},
    {.name = "mem_budget_mb", .meaning = "limit on their memory, MB"},
    {.name = "method", .meaning = "how they are chosen", .head = "method", .width = -9},
    {.name = "fill", .meaning = "how the others are filled in", .head = "fill", .width = -10},
    {.name = "models", .meaning = "that run", .head = "models", .width = 6},
    {.name = "time_ms",
     .meaning = "time of the models that run, ms",
     .digits = AMS_COST(3),
     .head = "time_ms",
     .width = 9,
     .shown = AMS_COST(1)},
    {.name = "mem_mb",
     .meaning = "their memory, MB",
     .digits = AMS_COST(3),
     .head = "mem_mb",
     .width = 9,
     .shown = AMS_COST(1)},
    {.name = "link_us",
     .meaning = "time of the links per item, measured, us",
     .digits = AMS_DECIMALS(2),
     .head = "link_us",
     .width = 8,
     .shown = AMS_DECIMALS(1)},
    {.name = "weights", .meaning = "that the links store, of any and refit"},
    {.name = "f1",
     .meaning = "mean F1 over models, 1 for those that run",
     .digits = AMS_DECIMALS(6),
     .head = "f1",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "ci_low",
     .meaning = "its 95 % interval, from",
     .digits = AMS_DECIMALS(6),
     .head = "95 %",
     .width = -8,
     .shown = AMS_DECIMALS(4),
     .before = "[",
     .after = ",",
     .absent = "[nan,"},
    {.name = "ci_high",
     .meaning = "its 95 % interval, to",
     .digits = AMS_DECIMALS(6),
     .head = "",
     .width = -7,
     .shown = AMS_DECIMALS(4),
     .after = "]",
     .absent = "nan]"},
    {.name = "floor",
     .meaning = "f1 of the same set, filled with constants",
     .digits = AMS_DECIMALS(6),
     .head = "floor",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "skill",
     .meaning = "what links add, as a share of 1 - floor",
     .digits = AMS_DECIMALS(6),
     .head = "skill",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "exact",
     .meaning = "share of outputs that are right as a whole",
     .digits = AMS_DECIMALS(6),
     .head = "exact",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "floor_exact", .meaning = "the same of constants", .digits = AMS_DECIMALS(6)},
    {.name = "recall",
     .meaning = "share of the labels that are found",
     .digits = AMS_DECIMALS(6)},
    {.name = "floor_recall", .meaning = "the same of constants", .digits = AMS_DECIMALS(6)},
    {.name = "top1",
     .meaning = "share of the first labels that are right",
     .digits = AMS_DECIMALS(6)},
    {.name = "floor_top1", .meaning = "the same of constants", .digits = AMS_DECIMALS(6)},
    {.name = "count",
     .meaning = "share of the counts of labels that are right",
     .digits = AMS_DECIMALS(6)},
    {.name = "floor_count", .meaning = "the same of constants", .digits = AMS_DECIMALS(6)},
    {.name = "value",
     .meaning = "what the method maximized",
     .digits = AMS_DECIMALS(6),
     .json = ""},
    {.json = "objective",
     .meaning = "F of the set, of methods that maximize F",
     .head = "F",
     .width = 8,
     .shown = AMS_DECIMALS(4)},
    {.name = "bound",
     .meaning = "what no set's F exceeds",
     .digits = AMS_DECIMALS(6),
     .json = ""},
    {.json = "bound",
     .meaning = "the same, of methods that know it",
     .head = "bound",
     .width = 8,
     .shown = AMS_DECIMALS(4),
     .absent = ""},
    {.name = "optimal", .meaning = "whether no set is better"},
    {.json = "", .head = "", .absent = ""},
    {.name = "truth",
     .meaning = "F1 of the right answers, where they are one more model",
     .digits = AMS_DECIMALS(6)},
    {.name = "set", .meaning = "the models that run"},
};

static ams_status add_row(ams_frame *rows, const ams_link_study *study,
                          const ams_link_study_row *row, ams_error *err)
{
    const ams_link_budget *budget = &study->options.budget[row->budget];
    const ams_choice *c = &row->choice;
    const double *mean = row->accuracy.mean;
    const double *floor = row->floor;
    const bool links = row->method != AMS_CHOOSE_CONSTANT;
    const bool bounded = links && !isnan(c->bound);
    const uint64_t never = study->session->never;
    const double truth =
        never == 0 ? 0 : row->accuracy.target[__builtin_ctzll(never)][AMS_LINK_F1];
    char *set = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(set_text(&set, study->session, c->set, err));
    status = AMS_FRAME_ADD(
        rows, err, ams_cell_real(budget->time_ms), ams_cell_real(budget->mem_mb),
        ams_cell_text(ams_link_methods[row->method]),
        ams_cell_text(ams_link_fillings[row->filling]),
        ams_cell_count((uint64_t)__builtin_popcountll(c->set)), ams_cell_real(row->time_ms),
        ams_cell_real(row->mem_mb), ams_cell_real(row->link_us),
        ams_cell_if(row->weights > 0, ams_cell_count(row->weights)),
        ams_cell_real(mean[AMS_LINK_F1]), ams_cell_real(row->low), ams_cell_real(row->high),
        ams_cell_real(floor[AMS_LINK_F1]),
        ams_cell_real(ams_link_skill(mean[AMS_LINK_F1], floor[AMS_LINK_F1])),
        ams_cell_real(mean[AMS_LINK_EXACT]), ams_cell_real(floor[AMS_LINK_EXACT]),
        ams_cell_real(mean[AMS_LINK_RECALL]), ams_cell_real(floor[AMS_LINK_RECALL]),
        ams_cell_real(mean[AMS_LINK_TOP1]), ams_cell_real(floor[AMS_LINK_TOP1]),
        ams_cell_real(mean[AMS_LINK_COUNT]), ams_cell_real(floor[AMS_LINK_COUNT]),
        ams_cell_real(c->value),
        ams_cell_if(links && row->method != AMS_CHOOSE_REFIT, ams_cell_real(c->value)),
        ams_cell_real(c->bound), ams_cell_if(bounded, ams_cell_real(c->bound)),
        ams_cell_flag(c->optimal), ams_cell_if(bounded && c->optimal, ams_cell_text("optimal")),
        ams_cell_if(never != 0, ams_cell_real(truth)), ams_cell_text(c->set == 0 ? "-" : set));
out:
    free(set);
    return status;
}

ams_status ams_link_study_result(const ams_link_study *study, ams_result *result,
                                 ams_error *err)
{
    ams_frame *rows = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_link_result_rows(result, study->session, columns,
                                 sizeof columns / sizeof *columns, &rows, err));
    for (uint32_t k = 0; k < study->n_rows; k++) {
        AMS_TRY(add_row(rows, study, &study->row[k], err));
    }
out:
    return status;
}

static void put_limit(FILE *stream, double limit)
{
    if (isinf(limit)) {
        fputs("-\t", stream);
    } else {
        fprintf(stream, "%.6g\t", limit);
    }
}

static void put_names(FILE *stream, const ams_link_study *study, const ams_link_study_row *row)
{
    const ams_link_budget *budget = &study->options.budget[row->budget];
    put_limit(stream, budget->time_ms);
    put_limit(stream, budget->mem_mb);
    fprintf(stream, "%s\t%s", ams_link_methods[row->method], ams_link_fillings[row->filling]);
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
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(directory, err));
    AMS_TRY(ams_link_study_result(study, &result, err));
    AMS_TRY(
        ams_frame_write_tsv(ams_result_frame(&result, "rows"), directory, "links.tsv", err));
    AMS_TRY(ams_file_write(directory, "targets.tsv", print_targets, study, err));
    status = ams_file_write(directory, "qualities.tsv", print_qualities, study->session, err);
out:
    ams_result_fini(&result);
    return status;
}
