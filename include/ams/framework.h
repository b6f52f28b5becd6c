/* The whole framework. Each header can be included alone, too; README.md lists them.
 *
 * Common to all: functions that can fail return ams_status and take an ams_error, which the
 * caller owns and which then holds one line. create and destroy, init and fini, open and close
 * come in pairs; the second of each accepts what is all zero, or NULL. "Borrowed" means that
 * the caller keeps it alive and frees it. Shapes: N items, M models (at most 64), L labels, A =
 * M + 1 actions; (N, M) is row-major. Times are in milliseconds, memory in megabytes, unless a
 * name says otherwise. */
#ifndef AMS_FRAMEWORK_H
#define AMS_FRAMEWORK_H

#include "ams/accelerator.h"
#include "ams/agent.h"
#include "ams/average.h"
#include "ams/batch.h"
#include "ams/bounds.h"
#include "ams/children.h"
#include "ams/compare.h"
#include "ams/config.h"
#include "ams/cuda.h"
#include "ams/data.h"
#include "ams/decide.h"
#include "ams/env.h"
#include "ams/evaluate.h"
#include "ams/export.h"
#include "ams/export_set.h"
#include "ams/figures.h"
#include "ams/halving.h"
#include "ams/job.h"
#include "ams/jobs.h"
#include "ams/limit_series.h"
#include "ams/limit_setup.h"
#include "ams/limit_study.h"
#include "ams/limit_trace.h"
#include "ams/limits.h"
#include "ams/moment.h"
#include "ams/names.h"
#include "ams/net.h"
#include "ams/options.h"
#include "ams/paired.h"
#include "ams/policy.h"
#include "ams/policy_file.h"
#include "ams/pool.h"
#include "ams/progress.h"
#include "ams/run.h"
#include "ams/schedule.h"
#include "ams/score.h"
#include "ams/sections.h"
#include "ams/space.h"
#include "ams/sparse.h"
#include "ams/stats.h"
#include "ams/status.h"
#include "ams/stream.h"
#include "ams/stream_sim.h"
#include "ams/sweep.h"
#include "ams/synth.h"
#include "ams/table.h"
#include "ams/table_file.h"
#include "ams/trace.h"
#include "ams/train.h"
#include "ams/training.h"
#include "ams/training_request.h"
#include "ams/tune.h"
#include "ams/validation.h"
#include "ams/writer.h"

#endif
