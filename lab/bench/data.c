/* Files in and out, and the statistics of results. */
#include "lab/bench/figures.h"
#include "lab/bench/measure.h"

#include "ams/data.h"
#include "ams/stats.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DRAWS = 200 };

typedef struct bench_files {
    char *table, *rows, *models, *again;
    const ams_group *groups;
} bench_files;

static ams_status load(void *context, ams_error *err)
{
    const bench_files *f = context;
    ams_table table = {0};
    ams_status status = ams_table_read(&table, f->table, err);
    ams_table_fini(&table);
    return status;
}

static ams_status import(void *context, ams_error *err)
{
    const bench_files *f = context;
    const char *const rows[] = {f->rows};
    ams_import_counts counts;
    ams_import_options options = ams_import_defaults();
    options.models_path = f->models;
    options.output = f->again;
    return ams_data_import(rows, 1, &options, &counts, err);
}

static ams_status draw(void *context, ams_error *err)
{
    const bench_files *f = context;
    ams_bootstrap bootstrap = {0};
    ams_bootstrap_options options = {.seed = 1, .draws = DRAWS};
    ams_status status = ams_bootstrap_run(&bootstrap, f->groups, 2, &options, err);
    ams_bootstrap_fini(&bootstrap);
    return status;
}

static ams_status file_bytes(const char *path, double *bytes, ams_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return ams_fail(err, AMS_IO, "%s: expected the file just written, found none", path);
    }
    *bytes = (double)info.st_size;
    return AMS_OK;
}

/* A figure of one thread. */
static ams_bench_row row_of(const char *figure, const char *unit)
{
    return (ams_bench_row){
        .figure = figure, .variant = "-", .unit = unit, .batch = 1, .threads = 1};
}

static ams_status through_files(ams_bench *bench, const ams_table *table, bench_files *f,
                                ams_error *err)
{
    const double runs = (double)table->n_items * table->n_models;
    double bytes = 0;
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&f->table, bench->options.scratch, "bench.h5", err));
    AMS_TRY(ams_join_path(&f->rows, bench->options.scratch, "bench.jsonl", err));
    AMS_TRY(ams_join_path(&f->models, bench->options.scratch, "bench.models.tsv", err));
    AMS_TRY(ams_join_path(&f->again, bench->options.scratch, "bench-again.h5", err));
    if ((bench->options.what & AMS_BENCH_LOAD) != 0) {
        AMS_TRY(ams_table_write(table, f->table, err));
        AMS_TRY(ams_bench_measure(bench, row_of("load", "outputs/s"),
                                  (double)ams_table_outputs(table), load, f, err));
        /* A label and a confidence, written once. */
        ams_bench_bound(bench, 0, 0, sizeof *table->label + sizeof *table->conf);
    }
    if ((bench->options.what & AMS_BENCH_IMPORT) != 0) {
        AMS_TRY(ams_data_export(table, f->rows, err));
        AMS_TRY(ams_bench_measure(bench, row_of("import", "rows/s"), runs, import, f, err));
        AMS_TRY(file_bytes(f->rows, &bytes, err));
        ams_bench_bound(bench, 0, 0, bytes / runs); /* the text, read once */
    }
out:
    return status;
}

static ams_status resample(ams_bench *bench, const ams_table *table, bench_files *f,
                           ams_error *err)
{
    static const char *const names[] = {"fixed", "random"};
    ams_env_options options = ams_env_defaults();
    ams_eval_options eval = {.split = AMS_TRAIN};
    ams_env *env = NULL;
    ams_policy *policy = NULL;
    ams_scores scores[2] = {{.n = 0}, {.n = 0}};
    ams_status status = AMS_OK;
    AMS_TRY(ams_env_create(&env, table, &options, err));
    for (int i = 0; i < 2; i++) {
        AMS_TRY(ams_policy_create(&policy, names[i], table, env, err));
        ams_policy_set_draws(policy, 1, 0);
        AMS_TRY(ams_evaluate(&scores[i], policy, table, &eval, err));
        ams_policy_destroy(policy);
        policy = NULL;
    }
    const ams_scores *const run[] = {&scores[0], &scores[1]};
    const ams_group groups[] = {{"fixed", &run[0], 1}, {"random", &run[1], 1}};
    f->groups = groups;
    AMS_TRY(ams_bench_measure(bench, row_of("bootstrap", "draws/s"), DRAWS, draw, f, err));
    double columns = AMS_COLUMN_AFTER + table->n_models + 1;
    ams_bench_bound(bench, 2 * 2 * columns * scores[0].n, 0, 0);
out:
    ams_policy_destroy(policy);
    ams_scores_fini(&scores[0]);
    ams_scores_fini(&scores[1]);
    ams_env_destroy(env);
    return status;
}

static void remove_file(char *path)
{
    if (path != NULL) {
        unlink(path); /* not there unless it was written */
    }
    free(path);
}

ams_status ams_bench_data(ams_bench *bench, const ams_table *table, ams_error *err)
{
    const ams_bench_options *o = &bench->options;
    bench_files f = {0};
    ams_status status = AMS_OK;
    if ((o->what & (AMS_BENCH_LOAD | AMS_BENCH_IMPORT)) != 0) {
        AMS_TRY(through_files(bench, table, &f, err));
    }
    if ((o->what & AMS_BENCH_BOOTSTRAP) != 0) {
        AMS_TRY(resample(bench, table, &f, err));
    }
out:
    remove_file(f.table);
    remove_file(f.rows);
    remove_file(f.models);
    remove_file(f.again);
    return status;
}
