/* The tables of a study. */
#include "lab/budget/parts.h"

#include "base/file.h"
#include "lab/figures/columns.h"

#include <math.h>
#include <stdio.h>

static void put_number(FILE *stream, double value)
{
    if (isnan(value)) {
        fputs("\t-", stream);
    } else {
        fprintf(stream, "\t%.7g", value);
    }
}

static void put_interval(FILE *stream, ams_interval i)
{
    put_number(stream, i.mean);
    put_number(stream, i.low);
    put_number(stream, i.high);
}

static ams_status print_curve(FILE *stream, const void *context, ams_error *err)
{
    const ams_budget *budget = context;
    (void)err;
    fputs(AMS_BUDGET_CURVE_HEADER, stream);
    for (size_t k = 0; k < budget->n_points; k++) {
        const ams_budget_point *p = &budget->point[k];
        fprintf(stream, "%s\t%llu", p->policy, (unsigned long long)budget->seed);
        put_number(stream, p->lambda);
        put_number(stream, p->budget);
        put_interval(stream, p->cost);
        put_interval(stream, p->score);
        put_number(stream, p->train_cost);
        put_number(stream, p->train_score);
        fputc('\n', stream);
    }
    return AMS_OK;
}

static ams_status print_summary(FILE *stream, const void *context, ams_error *err)
{
    const ams_budget *budget = context;
    const ams_budget_point *single = &budget->point[budget->best_single];
    (void)err;
    fputs(AMS_BUDGET_SUMMARY_HEADER, stream);
    for (size_t k = 0; k < budget->n_curves; k++) {
        const ams_budget_curve *c = &budget->curve[k];
        fprintf(stream, "%s\t%llu", c->policy, (unsigned long long)budget->seed);
        put_number(stream, c->area);
        put_number(stream, c->cost_of_single);
        fprintf(stream, "\t%s", single->policy);
        put_number(stream, single->cost.mean);
        put_number(stream, single->score.mean);
        fputc('\n', stream);
    }
    return AMS_OK;
}

ams_status ams_budget_write(const ams_budget *budget, const char *folder, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(folder, err));
    AMS_TRY(ams_file_write(folder, AMS_BUDGET_CURVE_TSV, print_curve, budget, err));
    AMS_TRY(ams_file_write(folder, AMS_BUDGET_SUMMARY_TSV, print_summary, budget, err));
out:
    return status;
}
