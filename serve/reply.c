#include "serve/reply.h"

#include <math.h>
#include <stdlib.h>

const char *const ams_refusal_names[] = {"",
                                         "malformed",
                                         "oversized",
                                         "cut",
                                         "unknown_op",
                                         "bad_field",
                                         "bad_limits",
                                         "no_model",
                                         "no_item",
                                         "item_exists",
                                         "bad_order",
                                         "bad_time",
                                         "too_many_items",
                                         "too_many_clients",
                                         "draining",
                                         "idle",
                                         "no_memory"};

void ams_reply_ok(ams_text *reply)
{
    ams_text_add(reply, "{\"ok\":true}\n");
}

void ams_reply_refusal(ams_text *reply, ams_refusal refusal, const char *why)
{
    ams_text_print(reply,
                   "{\"ok\":false,\"error\":\"%s\",\"message\":", ams_refusal_names[refusal]);
    ams_text_json(reply, why);
    ams_text_add(reply, "}\n");
}

static void add_number(ams_text *reply, const char *key, double value)
{
    ams_text_print(reply, ",\"%s\":", key);
    ams_text_number(reply, value);
}

static void add_count(ams_text *reply, const char *key, uint64_t value)
{
    ams_text_print(reply, ",\"%s\":%llu", key, (unsigned long long)value);
}

/* The names of a set of models, in their order. */
static void add_models(ams_text *reply, const char *key, const ams_live_policy *policy,
                       uint64_t models)
{
    ams_text_print(reply, ",\"%s\":[", key);
    for (uint64_t bits = models; bits != 0; bits &= bits - 1) {
        ams_text_add(reply, bits == models ? "" : ",");
        ams_text_add(reply, policy->model[__builtin_ctzll(bits)]);
    }
    ams_text_add(reply, "]");
}

void ams_reply_step(ams_text *reply, const ams_live_policy *policy, const ams_item_step *step,
                    double now_ms, const ams_session *session)
{
    static const char *const answers[] = {"start", "wait", "done"};
    uint64_t models = 0;
    for (uint32_t i = 0; i < step->n; i++) {
        models |= UINT64_C(1) << step->model[i];
    }
    ams_text_print(reply, "{\"ok\":true,\"do\":\"%s\"", answers[step->answer]);
    if (step->answer == AMS_ITEM_START) {
        add_models(reply, "models", policy, models);
    }
    if (step->answer == AMS_ITEM_DONE && session->running != 0) {
        add_models(reply, "stop", policy, session->running);
    }
    if (step->answer == AMS_ITEM_DONE) {
        ams_money_json(reply, policy, session->item, session->more, ",", ":");
    }
    if (step->answer != AMS_ITEM_DONE && isfinite(step->wake_ms)) {
        add_number(reply, "wait_ms", step->wake_ms > now_ms ? step->wake_ms - now_ms : 0);
    }
    ams_text_add(reply, "}\n");
}

static void add_labels(ams_text *reply, const ams_live_policy *policy, const ams_item *item)
{
    const uint32_t n = ams_item_labels(item, NULL, 0);
    uint32_t *label = malloc((n == 0 ? 1 : n) * sizeof *label);
    if (label == NULL) {
        reply->failed = true;
        return;
    }
    ams_item_labels(item, label, n);
    ams_text_add(reply, ",\"labels\":[");
    for (uint32_t i = 0; i < n; i++) {
        ams_text_add(reply, i == 0 ? "" : ",");
        ams_text_add(reply, policy->label[label[i]]);
    }
    ams_text_add(reply, "]");
    free(label);
}

void ams_reply_result(ams_text *reply, const ams_live_policy *policy,
                      const ams_session *session, const ams_item_result *result)
{
    ams_text_add(reply, "{\"ok\":true");
    ams_money_json(reply, policy, session->item, session->more, ",", ":");
    add_labels(reply, policy, session->item);
    add_models(reply, "finished", policy, result->finished);
    add_models(reply, "failed", policy, result->failed);
    add_models(reply, "cut", policy, result->cut);
    add_models(reply, "running", policy, result->running);
    add_models(reply, "untouched", policy, result->untouched);
    add_number(reply, "now_ms", result->now_ms);
    add_number(reply, "busy_ms", result->busy_ms);
    add_number(reply, "saved_ms", result->saved_ms);
    add_number(reply, "peak_mb", result->peak_mb);
    add_count(reply, "decisions", result->decisions);
    add_count(reply, "unknown_labels", result->unknown);
    ams_text_add(reply, "}\n");
}

void ams_reply_stats(ams_text *reply, const ams_service_figures *f,
                     const ams_live_policy *policy, const ams_histogram *latency_ns,
                     double uptime_s, bool draining)
{
    static const struct {
        const char *key;
        double q;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    ams_text_print(reply, "{\"ok\":true,\"draining\":%s", draining ? "true" : "false");
    add_number(reply, "uptime_s", uptime_s);
    add_count(reply, "clients", f->clients);
    add_count(reply, "clients_seen", f->clients_seen);
    add_count(reply, "items", f->items);
    add_count(reply, "begun", f->begun);
    add_count(reply, "ended", f->ended);
    add_count(reply, "dropped", f->dropped);
    add_count(reply, "expired", f->expired);
    add_count(reply, "messages", f->messages);
    add_count(reply, "refused", f->refused);
    add_count(reply, "decisions", f->decisions);
    ams_text_print(reply, ",\"latency_us\":{\"n\":%llu", (unsigned long long)latency_ns->n);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        add_number(reply, quantiles[i].key,
                   (double)ams_histogram_quantile(latency_ns, quantiles[i].q) * 1e-3);
    }
    ams_text_add(reply, "}");
    add_number(reply, "saved_ms", f->saved_ms);
    add_number(reply, "all_ms", f->all_ms);
    add_number(reply, "saved_share", f->all_ms > 0 ? f->saved_ms / f->all_ms : 0);
    if (ams_online_cost_unit(policy->online) != NULL) {
        ams_text_print(reply, ",\"paid\":%.9g,\"mean_cost\":%.9g", f->paid,
                       f->paid_items > 0 ? f->paid / (double)f->paid_items : 0);
        add_count(reply, "paid_items", f->paid_items);
    }
    ams_text_add(reply, "}\n");
}

void ams_reply_policy(ams_text *reply, const ams_live_policy *policy)
{
    ams_text_add(reply, "{\"ok\":true,\"models\":[");
    for (uint32_t m = 0; m < policy->n_models; m++) {
        ams_text_print(reply, "%s{\"name\":", m == 0 ? "" : ",");
        ams_text_add(reply, policy->model[m]);
        add_number(reply, "time_ms", (double)ams_online_model_ms(policy->online, m));
        add_number(reply, "mem_mb", (double)ams_online_model_mb(policy->online, m));
        if (ams_online_cost_unit(policy->online) != NULL) {
            ams_text_print(reply, ",\"cost\":%.9g", ams_online_model_cost(policy->online, m));
        }
        ams_text_add(reply, "}");
    }
    ams_text_add(reply, "]");
    add_count(reply, "labels", policy->n_labels);
    double cost[2] = {0, 0};
    if (ams_online_mean_costs(policy->online, &cost[0], &cost[1]) == AMS_ONLINE_OK) {
        ams_text_add(reply, ",\"cost_unit\":");
        ams_text_json(reply, ams_online_cost_unit(policy->online));
        ams_text_print(reply, ",\"least_cost\":%.9g,\"most_cost\":%.9g", cost[0], cost[1]);
    }
    double goal[8]; /* as many as a policy has at most */
    const uint32_t n = ams_online_goals(policy->online, goal, 8);
    for (uint32_t k = 0; k < n; k++) {
        ams_text_print(reply, "%s%g", k == 0 ? ",\"goals\":[" : ",", goal[k]);
    }
    ams_text_add(reply, n > 0 ? "]}\n" : "}\n");
}
