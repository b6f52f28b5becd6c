/* A simulation of streams: jobs that arrive, workers that run models on them, and the
 * dispatcher of ams/stream.h between them; a check of every schedule; bounds.
 *
 * Times are in ms of a virtual clock that begins at 0. The same options give the same bits, but
 * for the scheduler's measured time. N items, M models, S states as in ams/stream.h. */
#ifndef AMS_STREAM_SIM_H
#define AMS_STREAM_SIM_H

#include "ams/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_arrivals {
    AMS_ARRIVE_CLIENTS, /* each of `clients` has one job in flight */
    AMS_ARRIVE_POISSON,
    AMS_ARRIVE_ON_OFF, /* two states of mean state_ms; `burst` times the rate in one */
    AMS_ARRIVE_DAY,    /* rate x (1 + swing sin(2 pi t / day_ms)) */
    AMS_ARRIVE_TRACE
} ams_arrivals;
extern const char *const ams_arrivals_names[]; /* NULL at the end */

/* Recorded requests, by arrival. */
typedef struct ams_stream_trace {
    uint64_t n;
    double *arrival_ms, *deadline_ms; /* (n) deadline: on the clock, not relative */
    uint32_t *item, *client;          /* (n) */
} ams_stream_trace;
/* CSV or TSV with a header: arrival_ms, deadline_ms (ms after the arrival) and, optional, item
 * (an id of `item_id`, or a place) and client (a number). `item_id`: looks an id up, or NULL:
 * places only. Rows may be in any order; without items, row k is item k modulo n_items.
 * @return AMS_IO; AMS_BAD_DATA with file, line, what was expected and found. */
typedef bool ams_item_lookup(const void *context, const char *id, uint32_t *item);
ams_status ams_stream_trace_read(ams_stream_trace *trace, const char *path, uint32_t n_items,
                                 ams_item_lookup *lookup, const void *context, ams_error *err);
void ams_stream_trace_fini(ams_stream_trace *trace);

typedef struct ams_source_options {
    ams_arrivals arrivals;
    uint64_t jobs; /* how many arrive; of a trace: at most */
    uint64_t seed;
    uint32_t clients;
    double think_ms; /* mean of an exponential pause of a client; 0: none */
    bool on_answer;  /* a client goes on when its job is answered; else at its deadline, so that
                        all schedulers get the same jobs */
    double rate;     /* jobs per ms: the mean of open arrivals */
    double burst, state_ms;
    double swing, day_ms;
    double deadline_low_ms, deadline_high_ms; /* uniform after the arrival; not of a trace */
    const ams_stream_trace *trace;            /* borrowed */
} ams_source_options;
/* 5,000 jobs of 8 clients; burst 4, 2 s; swing 0.8, day 60 s. */
ams_source_options ams_source_defaults(void);

typedef enum ams_noise {
    AMS_NOISE_NONE,     /* every execution takes its expected time */
    AMS_NOISE_RECORDED, /* its recorded time */
    AMS_NOISE_LOGNORMAL /* expected x a factor of mean 1 */
} ams_noise;

typedef struct ams_sim_options {
    const ams_workload *workload; /* borrowed; the dispatcher's models and times are taken from
                                     it */
    ams_dispatch_options dispatch;
    ams_source_options source;
    ams_noise noise;
    double noise_sd;  /* of the factor's logarithm */
    uint64_t warmup;  /* jobs that are not counted */
    double charge_us; /* what each decision takes of the clock; < 0: as long as it took */
    bool measure;     /* the scheduler's time is taken; implied by charge_us < 0 */
    bool record;      /* jobs and executions are kept */
} ams_sim_options;

/* One execution of a model. */
typedef struct ams_stream_execution {
    uint64_t job; /* id */
    uint32_t item, model, worker;
    double decided_ms, start_ms, end_ms;
} ams_stream_execution;

typedef struct ams_sim_result {
    uint64_t jobs;      /* counted: after the warm-up */
    double score;       /* mean over all jobs, missed ones 0 */
    double score_met;   /* mean over met jobs */
    double score_any;   /* of all answers, also late ones */
    double missed;      /* share of jobs whose mandatory part did not end in time */
    double late;        /* share answered after their deadline */
    double depth;       /* mean number of models that count */
    double optional_ms; /* mean time of executions after the mandatory part */
    double response_mean_ms, response_p95_ms, response_max_ms; /* of met jobs */
    double queue;  /* mean number of jobs in flight */
    double load;   /* busy share of the workers */
    double end_ms; /* the last event */
    uint64_t decisions, starts;
    double decision_us;    /* mean; 0 if not measured */
    double decision_share; /* of the virtual time */
    double worst_client;   /* largest share of missed jobs of a client */
    ams_dispatch_counts counts;
    /* With `record`: every job as it left, and all executions by start. Owned. */
    ams_stream_job *job;
    uint64_t n_jobs;
    ams_stream_execution *execution;
    uint64_t n_executions;
} ams_sim_result;

/* @return what ams_dispatcher_create returns; AMS_USAGE: options out of range. The caller's to
 * fini. */
ams_status ams_simulate(ams_sim_result *result, const ams_sim_options *options, ams_error *err);
void ams_sim_result_fini(ams_sim_result *result);

/* Whether what was recorded could have happened: workers run one model at a time within the
 * memory, every model of a job once, after its arrival, stages in order, for its time; nothing
 * is started that was expected to end too late; every answer is what ended in time. Written
 * without the simulator's code.
 * @return AMS_BAD_DATA with the first breach. */
ams_status ams_stream_check(const ams_sim_result *result, const ams_sim_options *options,
                            ams_error *err);

/* What no scheduler exceeds on the recorded jobs, as a mean score over those counted: work is
 * divided at will between jobs, arrivals and scores are known, scores are replaced by their
 * concave envelope. A linear program per `block` jobs by GLPK, each with the whole machine in
 * its span. Stages on equal workers only.
 * @return AMS_BACKEND: built without GLPK, or it failed; AMS_USAGE: sets, or no record. */
ams_status ams_stream_bound(const ams_sim_result *result, const ams_sim_options *options,
                            uint32_t block, double *bound, ams_error *err);

/* What no scheduler exceeds in the long run that learns of an item only what it observes when a
 * stage has ended: also one that knows all arrivals. The workers are one total of time, which
 * jobs buy at the price that makes the bound least; scores are expected from which 40th of the
 * workload's items the observation lies in. Stages on equal workers, without noise.
 * @return AMS_USAGE: anything else, or no record; AMS_BACKEND. */
ams_status ams_stream_online_bound(const ams_sim_result *result, const ams_sim_options *options,
                                   double *bound, ams_error *err);

/* The smallest share of the recorded jobs that any schedule misses, also one that knows all
 * arrivals, runs nothing but mandatory parts, and waits where that helps. Exact; of stages, one
 * of them mandatory, on one worker, without noise. Takes long where many are in flight.
 * @return AMS_USAGE: anything else, or more than 64 jobs in flight; AMS_BACKEND. */
ams_status ams_stream_fewest_missed(const ams_sim_result *result,
                                    const ams_sim_options *options, double *missed,
                                    ams_error *err);

/* The best sum of rewards by trying every choice of options and every order: for n jobs that
 * are all there at t0_ms, on one machine, without preemption. n <= 8; for tests. */
uint64_t ams_stream_brute_force(const ams_plan_job *job, uint32_t n, double t0_ms);

#ifdef __cplusplus
}
#endif
#endif
