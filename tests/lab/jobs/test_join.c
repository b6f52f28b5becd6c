/* Jobs that processes share: which may be claimed, and what happens while one waits for a run
 * whose sweep was killed. */
#include "lab/jobs/join.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"
#include "lab/jobs/folder.h"
#include "tests/base/suite.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { JOBS = 3 };

static ams_error err;

/* One process's view of the same jobs. */
typedef struct view {
    const char *folder;
    ams_job job[JOBS];
    ams_job *list[JOBS];
    ams_join join;
    ams_claims *claims;
    ams_jobs jobs;
    int lock;
} view;

static void open_view(view *v, const char *folder, double patience)
{
    *v = (view){.folder = folder, .join = {.on = true, .patience = patience}, .lock = -1};
    ck_assert_msg(ams_jobs_join_folder(folder, &v->join, &v->lock, &v->claims, &err) == AMS_OK,
                  "%s", err.text);
    for (size_t i = 0; i < JOBS; i++) {
        ck_assert_int_eq(ams_training_request_init(&v->job[i].request, &err), AMS_OK);
        ck_assert_int_eq(ams_job_name(&v->job[i], folder, "a", i, &err), AMS_OK);
        v->list[i] = &v->job[i];
    }
    v->jobs = (ams_jobs){.job = v->list,
                         .n = JOBS,
                         .side_by_side = 1,
                         .together = 1,
                         .claims = v->claims,
                         .join = &v->join,
                         .data_hash = "0"};
    ck_assert_int_eq(ams_jobs_join(&v->jobs, &err), AMS_OK);
}

static void close_view(view *v)
{
    ams_claims_close(v->claims);
    ams_jobs_close_folder(v->folder, &v->lock);
    for (size_t i = 0; i < JOBS; i++) {
        ams_job_fini(&v->job[i]);
    }
}

static bool claim(view *v, size_t i)
{
    bool mine = false;
    bool raced = false;
    ck_assert_int_eq(ams_jobs_claim(&v->jobs, &v->job[i], &mine, &raced, &err), AMS_OK);
    return mine;
}

static void look(view *v)
{
    ck_assert_int_eq(ams_claims_look_now(v->claims, &err), AMS_OK);
}

START_TEST(which_may_be_claimed)
{
    view a;
    view b;
    open_view(&a, "exp", 100);
    open_view(&b, "exp", 100);
    ck_assert(claim(&a, 0));
    ck_assert(claim(&a, 1));
    look(&b);
    ck_assert(ams_jobs_may_claim(&a.jobs, &a.job[0])); /* it is a's, and waits there */
    ck_assert(!ams_jobs_may_claim(&b.jobs, &b.job[0]));
    ck_assert(ams_jobs_may_claim(&b.jobs, &b.job[2]));
    ck_assert_uint_eq(ams_jobs_first(&b.jobs, 0), 2);
    ams_job_fail(&a.job[0], 5, "no luck");
    ck_assert_int_eq(ams_jobs_told(&a.jobs, &a.job[0], &err), AMS_OK);
    a.job[1].state = AMS_JOB_STOPPED; /* given back */
    a.job[1].code = AMS_STOPPED_TERM;
    ck_assert_int_eq(ams_jobs_told(&a.jobs, &a.job[1], &err), AMS_OK);
    look(&b);
    ck_assert(!ams_jobs_may_claim(&b.jobs, &b.job[0]));
    b.job[0].repeats = 1; /* as with --failed */
    ck_assert(ams_jobs_may_claim(&b.jobs, &b.job[0]));
    ck_assert(ams_jobs_may_claim(&b.jobs, &b.job[1]));
    b.job[1].state = AMS_JOB_RUNNING;
    ck_assert(!ams_jobs_may_claim(&b.jobs, &b.job[1]));
    b.jobs.claims = NULL; /* not shared: those that wait */
    ck_assert(ams_jobs_may_claim(&b.jobs, &b.job[2]));
    ck_assert(!ams_jobs_may_claim(&b.jobs, &b.job[1]));
    close_view(&a);
    close_view(&b);
}
END_TEST

/* A process that has a run and is killed; the run goes on for a moment. */
static pid_t kill_with_run(double seconds)
{
    const pid_t sweep = fork();
    if (sweep == 0) {
        view v;
        open_view(&v, "killed", 100);
        ck_assert(claim(&v, 0));
        ck_assert_int_eq(ams_make_directories(v.job[0].request.directory, &err), AMS_OK);
        if (fork() == 0) {
            int fd = -1;
            ams_lock lock;
            (void)ams_lock_open(&fd, "killed/runs/a-0/lock", false, &lock, NULL);
            fclose(fopen("locked", "w"));
            usleep((useconds_t)(seconds * 1e6));
            _exit(0);
        }
        while (!ams_exists("locked")) {
            usleep(1000);
        }
        (void)raise(SIGKILL);
    }
    return sweep;
}

/* How often this process has counted. */
static unsigned long beats(void)
{
    char name[64];
    unsigned long count = 0;
    DIR *folder = opendir("killed/claims");
    snprintf(name, sizeof name, "-%ld-", (long)getpid());
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        char path[512];
        const size_t length = strlen(e->d_name);
        if (e->d_name[0] == '@' && strstr(e->d_name, name) != NULL &&
            strcmp(e->d_name + length - 4, ".new") != 0) {
            snprintf(path, sizeof path, "killed/claims/%s", e->d_name);
            FILE *file = fopen(path, "r");
            ck_assert_int_eq(fscanf(file, "%lu", &count), 1);
            fclose(file);
        }
    }
    closedir(folder);
    return count;
}

START_TEST(who_waits_for_a_run_counts)
{
    view v;
    int how = 0;
    const pid_t sweep = kill_with_run(1.2);
    ck_assert_int_eq(waitpid(sweep, &how, 0), sweep);
    ck_assert(WIFSIGNALED(how));
    open_view(&v, "killed", 0.8);
    const unsigned long before = beats();
    const double begun = ams_seconds();
    ck_assert(claim(&v, 0));
    ck_assert(!ams_job_is_locked(&v.job[0]));
    /* Every tenth of a second; some are lost where the machine is busy. */
    const double waited = ams_seconds() - begun;
    ck_assert_msg(waited < 0.5 || beats() >= before + 2, "%lu counts in %.1f s",
                  beats() - before, waited);
    close_view(&v);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, which_may_be_claimed);
    tcase_add_test(tests, who_waits_for_a_run_counts);
}

int main(void)
{
    return run_suite("join", add);
}
