/* The data of figures that need every item's own score: distribution.tsv, positions.tsv. */
#include "cli/eval.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/stats/shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { K = AMS_SHARE_LEVELS };

/* -- distribution.tsv -- */

static double longest_ms(const eval_session *s)
{
    double longest = 0;
    for (uint32_t r = 0; r < s->n_runs; r++) {
        const ams_scores *scores = &s->run[r].scores;
        for (size_t i = 0; i < (size_t)scores->n * scores->kept; i++) {
            longest = scores->final_ms[i] > longest ? scores->final_ms[i] : longest;
        }
    }
    return longest;
}

/* The time that the oracle needs for each item, NULL where it is not among the policies. */
static const double *oracle_ms(const eval_session *s)
{
    for (uint32_t r = 0; r < s->n_runs; r++) {
        if (strcmp(s->run[r].policy->kind->name, "oracle") == 0) {
            return s->run[r].scores.final_ms;
        }
    }
    return NULL;
}

static ams_status print_shares(const eval_session *s, FILE *stream, const char *x_kind,
                               const double level[K], const double *scale, ams_error *err)
{
    ams_shares shares;
    ams_bootstrap_options bootstrap = {
        .seed = s->seed, .draws = (uint32_t)s->bootstrap_draws, .pool = s->options.pool};
    ams_status status =
        ams_shares_run(&shares, &s->bootstrap, s->group, &bootstrap, level, scale, err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t g = 0; g < s->n_groups; g++) {
        for (uint32_t k = 0; k < K; k++) {
            const ams_interval *i = &shares.runs[(size_t)g * K + k];
            fprintf(stream, "%s\t%s\t%.6f\t%.6f\t%.6f\t%.6f\t%.6f\n", s->group[g].label, x_kind,
                    level[k], i->mean, i->low, i->high, shares.items[(size_t)g * K + k]);
        }
    }
    ams_shares_fini(&shares);
    return AMS_OK;
}

static ams_status print_distribution(const eval_session *s, FILE *stream, ams_error *err)
{
    /* Times of the oracle's: from 1 to 32, as even steps of the logarithm. */
    const double most_doublings = 5;
    double level[K];
    double longest = longest_ms(s);
    const double *oracle = oracle_ms(s);
    fputs("policy\tx_kind\tx\tshare\tci_low\tci_high\tshare_of_items\n", stream);
    for (uint32_t k = 0; k < K; k++) {
        level[k] = longest * k / (K - 1);
    }
    ams_status status = print_shares(s, stream, "time_ms", level, NULL, err);
    if (status == AMS_OK && oracle != NULL) {
        for (uint32_t k = 0; k < K; k++) {
            level[k] = exp2(most_doublings * k / (K - 1));
        }
        status = print_shares(s, stream, "times_oracle", level, oracle, err);
    }
    return status;
}

/* -- positions.tsv -- */

/* Of a model's places in whole orders. */
typedef struct place_sums {
    double sum, n;
} place_sums;

/* count (M, M): how many of the group's run-items have model m at position k before required
 * recall 1.0 is reached, in draw 0; places: of whole orders. Returns the run-items. */
static double count_positions(const ams_group *group, uint32_t n_models, double *count,
                              place_sums places[AMS_MAX_MODELS])
{
    memset(count, 0, (size_t)n_models * n_models * sizeof *count);
    memset(places, 0, AMS_MAX_MODELS * sizeof *places);
    for (uint32_t r = 0; r < group->n_runs; r++) {
        const ams_scores *scores = group->run[r];
        for (uint32_t i = 0; i < scores->n; i++) {
            const uint8_t *order = scores->order + (size_t)i * n_models;
            for (uint32_t k = 0; k < scores->final_n[i]; k++) {
                count[(size_t)order[k] * n_models + k]++;
            }
            for (uint32_t k = 0; k < scores->order_n[i]; k++) {
                places[order[k]].sum += k + 1;
                places[order[k]].n++;
            }
        }
    }
    return (double)group->n_runs * group->run[0]->n;
}

/* Positions that the model never has are left out; a model that never runs has one row. */
static void print_model(FILE *stream, const char *policy, const char *model,
                        const double *count, uint32_t n, double pairs, const place_sums *places)
{
    double runs = 0;
    double sum = 0;
    char mean[32] = "-";
    char place[32] = "-";
    if (places->n > 0) {
        snprintf(place, sizeof place, "%.6f", places->sum / places->n);
    }
    for (uint32_t k = 0; k < n; k++) {
        runs += count[k];
        sum += count[k] * (k + 1);
    }
    if (runs > 0) {
        snprintf(mean, sizeof mean, "%.6f", sum / runs);
    }
    for (uint32_t k = 0; k < n; k++) {
        if (count[k] > 0 || (runs == 0 && k == 0)) {
            fprintf(stream, "%s\t%s\t%u\t%.6f\t%s\t%.6f\t%s\n", policy, model, k + 1,
                    count[k] / pairs, mean, runs / pairs, place);
        }
    }
}

static ams_status print_positions(const eval_session *s, FILE *stream, ams_error *err)
{
    const uint32_t n = s->env->n_models;
    double *count = NULL;
    place_sums places[AMS_MAX_MODELS];
    ams_status status = ams_alloc(&count, (size_t)n * n, sizeof *count, "positions", err);
    fputs("policy\tmodel\tposition\tshare\tmean_position\tshare_run\tmean_place\n", stream);
    for (uint32_t k = 0; k < s->n_groups && status == AMS_OK; k++) {
        const ams_group *group = &s->group[s->rank[k]];
        double pairs = count_positions(group, n, count, places);
        for (uint32_t m = 0; m < n; m++) {
            print_model(stream, group->label, ams_names_get(&s->table.model_name, m),
                        count + (size_t)m * n, n, pairs, &places[m]);
        }
    }
    free(count);
    return status;
}

/* -- both -- */

static ams_status write_tsv(const eval_session *s, const char *name,
                            ams_status (*print)(const eval_session *s, FILE *stream,
                                                ams_error *err),
                            ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, s->directory, name, err));
    AMS_TRY(ams_file_create(&file, path, err));
    AMS_TRY(print(s, file.stream, err));
    status = ams_file_commit(&file, err);
out:
    ams_file_abort(&file);
    free(path);
    return status;
}

ams_status eval_write_figures(const eval_session *s, ams_error *err)
{
    ams_status status = write_tsv(s, "distribution.tsv", print_distribution, err);
    return status == AMS_OK ? write_tsv(s, "positions.tsv", print_positions, err) : status;
}
