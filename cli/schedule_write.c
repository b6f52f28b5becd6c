/* What `ams schedule` writes and prints. */
#include "cli/schedule.h"

#include "ams_commit.h"

#include "base/file.h"
#include "base/memory.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void print_fn(const schedule_session *s, FILE *stream);

static const double *column(const ams_limit_scores *scores, int which)
{
    return which == 0 ? scores->done_ms : which == 1 ? scores->models : scores->cut;
}

/* Mean over runs and items: 0 done_ms, 1 models, 2 cut. */
static double mean(const schedule_session *s, uint32_t series, uint32_t point, int which)
{
    const schedule_series *at = &s->series[series];
    double sum = 0;
    for (uint32_t r = 0; r < at->n_runs; r++) {
        const double *value = column(&at->scores[r], which);
        for (uint32_t i = 0; i < at->scores[r].n; i++) {
            sum += value[(size_t)i * s->setup.n_points + point];
        }
    }
    return sum / at->n_runs / at->scores[0].n;
}

static bool exact_is_known(const schedule_session *s, uint32_t point)
{
    return s->exact < s->n_series && mean(s, s->exact, point, 2) <= 0;
}

/* A curve has a row where it is a number: the optimum only where every item was solved. */
static bool has_row(const schedule_session *s, uint32_t series, uint32_t point)
{
    return series != s->exact || exact_is_known(s, point);
}

static void put_interval(FILE *stream, ams_interval i)
{
    fprintf(stream, "\t%.6f\t%.6f\t%.6f", i.mean, i.low, i.high);
}

static void put_limits(FILE *stream, const ams_limit_point *point)
{
    fprintf(stream, "\t%.6g", point->deadline_ms);
    if (isinf(point->memory_mb)) {
        fputs("\t-", stream);
    } else {
        fprintf(stream, "\t%.6g", point->memory_mb);
    }
}

static void print_schedule(const schedule_session *s, FILE *stream)
{
    fputs(
        "series\tdeadline_ms\tmemory_mb\trecall\tci_low\tci_high\tless_fixed\tless_fixed_low\t"
        "less_fixed_high\tover_random\tover_random_low\tover_random_high\tof_bound\t"
        "of_bound_low\tof_bound_high\ttime_ms\tmodels_run\tcut_off\n",
        stream);
    for (uint32_t k = 0; k < s->n_series; k++) {
        for (uint32_t p = 0; p < s->setup.n_points; p++) {
            if (!has_row(s, k, p)) {
                continue;
            }
            fputs(s->series[k].label, stream);
            put_limits(stream, &s->setup.point[p]);
            put_interval(stream, ams_paired_interval(&s->paired, AMS_PAIRED_MEAN, k, 0, p));
            put_interval(stream,
                         ams_paired_interval(&s->paired, AMS_PAIRED_LESS, k, s->fixed, p));
            put_interval(stream,
                         ams_paired_interval(&s->paired, AMS_PAIRED_OVER, k, s->random, p));
            put_interval(stream,
                         ams_paired_interval(&s->paired, AMS_PAIRED_RATIO, k, s->bound, p));
            if (s->series[k].scheduler == NULL) {
                fputs("\t-\t-\t-\n", stream);
            } else {
                fprintf(stream, "\t%.6f\t%.6f\t%.6f\n", mean(s, k, p, 0), mean(s, k, p, 1),
                        mean(s, k, p, 2));
            }
        }
    }
}

/* Mean recall of a series over the items whose optimum is known. */
static double solved_recall(const schedule_session *s, uint32_t series, uint32_t point,
                            uint32_t *solved)
{
    const schedule_series *at = &s->series[series];
    const double *cut = s->series[s->exact].scores[0].cut;
    double sum = 0;
    *solved = 0;
    for (uint32_t i = 0; i < at->scores[0].n; i++) {
        size_t cell = (size_t)i * s->setup.n_points + point;
        if (cut[cell] <= 0) {
            ++*solved;
            for (uint32_t r = 0; r < at->n_runs; r++) {
                sum += at->recall[r][cell] / at->n_runs;
            }
        }
    }
    return *solved > 0 ? sum / *solved : 0;
}

static void print_exact(const schedule_session *s, FILE *stream)
{
    fputs("series\tdeadline_ms\tmemory_mb\titems\tsolved\tmean_nodes\trecall_on_solved\t"
          "optimum_on_solved\tratio\n",
          stream);
    for (uint32_t p = 0; p < s->setup.n_points; p++) {
        uint32_t solved = 0;
        double optimum = solved_recall(s, s->exact, p, &solved);
        for (uint32_t k = 0; k < s->n_series; k++) {
            double recall = solved_recall(s, k, p, &solved);
            fputs(s->series[k].label, stream);
            put_limits(stream, &s->setup.point[p]);
            fprintf(stream, "\t%u\t%u\t%.1f\t%.6f\t%.6f\t%.6f\n", s->series[k].scores[0].n,
                    solved, mean(s, s->exact, p, 1), recall, optimum,
                    optimum > 0 ? recall / optimum : 1);
        }
    }
}

static void print_timing(const schedule_session *s, FILE *stream)
{
    fputs("series\tmicroseconds_a_decision\n", stream);
    for (uint32_t k = 0; k < s->n_series; k++) {
        if (s->series[k].scheduler != NULL) {
            fprintf(stream, "%s\t%.3f\n", s->series[k].label,
                    s->series[k].scores[0].decision_us);
        }
    }
    if (s->exact < s->n_series) {
        fprintf(stream, "exact (seconds for all items and limits)\t%.3f\n", s->exact_seconds);
    }
}

static void print_manifest(const schedule_session *s, FILE *stream)
{
    const schedule_setup *setup = &s->setup;
    json_t *series = json_array();
    for (uint32_t k = 0; k < s->n_series; k++) {
        json_t *seeds = json_array();
        for (uint32_t r = 0; s->series[k].policy != NULL && r < s->series[k].n_runs; r++) {
            json_array_append_new(seeds,
                                  json_integer((json_int_t)s->series[k].policy[r]->seed));
        }
        json_array_append_new(
            series,
            json_pack("{s:s, s:s, s:o}", "series", s->series[k].label, "scheduler",
                      s->series[k].scheduler == NULL ? "bound" : s->series[k].scheduler->name,
                      "seeds", seeds));
    }
    json_t *manifest = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:o}", "command",
        s->command, "version", AMS_VERSION ", commit " AMS_COMMIT, "data", setup->data_path,
        "data_hash", setup->data_hash, "split", setup->split_name, "times", setup->times,
        "expect", setup->expect, "items", (int)setup->n_items, "limits", (int)setup->n_points,
        "seed", (json_int_t)setup->seed, "random_draws", (json_int_t)setup->draws,
        "bootstrap_draws", (json_int_t)s->bootstrap_draws, "series", series);
    json_dumpf(manifest, stream, JSON_INDENT(2));
    fputc('\n', stream);
    json_decref(manifest);
}

static ams_status write_one(const schedule_session *s, const char *name, print_fn *print,
                            ams_error *err)
{
    char *path = NULL;
    ams_file file = {0};
    ams_status status = AMS_OK;
    AMS_TRY(ams_join_path(&path, s->directory, name, err));
    AMS_TRY(ams_file_create(&file, path, err));
    print(s, file.stream);
    status = ams_file_commit(&file, err);
out:
    free(path);
    return status;
}

ams_status schedule_write(const schedule_session *s, ams_error *err)
{
    ams_status status = AMS_OK;
    AMS_TRY(ams_make_directories(s->directory, err));
    AMS_TRY(write_one(s, "schedule.tsv", print_schedule, err));
    AMS_TRY(write_one(s, "timing.tsv", print_timing, err));
    AMS_TRY(write_one(s, "schedule.json", print_manifest, err));
    if (s->exact < s->n_series) {
        AMS_TRY(write_one(s, "exact.tsv", print_exact, err));
    }
out:
    return status;
}

/* Up to SHOWN points from first to last, evenly. */
enum { SHOWN = 7 };

static uint32_t shown(uint32_t n, uint32_t k)
{
    return n <= SHOWN ? k : k * (n - 1) / (SHOWN - 1);
}

static double total_recall(const schedule_session *s, uint32_t series, uint32_t first,
                           uint32_t n)
{
    double sum = 0;
    for (uint32_t p = first; p < first + n; p++) {
        sum += s->paired.mean[(size_t)series * s->setup.n_points + p];
    }
    return sum;
}

/* The table of one memory budget: points first to first + n. */
static void print_block(const schedule_session *s, uint32_t first, uint32_t n, int width)
{
    uint32_t columns = n < SHOWN ? n : SHOWN;
    bool printed[1024] = {false};
    printf("%-*s", width, "series");
    for (uint32_t k = 0; k < columns; k++) {
        printf(" %7.4g ms", s->setup.point[first + shown(n, k)].deadline_ms);
    }
    printf("   over random    less fixed [95 %%], at %.4g ms\n",
           s->setup.point[first + shown(n, columns / 2)].deadline_ms);
    for (uint32_t row = 0; row < s->n_series; row++) {
        uint32_t best = s->n_series;
        for (uint32_t k = 0; k < s->n_series; k++) {
            if (!printed[k] && (best == s->n_series || total_recall(s, k, first, n) >
                                                           total_recall(s, best, first, n))) {
                best = k;
            }
        }
        printed[best] = true;
        printf("%-*s", width, s->series[best].label);
        for (uint32_t k = 0; k < columns; k++) {
            uint32_t p = first + shown(n, k);
            printf(has_row(s, best, p) ? " %10.4f" : " >=%8.4f",
                   s->paired.mean[(size_t)best * s->setup.n_points + p]);
        }
        uint32_t middle = first + shown(n, columns / 2);
        ams_interval over =
            ams_paired_interval(&s->paired, AMS_PAIRED_OVER, best, s->random, middle);
        ams_interval less =
            ams_paired_interval(&s->paired, AMS_PAIRED_LESS, best, s->fixed, middle);
        printf("   %+8.1f %%     %+.4f [%+.4f, %+.4f]\n", 100 * over.mean, less.mean, less.low,
               less.high);
    }
}

void schedule_print(const schedule_session *s)
{
    int width = 6;
    for (uint32_t k = 0; k < s->n_series; k++) {
        int length = (int)strlen(s->series[k].label);
        width = length > width ? length : width;
    }
    const schedule_setup *setup = &s->setup;
    printf("Mean recall of value by a deadline, %u %s items.\n", setup->n_items,
           setup->split_name);
    uint32_t n = 1;
    for (uint32_t first = 0; first < setup->n_points; first += n) {
        for (n = 1; first + n < setup->n_points &&
                    setup->point[first + n].memory_mb == setup->point[first].memory_mb;
             n++) {
        }
        if (setup->parallel) {
            printf("\nMemory %.6g MB:\n", setup->point[first].memory_mb);
        }
        print_block(s, first, n, width);
    }
    for (uint32_t p = 0; s->exact < s->n_series && p < setup->n_points; p++) {
        uint32_t solved = 0;
        solved_recall(s, s->exact, p, &solved);
        if (solved < s->series[s->exact].scores[0].n) {
            printf("exact: %u of %u items solved at %.4g ms", solved,
                   s->series[s->exact].scores[0].n, setup->point[p].deadline_ms);
            printf(setup->parallel ? ", %.6g MB\n" : "\n", setup->point[p].memory_mb);
        }
    }
}
