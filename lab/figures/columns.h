/* The tables (TSV) that commands write and that figures and reports read: each file's name and
 * each column's name once, for its writer and its readers. A misspelt column does not compile.
 *
 *   AMS_X_TSV      the file's name
 *   AMS_X_HEADER   its header line, with the newline, as the writer prints it; where the table
 * is a frame (ams/frame.h), its columns say that AMS_COL_NAME   one column, as a reader asks
 * for it
 *
 * Header only. Times are in milliseconds (ms), memory in MB, shares and recall from 0 to 1,
 * intervals (ci_low, ci_high) are 95 % intervals; `-` stands for what is not there. */
#ifndef AMS_LAB_FIGURES_COLUMNS_H
#define AMS_LAB_FIGURES_COLUMNS_H

/* -- columns -- */

#define AMS_COL_AGENT "agent"
#define AMS_COL_ARRIVAL_MS "arrival_ms"
#define AMS_COL_BETTER "better"
#define AMS_COL_BUDGET "budget"
#define AMS_COL_CHOICE "choice"
#define AMS_COL_COST "cost"
#define AMS_COL_SCORE "score"
#define AMS_COL_SCORE_LOW "score_low"
#define AMS_COL_SCORE_HIGH "score_high"
#define AMS_COL_CI_HIGH "ci_high"
#define AMS_COL_CI_LOW "ci_low"
#define AMS_COL_CLIENT "client"
/* What varies from point to point: none, clients, load, deadline, delta or several. */
#define AMS_COL_AXIS "axis"
#define AMS_COL_CLIENTS "clients"
#define AMS_COL_COMMAND "command"
#define AMS_COL_COMMIT "commit"
#define AMS_COL_CPU_SECONDS "cpu_seconds"
#define AMS_COL_DEADLINE_HIGH_MS "deadline_high_ms"
#define AMS_COL_DEADLINE_MS "deadline_ms"
#define AMS_COL_DELTA "delta"
#define AMS_COL_END_MS "end_ms"
#define AMS_COL_EXPERIMENT "experiment"
#define AMS_COL_FIGURES "figures"
#define AMS_COL_FINISHED "finished"
#define AMS_COL_HOW "how"
#define AMS_COL_ITEM "item"
#define AMS_COL_ITEMS "items"
#define AMS_COL_JOB "job"
#define AMS_COL_KEY "key"
#define AMS_COL_LOSS "loss"
#define AMS_COL_MEAN "mean"
#define AMS_COL_MEAN_PLACE "mean_place"
#define AMS_COL_MEAN_POSITION "mean_position"
#define AMS_COL_MEASURE "measure"
#define AMS_COL_MEMORY_MB "memory_mb"
#define AMS_COL_MEM_MB "mem_mb"
#define AMS_COL_METRIC "metric"
#define AMS_COL_MISSED "missed"
#define AMS_COL_MISSED_SE "missed_se"
#define AMS_COL_MODEL "model"
#define AMS_COL_MODELS_RUN "models_run"
#define AMS_COL_NEW_SHARE "new_share"
#define AMS_COL_OFFERED "offered"
#define AMS_COL_OFFERED_MANDATORY "offered_mandatory"
#define AMS_COL_OF_BOUND "of_bound"
#define AMS_COL_OF_BOUND_HIGH "of_bound_high"
#define AMS_COL_OF_BOUND_LOW "of_bound_low"
#define AMS_COL_OPTION "option"
#define AMS_COL_ORDER "order"
#define AMS_COL_OURS "ours"
#define AMS_COL_PAPER_HIGH "paper_high"
#define AMS_COL_PAPER_LOW "paper_low"
#define AMS_COL_PEAK_MB "peak_mb"
#define AMS_COL_POLICY "policy"
#define AMS_COL_POSITION "position"
#define AMS_COL_QUANTITY "quantity"
#define AMS_COL_QUESTION "question"
#define AMS_COL_RECALL "recall"
#define AMS_COL_REQUIRED_RECALL "required_recall"
#define AMS_COL_SAVED_VS_ALL "saved_vs_all"
#define AMS_COL_SAVED_VS_RANDOM "saved_vs_random"
#define AMS_COL_SCORE "score"
#define AMS_COL_SCORE_SE "score_se"
#define AMS_COL_SECONDS "seconds"
#define AMS_COL_SEED "seed"
#define AMS_COL_SEEDS "seeds"
#define AMS_COL_SERIES "series"
#define AMS_COL_SET "set"
#define AMS_COL_SHARE "share"
#define AMS_COL_SHARE_OF_ITEMS "share_of_items"
#define AMS_COL_SHARE_RUN "share_run"
#define AMS_COL_START_MS "start_ms"
#define AMS_COL_STEP "step"
#define AMS_COL_THETA "theta"
#define AMS_COL_TIME_MS "time_ms"
#define AMS_COL_TITLE "title"
#define AMS_COL_UNIT "unit"
#define AMS_COL_UPDATE "update"
#define AMS_COL_VALIDATION_TIME_MS "validation_time_ms"
#define AMS_COL_VALUE "value"
#define AMS_COL_VERDICT "verdict"
#define AMS_COL_WHY "why"
#define AMS_COL_X "x"
#define AMS_COL_X_KIND "x_kind"

/* Cells that say what a row is about, in the columns `x_kind` and `metric`. */
#define AMS_CELL_TIME_MS "time_ms"
#define AMS_CELL_MODELS "models"
#define AMS_CELL_TIMES_ORACLE "times_oracle"
#define AMS_CELL_TIME_MS_DIFF_FIXED "time_ms_diff_fixed"
#define AMS_CELL_VALIDATION_TIME_MS "validation_time_ms"

/* -- an evaluation's folder -- */

/* One row per policy, seed and required recall: means over the items. */
#define AMS_SUMMARY_TSV "summary.tsv"
#define AMS_SUMMARY_HEADER                                                                     \
    AMS_COL_POLICY "\t" AMS_COL_SEED "\t" AMS_COL_REQUIRED_RECALL "\t" AMS_COL_TIME_MS         \
                   "\t" AMS_COL_MODELS_RUN "\t" AMS_COL_SAVED_VS_ALL                           \
                   "\t" AMS_COL_SAVED_VS_RANDOM "\n"

/* One row per policy, required recall and metric: over its seeds, with the interval. */
#define AMS_INTERVALS_TSV "intervals.tsv"
#define AMS_INTERVALS_HEADER                                                                   \
    AMS_COL_POLICY "\t" AMS_COL_REQUIRED_RECALL "\t" AMS_COL_METRIC "\t" AMS_COL_MEAN          \
                   "\t" AMS_COL_CI_LOW "\t" AMS_COL_CI_HIGH "\n"

/* Mean recall by time (x_kind time_ms) and by number of models (x_kind models). */
#define AMS_CURVES_TSV "curves.tsv"
#define AMS_CURVES_HEADER                                                                      \
    AMS_COL_POLICY "\t" AMS_COL_X_KIND "\t" AMS_COL_X "\t" AMS_COL_RECALL "\t" AMS_COL_CI_LOW  \
                   "\t" AMS_COL_CI_HIGH "\n"

/* Share of executions with recall 1.0 within a time (x_kind time_ms) or within a multiple of
 * the oracle's time for the item (x_kind times_oracle). */
#define AMS_DISTRIBUTION_TSV "distribution.tsv"
#define AMS_DISTRIBUTION_HEADER                                                                \
    AMS_COL_POLICY "\t" AMS_COL_X_KIND "\t" AMS_COL_X "\t" AMS_COL_SHARE "\t" AMS_COL_CI_LOW   \
                   "\t" AMS_COL_CI_HIGH "\t" AMS_COL_SHARE_OF_ITEMS "\n"

/* One row per policy, model and position in the order. */
#define AMS_POSITIONS_TSV "positions.tsv"
#define AMS_POSITIONS_HEADER                                                                   \
    AMS_COL_POLICY "\t" AMS_COL_MODEL "\t" AMS_COL_POSITION "\t" AMS_COL_SHARE                 \
                   "\t" AMS_COL_MEAN_POSITION "\t" AMS_COL_SHARE_RUN "\t" AMS_COL_MEAN_PLACE   \
                   "\n"

/* One row per policy, seed and item (zstd). `order`, `time_ms` and `recall` are lists. */
#define AMS_ITEMS_TSV "items.tsv.zst"
#define AMS_ITEMS_HEADER                                                                       \
    AMS_COL_POLICY "\t" AMS_COL_SEED "\t" AMS_COL_ITEM "\t" AMS_COL_ORDER "\t" AMS_COL_TIME_MS \
                   "\t" AMS_COL_RECALL "\n"

/* -- a compared experiment's folder -- */

/* One row per configuration, required recall and metric. */
#define AMS_COMPARE_TSV "compare.tsv"
#define AMS_COMPARE_HEADER                                                                     \
    AMS_COL_AGENT "\t" AMS_COL_SEEDS "\t" AMS_COL_REQUIRED_RECALL "\t" AMS_COL_METRIC          \
                  "\t" AMS_COL_MEAN "\t" AMS_COL_CI_LOW "\t" AMS_COL_CI_HIGH "\n"

/* One row per configuration, metric and update: over its seeds. */
#define AMS_LEARNING_TSV "learning.tsv"
#define AMS_LEARNING_HEADER                                                                    \
    AMS_COL_POLICY "\t" AMS_COL_METRIC "\t" AMS_COL_UPDATE "\t" AMS_COL_SEEDS                  \
                   "\t" AMS_COL_MEAN "\t" AMS_COL_CI_LOW "\t" AMS_COL_CI_HIGH "\n"

/* Time to a required recall by number of training items. */
#define AMS_TRAINING_ITEMS_TSV "training_items.tsv"
#define AMS_TRAINING_ITEMS_HEADER                                                              \
    AMS_COL_POLICY "\t" AMS_COL_ITEMS "\t" AMS_COL_REQUIRED_RECALL "\t" AMS_COL_SEEDS          \
                   "\t" AMS_COL_MEAN "\t" AMS_COL_CI_LOW "\t" AMS_COL_CI_HIGH "\n"

/* -- other folders -- */

/* Of a training run; rl/run/folder.c writes it and its header, which has more columns. */
#define AMS_METRICS_TSV "metrics.tsv"

/* One row per policy and budget, or price: lab/budget. */
#define AMS_BUDGET_CURVE_TSV "curve.tsv"

/* One row per policy that has a curve. */
#define AMS_BUDGET_SUMMARY_TSV "area.tsv"

/* Recall under a deadline and a memory limit. */
#define AMS_SCHEDULE_TSV "schedule.tsv"
#define AMS_SCHEDULE_HEADER                                                                    \
    AMS_COL_SERIES                                                                             \
    "\t" AMS_COL_DEADLINE_MS "\t" AMS_COL_MEMORY_MB "\t" AMS_COL_RECALL "\t" AMS_COL_CI_LOW    \
    "\t" AMS_COL_CI_HIGH "\tless_fixed\tless_fixed_low\tless_fixed_high\tover_random\t"        \
    "over_random_low\tover_random_high\t" AMS_COL_OF_BOUND "\t" AMS_COL_OF_BOUND_LOW           \
    "\t" AMS_COL_OF_BOUND_HIGH "\t" AMS_COL_TIME_MS "\t" AMS_COL_MODELS_RUN "\tcut_off\n"

/* One row per execution of a model on the item. */
#define AMS_TRACE_TSV "trace.tsv"
#define AMS_TRACE_HEADER                                                                       \
    AMS_COL_MODEL "\t" AMS_COL_START_MS "\t" AMS_COL_END_MS "\t" AMS_COL_MEM_MB                \
                  "\t" AMS_COL_NEW_SHARE "\t" AMS_COL_FINISHED "\n"

/* One row per series and point of a stream. score_se, missed_se: standard errors over seeds. */
#define AMS_STREAM_TSV "stream.tsv"
#define AMS_STREAM_HEADER                                                                      \
    AMS_COL_SERIES                                                                             \
    "\tscheduler\tpredictor\tparameter\tarrivals\t" AMS_COL_CLIENTS "\t" AMS_COL_OFFERED       \
    "\t" AMS_COL_OFFERED_MANDATORY "\tdeadline_low_ms\t" AMS_COL_DEADLINE_HIGH_MS              \
    "\t" AMS_COL_DELTA "\t" AMS_COL_SEEDS "\t" AMS_COL_SCORE "\t" AMS_COL_SCORE_SE             \
    "\t" AMS_COL_MISSED "\t" AMS_COL_MISSED_SE                                                 \
    "\tscore_met\tscore_any\tlate\tdepth\toptional_ms\tresponse_ms\t"                          \
    "response_p95_ms\tresponse_max_ms\tqueue\tload\tworst_client\t" AMS_COL_AXIS "\n"

/* One row per execution of a stream's busiest second, or the part of it that can be shown. */
#define AMS_TIMELINE_TSV "timeline.tsv"
#define AMS_TIMELINE_HEADER                                                                    \
    AMS_COL_MODEL "\t" AMS_COL_JOB "\t" AMS_COL_CLIENT "\tworker\t" AMS_COL_START_MS           \
                  "\t" AMS_COL_END_MS "\t" AMS_COL_ARRIVAL_MS "\t" AMS_COL_DEADLINE_MS "\n"

/* Position and time saved by a model's theta; a script of experiments/ writes it. */
#define AMS_PRIORITY_TSV "priority.tsv"

/* -- a reproduction's folder; docs/reproduce.md -- */

/* One row per number of the papers and data set. */
#define AMS_ROWS_TSV "rows.tsv"
#define AMS_ROWS_HEADER                                                                        \
    AMS_COL_EXPERIMENT "\t" AMS_COL_QUANTITY "\t" AMS_COL_SET "\t" AMS_COL_UNIT                \
                       "\t" AMS_COL_PAPER_LOW "\t" AMS_COL_PAPER_HIGH "\t" AMS_COL_OURS        \
                       "\t" AMS_COL_CI_LOW "\t" AMS_COL_CI_HIGH "\t" AMS_COL_VERDICT           \
                       "\t" AMS_COL_WHY "\t" AMS_COL_COMMAND "\t" AMS_COL_SECONDS "\n"

#define AMS_EXPERIMENTS_TSV "experiments.tsv"
#define AMS_EXPERIMENTS_HEADER                                                                 \
    AMS_COL_EXPERIMENT "\t" AMS_COL_TITLE "\t" AMS_COL_QUESTION "\t" AMS_COL_FIGURES "\n"

/* One row per option that was tried, data set and measure. */
#define AMS_CHOICES_TSV "choices.tsv"
#define AMS_CHOICES_HEADER                                                                     \
    AMS_COL_CHOICE "\t" AMS_COL_OPTION "\t" AMS_COL_SET "\t" AMS_COL_MEASURE "\t" AMS_COL_UNIT \
                   "\t" AMS_COL_BETTER "\t" AMS_COL_OURS "\t" AMS_COL_CI_LOW                   \
                   "\t" AMS_COL_CI_HIGH "\t" AMS_COL_HOW "\n"

#define AMS_NOTES_TSV "notes.tsv"
#define AMS_NOTES_HEADER AMS_COL_KEY "\t" AMS_COL_VALUE "\n"

/* What each step took; steps/STEP.tsv is the record of one. */
#define AMS_STEPS_TSV "steps.tsv"
#define AMS_STEPS_HEADER                                                                       \
    AMS_COL_STEP "\t" AMS_COL_SECONDS "\t" AMS_COL_CPU_SECONDS "\t" AMS_COL_PEAK_MB            \
                 "\t" AMS_COL_COMMAND "\n"
#define AMS_RECORD_HEADER                                                                      \
    AMS_COL_COMMAND "\t" AMS_COL_SECONDS "\t" AMS_COL_CPU_SECONDS "\t" AMS_COL_PEAK_MB         \
                    "\t" AMS_COL_COMMIT "\n"

#endif
