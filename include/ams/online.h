/* AMS online: a trained policy says which models to run next on an item, while they run.
 *
 *   size_t need;                                     // bytes, n: a whole policy.ams
 *   ams_online_size(bytes, n, &need);                // how much memory it takes
 *   ams_online *policy;
 *   ams_online_open(&policy, bytes, n, malloc(need), need);
 *
 *   ams_item_limits limits = ams_item_limits_none(); // one item: an image, a document, ...
 *   limits.deadline_ms = 500;                        // Algorithm 1: one model at a time
 *   limits.memory_mb = 8000;                         // and this, Algorithm 2: side by side
 *   ams_item *item;                                  // any number may be in flight
 *   ams_item_begin(&item, policy, &limits, malloc(room), room); // room = ams_item_size(policy)
 *   while (true) {
 *       ams_item_step step;
 *       ams_item_next(item, now_ms, &step);          // ms since the item began
 *       if (step.answer == AMS_ITEM_DONE) break;
 *       for (uint32_t i = 0; i < step.n; i++) {      // none: AMS_ITEM_WAIT
 *           ams_item_started(item, step.model[i], now_ms);
 *           ... start the program of ams_online_model_name(policy, step.model[i]) ...
 *       }
 *       ... wait until a model ends, at most until step.wake_ms ...
 *       ams_item_finished(item, model, now_ms, labels, confidences, n_labels);
 *       ... or ams_item_failed(item, model, now_ms) ...
 *   }
 *   ams_item_result result;                          // done: stop what still runs
 *   ams_item_results(item, &result);
 *
 * Every call returns AMS_ONLINE_OK (0) or a code of ams_online_code, and then changed nothing.
 * No call allocates, reads or writes files, or keeps anything outside the memory it was given:
 * give that back when you are done with it; there is nothing to close. */
#ifndef AMS_ONLINE_H
#define AMS_ONLINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AMS_ONLINE_API __attribute__((visibility("default")))
#else
#define AMS_ONLINE_API
#endif

typedef enum ams_online_code {
    AMS_ONLINE_OK = 0,
    AMS_ONLINE_NO_POLICY,      /* the bytes do not begin as a policy.ams */
    AMS_ONLINE_DAMAGED,        /* a policy.ams cut short, or with a wrong checksum */
    AMS_ONLINE_BAD_POLICY,     /* its contents contradict each other or are out of range */
    AMS_ONLINE_SMALL,          /* less memory than ams_online_size or ams_item_size say */
    AMS_ONLINE_BAD_ARGUMENT,   /* a NULL, or limits that cannot be */
    AMS_ONLINE_NO_MODEL,       /* a model index past the last */
    AMS_ONLINE_NO_LABEL,       /* a label index past the last */
    AMS_ONLINE_BAD_CONFIDENCE, /* not from 0 to 1 */
    AMS_ONLINE_BAD_TIME,       /* earlier than a time that was given before, or no number */
    AMS_ONLINE_BAD_ORDER       /* started twice, or ended without running */
} ams_online_code;
/* One line of English; never NULL. */
AMS_ONLINE_API const char *ams_online_text(int code);

/* ---- A policy. Once opened it never changes: any number of threads may use it. ---- */

typedef struct ams_online ams_online;
enum { AMS_ONLINE_MODELS = 64 };   /* at most */
#define AMS_ONLINE_NONE UINT32_MAX /* no such name */

/* Bytes of memory that opening takes. Checks every byte that it reads; the policy may come from
 * anywhere. */
AMS_ONLINE_API int ams_online_size(const void *bytes, size_t n_bytes, size_t *size);
/* `bytes` may be freed afterwards; `memory` (any alignment) must stay as long as the policy. */
AMS_ONLINE_API int ams_online_open(ams_online **policy, const void *bytes, size_t n_bytes,
                                   void *memory, size_t size);

AMS_ONLINE_API uint32_t ams_online_models(const ams_online *policy);
AMS_ONLINE_API uint32_t ams_online_labels(const ams_online *policy);
/* NULL past the last. */
AMS_ONLINE_API const char *ams_online_model_name(const ams_online *policy, uint32_t model);
AMS_ONLINE_API const char *ams_online_label_name(const ams_online *policy, uint32_t label);
/* Index of a name; AMS_ONLINE_NONE if there is none of that name. */
AMS_ONLINE_API uint32_t ams_online_model(const ams_online *policy, const char *name);
AMS_ONLINE_API uint32_t ams_online_label(const ams_online *policy, const char *name);
/* Required recalls that one can be chosen from, ascending: writes up to `most` of them, returns
 * how many there are; 0: the policy has no goals. */
AMS_ONLINE_API uint32_t ams_online_goals(const ams_online *policy, double *goal, uint32_t most);
/* Mean execution time and peak memory that the policy was trained with; 0 past the last
 * model. */
AMS_ONLINE_API float ams_online_model_ms(const ams_online *policy, uint32_t model);
AMS_ONLINE_API float ams_online_model_mb(const ams_online *policy, uint32_t model);
/* Above which confidence a label that the model outputs counts as found, from 0 to below 1. */
AMS_ONLINE_API float ams_online_model_threshold(const ams_online *policy, uint32_t model);

/* ---- An item. Calls on one item must not overlap; different items share nothing. ---- */

typedef struct ams_item ams_item;

/* How to decide. */
typedef enum ams_item_rule {
    AMS_ITEM_AUTO,        /* ALGORITHM_2 with a memory limit, else ALGORITHM_1 with a deadline,
                             else TRAINED */
    AMS_ITEM_TRAINED,     /* one at a time, by the rule the policy was trained for */
    AMS_ITEM_Q_GREEDY,    /* one at a time, the largest Q */
    AMS_ITEM_COST_Q,      /* one at a time, the largest Q per time; not for log-odds */
    AMS_ITEM_ODDS,        /* one at a time, the largest odds per time; only for log-odds */
    AMS_ITEM_ALGORITHM_1, /* one at a time, the largest value per time that ends in time */
    AMS_ITEM_ALGORITHM_2, /* side by side, per time and memory, then per memory */
    AMS_ITEM_PLAN,        /* one at a time, the most valuable set that fits the time left */
    AMS_ITEM_PLAN_BESIDE, /* side by side, the best of several whole plans */
    AMS_ITEM_ALGORITHM_2_AGAIN /* ALGORITHM_2 again at the same moment, until nothing fits */
} ams_item_rule;

/* How a model of negative predicted value stands among the others. */
enum { AMS_ITEM_NEGATIVE_RANK, AMS_ITEM_NEGATIVE_SKIP, AMS_ITEM_NEGATIVE_CLAMP };
/* Whether a model may start that is expected to end too late: no; if it is shorter than the
 * whole deadline; as long as time is left. */
enum { AMS_ITEM_LATE_NEVER, AMS_ITEM_LATE_SHORT, AMS_ITEM_LATE_ANY };
/* When to stop though something would fit: never; no value is `stop_below` or more; all
 * positive ones add up to less; the policy's END is worth more than any model. */
enum { AMS_ITEM_STOP_NEVER, AMS_ITEM_STOP_VALUE, AMS_ITEM_STOP_SUM, AMS_ITEM_STOP_END };

typedef struct ams_item_limits {
    double deadline_ms; /* since the item began; INFINITY: none */
    double memory_mb;   /* for models side by side; INFINITY: none */
    double stop_below;
    int rule, negative, late, stop; /* of the enums above */
    /* One per model, or NULL; read during ams_item_begin only. */
    const float *priority; /* > 0: a value (or odds) of this model counts so many times; a
                              negative one is divided by it. NULL: 1 */
    const float *time_ms;  /* > 0: expected here; NULL: the policy's */
    const float *mem_mb;   /* >= 0: needed here; NULL: the policy's */
    /* Required recall to decide for, above 0 up to 1, of a policy that has goals; between two
     * of them both count in proportion, outside the nearest. 0: the one that serves the
     * deadline best, without a deadline the highest. */
    double goal;
    /* Read of a policy that answers for money: the mean cost per item to aim at, from
     * ams_budget_aim, and a number drawn uniformly from 0 to below 1, which says which of the
     * two policies around that cost decides. */
    double aim, draw;
} ams_item_limits;
/* No limits, the dearest policy, everything else 0. */
AMS_ONLINE_API ams_item_limits ams_item_limits_none(void);

/* Bytes of memory that an item takes; a later item may use the same memory. */
AMS_ONLINE_API size_t ams_item_size(const ams_online *policy);
/* limits NULL: none. `memory` (any alignment) must stay as long as the item. */
AMS_ONLINE_API int ams_item_begin(ams_item **item, const ams_online *policy,
                                  const ams_item_limits *limits, void *memory, size_t size);

/* From now on decides for another goal, as in ams_item_limits: at any time, also between two
 * decisions of one item. What runs already goes on. */
AMS_ONLINE_API int ams_item_aim(ams_item *item, double goal);
/* The goal that it decides for; 0: the policy has none. */
AMS_ONLINE_API double ams_item_goal(const ams_item *item);

typedef enum ams_item_answer {
    AMS_ITEM_START, /* start these models and say so with ams_item_started */
    AMS_ITEM_WAIT,  /* until a model ends, or the deadline */
    AMS_ITEM_DONE   /* nothing more is to be done; what still runs has missed the deadline */
} ams_item_answer;

typedef struct ams_item_step {
    ams_item_answer answer;
    uint32_t n;
    uint32_t model[AMS_ONLINE_MODELS];
    double wake_ms; /* ask again then at the latest; INFINITY: only when a model ends */
} ams_item_step;

/* What to do now. Asking changes nothing but the clock: models count from ams_item_started on,
 * and the answer stays the same until one ends. */
AMS_ONLINE_API int ams_item_next(ams_item *item, double now_ms, ams_item_step *step);
/* Any model may be started once, also one that ams_item_next did not name. */
AMS_ONLINE_API int ams_item_started(ams_item *item, uint32_t model, double now_ms);
/* label (n), confidence (n) from 0 to 1, or NULL: each 1. In any order; of a label that is
 * given twice the larger confidence counts. After the deadline labels no longer count. */
AMS_ONLINE_API int ams_item_finished(ams_item *item, uint32_t model, double now_ms,
                                     const uint32_t *label, const float *confidence, size_t n);
/* The same by name. Labels that the policy does not know are counted and left out. */
AMS_ONLINE_API int ams_item_finished_named(ams_item *item, uint32_t model, double now_ms,
                                           const char *const *label, const float *confidence,
                                           size_t n);
/* It ended without an output. It is not started again, and the policy sees it as not executed:
 * a failure says nothing about the item. */
AMS_ONLINE_API int ams_item_failed(ams_item *item, uint32_t model, double now_ms);

/* Sets of models: bit m is model m. */
typedef struct ams_item_result {
    uint64_t finished; /* by the deadline */
    uint64_t failed;
    uint64_t cut;       /* ended after the deadline, or still running then */
    uint64_t running;   /* of the others */
    uint64_t untouched; /* never started */
    double now_ms;      /* the latest time that was given */
    double busy_ms;     /* summed time of the executions that ended */
    double saved_ms;    /* summed expected time of those never started */
    double peak_mb;     /* most memory in use at once */
    uint32_t decisions;
    uint32_t labels;  /* found, above the policy's threshold */
    uint64_t unknown; /* labels that were reported by a name the policy does not know */
} ams_item_result;
/* At any time. */
AMS_ONLINE_API int ams_item_results(const ams_item *item, ams_item_result *result);
/* The labels found, ascending: writes up to `most` of them, returns how many there are. */
AMS_ONLINE_API uint32_t ams_item_labels(const ams_item *item, uint32_t *label, uint32_t most);
/* The values that the next decision uses: value (M + 1), END last (-INFINITY: there is
 * none). */
AMS_ONLINE_API int ams_item_values(ams_item *item, float *value);

/* ---- Right answers for money: a policy that `ams budget --export` wrote ----
 *
 * It calls one model at a time as long as that is worth its price, and answers with one label.
 * Of the limits aim, draw, deadline_ms and time_ms have a meaning; a model starts as long as
 * the deadline is not over. ams_online_model_ms is the cost. The mean cost over items is kept
 * by a controller, which is the caller's:
 *
 *   ams_budget_controller money = {.budget = 3, .horizon = 500, .total = 1000}; // one for all
 *   limits.aim = ams_budget_aim(&money);
 *   limits.draw = ... uniform, from 0 to below 1 ...
 *   ams_item_begin(&item, policy, &limits, ...);
 *   ... the loop above ...
 *   ams_item_money result;
 *   ams_item_money_of(item, &result);      // the answer, and what was paid
 *   ams_budget_paid(&money, result.paid);  // or what the invoice says
 *
 * Where items overlap, ams_budget_begun is called after ams_item_begin, and ams_budget_ended at
 * the item's end, both with result.expected. */

/* The unit of its costs, such as "usd/10k"; NULL: the policy does not answer for money. */
AMS_ONLINE_API const char *ams_online_cost_unit(const ams_online *policy);
/* 0 past the last model, and of a policy that does not answer for money. */
AMS_ONLINE_API double ams_online_model_cost(const ams_online *policy, uint32_t model);
/* The least and the greatest mean cost per item that it can aim at, on the items that it was
 * fitted to. */
AMS_ONLINE_API int ams_online_mean_costs(const ams_online *policy, double *least, double *most);

typedef struct ams_item_money {
    uint32_t label;     /* the answer; AMS_ONLINE_NONE: nothing was said */
    double probability; /* that it is right, as the policy expects */
    double paid;        /* costs of the models that were started, failed ones as well */
    double expected;    /* mean cost of such items, where the policy was fitted */
} ams_item_money;
/* At any time. AMS_ONLINE_BAD_ARGUMENT where the policy does not answer for money. */
AMS_ONLINE_API int ams_item_money_of(ams_item *item, ams_item_money *money);

/* The controller. Start with budget, horizon and total; the rest 0. A lasting difference d
 * between the mean costs that the policy expects and those that are paid leaves d * horizon in
 * hand or overdrawn, however many items come. Where it is known how many will come, the last
 * of them settle that, down to what AMS_BUDGET_SETTLE of them leave. */
enum { AMS_BUDGET_SETTLE = 20 };
typedef struct ams_budget_controller {
    double budget;  /* mean cost per item */
    double horizon; /* items over which what is in hand is spent; 0: it is never looked at */
    double spent;
    uint64_t items; /* so far */
    uint64_t total; /* items that the budget is for; 0: not known. Past it as if not known */
} ams_budget_controller;
/* The mean cost to aim at on the next item: at most twice the budget, so that what a quiet time
 * left is not spent at once; negative where too much was spent. */
static inline double ams_budget_aim(const ams_budget_controller *controller)
{
    const ams_budget_controller *c = controller;
    const uint64_t left = c->total > c->items ? c->total - c->items : UINT64_MAX;
    const double least = AMS_BUDGET_SETTLE;
    const double most = (double)left > least ? (double)left : least;
    const double over = most < c->horizon ? most : c->horizon;
    const double in_hand = over > 0 ? (c->budget * (double)c->items - c->spent) / over : 0;
    return c->budget + (in_hand < c->budget ? in_hand : c->budget);
}
/* One item after the other. */
static inline void ams_budget_paid(ams_budget_controller *controller, double cost)
{
    controller->spent += cost;
    controller->items++;
}
/* Items that overlap: what the item is expected to cost counts from its beginning. */
static inline void ams_budget_begun(ams_budget_controller *controller, double expected)
{
    ams_budget_paid(controller, expected);
}
static inline void ams_budget_ended(ams_budget_controller *controller, double expected,
                                    double paid)
{
    controller->spent += paid - expected;
}

#ifdef __cplusplus
}
#endif
#endif
