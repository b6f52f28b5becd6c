/* `cooccur`: naive Bayes over what the models of the state have and have not found.
 *
 * N training items with f > 0, of which A_m are those where model m outputs something. In a
 * state the log-odds of A_m are log((|A_m| + 1/2) / (N - |A_m| + 1/2)) + EVIDENCE * sum over
 * executed k of vote(k, m). Each executed model casts one vote: had it found nothing, the log
 * of P(nothing | A_m) / P(nothing | not A_m); else the mean over its labels of the log of
 * P(label by k | A_m) / P(label by k | not A_m). The mean, because 68 landmarks of one face are
 * not 68 witnesses. Counts are smoothed with SMOOTH items of the training split's share, so
 * that a rare label says little.
 *
 * Expected gain of m = P(A_m | state) * sum over labels l of m that were not found yet of
 * E[p(l,d) / f(M,d); m outputs l | A_m] * product over executed k of P(k misses l | m outputs
 * l); the next model is the one with the most of it per time. */
#include "sched/policies/kinds.h"

#include "base/memory.h"
#include "env/math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The best of 1, 4 and 16 at recall 1.0 on the validation split of the shipped photos; votes
 * weighted by 0.3, 0.5 or 0.7 are worse. */
static const double SMOOTH = 1;

/* A pair is a (label, model that output it in training); P pairs, ascending by label. */
typedef struct cooccur_state {
    uint32_t n_pairs;
    uint32_t *pair;  /* (L, M) index + 1, 0 = never output in training */
    uint8_t *model;  /* (P) */
    double *count;   /* (P) training items */
    double *worth;   /* (P) E[p / f; m outputs l | A_m] */
    double *found;   /* (P, M) items with A_m, then the vote of the pair for A_m */
    double *misses;  /* (M, P) items where k outputs l too, then P(k misses l | m outputs l) */
    double *nothing; /* (M, M) items where k finds nothing and A_m, then that vote */
    double *prior;   /* (M) |A_m|, then its log-odds */
} cooccur_state;

typedef struct cooccur_scratch {
    double *worth; /* (P) what is left of it in the state */
    double log_odds[AMS_MAX_MODELS];
} cooccur_scratch;

static uint64_t speakers(const ams_env *env, uint32_t item)
{
    uint64_t mask = 0;
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        mask |= env->makers[e];
    }
    return mask;
}

static bool counts(const ams_env *env, uint32_t item)
{
    return env->split[item] == AMS_TRAIN && env->full[item] > 0;
}

static void number_pairs(cooccur_state *c, const ams_env *env)
{
    size_t n = (size_t)env->n_labels * env->n_models;
    for (uint32_t i = 0; i < env->n_items; i++) {
        for (uint64_t e = env->entry[i]; counts(env, i) && e < env->entry[i + 1]; e++) {
            for (uint64_t bits = env->makers[e]; bits != 0; bits &= bits - 1) {
                c->pair[(size_t)env->label[e] * env->n_models + ams_lowest(bits)] = 1;
            }
        }
    }
    for (size_t at = 0; at < n; at++) {
        c->pair[at] = c->pair[at] == 0 ? 0 : ++c->n_pairs;
    }
}

static ams_status create_counts(cooccur_state *c, const ams_env *env, ams_error *err)
{
    static const char *const what = "label co-occurrences";
    size_t n_models = env->n_models;
    size_t n = (size_t)env->n_labels * n_models;
    ams_status status = AMS_OK;
    AMS_TRY(ams_alloc(&c->pair, n, sizeof *c->pair, what, err));
    number_pairs(c, env);
    AMS_TRY(ams_alloc(&c->model, c->n_pairs, sizeof *c->model, what, err));
    AMS_TRY(ams_alloc(&c->count, c->n_pairs, sizeof *c->count, what, err));
    AMS_TRY(ams_alloc(&c->worth, c->n_pairs, sizeof *c->worth, what, err));
    AMS_TRY(ams_alloc(&c->found, c->n_pairs * n_models, sizeof *c->found, what, err));
    AMS_TRY(ams_alloc(&c->misses, c->n_pairs * n_models, sizeof *c->misses, what, err));
    AMS_TRY(ams_alloc(&c->nothing, n_models * n_models, sizeof *c->nothing, what, err));
    AMS_TRY(ams_alloc(&c->prior, n_models, sizeof *c->prior, what, err));
    for (size_t at = 0; at < n; at++) {
        if (c->pair[at] != 0) {
            c->model[c->pair[at] - 1] = (uint8_t)(at % n_models);
        }
    }
out:
    return status;
}

static void count_item(cooccur_state *c, const ams_env *env, uint32_t item)
{
    uint32_t n_models = env->n_models;
    uint64_t spoke = speakers(env, item);
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        for (uint64_t bits = env->makers[e]; bits != 0; bits &= bits - 1) {
            uint32_t k = ams_lowest(bits);
            size_t p = c->pair[(size_t)env->label[e] * n_models + k] - 1;
            c->count[p]++;
            c->worth[p] += env->profit[e] / env->full[item];
            for (uint64_t a = spoke; a != 0; a &= a - 1) {
                c->found[p * n_models + ams_lowest(a)]++;
            }
            for (uint64_t b = env->makers[e]; b != 0; b &= b - 1) {
                c->misses[(size_t)ams_lowest(b) * c->n_pairs + p]++;
            }
        }
    }
    for (uint64_t a = spoke; a != 0; a &= a - 1) {
        uint32_t m = ams_lowest(a);
        c->prior[m]++;
        for (uint64_t quiet = env->all_models & ~spoke; quiet != 0; quiet &= quiet - 1) {
            c->nothing[(size_t)ams_lowest(quiet) * n_models + m]++;
        }
    }
}

/* log P(event | A) / P(event | not A), of `both` items in which both hold. */
static double vote(double both, double event, double a, double n)
{
    double share = SMOOTH * event / n;
    double yes = (both + share) / (a + SMOOTH);
    double no = (event - both + share) / (n - a + SMOOTH);
    return event > 0 ? log(yes / no) : 0;
}

/* Counts become votes and probabilities. */
static void finish_counts(cooccur_state *c, uint32_t n_models, double n)
{
    for (size_t p = 0; p < c->n_pairs; p++) {
        c->worth[p] /= c->prior[c->model[p]];
        for (uint32_t m = 0; m < n_models; m++) {
            double *found = &c->found[p * n_models + m];
            double *miss = &c->misses[(size_t)m * c->n_pairs + p];
            *found = vote(*found, c->count[p], c->prior[m], n);
            *miss = (c->count[p] - *miss + 0.5) / (c->count[p] + 0.5);
        }
    }
    for (size_t at = 0; at < (size_t)n_models * n_models; at++) {
        double silent = n - c->prior[at / n_models];
        c->nothing[at] = vote(c->nothing[at], silent, c->prior[at % n_models], n);
    }
    for (uint32_t m = 0; m < n_models; m++) {
        c->prior[m] = log((c->prior[m] + 0.5) / (n - c->prior[m] + 0.5));
    }
}

static ams_status fit_cooccur(ams_policy *policy, ams_error *err)
{
    const ams_env *env = policy->env;
    double n = 0;
    ams_status status =
        ams_alloc(&policy->state, 1, sizeof(cooccur_state), "label co-occurrences", err);
    if (status != AMS_OK) {
        return status;
    }
    status = create_counts(policy->state, env, err);
    for (uint32_t i = 0; status == AMS_OK && i < env->n_items; i++) {
        if (counts(env, i)) {
            count_item(policy->state, env, i);
            n++;
        }
    }
    if (status == AMS_OK && n == 0) {
        return ams_policy_no_training("cooccur", env, err);
    }
    if (status == AMS_OK) {
        finish_counts(policy->state, env->n_models, n);
    }
    return status;
}

static void fini_cooccur(ams_policy *policy)
{
    cooccur_state *c = policy->state;
    if (c != NULL) {
        free(c->pair);
        free(c->model);
        free(c->count);
        free(c->worth);
        free(c->found);
        free(c->misses);
        free(c->nothing);
        free(c->prior);
    }
    free(c);
}

static void destroy_scratch(void *worker)
{
    cooccur_scratch *s = worker;
    if (s != NULL) {
        free(s->worth);
    }
    free(s);
}

static ams_status create_scratch(const ams_policy *policy, void **worker, ams_error *err)
{
    const cooccur_state *c = policy->state;
    cooccur_scratch *s = NULL;
    ams_status status = ams_alloc(&s, 1, sizeof *s, "a worker", err);
    if (status == AMS_OK) {
        status = ams_alloc(&s->worth, c->n_pairs, sizeof *s->worth, "a worker", err);
    }
    if (status != AMS_OK) {
        destroy_scratch(s);
        s = NULL;
    }
    *worker = s;
    return status;
}

/* Model k ran on the item: its vote, and what its labels leave to find. */
static void learn(const cooccur_state *c, cooccur_scratch *s, const ams_env *env, uint32_t item,
                  uint32_t k)
{
    uint32_t n_models = env->n_models;
    double sum[AMS_MAX_MODELS] = {0};
    uint32_t n = 0;
    bool nothing = true;
    for (size_t p = 0; p < c->n_pairs; p++) {
        s->worth[p] *= c->misses[(size_t)k * c->n_pairs + p];
    }
    for (uint64_t e = env->entry[item]; e < env->entry[item + 1]; e++) {
        const uint32_t *pairs = c->pair + (size_t)env->label[e] * n_models;
        if (!(env->makers[e] >> k & 1)) {
            continue;
        }
        nothing = false;
        for (uint32_t m = 0; m < n_models; m++) {
            if (pairs[m] != 0) {
                s->worth[pairs[m] - 1] = 0;
            }
            sum[m] += pairs[k] == 0 ? 0 : c->found[(size_t)(pairs[k] - 1) * n_models + m];
        }
        n += pairs[k] != 0;
    }
    for (uint32_t m = 0; m < n_models; m++) {
        double said = n == 0 ? 0 : sum[m] / n;
        s->log_odds[m] += nothing ? c->nothing[(size_t)k * n_models + m] : said;
    }
}

static void begin_cooccur(const ams_policy *policy, void *worker, uint32_t item)
{
    const cooccur_state *c = policy->state;
    cooccur_scratch *s = worker;
    (void)item;
    memcpy(s->worth, c->worth, c->n_pairs * sizeof *s->worth);
    memcpy(s->log_odds, c->prior, policy->env->n_models * sizeof *s->log_odds);
}

static void values_cooccur(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                           float value[AMS_MAX_MODELS + 1])
{
    const cooccur_state *c = policy->state;
    const cooccur_scratch *s = worker;
    double worth[AMS_MAX_MODELS] = {0};
    (void)item;
    (void)mask;
    for (size_t p = 0; p < c->n_pairs; p++) {
        worth[c->model[p]] += s->worth[p];
    }
    for (uint32_t m = 0; m < policy->env->n_models; m++) {
        value[m] = (float)(worth[m] / (1 + exp(-s->log_odds[m])));
    }
    value[policy->env->n_models] = -INFINITY;
}

static void ran_cooccur(const ams_policy *policy, void *worker, uint32_t item, uint64_t mask,
                        uint32_t model)
{
    (void)mask;
    learn(policy->state, worker, policy->env, item, model);
}

const ams_policy_kind ams_policy_cooccur = {
    .name = "cooccur",
    .help = "naive Bayes over the labels found: largest expected new value per time first",
    .draws = 1,
    .fit = fit_cooccur,
    .fini = fini_cooccur,
    .worker_create = create_scratch,
    .worker_destroy = destroy_scratch,
    .order = ams_policy_order_by_rate,
    .begin = begin_cooccur,
    .values = values_cooccur,
    .ran = ran_cooccur};
