/* Policies that answer for money (docs/format.md, "AMSBUD01", "AMSBUD02"): opened and followed.
 * Private to online/. M models, C labels, K classes, P prices. */
#ifndef AMS_ONLINE_BUDGET_H
#define AMS_ONLINE_BUDGET_H

#include "online/handle.h"
#include "online/networks.h"

enum { AMS_BUDGET_UNIT = 16, AMS_BUDGET_SETS = 1 << AMS_ANSWERS_MODELS };

struct ams_online_budget {
    uint32_t n_prices, n_classes, n_lasts; /* n_lasts: M for the rule `last`, else 1 */
    int rule;
    bool relative;
    char unit[AMS_BUDGET_UNIT + 1];
    double *lambda, *mean_cost, *mean_score; /* (P), ascending costs, of the training items */
    double *cost;                            /* (M) */
    float *posterior, *stop, *call;          /* of all sets, one after the other */
    uint64_t calls;                          /* floats of `call` per price */
    /* An agent's, in place of stop and call; network NULL: it is none. */
    ams_networks shape;
    float *root;    /* (P, M) what the first call is worth */
    float *network; /* (P, networks) */
    /* Where each set's begin; of `call` within a price. */
    uint64_t posterior_at[AMS_BUDGET_SETS], stop_at[AMS_BUDGET_SETS], call_at[AMS_BUDGET_SETS];
};

bool ams_online_is_budget(const void *bytes, size_t n_bytes);
int ams_online_budget_size(const void *bytes, size_t n_bytes, size_t *size);
int ams_online_budget_open(ams_online **policy, const void *bytes, size_t n_bytes, void *memory,
                           size_t size);

/* Memory of an item, after the struct. */
void ams_item_budget_lay_out(ams_item *item, const ams_online *policy, ams_online_room *room);
/* Whether the limits mean something to such a policy. */
bool ams_item_budget_possible(const ams_online *policy, const ams_item_limits *limits);
/* Draws the price by limits->aim and limits->draw. */
void ams_item_budget_begin(ams_item *item, const ams_item_limits *limits);
/* A label of an output; the output ends. */
void ams_item_budget_note(ams_item *item, uint32_t label, float confidence);
void ams_item_budget_finish(ams_item *item, uint32_t model);
/* item->value: of a call less its price, and of stopping. */
void ams_item_budget_predict(ams_item *item);
uint64_t ams_item_budget_decide(const ams_item *item);

#endif
