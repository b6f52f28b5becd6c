#include "console/batch.h"

#include "base/job_place.h"
#include "base/number.h"
#include "console/options.h"
#include "console/units.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

uint32_t cli_processors(void)
{
    const ams_job_place place = ams_job_place_of();
    const uint32_t mine = ams_job_processors(&place);
    return mine < CLI_MOST_THREADS ? mine : CLI_MOST_THREADS;
}

ams_status cli_get_jobs(const cli_args *args, uint64_t *side_by_side, uint64_t *together,
                        ams_error *err)
{
    enum { MOST = 1024, TOGETHER = 256 };
    *side_by_side = cli_processors();
    ams_status status = cli_get_count(args, "-j", MOST, side_by_side, err);
    if (together != NULL) {
        *together = cli_has(args, "-j") ? *side_by_side : TOGETHER;
    }
    return status;
}

double cli_batch_seconds(void)
{
    const double margin = 120;
    uint64_t end = 0;
    const time_t now = time(NULL);
    const double left =
        ams_job_number("SLURM_JOB_END_TIME", &end) ? (double)end - (double)now - margin : 0;
    return left > 0 ? left : 0;
}

ams_status cli_read_duration(const char *option, const char *text, void *value, ams_error *err)
{
    static const cli_unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    size_t n = 0;
    return cli_parse_units(option, text, units, sizeof units / sizeof *units, value, 1, &n,
                           err);
}

ams_status cli_read_patience(const char *option, const char *text, void *value, ams_error *err)
{
    const double least = 5;
    double seconds = 0;
    ams_status status = cli_read_duration(option, text, &seconds, err);
    if (status == AMS_OK && seconds < least) {
        status =
            ams_fail(err, AMS_USAGE,
                     "option %s: expected at least %.0fs, since a process that shares work "
                     "looks twice a second and counts eight times in this time; found '%s'",
                     option, least, text);
    }
    if (status == AMS_OK) {
        *(double *)value = seconds;
    }
    return status;
}

/* As the batch system numbers this process: from 0, and of how many. */
static bool batch_shard(uint64_t shard[2])
{
    uint64_t first = 0;
    if (ams_job_number("SLURM_ARRAY_TASK_ID", &shard[0]) &&
        ams_job_number("SLURM_ARRAY_TASK_COUNT", &shard[1])) {
        (void)ams_job_number("SLURM_ARRAY_TASK_MIN", &first);
        shard[0] = shard[0] >= first ? shard[0] - first : shard[0];
        return shard[0] < shard[1];
    }
    return (ams_job_number("SLURM_PROCID", &shard[0]) &&
            ams_job_number("SLURM_NTASKS", &shard[1]) && shard[0] < shard[1]) ||
           (ams_job_number("OMPI_COMM_WORLD_RANK", &shard[0]) &&
            ams_job_number("OMPI_COMM_WORLD_SIZE", &shard[1]) && shard[0] < shard[1]);
}

ams_status cli_read_shard(const char *option, const char *text, void *value, ams_error *err)
{
    uint64_t *shard = value;
    char index[32];
    const char *slash = strchr(text, '/');
    if (strcmp(text, "auto") == 0) {
        return batch_shard(shard)
                   ? AMS_OK
                   : ams_fail(err, AMS_USAGE,
                              "option %s: auto: expected SLURM_ARRAY_TASK_ID and _COUNT (of "
                              "an array whose numbers have no gaps), SLURM_PROCID and "
                              "SLURM_NTASKS, or Open MPI's, found none",
                              option);
    }
    const size_t length = slash == NULL ? 0 : (size_t)(slash - text);
    if (length > 0 && length < sizeof index) {
        memcpy(index, text, length);
        index[length] = '\0';
        if (ams_parse_u64(index, &shard[0]) && ams_parse_u64(slash + 1, &shard[1]) &&
            shard[0] >= 1 && shard[0] <= shard[1]) {
            shard[0]--;
            return AMS_OK;
        }
    }
    return ams_fail(err, AMS_USAGE, "option %s: expected I/N with I from 1 to N, found '%s'",
                    option, text);
}
