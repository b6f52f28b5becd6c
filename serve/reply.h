/* Replies as lines of JSON; docs/serve.md lists them. Private to serve/. */
#ifndef AMS_SERVE_REPLY_H
#define AMS_SERVE_REPLY_H

#include "serve/histogram.h"
#include "serve/policy.h"
#include "serve/request.h"
#include "serve/service.h"
#include "serve/sessions.h"
#include "serve/text.h"

void ams_reply_ok(ams_text *reply);
void ams_reply_refusal(ams_text *reply, ams_refusal refusal, const char *why);
void ams_reply_step(ams_text *reply, const ams_live_policy *policy, const ams_item_step *step,
                    double now_ms, const ams_session *session);
void ams_reply_result(ams_text *reply, const ams_live_policy *policy,
                      const ams_session *session, const ams_item_result *result);
void ams_reply_stats(ams_text *reply, const ams_service_figures *figures,
                     const ams_live_policy *policy, const ams_histogram *latency_ns,
                     double uptime_s, bool draining);
void ams_reply_policy(ams_text *reply, const ams_live_policy *policy);

#endif
