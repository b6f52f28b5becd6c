/* Distillation: what a teacher would run next in the states of an update of refinement, beside
 * what the network itself would (docs/definitions.md, "Distillation"). */
#include "ams/train.h"
#include "rl/train/state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* States that the teacher is asked about at a time: a mean of ten networks has 2560 units, and
 * as many numbers per state. */
enum { TOGETHER = 256 };

void ams_trainer_probabilities(const ams_trainer *t, const float *q, uint64_t mask, double *p)
{
    const ams_train_options *o = &t->options;
    const uint32_t n = t->env->n_models;
    double largest = -INFINITY;
    double sum = 0;
    for (uint32_t m = 0; m < n; m++) {
        const double score = o->decide == AMS_DECIDE_ODDS
                                 ? (double)q[m] - (double)t->env->log_time[m]
                                 : (double)q[m];
        p[m] = (mask >> m & 1) != 0 ? (double)-INFINITY : score / o->refine_temperature;
        largest = p[m] > largest ? p[m] : largest;
    }
    for (uint32_t m = 0; m < n; m++) {
        p[m] = (mask >> m & 1) != 0 ? 0 : exp(p[m] - largest);
        sum += p[m];
    }
    for (uint32_t m = 0; m < n; m++) {
        p[m] /= sum;
    }
}

ams_status ams_trainer_teach(ams_trainer *t, const ams_net *teacher,
                             const char hash[AMS_HASH_TEXT], ams_error *err)
{
    ams_refine *r = t->refine;
    if (r == NULL || r->teacher != NULL) {
        return ams_fail(
            err, AMS_USAGE,
            "a teacher: expected a training with refine above 0 and no teacher yet");
    }
    if (teacher->width[0] != t->env->n_features ||
        ams_net_actions(teacher) != t->env->n_actions) {
        return ams_fail(err, AMS_USAGE,
                        "a teacher: expected %u inputs and %u actions as here, found %u and %u",
                        t->env->n_features, t->env->n_actions, teacher->width[0],
                        ams_net_actions(teacher));
    }
    const ams_env *env = t->env;
    ams_status status = AMS_OK;
    AMS_TRY(ams_q_init(&r->teacher_q, teacher, TOGETHER, false, err));
    AMS_TRY(ams_sparse_init(&r->teacher_state, TOGETHER, env->n_features, env->max_features,
                            ams_env_binary(env), err));
    r->teacher = teacher;
    snprintf(r->teacher_hash, sizeof r->teacher_hash, "%s", hash);
out:
    return status;
}

static double weight_at(const ams_train_options *o, uint64_t update)
{
    const uint64_t updates = o->teach_updates == 0 ? o->refine : o->teach_updates;
    return update < updates ? o->teach * (1 - (double)update / (double)updates) : 0;
}

/* Copies up to TOGETHER states, every k-th from `first` on. Returns the one after the last. */
static uint32_t copy_states(ams_refine *r, uint32_t first, uint32_t every)
{
    const ams_sparse *from = &r->state;
    ams_sparse *to = &r->teacher_state;
    uint32_t i = first;
    for (to->n = 0; to->n < TOGETHER && i < from->n; i += every) {
        const uint32_t at = to->ptr[to->n];
        const uint32_t n = from->ptr[i + 1] - from->ptr[i];
        memcpy(to->index + at, from->index + from->ptr[i], n * sizeof *to->index);
        if (to->value != NULL) {
            memcpy(to->value + at, from->value + from->ptr[i], n * sizeof *to->value);
        }
        to->ptr[++to->n] = at + n;
    }
    return i;
}

/* Adds the slope of those states, of which the teacher's Q are q. */
static void add_slope(ams_trainer *t, uint32_t first, uint32_t every, const float *q,
                      double factor)
{
    ams_refine *r = t->refine;
    const uint32_t models = t->env->n_models;
    for (uint32_t i = 0; i < r->teacher_state.n; i++, q += t->env->n_actions) {
        const uint32_t s = first + i * every;
        const double *own = r->p + (size_t)s * models;
        float *dq = r->q.dq + (size_t)s * t->env->n_actions;
        double p[AMS_MAX_MODELS];
        ams_trainer_probabilities(t, q, r->at[s].mask, p);
        for (uint32_t m = 0; m < models; m++) {
            dq[m] += (float)(factor * r->at[s].visits * (own[m] - p[m]));
        }
    }
}

void ams_trainer_follow_teacher(ams_trainer *t, uint64_t update)
{
    ams_refine *r = t->refine;
    const double weight = weight_at(&t->options, update);
    const uint32_t every = (r->state.n + AMS_TEACHER_STATES - 1) / AMS_TEACHER_STATES;
    const double factor = weight * every / (t->options.refine_temperature * r->n_orders);
    uint32_t first = every == 0 ? 0 : (uint32_t)(update % every);
    while (weight > 0 && first < r->state.n) {
        const uint32_t next = copy_states(r, first, every);
        const float *q =
            ams_q_forward(&r->teacher_q, &t->compute, r->teacher, &r->teacher_state);
        add_slope(t, first, every, q, factor);
        first = next;
    }
}
