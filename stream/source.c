#include "stream/source.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_CLIENTS = 4096, CLIENT_SHIFT = 40 };

const char *const ams_arrivals_names[] = {"clients", "poisson", "on-off", "day", "trace", NULL};

ams_source_options ams_source_defaults(void)
{
    return (ams_source_options){.jobs = 5000,
                                .clients = 8,
                                .burst = 4,
                                .state_ms = 2000,
                                .swing = 0.8,
                                .day_ms = 60000};
}

/* Per request, of on-off arrivals: each is drawn. */
static const double MOST_STATES = 1e5;

/* A double has 53 bits: past this many deadlines the time of day leaves too few for one. */
static const double MOST_DEADLINES = 0x1p40;

static ams_status check_clock(const ams_source_options *o, const char *unit, ams_error *err)
{
    const double pause = o->arrivals == AMS_ARRIVE_CLIENTS ? o->think_ms : 1 / o->rate;
    if (!(pause * (double)o->jobs <= o->deadline_low_ms * MOST_DEADLINES)) {
        return ams_fail(
            err, AMS_USAGE,
            "%llu requests, one every %g %s, with deadlines from %g %s: a clock that "
            "has come so far tells no such deadline; expected shorter pauses, a "
            "larger load or longer deadlines",
            (unsigned long long)o->jobs, pause, unit, o->deadline_low_ms, unit);
    }
    return AMS_OK;
}

static ams_status check_options(const ams_source_options *o, const char *unit, ams_error *err)
{
    const bool open = o->arrivals != AMS_ARRIVE_CLIENTS && o->arrivals != AMS_ARRIVE_TRACE;
    if (o->arrivals == AMS_ARRIVE_CLIENTS && (o->clients == 0 || o->clients > MOST_CLIENTS)) {
        return ams_fail(err, AMS_USAGE, "expected 1 to %d clients, found %u", MOST_CLIENTS,
                        o->clients);
    }
    if (o->arrivals == AMS_ARRIVE_TRACE && o->trace == NULL) {
        return ams_fail(err, AMS_USAGE, "arrivals of a trace: expected a trace");
    }
    if (open && !(o->rate > 0 && isfinite(o->rate))) {
        return ams_fail(err, AMS_USAGE, "expected a rate of arrivals above 0, found %g",
                        o->rate);
    }
    if (o->arrivals != AMS_ARRIVE_TRACE &&
        !(o->deadline_low_ms > 0 && o->deadline_high_ms >= o->deadline_low_ms &&
          isfinite(o->deadline_high_ms))) {
        return ams_fail(err, AMS_USAGE, "expected deadlines above 0, found %g to %g %s",
                        o->deadline_low_ms, o->deadline_high_ms, unit);
    }
    if (!(o->think_ms >= 0) || !(o->burst >= 1) || !(o->state_ms > 0) || !(o->day_ms > 0) ||
        !(o->swing >= 0 && o->swing <= 1)) {
        return ams_fail(
            err, AMS_USAGE,
            "expected a pause of at least 0, a burst of at least 1, states and days "
            "above 0, a swing from 0 to 1");
    }
    if (o->arrivals == AMS_ARRIVE_ON_OFF && o->rate * o->state_ms < 1 / MOST_STATES) {
        return ams_fail(err, AMS_USAGE,
                        "on-off: its states last %g %s, and a request comes every %g %s: over "
                        "%g states later, so nothing of them is left; poisson is the same",
                        o->state_ms, unit, 1 / o->rate, unit, MOST_STATES);
    }
    return o->arrivals == AMS_ARRIVE_TRACE ? AMS_OK : check_clock(o, unit, err);
}

static double exponential(stream_source *s, double rate)
{
    return -log(1 - ams_rng_unit(&s->rng)) / rate;
}

/* In the state with bursts the rate is `burst` times that of the other; their mean is o.rate.
 */
static double on_off_from(stream_source *s, double at)
{
    const double off_rate = 2 * s->o.rate / (1 + s->o.burst);
    while (true) {
        const double next = at + exponential(s, s->on ? s->o.burst * off_rate : off_rate);
        if (next <= s->state_end_ms) {
            return next;
        }
        at = s->state_end_ms; /* memoryless: drawn anew from there */
        s->state_end_ms += exponential(s, 1 / s->o.state_ms);
        s->on = !s->on;
    }
}

/* Thinning (Lewis and Shedler, 1979): candidates at the highest rate, kept by the present one.
 */
static double day_from(stream_source *s, double at)
{
    const double highest = s->o.rate * (1 + s->o.swing);
    while (true) {
        at += exponential(s, highest);
        const double rate =
            s->o.rate * (1 + s->o.swing * sin(2 * 3.14159265358979323846 * at / s->o.day_ms));
        if (ams_rng_unit(&s->rng) * highest < rate) {
            return at;
        }
    }
}

/* The open arrival after `at`. */
static double arrival_after(stream_source *s, double at)
{
    if (s->sent >= s->o.jobs) {
        return INFINITY;
    }
    switch (s->o.arrivals) {
    case AMS_ARRIVE_POISSON:
        return at + exponential(s, s->o.rate);
    case AMS_ARRIVE_ON_OFF:
        return on_off_from(s, at);
    case AMS_ARRIVE_DAY:
        return day_from(s, at);
    case AMS_ARRIVE_TRACE:
        return s->sent < s->o.trace->n ? s->o.trace->arrival_ms[s->sent] : (double)INFINITY;
    default:
        return INFINITY;
    }
}

ams_status ams_source_open(stream_source *source, const ams_source_options *options,
                           const ams_workload *workload, ams_error *err)
{
    ams_status status = AMS_OK;
    *source = (stream_source){.o = *options, .n_items = workload->n_items, .next_ms = INFINITY};
    AMS_TRY(check_options(options, ams_stream_unit(workload->unit), err));
    if (workload->n_items == 0) {
        status = ams_fail(err, AMS_USAGE, "jobs need items, and there is none");
        goto out;
    }
    source->rng = ams_rng_init(options->seed, AMS_STREAM_ARRIVALS);
    if (options->arrivals != AMS_ARRIVE_CLIENTS) {
        source->state_end_ms = exponential(source, 1 / options->state_ms);
        source->next_ms = arrival_after(source, 0);
        return AMS_OK;
    }
    AMS_TRY(
        ams_alloc(&source->client, options->clients, sizeof *source->client, "clients", err));
    for (uint32_t c = 0; c < options->clients; c++) { /* not all at once */
        source->client[c].next_ms = ams_rng_unit(&source->rng) * options->deadline_high_ms;
    }
out:
    return status;
}

void ams_source_close(stream_source *source)
{
    free(source->client);
    source->client = NULL;
}

static uint32_t first_client(const stream_source *s)
{
    uint32_t first = 0;
    for (uint32_t c = 1; c < s->o.clients; c++) {
        first = s->client[c].next_ms < s->client[first].next_ms ? c : first;
    }
    return first;
}

double ams_source_next(const stream_source *s)
{
    if (s->o.arrivals != AMS_ARRIVE_CLIENTS) {
        return s->next_ms;
    }
    return s->sent < s->o.jobs ? s->client[first_client(s)].next_ms : (double)INFINITY;
}

/* Item and deadline are functions of client and number: all schedulers get the same. */
static void draw_job(const stream_source *s, ams_stream_job *job, uint64_t counter)
{
    uint32_t words[4];
    ams_philox(s->o.seed, AMS_STREAM_JOBS, counter, words);
    job->item = ams_below(words[0], s->n_items);
    job->deadline_ms = job->arrival_ms + s->o.deadline_low_ms +
                       (s->o.deadline_high_ms - s->o.deadline_low_ms) * ams_unit(words[1]);
}

static double pause_of(const stream_source *s, uint64_t counter)
{
    uint32_t words[4];
    ams_philox(s->o.seed, AMS_STREAM_JOBS, counter, words);
    return s->o.think_ms > 0 ? -s->o.think_ms * log(1 - ams_unit(words[2])) : 0;
}

void ams_source_take(stream_source *s, ams_stream_job *job)
{
    *job = (ams_stream_job){.id = s->sent, .priority = 1};
    if (s->o.arrivals == AMS_ARRIVE_CLIENTS) {
        const uint32_t c = first_client(s);
        const uint64_t counter = (uint64_t)c << CLIENT_SHIFT | s->client[c].sent;
        job->client = c;
        job->arrival_ms = s->client[c].next_ms;
        draw_job(s, job, counter);
        s->client[c].sent++;
        s->client[c].next_ms =
            s->o.on_answer ? (double)INFINITY : job->deadline_ms + pause_of(s, counter);
        s->sent++;
        return;
    }
    job->arrival_ms = s->next_ms;
    if (s->o.arrivals == AMS_ARRIVE_TRACE) {
        job->item = s->o.trace->item[s->sent];
        job->client = s->o.trace->client[s->sent];
        job->deadline_ms = s->o.trace->deadline_ms[s->sent];
    } else {
        draw_job(s, job, s->sent);
    }
    s->sent++;
    s->next_ms = arrival_after(s, job->arrival_ms);
}

void ams_source_answered(stream_source *s, uint32_t client, double now_ms)
{
    if (s->o.arrivals == AMS_ARRIVE_CLIENTS && s->o.on_answer) {
        stream_client *c = &s->client[client];
        c->next_ms = now_ms + pause_of(s, (uint64_t)client << CLIENT_SHIFT | (c->sent - 1));
    }
}
