/* Processors that a process may use. */
#include "ams/pool.h"
#include "base/job_place.h"
#include "base/processors.h"

#include "base/file.h"
#include "tests/base/suite.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    ams_error err = {""};
    ck_assert_msg(ams_make_directories(folder, &err) == AMS_OK, "%s", err.text);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* The least of a group and those above it. */
START_TEST(quotas_of_version_2)
{
    write_file("two", "cpu.stat", "");
    write_file("two/job", "cpu.max", "400000 100000\n");
    write_file("two/job/step", "cpu.max", "max 100000\n");
    write_file("two/job/step/task", "cpu.max", "150000 100000\n");
    write_file("two/job/step/wide", "cpu.max", "900000 100000\n");
    ck_assert_double_eq(ams_quota("0::/job/step/task\n", "two"), 1.5);
    ck_assert_double_eq(ams_quota("0::/job/step", "two"), 4);
    ck_assert_double_eq(ams_quota("0::/job/step/wide\n", "two"), 4);
    ck_assert(isinf(ams_quota("0::/\n", "two")));
    write_file("two", "cpu.max", "300000 100000\n"); /* a container's own group */
    ck_assert_double_eq(ams_quota("0::/\n", "two"), 3);
    ck_assert_double_eq(ams_quota("0::/a/path/of/outside\n", "two"), 3);
}
END_TEST

START_TEST(quotas_of_version_1)
{
    static const char groups[] =
        "3:cpuset:/job\n2:cpu,cpuacct:/job\n1:name=systemd:/job\n0::/\n";
    write_file("one/cpu,cpuacct", "cpu.cfs_quota_us", "-1\n");
    write_file("one/cpu,cpuacct", "cpu.cfs_period_us", "100000\n");
    write_file("one/cpu,cpuacct/job", "cpu.cfs_quota_us", "250000\n");
    write_file("one/cpu,cpuacct/job", "cpu.cfs_period_us", "50000\n");
    write_file("one/cpuset/job", "cpu.cfs_quota_us", "1\n"); /* of another controller */
    write_file("one/cpuset/job", "cpu.cfs_period_us", "1\n");
    ck_assert_double_eq(ams_quota(groups, "one"), 5);
    ck_assert(isinf(ams_quota("2:cpu,cpuacct:/\n", "one")));
}
END_TEST

START_TEST(what_cannot_be_read)
{
    static const char *const groups[] = {"", "\n", "nonsense", "1:cpu", "::", "0::/none\n"};
    write_file("bad", "cpu.max", "many of them\n");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        ck_assert(isinf(ams_quota(groups[i], "bad")));
        ck_assert(isinf(ams_quota(groups[i], "nowhere")));
    }
}
END_TEST

static void bind_to_first(void)
{
    cpu_set_t set;
    cpu_set_t one;
    CPU_ZERO(&one);
    (void)sched_getaffinity(0, sizeof set, &set);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
        if (CPU_ISSET(i, &set)) {
            CPU_SET(i, &one);
        }
    }
    (void)sched_setaffinity(0, sizeof one, &one);
}

/* A process that is bound to one processor has one. */
START_TEST(bound_to_one)
{
    int how = 0;
    ck_assert_uint_ge(ams_processors(), 1);
    const pid_t child = fork();
    if (child == 0) {
        bind_to_first();
        _exit(ams_processors() == 1 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_int_eq(how, 0);
}
END_TEST

/* What a launcher and a batch system say of this process. */
START_TEST(shares_of_a_job)
{
    setenv("OMPI_COMM_WORLD_RANK", "3", 1);
    setenv("OMPI_COMM_WORLD_SIZE", "2000", 1);
    setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "1000", 1);
    const ams_job_place place = ams_job_place_of();
    ck_assert_str_eq(place.launcher, "Open MPI");
    ck_assert_uint_eq(place.rank, 3);
    ck_assert_uint_eq(place.size, 2000);
    ck_assert_uint_eq(place.here, 1000);
    cpu_set_t all;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    const bool bound = CPU_COUNT(&all) < sysconf(_SC_NPROCESSORS_ONLN);
    const uint32_t share = ams_processors() / 1000;
    ck_assert_uint_eq(ams_job_processors(&place), bound       ? ams_processors()
                                                  : share > 0 ? share
                                                              : 1);
    setenv("SLURM_CPUS_PER_TASK", "1", 1);
    ck_assert_uint_eq(ams_job_processors(&place), 1);
    setenv("OMPI_COMM_WORLD_RANK", "2000", 1); /* none of the job */
    ck_assert_ptr_null(ams_job_place_of().launcher);
    unsetenv("OMPI_COMM_WORLD_RANK");
    unsetenv("SLURM_CPUS_PER_TASK");
}
END_TEST

static int result_of(pid_t child)
{
    int how = 0;
    return waitpid(child, &how, 0) == child && WIFEXITED(how) ? WEXITSTATUS(how) : 99;
}

/* What `work` returns in a child of a process that is called `name`. */
static int below(const char *name, int (*work)(void))
{
    const pid_t parent = fork();
    if (parent == 0) {
        (void)prctl(PR_SET_NAME, name);
        const pid_t child = fork();
        _exit(child == 0 ? work() : result_of(child));
    }
    return result_of(parent);
}

static int is_free(void)
{
    const ams_job_place place = ams_job_place_of();
    const uint32_t all = ams_processors();
    const uint32_t share = all / place.here > 0 ? all / place.here : 1;
    return ams_job_launcher_processors() >= all && ams_job_processors(&place) == share ? 0 : 1;
}

/* One of four that are bound to the same processors takes its share of the launcher's. */
static int is_bound_to_one(void)
{
    const ams_job_place place = ams_job_place_of();
    const uint32_t all = ams_job_launcher_processors();
    bind_to_first();
    return ams_job_launcher_processors() == all && ams_processors() == 1 &&
                   ams_job_processors(&place) == 1
               ? 0
               : 1;
}

static int in_a_shell(void)
{
    return below("a) R 1 (sh", is_free) + below("sh", is_bound_to_one);
}

static int without_launcher(void)
{
    return ams_job_launcher_processors() == 0 ? 0 : 1;
}

/* The only rank of this machine, with all of its launcher's processors and with one of them. A
 * request that leaves it fewer binds nobody. */
static int is_told_when_bound(void)
{
    setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "1", 1);
    setenv("SLURM_CPUS_PER_TASK", "1", 1);
    const ams_job_place place = ams_job_place_of();
    const bool before = ams_job_is_bound_short(&place);
    const bool several = ams_job_launcher_processors() > 1;
    bind_to_first();
    return !before && ams_job_is_bound_short(&place) == several ? 0 : 1;
}

START_TEST(ranks_share_what_their_launcher_has)
{
    setenv("OMPI_COMM_WORLD_RANK", "1", 1);
    setenv("OMPI_COMM_WORLD_SIZE", "2", 1);
    setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "2", 1);
    if (ams_job_launcher_processors() == 0) { /* else the tests themselves are in a job */
        ck_assert_int_eq(below("mpirunner", without_launcher), 0);
    }
    ck_assert_int_eq(below("mpirun", is_free), 0);
    ck_assert_int_eq(below("mpirun", is_bound_to_one), 0);
    ck_assert_int_eq(below("hydra_pmi_proxy", in_a_shell), 0);
    ck_assert_int_eq(below("mpirun", is_told_when_bound), 0);
    bind_to_first(); /* a launcher that has fewer than the machine */
    ck_assert_int_eq(below("orted", is_free), 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, ranks_share_what_their_launcher_has);
    tcase_add_test(tests, shares_of_a_job);
    tcase_add_test(tests, quotas_of_version_2);
    tcase_add_test(tests, quotas_of_version_1);
    tcase_add_test(tests, what_cannot_be_read);
    tcase_add_test(tests, bound_to_one);
}

int main(void)
{
    return run_suite("processors", add);
}
