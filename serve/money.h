/* A mean budget over items, of a policy that answers for money (ams/online.h): the controller
 * with its random numbers, and the answer in JSON. What other policies have is left alone. */
#ifndef AMS_SERVE_MONEY_H
#define AMS_SERVE_MONEY_H

#include "serve/policy.h"
#include "serve/text.h"

typedef struct ams_money {
    bool limited; /* else every item is decided as the dearest policy does */
    ams_budget_controller controller;
    uint64_t seed, drawn;
    double paid;    /* of items that ended */
    uint64_t items; /* that ended */
} ams_money;

/* budget NAN: none; total: items that it is for, 0: not known. @return AMS_USAGE: a budget of a
 * policy that does not answer for money. */
ams_status ams_money_init(ams_money *money, const ams_live_policy *policy, double budget,
                          double horizon, uint64_t total, uint64_t seed, ams_error *err);
/* Before ams_item_begin: aim and draw. */
void ams_money_aim(ams_money *money, const ams_live_policy *policy, ams_item_limits *limits);
/* After it, and at the item's end; `more`: what its calls cost more than the policy says. */
void ams_money_begun(ams_money *money, ams_item *item);
void ams_money_ended(ams_money *money, ams_item *item, double more);
/* Adds answer (null: nothing was said), probability and cost after `comma`, with `colon` after
 * each key. */
void ams_money_json(ams_text *text, const ams_live_policy *policy, ams_item *item, double more,
                    const char *comma, const char *colon);

#endif
