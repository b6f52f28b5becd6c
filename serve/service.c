#include "serve/service.h"

#include "serve/reply.h"
#include "serve/sessions.h"
#include "serve/shared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ams_service {
    const ams_live_policy *policy;
    ams_service_options options;
    ams_request_parser *parser;
    ams_sessions sessions;
    ams_client *first;
    ams_service_figures figures;
    ams_histogram latency;
    ams_money money;
    uint64_t created_ns;
    double last_ms; /* since then, at the last message */
    double all_ms;  /* expected time of all the policy's models */
    bool draining;
};

/* The session goes; what it still runs frees its workers. */
static void forget(ams_service *s, ams_session *session)
{
    if (s->options.shared != NULL) {
        ams_shared_drop(s->options.shared, session, s->last_ms);
    }
    ams_money_ended(&s->money, session->item, session->more);
    ams_sessions_remove(&s->sessions, session);
}

ams_status ams_service_create(ams_service **result, const ams_live_policy *policy,
                              const ams_service_options *options, uint64_t now_ns,
                              ams_error *err)
{
    ams_status status = AMS_OK;
    ams_service *s = calloc(1, sizeof *s);
    *result = NULL;
    if (s == NULL) {
        return ams_no_memory(err, sizeof *s, "a service");
    }
    s->policy = policy;
    s->options = *options;
    s->money = options->money;
    s->created_ns = now_ns;
    for (uint32_t m = 0; m < policy->n_models; m++) {
        s->all_ms += (double)ams_online_model_ms(policy->online, m);
    }
    AMS_TRY(ams_request_parser_create(&s->parser, policy, err));
    AMS_TRY(ams_sessions_init(&s->sessions, options->items, err));
    *result = s;
    s = NULL;
out:
    ams_service_destroy(s);
    return status;
}

void ams_service_destroy(ams_service *service)
{
    if (service == NULL) {
        return;
    }
    for (ams_client *client = service->first, *next = NULL; client != NULL; client = next) {
        next = client->next;
        ams_client_end(service, client);
    }
    ams_sessions_fini(&service->sessions);
    ams_request_parser_destroy(service->parser);
    free(service);
}

ams_client *ams_client_begin(ams_service *service)
{
    ams_client *client = calloc(1, sizeof *client);
    if (client != NULL) {
        client->number = (uint32_t)service->figures.clients_seen;
        client->next = service->first;
        if (service->first != NULL) {
            service->first->previous = client;
        }
        service->first = client;
        service->figures.clients++;
        service->figures.clients_seen++;
    }
    return client;
}

void ams_client_end(ams_service *service, ams_client *client)
{
    if (client == NULL) {
        return;
    }
    service->figures.dropped += client->n_items;
    for (ams_session *session = client->first, *next = NULL; session != NULL; session = next) {
        next = session->of_client;
        forget(service, session);
    }
    *(client->previous != NULL ? &client->previous->next : &service->first) = client->next;
    if (client->next != NULL) {
        client->next->previous = client->previous;
    }
    service->figures.clients--;
    free(client);
}

uint32_t ams_client_items(const ams_client *client)
{
    return client->n_items;
}

void ams_service_refuse(ams_service *service, ams_refusal refusal, const char *why,
                        ams_text *reply)
{
    service->figures.refused++;
    ams_reply_refusal(reply, refusal, why);
}

void ams_service_latency(ams_service *service, uint64_t ns)
{
    ams_histogram_add(&service->latency, ns);
}

void ams_service_expire(ams_service *service, uint64_t now_ns)
{
    ams_session *oldest = service->sessions.oldest;
    while (oldest != NULL && now_ns - oldest->used_ns > service->options.idle_ns) {
        ams_session *next = oldest->newer;
        forget(service, oldest);
        service->figures.expired++;
        oldest = next;
    }
}

void ams_service_drain(ams_service *service)
{
    service->draining = true;
}

ams_service_figures ams_service_figures_of(const ams_service *service)
{
    ams_service_figures figures = service->figures;
    figures.items = service->sessions.count;
    figures.paid = service->money.paid;
    figures.paid_items = service->money.items;
    return figures;
}

/* ---- messages: each appends its reply, or refuses with a message in err ---- */

static ams_refusal refuse(ams_refusal refusal, const char *why, ams_error *err)
{
    ams_fail(err, AMS_BAD_DATA, "%s", why);
    return refusal;
}

/* An error of online/ that a checked message can still cause: the field that is at fault, and
 * what was expected there. */
static ams_refusal refuse_code(const ams_service *s, const ams_request *r,
                               const ams_session *session, int code, ams_error *err)
{
    ams_item_result now = {.now_ms = 0};
    if (session != NULL) {
        ams_item_results(session->item, &now);
    }
    const bool untouched = (now.untouched >> r->model & 1) != 0;
    switch (code) {
    case AMS_ONLINE_BAD_TIME:
        ams_fail(err, AMS_BAD_DATA,
                 "field 'now_ms': expected a time that is not earlier than those given before "
                 "(%.9g), found %.9g",
                 now.now_ms, r->now_ms);
        return AMS_REFUSED_TIME;
    case AMS_ONLINE_BAD_ORDER:
        ams_fail(err, AMS_BAD_DATA,
                 "field 'model': expected a model that runs, found '%.64s', which %s",
                 s->policy->name[r->model], untouched ? "was not started" : "has ended");
        return AMS_REFUSED_ORDER;
    case AMS_ONLINE_BAD_ARGUMENT:
        if (ams_online_cost_unit(s->policy->online) != NULL) {
            return refuse(AMS_REFUSED_LIMITS,
                          "of limits a policy that answers for money takes deadline_ms and "
                          "time_ms, found memory_mb, rule, stop or priority",
                          err);
        }
        /* The limits are checked: a rule that this policy lacks. */
        ams_fail(err, AMS_BAD_DATA,
                 "field 'rule': expected a rule that this policy's values allow, found '%s'; "
                 "'odds' takes log-odds and 'cost-q' values; 'trained' is the policy's own",
                 ams_rule_names[r->limits.rule]);
        return AMS_REFUSED_LIMITS;
    default:
        return refuse(AMS_REFUSED_LIMITS, ams_online_text(code), err);
    }
}

static ams_refusal find(ams_service *s, const ams_client *client, const ams_request *r,
                        uint64_t now_ns, ams_session **session, ams_error *err)
{
    *session = ams_sessions_find(&s->sessions, client, r->item);
    if (*session == NULL) {
        ams_fail(err, AMS_BAD_DATA,
                 "field 'item': expected an item in flight on this connection, found '%.64s', "
                 "which was not begun, ended by its result, or dropped after its idle time",
                 r->item);
        return AMS_REFUSED_NO_ITEM;
    }
    ams_sessions_touch(&s->sessions, *session, now_ns);
    return AMS_ACCEPTED;
}

/* The item's time, by the client's clock or by ours. */
static ams_refusal time_of(const ams_session *session, const ams_request *r, uint64_t now_ns,
                           double *now_ms, ams_error *err)
{
    if (session->own_clock == isnan(r->now_ms)) {
        return refuse(AMS_REFUSED_FIELD,
                      session->own_clock
                          ? "field 'now_ms': expected a number, since the item began with "
                            "clock 'client', found nothing"
                          : "field 'now_ms': expected nothing, since the item did not begin "
                            "with clock 'client', found a number",
                      err);
    }
    *now_ms = session->own_clock ? r->now_ms : (double)(now_ns - session->began_ns) * 1e-6;
    return AMS_ACCEPTED;
}

/* What to do next; models that are named count as started from now on. */
static ams_refusal decide(ams_service *s, ams_session *session, const ams_request *r,
                          double now_ms, ams_text *reply, ams_error *err)
{
    ams_item_step step;
    int code = AMS_ONLINE_OK;
    if (s->options.shared == NULL) {
        code = ams_item_next(session->item, now_ms, &step);
    } else {
        const double began_ms = (double)(session->began_ns - s->created_ns) * 1e-6;
        ams_shared_next(s->options.shared, session, began_ms + now_ms, &step);
        step.wake_ms -= began_ms;
    }
    for (uint32_t i = 0; i < step.n && code == AMS_ONLINE_OK; i++) {
        code = ams_item_started(session->item, step.model[i], now_ms);
        session->running |= UINT64_C(1) << step.model[i];
    }
    if (code != AMS_ONLINE_OK) {
        return refuse_code(s, r, session, code, err);
    }
    s->figures.decisions++;
    ams_reply_step(reply, s->policy, &step, now_ms, session);
    return AMS_ACCEPTED;
}

static ams_refusal may_begin(const ams_service *s, const ams_client *client,
                             const ams_request *r, ams_error *err)
{
    if (s->draining) {
        return refuse(AMS_REFUSED_DRAINING, "the server is ending: nothing new begins", err);
    }
    if (ams_sessions_find(&s->sessions, client, r->item) != NULL) {
        ams_fail(err, AMS_BAD_DATA,
                 "field 'item': expected an item that is not in flight on this connection, "
                 "found '%.64s' again; its result ends it",
                 r->item);
        return AMS_REFUSED_ITEM;
    }
    if (client->n_items >= s->options.client_items || s->sessions.count >= s->options.items) {
        ams_fail(err, AMS_BAD_DATA,
                 "this connection has %u items in flight (at most %u), all together %u (at "
                 "most %u)",
                 client->n_items, s->options.client_items, s->sessions.count, s->options.items);
        return AMS_REFUSED_ITEMS;
    }
    return AMS_ACCEPTED;
}

/* With shared workers the item is one job of all. */
static ams_refusal share(ams_service *s, const ams_client *client, ams_session *session,
                         const ams_request *r, uint64_t now_ns, ams_error *err)
{
    const double now_ms = (double)(now_ns - s->created_ns) * 1e-6;
    if (s->options.shared == NULL) {
        return AMS_ACCEPTED;
    }
    if (r->own_clock || !isfinite(r->limits.deadline_ms)) {
        return refuse(AMS_REFUSED_LIMITS,
                      r->own_clock
                          ? "field 'clock': expected the server's, since its workers "
                            "are shared, found 'client'"
                          : "field 'deadline_ms': expected a number, since the workers "
                            "are shared, found nothing",
                      err);
    }
    return ams_shared_begin(s->options.shared, session, client->number, r->limits.deadline_ms,
                            1, now_ms, err) == AMS_OK
               ? AMS_ACCEPTED
               : AMS_REFUSED_LIMITS;
}

static ams_refusal begin(ams_service *s, ams_client *client, const ams_request *r,
                         uint64_t now_ns, ams_text *reply, ams_error *err)
{
    ams_refusal refusal = may_begin(s, client, r, err);
    if (refusal != AMS_ACCEPTED) {
        return refusal;
    }
    ams_session *session =
        ams_sessions_add(&s->sessions, client, r->item, s->policy->item_size, now_ns);
    if (session == NULL) {
        return refuse(AMS_REFUSED_MEMORY, "out of memory for an item", err);
    }
    ams_item_limits limits = r->limits;
    ams_money_aim(&s->money, s->policy, &limits);
    int code = ams_item_begin(&session->item, s->policy->online, &limits, session->room,
                              s->policy->item_size);
    if (code != AMS_ONLINE_OK) {
        ams_sessions_remove(&s->sessions, session);
        return refuse_code(s, r, NULL, code, err);
    }
    refusal = share(s, client, session, r, now_ns, err);
    if (refusal != AMS_ACCEPTED) {
        ams_sessions_remove(&s->sessions, session);
        return refusal;
    }
    ams_money_begun(&s->money, session->item);
    session->own_clock = r->own_clock;
    session->all_ms = s->all_ms;
    if (r->limits.time_ms != NULL) {
        session->all_ms = 0;
        for (uint32_t m = 0; m < s->policy->n_models; m++) {
            session->all_ms += (double)r->time_ms[m];
        }
    }
    s->figures.begun++;
    if (r->next) {
        return decide(s, session, r, 0, reply, err);
    }
    ams_reply_ok(reply);
    return AMS_ACCEPTED;
}

static ams_refusal next(ams_service *s, ams_client *client, const ams_request *r,
                        uint64_t now_ns, ams_text *reply, ams_error *err)
{
    ams_session *session = NULL;
    double now_ms = 0;
    ams_refusal refusal = find(s, client, r, now_ns, &session, err);
    refusal = refusal != AMS_ACCEPTED ? refusal : time_of(session, r, now_ns, &now_ms, err);
    if (refusal != AMS_ACCEPTED || isnan(r->goal)) {
        return refusal != AMS_ACCEPTED ? refusal : decide(s, session, r, now_ms, reply, err);
    }
    /* An error changes nothing: the goal goes back with a time that is refused. */
    const double before = ams_item_goal(session->item);
    (void)ams_item_aim(session->item, r->goal); /* which the parser has checked */
    refusal = decide(s, session, r, now_ms, reply, err);
    if (refusal != AMS_ACCEPTED) {
        (void)ams_item_aim(session->item, before);
    }
    return refusal;
}

static ams_refusal end_run(ams_service *s, ams_client *client, const ams_request *r,
                           uint64_t now_ns, ams_text *reply, ams_error *err)
{
    ams_session *session = NULL;
    double now_ms = 0;
    ams_refusal refusal = find(s, client, r, now_ns, &session, err);
    refusal = refusal != AMS_ACCEPTED ? refusal : time_of(session, r, now_ns, &now_ms, err);
    if (refusal != AMS_ACCEPTED) {
        return refusal;
    }
    int code = r->op == AMS_OP_FAILED
                   ? ams_item_failed(session->item, r->model, now_ms)
                   : ams_item_finished_named(session->item, r->model, now_ms, r->label,
                                             r->confidence, r->n_labels);
    if (code != AMS_ONLINE_OK) {
        return refuse_code(s, r, session, code, err);
    }
    session->running &= ~(UINT64_C(1) << r->model);
    if (!isnan(r->cost)) {
        session->more += r->cost - ams_online_model_cost(s->policy->online, r->model);
    }
    if (s->options.shared != NULL) {
        const ams_shared_output output = {
            .label = r->label, .confidence = r->confidence, .n = r->n_labels};
        if (ams_shared_ended(s->options.shared, session, r->model,
                             (double)(now_ns - s->created_ns) * 1e-6,
                             r->op == AMS_OP_FAILED ? NULL : &output, err) != AMS_OK) {
            return AMS_REFUSED_MEMORY;
        }
    }
    if (r->next) {
        return decide(s, session, r, now_ms, reply, err);
    }
    ams_reply_ok(reply);
    return AMS_ACCEPTED;
}

static ams_refusal result(ams_service *s, ams_client *client, const ams_request *r,
                          uint64_t now_ns, ams_text *reply, ams_error *err)
{
    ams_session *session = NULL;
    ams_refusal refusal = find(s, client, r, now_ns, &session, err);
    if (refusal != AMS_ACCEPTED) {
        return refusal;
    }
    ams_item_result figures;
    ams_item_results(session->item, &figures);
    ams_reply_result(reply, s->policy, session, &figures);
    if (!r->keep) {
        s->figures.ended++;
        s->figures.saved_ms += figures.saved_ms;
        s->figures.all_ms += session->all_ms;
        forget(s, session);
    }
    return AMS_ACCEPTED;
}

static ams_refusal handle(ams_service *s, ams_client *client, const ams_request *r,
                          uint64_t now_ns, ams_text *reply, ams_error *err)
{
    const ams_service_figures figures = ams_service_figures_of(s);
    switch (r->op) {
    case AMS_OP_BEGIN:
        return begin(s, client, r, now_ns, reply, err);
    case AMS_OP_NEXT:
        return next(s, client, r, now_ns, reply, err);
    case AMS_OP_FINISHED:
    case AMS_OP_FAILED:
        return end_run(s, client, r, now_ns, reply, err);
    case AMS_OP_RESULT:
        return result(s, client, r, now_ns, reply, err);
    case AMS_OP_STATS:
        ams_reply_stats(reply, &figures, s->policy, &s->latency,
                        (double)(now_ns - s->created_ns) * 1e-9, s->draining);
        return AMS_ACCEPTED;
    case AMS_OP_POLICY:
        ams_reply_policy(reply, s->policy);
        return AMS_ACCEPTED;
    }
    return AMS_REFUSED_OP;
}

void ams_service_message(ams_service *service, ams_client *client, const char *line, size_t n,
                         uint64_t now_ns, ams_text *reply)
{
    ams_request request;
    ams_error err = {.text = ""};
    service->figures.messages++;
    service->last_ms = (double)(now_ns - service->created_ns) * 1e-6;
    ams_refusal refusal = ams_request_parse(service->parser, line, n, &request, &err);
    if (refusal == AMS_ACCEPTED) {
        refusal = handle(service, client, &request, now_ns, reply, &err);
    }
    if (refusal != AMS_ACCEPTED) {
        ams_service_refuse(service, refusal, err.text, reply);
    }
}
