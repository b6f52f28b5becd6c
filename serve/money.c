#include "serve/money.h"

#include "base/rng.h"

#include <math.h>

ams_status ams_money_init(ams_money *money, const ams_live_policy *policy, double budget,
                          double horizon, uint64_t total, uint64_t seed, ams_error *err)
{
    *money = (ams_money){.limited = !isnan(budget),
                         .controller = {.budget = budget, .horizon = horizon, .total = total},
                         .seed = seed};
    if (money->limited && ams_online_cost_unit(policy->online) == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "option --budget: expected a policy that answers for money, as `ams "
                        "budget --export` writes it; this one decides by time and memory");
    }
    return AMS_OK;
}

void ams_money_aim(ams_money *money, const ams_live_policy *policy, ams_item_limits *limits)
{
    if (money->limited && ams_online_cost_unit(policy->online) != NULL) {
        uint32_t words[4];
        ams_philox(money->seed, AMS_STREAM_MIX, money->drawn++, words);
        limits->draw = ams_unit(words[0]);
        limits->aim = ams_budget_aim(&money->controller);
    }
}

void ams_money_begun(ams_money *money, ams_item *item)
{
    ams_item_money now;
    if (ams_item_money_of(item, &now) == AMS_ONLINE_OK) {
        ams_budget_begun(&money->controller, now.expected);
    }
}

void ams_money_ended(ams_money *money, ams_item *item, double more)
{
    ams_item_money now;
    if (ams_item_money_of(item, &now) == AMS_ONLINE_OK) {
        ams_budget_ended(&money->controller, now.expected, now.paid + more);
        money->paid += now.paid + more;
        money->items++;
    }
}

void ams_money_json(ams_text *text, const ams_live_policy *policy, ams_item *item, double more,
                    const char *comma, const char *colon)
{
    ams_item_money now;
    if (ams_item_money_of(item, &now) != AMS_ONLINE_OK) {
        return;
    }
    ams_text_print(text, "%s\"answer\"%s", comma, colon);
    ams_text_add(text, now.label == AMS_ONLINE_NONE ? "null" : policy->label[now.label]);
    ams_text_print(text, "%s\"probability\"%s%.6g", comma, colon, now.probability);
    ams_text_print(text, "%s\"cost\"%s%.9g", comma, colon, now.paid + more);
}
