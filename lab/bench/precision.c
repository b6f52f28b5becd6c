#include "lab/bench/precision.h"

#include "ams/evaluate.h"
#include "ams/train.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

ams_spread ams_spread_of(const double *value, uint32_t n)
{
    ams_spread s = {.low = value[0], .high = value[0]};
    for (uint32_t i = 0; i < n; i++) {
        s.mean += value[i] / n;
        s.low = fmin(s.low, value[i]);
        s.high = fmax(s.high, value[i]);
    }
    for (uint32_t i = 0; n > 1 && i < n; i++) {
        s.sd += (value[i] - s.mean) * (value[i] - s.mean) / (n - 1);
    }
    s.sd = sqrt(s.sd);
    return s;
}

static ams_status choose(const ams_precision_options *p, int precision, ams_train_options *o,
                         ams_error *err)
{
    ams_status status = ams_train_defaults(o, err);
    o->device = AMS_DEVICE_CUDA;
    o->precision = precision;
    o->batch = p->batch;
    o->steps = p->updates;
    o->epsilon_steps = p->updates / 2;
    return status;
}

/* Mean time of the trained weights on the validation split. */
static ams_status validate(ams_trainer *t, const ams_env *env, const ams_table *table,
                           double *time_ms, ams_error *err)
{
    const ams_eval_options eval = {.split = AMS_VALIDATION};
    ams_policy *policy = NULL;
    ams_validation found = {0};
    uint8_t *order = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(
        ams_alloc(&order, (size_t)env->n_items * env->n_models, sizeof *order, "orders", err));
    AMS_TRY(ams_trainer_orders(t, AMS_VALIDATION, order, err));
    AMS_TRY(ams_policy_create_from_orders(&policy, env, order, err));
    AMS_TRY(ams_validate(&found, policy, table, &eval, err));
    *time_ms = found.time_ms;
out:
    ams_policy_destroy(policy);
    free(order);
    return status;
}

/* The first update also fills the replay, and is not timed. */
static ams_status train(const ams_precision_options *p, const ams_table *table,
                        const ams_env *env, const ams_train_options *o, double *rate,
                        double *time_ms, ams_error *err)
{
    ams_trainer *t = NULL;
    ams_status status = AMS_OK;
    AMS_TRY(ams_trainer_create(&t, env, o, ams_decide_rules[o->decide], err));
    AMS_TRY(ams_trainer_accelerate(t, p->accelerator, err));
    AMS_TRY(ams_trainer_advance(t, 1, err));
    const double start = ams_seconds();
    AMS_TRY(ams_trainer_advance(t, p->updates - 1, err));
    *rate = (double)(p->updates - 1) / (ams_seconds() - start);
    status = validate(t, env, table, time_ms, err);
out:
    ams_trainer_destroy(t);
    return status;
}

ams_status ams_bench_precision(const ams_table *table, const ams_precision_options *p,
                               ams_precision_row row[AMS_PRECISIONS], ams_error *err)
{
    static const char *const names[] = {"fp32", "tf32", "bf16"}; /* as AMS_PRECISION_FP32 ... */
    ams_train_options o;
    ams_env *env = NULL;
    double *rate = NULL; /* (seeds), and so are the time, the difference and fp32's time */
    ams_status status = AMS_OK;
    if (memchr(table->split, AMS_VALIDATION, table->n_items) == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "the validation split is empty, so nothing says what a precision "
                        "costs; `ams data split` makes one");
    }
    AMS_TRY(choose(p, AMS_PRECISION_FP32, &o, err));
    const ams_env_options options = ams_train_env_options(&o);
    AMS_TRY(ams_env_create(&env, table, &options, err));
    AMS_TRY(ams_alloc(&rate, (size_t)4 * p->seeds, sizeof *rate, "measurements", err));
    double *time_ms = rate + p->seeds;
    double *difference = time_ms + p->seeds;
    double *exact = difference + p->seeds;
    for (int k = 0; k < AMS_PRECISIONS; k++) {
        for (uint32_t i = 0; i < p->seeds; i++) {
            AMS_TRY(choose(p, k, &o, err));
            o.seed = i;
            AMS_TRY(train(p, table, env, &o, &rate[i], &time_ms[i], err));
            exact[i] = k == AMS_PRECISION_FP32 ? time_ms[i] : exact[i];
            difference[i] = time_ms[i] - exact[i];
        }
        row[k] = (ams_precision_row){.name = names[k],
                                     .rate = ams_spread_of(rate, p->seeds),
                                     .time_ms = ams_spread_of(time_ms, p->seeds),
                                     .difference_ms = ams_spread_of(difference, p->seeds)};
    }
out:
    free(rate);
    ams_env_destroy(env);
    return status;
}

void ams_bench_precision_write(const ams_precision_options *p,
                               const ams_precision_row row[AMS_PRECISIONS], const char *commit,
                               const char *device, FILE *stream)
{
    fputs("precision\tbatch\tupdates\tseeds\tupdates_per_s\tupdates_per_s_low\t"
          "updates_per_s_high\ttime_ms\ttime_ms_sd\tdifference_ms\tdifference_ms_sd\t"
          "difference_ms_low\tdifference_ms_high\tcommit\tdevice\n",
          stream);
    const int digits = ams_amount_decimals(row[0].time_ms.mean, 6);
    for (int k = 0; k < AMS_PRECISIONS; k++) {
        const ams_precision_row *r = &row[k];
        const double cost[] = {r->time_ms.mean,       r->time_ms.sd,
                               r->difference_ms.mean, r->difference_ms.sd,
                               r->difference_ms.low,  r->difference_ms.high};
        fprintf(stream, "%s\t%u\t%llu\t%u\t%.6g\t%.6g\t%.6g", r->name, p->batch,
                (unsigned long long)p->updates, p->seeds, r->rate.mean, r->rate.low,
                r->rate.high);
        for (size_t i = 0; i < sizeof cost / sizeof *cost; i++) {
            fprintf(stream, "\t%.*f", digits, cost[i]);
        }
        fprintf(stream, "\t%s\t%s\n", commit, device);
    }
}

ams_status ams_bench_precision_write_json(const ams_precision_options *p,
                                          const ams_precision_row row[AMS_PRECISIONS],
                                          const char *commit, const char *device,
                                          const char *cost_unit, FILE *stream, ams_error *err)
{
    json_t *rows = json_array();
    for (int k = 0; k < AMS_PRECISIONS; k++) {
        const ams_precision_row *r = &row[k];
        json_array_append_new(
            rows,
            json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "precision",
                      r->name, "updates_per_s", r->rate.mean, "updates_per_s_low", r->rate.low,
                      "updates_per_s_high", r->rate.high, "time_ms", r->time_ms.mean,
                      "time_ms_sd", r->time_ms.sd, "difference_ms", r->difference_ms.mean,
                      "difference_ms_sd", r->difference_ms.sd, "difference_ms_low",
                      r->difference_ms.low, "difference_ms_high", r->difference_ms.high));
    }
    json_t *root = json_pack("{s:s, s:s, s:s, s:i, s:I, s:i, s:o}", "commit", commit, "device",
                             device, "cost_unit", cost_unit, "batch", (int)p->batch, "updates",
                             (json_int_t)p->updates, "seeds", (int)p->seeds, "rows", rows);
    const bool written = root != NULL && json_dumpf(root, stream, JSON_INDENT(2)) == 0 &&
                         fputc('\n', stream) != EOF;
    json_decref(root);
    return written ? AMS_OK : ams_fail(err, AMS_IO, "cannot write the table as JSON");
}
