/* Schedulers of streams compared on recorded items: many points (clients, load, deadlines),
 * many seeds, each seed's jobs the same for all schedulers.
 *
 *     ams_stream_data data;
 *     ams_stream_data_options from = {.path = "data/exits.h5"};
 *     ams_stream_data_open(&data, &from, &err);
 *     ams_stream_study study;
 *     ams_stream_study_run(&study, &data, &options, &err); ... ams_stream_study_write(...)
 *
 * M models, S states, as in ams/stream.h. */
#ifndef AMS_STREAM_STUDY_H
#define AMS_STREAM_STUDY_H

#include "ams/env.h"
#include "ams/frame.h"
#include "ams/pool.h"
#include "ams/progress.h"
#include "ams/stream_sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What answers are worth, and what is seen of them. */
typedef enum ams_stream_scoring {
    AMS_STREAM_AUTO,  /* truth for stages of a file that has it, else the value */
    AMS_STREAM_TRUTH, /* whether the label of most confidence in the last stage is right;
                         utility and what is observed are that confidence */
    AMS_STREAM_VALUE /* the share of the value of the chosen models, as the utility is; observed
                        is the value found so far */
} ams_stream_scoring;

/* All pointers are borrowed during the call. */
typedef struct ams_stream_data_options {
    const char *path;     /* an outputs file */
    const char *fit_path; /* whose training and validation items are those of another outputs
                             file; NULL: its own */
    ams_stream_scoring score;
    /* (n_models) names, in the order of stages; or one of: a network, for its exits;
     * "task:NAME", for the task's models, the cheapest first; "policy:SPEC", for all models in
     * the order in which that policy runs them, for each item its own; "all". None: the exits
     * of the file's network, or, where it names no exits, all models. */
    const char *const *model;
    size_t n_models;
    bool sets;
    const char *policy; /* of the predictor `agent`; NULL: none */
    ams_split split;    /* whose items the jobs are */
} ams_stream_data_options;

typedef struct ams_stream_data {
    ams_table table;
    ams_env *env;
    bool truth;
    uint32_t n_classes;                /* labels of the first chosen model's task; with truth */
    uint32_t model[AMS_STREAM_STAGES]; /* (M) places in the table */
    char *policy;                      /* whose orders stages are in; NULL: none */
    uint8_t *order[3];       /* (items, M) places of stages where items differ in them,
                                in place of `model`; else NULL */
    float *time_ms, *mem_mb; /* (M) of differing models the mean over training items,
                                and the largest */
    ams_workload work[3];    /* training, validation, and the items of the jobs */
    uint32_t *item[3];       /* their places in the table */
    float *block[3], *times[3], *expected[3]; /* what the workloads point to */
    struct ams_stream_agent *agent;           /* NULL: none */
    char hash[AMS_HASH_TEXT];
} ams_stream_data;

/* @return AMS_IO; AMS_BAD_DATA: the files, an item without truth; AMS_USAGE: no such model
 * (nearest), too many; AMS_BACKEND. On failure as after fini. */
ams_status ams_stream_data_open(ams_stream_data *data, const ams_stream_data_options *options,
                                ams_error *err);
void ams_stream_data_fini(ams_stream_data *data);
/* The model of a stage of that item of a workload (0: training, 1: validation, 2: the jobs').
 */
static inline uint32_t ams_stream_data_model(const ams_stream_data *data, uint32_t part,
                                             uint32_t item, uint32_t stage)
{
    const uint8_t *order = data->order[part];
    return order == NULL ? data->model[stage]
                         : order[(size_t)item * data->work[part].n_models + stage];
}
/* ams_stream_trace_read for these items, by id. */
ams_status ams_stream_data_read_trace(const ams_stream_data *data, ams_stream_trace *trace,
                                      const char *path, ams_error *err);
/* A predictor fitted to the training items, as ams_saved_predictor_read takes it: mean (NULL,
 * too), calibrated or outputs. @return AMS_USAGE: another one, outputs of sets, or stages that
 * differ from item to item; AMS_BAD_DATA: no training item; AMS_IO, AMS_BACKEND. */
ams_status ams_stream_data_write_predictor(const ams_stream_data *data, const char *predictor,
                                           const char *path, ams_error *err);
/* Which models are meant: names (n) become theirs, in order. Of the options `path`, `model`,
 * `n_models` and `sets` are looked at; policy:SPEC is refused, since its stages have no names.
 * @return AMS_USAGE, AMS_IO, AMS_BAD_DATA, AMS_BACKEND. */
ams_status ams_stream_name_models(ams_names *names, const ams_stream_data_options *options,
                                  ams_error *err);
/* The series that are compared where none is named: of stages, or of sets; NULL-terminated. */
extern const char *const ams_stream_default_stages[], *const ams_stream_default_sets[];

/* One setting of the arrivals. */
typedef struct ams_stream_point {
    uint32_t clients; /* of closed arrivals; else 0 */
    double load;      /* of open arrivals: full work over what the workers can do; else 0 */
    double deadline_low_ms, deadline_high_ms;
    double delta;
} ams_stream_point;

/* Lists that points are combined of; borrowed during the call. */
typedef struct ams_stream_axes {
    const double *rate; /* (n_rates) clients, or load */
    const double *high_ms, *delta;
    size_t n_rates, n_highs, n_deltas;
    double low_ms; /* deadlines are uniform from here to high_ms */
    bool clients;  /* what rate is */
    bool constant; /* every deadline is high_ms */
} ams_stream_axes;
/* Every combination, rates first. *point (n) is for the caller to free().
 * @return AMS_USAGE for more than 256, AMS_BACKEND. */
ams_status ams_stream_points(const ams_stream_axes *axes, ams_stream_point **point, uint32_t *n,
                             ams_error *err);

typedef struct ams_stream_study_options {
    ams_sim_options base; /* all but workload, kind, predictor, seed and the point's fields */
    const ams_stream_point *point; /* (n_points) */
    uint32_t n_points;
    /* (n_series) KIND[:PARAMETER][@PREDICTOR]; a kind that needs a parameter and has none gets
     * the best of a grid on validation items, per point. PREDICTOR: one of
     * ams_predictor_names, outputs, agent (of the data's policy), or links:FILE. */
    const char *const *series;
    uint32_t n_series;
    const char *predictor; /* where a series names none; NULL: mean */
    const uint64_t *seed;  /* (n_seeds) */
    uint32_t n_seeds;
    bool bound;     /* also the bounds, of every point and seed */
    bool check;     /* every schedule goes through ams_stream_check */
    bool timeline;  /* executions of the first series at the last point with the first seed
                       are kept */
    ams_pool *pool; /* NULL: one thread; changes no result */
    struct ams_team *team; /* of processes that simulate together; NULL: this one alone */
    ams_progress progress;
} ams_stream_study_options;

typedef struct ams_stream_series {
    char label[64];
    const ams_stream_kind *kind; /* NULL: a bound; what it does not say is NAN */
    const char *predictor;       /* static text; "-": none */
    const char *policy;          /* of its own: links:FILE; borrowed; NULL: none */
    bool tuned;
    double *parameter;      /* (points) */
    ams_sim_result *result; /* (points, seeds) without records */
} ams_stream_series;

typedef struct ams_stream_study {
    const ams_stream_data *data;
    ams_stream_study_options options; /* borrowed pointers must live as long */
    ams_stream_point *point;
    uint32_t n_points, n_seeds;
    ams_stream_series *series; /* (n_series) the bounds last */
    uint32_t n_series;
    ams_sim_result timeline; /* with options.timeline */
} ams_stream_study;

/* @return AMS_USAGE: no such kind or predictor (nearest), a parameter missing; what
 * ams_simulate, ams_stream_check and ams_stream_bound return; AMS_HELPED on a member of the
 * team that does not lead. */
ams_status ams_stream_study_run(ams_stream_study *study, const ams_stream_data *data,
                                const ams_stream_study_options *options, ams_error *err);
void ams_stream_study_fini(ams_stream_study *study);

/* A measure of a series at a point: mean over seeds, and its standard error (0 for one seed).
 */
typedef enum ams_stream_measure {
    AMS_STREAM_SCORE,
    AMS_STREAM_SCORE_MET,
    AMS_STREAM_SCORE_ANY,
    AMS_STREAM_MISSED,
    AMS_STREAM_LATE,
    AMS_STREAM_DEPTH,
    AMS_STREAM_OPTIONAL_MS,
    AMS_STREAM_RESPONSE_MS,
    AMS_STREAM_RESPONSE_P95_MS,
    AMS_STREAM_RESPONSE_MAX_MS,
    AMS_STREAM_QUEUE,
    AMS_STREAM_LOAD,
    AMS_STREAM_DECISION_US,
    AMS_STREAM_DECISION_SHARE,
    AMS_STREAM_WORST_CLIENT,
    AMS_STREAM_MEASURES
} ams_stream_measure;
double ams_stream_mean(const ams_stream_study *study, uint32_t series, uint32_t point,
                       ams_stream_measure measure, double *standard_error);
/* Offered load at a point, of all models and of the mandatory part alone: the jobs per time of
 * the arrivals times their work, over the workers. Of a trace: NAN. */
void ams_stream_offered(const ams_stream_study *study, uint32_t point, double *full,
                        double *mandatory);

/* Arrivals and seeds, and frames: "points", and "rows", a row per point and series in that
 * order. @return AMS_BACKEND. */
ams_status ams_stream_study_result(const ams_stream_study *study, ams_result *result,
                                   ams_error *err);
/* row (n_series): the rows of a point, the best score first. */
void ams_stream_study_rank(const ams_stream_study *study, uint32_t point, uint32_t *row);

/* stream.tsv, timing.tsv, stream.json and, with the timeline, timeline.tsv in the directory,
 * which is created. @return AMS_IO. */
ams_status ams_stream_study_write(const ams_stream_study *study, const char *directory,
                                  const char *command, const char *version, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
