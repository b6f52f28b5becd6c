/* What a team's line costs: an errand's way there and back, bytes per second, and MPI's sum of
 * one gradient over all ranks, which data-parallel training would need for every update.
 * usage: mpirun -n RANKS bench_line [FLOATS]     rows of TSV: what, ranks, value, unit */
#include "base/clock.h"
#include "mpi/line.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TURNS = 101, SMALL = 8, LARGE = 4 << 20, FLOATS = 290847, MANY = 4000 };

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *value, size_t n)
{
    qsort(value, n, sizeof *value, by_size);
    return value[n / 2];
}

/* a bytes come back. */
static ams_status work(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    static const unsigned char zeros[65536];
    ams_status status = AMS_OK;
    (void)context;
    for (uint64_t left = errand->a; left > 0 && status == AMS_OK;) {
        const uint64_t now = left < sizeof zeros ? left : sizeof zeros;
        status = ams_bytes_put(result, zeros, now, err);
        left -= now;
    }
    return status;
}

static ams_status fold(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    (void)context;
    (void)errand;
    (void)result;
    (void)err;
    return AMS_OK;
}

/* Seconds until an errand of member 1, from which `bytes` come back, has its result. */
static ams_status time_one(ams_team *team, uint64_t bytes, double *seconds, ams_error *err)
{
    double second[TURNS] = {0};
    ams_bytes result = {.n = 0};
    ams_status status = AMS_OK;
    for (int k = 0; k < TURNS; k++) {
        const ams_team_errand errand = {.a = bytes};
        for (uint32_t member = 0; member < ams_team_size(team); member++) {
            uint64_t id = 0;
            const double begun = ams_seconds();
            AMS_TRY(ams_team_submit(team, &errand, &id, err));
            AMS_TRY(ams_team_collect(team, id, work, NULL, &result, err));
            second[k] = member == 1 ? ams_seconds() - begun : second[k];
        }
    }
    *seconds = median(second, TURNS);
out:
    ams_bytes_fini(&result);
    return status;
}

/* Processor seconds of the first rank per errand of many that do nothing. */
static ams_status time_many(ams_team *team, double *seconds, ams_error *err)
{
    ams_team_errand *errand = calloc(MANY, sizeof *errand);
    if (errand == NULL) {
        return ams_fail(err, AMS_BACKEND, "out of memory");
    }
    const clock_t begun = clock();
    const ams_status status = ams_team_run(team, errand, MANY, work, NULL, fold, NULL, err);
    *seconds = (double)(clock() - begun) / CLOCKS_PER_SEC / MANY;
    free(errand);
    return status;
}

static ams_status lead(ams_team *team, ams_error *err)
{
    const uint32_t ranks = ams_team_size(team);
    double small = 0;
    double large = 0;
    double many = 0;
    ams_status status = AMS_OK;
    AMS_TRY(time_one(team, SMALL, &small, err));
    AMS_TRY(time_one(team, LARGE, &large, err));
    AMS_TRY(time_many(team, &many, err));
    printf("what\tranks\tvalue\tunit\n");
    printf("errand\t%u\t%.1f\tus there and back\n", ranks, small * 1e6);
    printf("errands\t%u\t%.2f\tus of processor time each, of %d\n", ranks, many * 1e6, MANY);
    printf("bytes\t%u\t%.4g\tbytes/s\n", ranks, LARGE / (large - small));
out:
    return status;
}

static void sum_gradients(int n)
{
    double second[TURNS] = {0};
    int rank = 0;
    int ranks = 0;
    float *gradient = calloc((size_t)n, sizeof *gradient);
    float *sum = calloc((size_t)n, sizeof *sum);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    for (int k = 0; k < TURNS && gradient != NULL && sum != NULL; k++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begun = ams_seconds();
        MPI_Allreduce(gradient, sum, n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
        second[k] = ams_seconds() - begun;
    }
    if (rank == 0) {
        printf("allreduce\t%d\t%.1f\tus of %d floats\n", ranks, median(second, TURNS) * 1e6, n);
    }
    free(gradient);
    free(sum);
}

int main(int argc, char **argv)
{
    mpi_line *line = NULL;
    ams_team *team = NULL;
    ams_error err = {.text = ""};
    ams_status status = mpi_line_open(&line, &argc, &argv, &err);
    const long floats = argc > 1 ? strtol(argv[1], NULL, 10) : FLOATS;
    if (status == AMS_OK) {
        const ams_team_line members = mpi_line_of_team(line);
        status = ams_team_create(&team, &members, &err);
    }
    if (status == AMS_OK && (ams_team_size(team) < 2 || floats < 1 || floats > 1 << 30)) {
        status =
            ams_fail(&err, AMS_USAGE, "usage: mpirun -n RANKS (2 or more) bench_line [FLOATS]");
    } else if (status == AMS_OK) {
        status =
            ams_team_leads(team) ? lead(team, &err) : ams_team_serve(team, work, NULL, &err);
        status = ams_team_finish(team, status, &err);
    }
    if (status != AMS_OK) {
        fprintf(stderr, "bench_line: %s\n", err.text);
        return (int)status; /* mpirun ends the others */
    }
    sum_gradients((int)floats);
    ams_team_destroy(team);
    mpi_line_close(line);
    return 0;
}
