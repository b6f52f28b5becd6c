/* The data of figures that need every item's own score: distribution.tsv, positions.tsv. */
#include "base/file.h"

#include "base/memory.h"
#include "base/text.h"
#include "lab/figures/columns.h"
#include "lab/score/parts.h"
#include "lab/stats/shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = AMS_SHARE_LEVELS };

/* -- distribution.tsv -- */

static double longest_ms(const ams_score_session *s)
{
    double longest = 0;
    for (uint32_t p = 0; p < s->n_policies; p++) {
        const ams_scores *scores = &s->scored[p].scores;
        for (size_t i = 0; i < (size_t)scores->n * scores->kept; i++) {
            longest = scores->final_ms[i] > longest ? scores->final_ms[i] : longest;
        }
    }
    return longest;
}

/* The time that the oracle needs for each item, NULL where it is not among the policies. */
static const double *oracle_ms(const ams_score_session *s)
{
    for (uint32_t p = 0; p < s->n_policies; p++) {
        if (strcmp(ams_policy_kind_of(s->policy[p])->name, "oracle") == 0) {
            return s->scored[p].scores.final_ms;
        }
    }
    return NULL;
}

static ams_status print_shares(const ams_score_session *s, FILE *stream, const char *x_kind,
                               const double level[LEVELS], const double *scale, ams_error *err)
{
    const ams_bootstrap_options bootstrap = {
        .seed = s->options.seed, .draws = s->options.bootstrap_draws, .pool = s->pool};
    ams_shares shares;
    ams_status status =
        ams_shares_run(&shares, &s->bootstrap, s->group, &bootstrap, level, scale, err);
    if (status != AMS_OK) {
        return status;
    }
    for (uint32_t g = 0; g < s->n_groups; g++) {
        for (uint32_t k = 0; k < LEVELS; k++) {
            const size_t at = (size_t)g * LEVELS + k;
            const ams_interval *i = &shares.runs[at];
            fprintf(stream, "%s\t%s\t%.*f\t%.6f\t%.6f\t%.6f\t%.6f\n", s->group[g].label, x_kind,
                    ams_amount_decimals(level[LEVELS - 1], 6), level[k], i->mean, i->low,
                    i->high, shares.items[at]);
        }
    }
    ams_shares_fini(&shares);
    return AMS_OK;
}

static ams_status print_distribution(FILE *stream, const void *context, ams_error *err)
{
    /* In units of the oracle's time: from 1 to 32, as even steps of the logarithm. */
    const double most_doublings = 5;
    const ams_score_session *s = context;
    const double longest = longest_ms(s);
    const double *oracle = oracle_ms(s);
    double level[LEVELS];
    ams_status status = AMS_OK;
    fputs(AMS_DISTRIBUTION_HEADER, stream);
    for (uint32_t k = 0; k < LEVELS; k++) {
        level[k] = longest * k / (LEVELS - 1);
    }
    AMS_TRY(print_shares(s, stream, AMS_CELL_TIME_MS, level, NULL, err));
    for (uint32_t k = 0; k < LEVELS; k++) {
        level[k] = exp2(most_doublings * k / (LEVELS - 1));
    }
    if (oracle != NULL) {
        status = print_shares(s, stream, AMS_CELL_TIMES_ORACLE, level, oracle, err);
    }
out:
    return status;
}

/* -- positions.tsv -- */

/* Of a model's places in whole orders. */
typedef struct score_places {
    double sum, n;
} score_places;

/* count (M, M): how many of the group's policies and items have model m at position k before
 * required recall 1.0 is reached, in draw 0; places: of whole orders. Returns how many pairs of
 * policy and item there are. */
static double count_positions(const ams_group *group, uint32_t n_models, double *count,
                              score_places places[AMS_MAX_MODELS])
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

/* The rows of one model. Positions that it never has are left out; a model that never runs has
 * one row. count (M). */
static void print_model(FILE *stream, const char *policy, const char *model,
                        const double *count, uint32_t n, double pairs,
                        const score_places *places)
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

static ams_status print_positions(FILE *stream, const void *context, ams_error *err)
{
    const ams_score_session *s = context;
    const uint32_t n = s->env->n_models;
    score_places places[AMS_MAX_MODELS];
    double *count = NULL;
    ams_status status = ams_alloc(&count, (size_t)n * n, sizeof *count, "positions", err);
    fputs(AMS_POSITIONS_HEADER, stream);
    for (uint32_t k = 0; k < s->n_groups && status == AMS_OK; k++) {
        const ams_group *group = &s->group[s->rank[k]];
        const double pairs = count_positions(group, n, count, places);
        for (uint32_t m = 0; m < n; m++) {
            print_model(stream, group->label, ams_names_get(&s->table.model_name, m),
                        count + (size_t)m * n, n, pairs, &places[m]);
        }
    }
    free(count);
    return status;
}

ams_status ams_score_write_figures(const ams_score_session *s, const char *directory,
                                   ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_file_write(directory, AMS_DISTRIBUTION_TSV, print_distribution, s, err));
    AMS_TRY(ams_file_write(directory, AMS_POSITIONS_TSV, print_positions, s, err));
out:
    return status;
}
