/* Jobs whose training is a function of this test: what becomes of each, alone and in batches.
 */
#include "ams/jobs.h"
#include "lab/jobs/report.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/jobs/folder.h"
#include "tests/base/suite.h"

#include <string.h>
#include <sys/wait.h>

enum { MOST = 8 };

static ams_error err;

/* What a job does: by its label. */
static void leave(const ams_job *job, const char *name)
{
    char path[256];
    ck_assert_int_eq(ams_make_directories(job->request.directory, NULL), AMS_OK);
    snprintf(path, sizeof path, "%s/%s", job->request.directory, name);
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        fclose(file);
    }
}

static void finish(const ams_job *job)
{
    leave(job, "policy.ams");
}

static int train(void *context)
{
    const ams_job *job = context;
    if (strncmp(job->label, "fine", 4) == 0) {
        finish(job);
    } else if (strcmp(job->label, "refused") == 0) {
        printf("ams train: a notice\nams train: bad\tsetting\n\n");
        return 3;
    } else if (strcmp(job->label, "silent") == 0) {
        return 1;
    } else if (strcmp(job->label, "killed") == 0) {
        raise(SIGKILL);
    } else if (strcmp(job->label, "slow") == 0) {
        sigset_t all;
        leave(job, "began");
        sigfillset(&all);
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        sleep(60); /* until SIGTERM */
    }
    return 0; /* "paused": without a policy */
}

typedef struct crew {
    ams_job job[MOST];
    ams_job *list[MOST];
    size_t n;
    sigset_t mask;
    ams_jobs_spawner spawner;
    ams_jobs jobs;
    char notices[1024], words[1024], note[256];
    double done, total;
    int failures, batches;
} crew;

static ams_status train_alone(void *context, const ams_job *job, char *const *words,
                              ams_child *child, ams_error *unused)
{
    crew *c = context;
    (void)unused;
    c->words[0] = '\0';
    for (size_t i = 0; words[i] != NULL; i++) {
        strcat(strcat(c->words, words[i]), " ");
    }
    for (size_t i = 0; i < c->n; i++) {
        child->context = &c->job[i] == job ? &c->job[i] : child->context;
    }
    child->body = train;
    return AMS_OK;
}

static ams_status on_failure(void *context, ams_error *unused)
{
    crew *c = context;
    (void)unused;
    c->failures++;
    return AMS_OK;
}

static void on_notice(void *context, const char *text)
{
    crew *c = context;
    strcat(strcat(c->notices, text), "\n");
}

static void on_update(void *context, double done, double total, const char *note)
{
    crew *c = context;
    c->done = done;
    c->total = total;
    snprintf(c->note, sizeof c->note, "%s", note);
}

static void add_job(crew *c, const char *label, const char *setting)
{
    ams_job *job = &c->job[c->n];
    c->list[c->n++] = job;
    ck_assert_int_eq(ams_training_request_init(&job->request, &err), AMS_OK);
    ck_assert_int_eq(ams_copy_text(&job->request.data_path, "d.h5", &err), AMS_OK);
    ck_assert_int_eq(ams_job_name(job, "exp", label, c->n, &err), AMS_OK);
    job->to = 100;
    if (setting != NULL) {
        ck_assert_int_eq(ams_training_request_set(&job->request, setting, &err), AMS_OK);
    }
}

static ams_status run(crew *c, uint64_t side_by_side, int *stopped)
{
    const ams_progress progress = {.context = c, .update = on_update, .notice = on_notice};
    int lock = -1;
    c->spawner.context = c;
    c->spawner.mask = &c->mask;
    c->spawner.alone = train_alone;
    c->jobs = (ams_jobs){.job = c->list,
                         .n = c->n,
                         .side_by_side = side_by_side,
                         .together = 4,
                         .spawner = &c->spawner,
                         .progress = &progress,
                         .note = "phase 1: ",
                         .done_before = 1000,
                         .total = 2000,
                         .failed = on_failure,
                         .context = c};
    ck_assert_int_eq(ams_jobs_open_folder("exp", &lock, &err), AMS_OK);
    ams_children_hold_signals(&c->mask);
    ams_status status = ams_jobs_run(&c->jobs, stopped, &err);
    ams_children_release_signals(&c->mask);
    close(lock);
    return status;
}

static void free_crew(crew *c)
{
    for (size_t i = 0; i < c->n; i++) {
        ams_job_fini(&c->job[i]);
    }
}

static const ams_job *job_of(const crew *c, const char *label)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->job[i].label, label) == 0) {
            return &c->job[i];
        }
    }
    ck_abort_msg("no job %s", label);
    return NULL;
}

START_TEST(test_states)
{
    for (uint64_t side_by_side = 1; side_by_side <= 4; side_by_side += 3) {
        crew c = {.n = 0};
        int stopped = 0;
        static const char *const label[] = {"refused", "fine",   "fine-before", "killed",
                                            "paused",  "silent", "fine-last"};
        for (size_t i = 0; i < sizeof label / sizeof *label; i++) {
            add_job(&c, label[i], NULL);
        }
        (void)!system("rm -rf exp");
        finish(job_of(&c, "fine-before"));
        ck_assert_int_eq(run(&c, side_by_side, &stopped), AMS_OK);
        ck_assert(!stopped);
        ck_assert_int_eq(job_of(&c, "fine")->state, AMS_JOB_FINISHED);
        ck_assert_int_eq(job_of(&c, "fine-before")->state, AMS_JOB_BEFORE);
        ck_assert_int_eq(job_of(&c, "fine-last")->state, AMS_JOB_FINISHED);
        ck_assert_int_eq(job_of(&c, "paused")->state, AMS_JOB_STOPPED);
        const ams_job *refused = job_of(&c, "refused");
        ck_assert_int_eq(refused->state, AMS_JOB_FAILED);
        ck_assert_int_eq(refused->code, 3);
        ck_assert_str_eq(refused->message, "bad setting");
        const ams_job *killed = job_of(&c, "killed");
        ck_assert_int_eq(killed->state, AMS_JOB_FAILED);
        ck_assert_int_eq(killed->code, 128 + SIGKILL);
        ck_assert_str_eq(killed->message, "ended by signal 9 (Killed)");
        const ams_job *silent = job_of(&c, "silent");
        ck_assert_int_eq(silent->code, 1);
        ck_assert_str_eq(silent->message, "no message in exp/logs/silent-6.log");
        ck_assert_int_eq(c.failures, 3);
        ck_assert_ptr_nonnull(strstr(c.notices, "refused-1 failed: bad setting\n"));
        ck_assert_uint_eq(ams_jobs_count(c.list, c.n, AMS_JOB_FAILED), 3);
        ck_assert_int_eq(ams_jobs_first_failure(c.list, c.n), AMS_IO);
        ck_assert_str_eq(c.words, "ams train --data d.h5 -o exp/runs/fine-last-7 ");
        ck_assert_double_eq(c.total, 2000);
        ck_assert_int_eq(strncmp(c.note, "phase 1: ", 9), 0);

        /* The table of what failed, in the order of the jobs. */
        char *table = NULL;
        size_t size = 0;
        ck_assert_int_eq(ams_jobs_write_failed("exp", c.list, c.n, &err), AMS_OK);
        ck_assert_int_eq(ams_read_file("exp/failed.tsv", 1 << 16, &table, &size, &err), AMS_OK);
        ck_assert_str_eq(table,
                         "run\tlabel\tseed\tcode\tmessage\n"
                         "refused-1\trefused\t1\t3\tbad setting\n"
                         "killed-4\tkilled\t4\t137\tended by signal 9 (Killed)\n"
                         "silent-6\tsilent\t6\t1\tno message in exp/logs/silent-6.log\n");
        free(table);
        free_crew(&c);
    }
}
END_TEST

/* SIGTERM to this process is passed on; what waits is not started. It is sent once both run:
 * before that it might not be held yet, and would end the test. */
START_TEST(test_stop)
{
    crew c = {.n = 0};
    int stopped = 0;
    int how = 0;
    add_job(&c, "slow", NULL);
    add_job(&c, "slow", NULL);
    add_job(&c, "fine", NULL);
    const pid_t self = getpid();
    (void)!system("rm -rf exp");
    const pid_t sender = fork();
    if (sender == 0) {
        while (!ams_exists("exp/runs/slow-1/began") || !ams_exists("exp/runs/slow-2/began")) {
            usleep(10000);
        }
        kill(self, SIGTERM);
        usleep(200000);
        _exit(0);
    }
    ck_assert_int_eq(run(&c, 2, &stopped), AMS_OK);
    waitpid(sender, &how, 0);
    ck_assert(WIFEXITED(how)); /* nobody but the jobs is asked to end */
    ck_assert(stopped);
    ck_assert_int_eq(c.job[0].state, AMS_JOB_STOPPED);
    ck_assert_int_eq(c.job[1].state, AMS_JOB_STOPPED);
    ck_assert_int_eq(c.job[2].state, AMS_JOB_WAITING);
    ck_assert_int_eq(c.failures, 0);
    free_crew(&c);
}
END_TEST

/* -- batches -- */

static void report(const ams_job *job, ams_job_state state, int code, const char *message)
{
    job->report->code = code;
    snprintf(job->report->message, sizeof job->report->message, "%s", message);
    atomic_store(&job->report->state, (int)state);
}

/* As a device would: by the labels, in one process. */
static int train_together(void *context, const ams_batch *batch)
{
    (void)context;
    FILE *log = fopen("batches.txt", "a");
    fprintf(log, "%zu at most %zu:", batch->n, batch->most);
    for (size_t i = 0; i < batch->n; i++) {
        const ams_job *job = batch->job[i];
        fprintf(log, " %s", job->name);
        if (strncmp(job->label, "fine", 4) == 0) {
            report(job, AMS_JOB_FINISHED, 0, "");
        } else if (strcmp(job->label, "refused") == 0) {
            report(job, AMS_JOB_FAILED, 2, "of a batch");
        }
    }
    fputc('\n', log);
    fclose(log);
    for (size_t i = 0; i < batch->n; i++) {
        if (strcmp(batch->job[i]->label, "paused") == 0) {
            report(batch->job[i], AMS_JOB_WAITING, 0, ""); /* to be trained by itself */
        }
        if (strcmp(batch->job[i]->label, "killed") == 0) {
            raise(SIGKILL);
        }
    }
    return 0;
}

START_TEST(test_batches)
{
    crew c = {.spawner.together = train_together};
    int stopped = 0;
    char *text = NULL;
    size_t size = 0;
    add_job(&c, "fine", "device=cuda");
    add_job(&c, "fine-cpu", NULL);
    add_job(&c, "refused", "device=cuda");
    add_job(&c, "paused", "device=cuda");
    add_job(&c, "killed", "device=cuda");
    /* Another shape is another batch. */
    ck_assert_int_eq(ams_training_request_set(&c.job[4].request, "grad_clip=1", &err), AMS_OK);
    add_job(&c, "lost", "device=cuda");
    ck_assert_int_eq(ams_training_request_set(&c.job[5].request, "grad_clip=1", &err), AMS_OK);
    ck_assert_int_eq(run(&c, 3, &stopped), AMS_OK);
    ck_assert_int_eq(c.job[0].state, AMS_JOB_FINISHED);
    ck_assert_int_eq(c.job[1].state, AMS_JOB_FINISHED);
    ck_assert_int_eq(c.job[2].state, AMS_JOB_FAILED);
    ck_assert_int_eq(c.job[2].code, 2);
    ck_assert_str_eq(c.job[2].message, "of a batch");
    ck_assert_int_eq(c.job[3].state, AMS_JOB_STOPPED); /* of its own process */
    for (size_t i = 4; i < 6; i++) {
        ck_assert_int_eq(c.job[i].state, AMS_JOB_FAILED);
        ck_assert_int_eq(c.job[i].code, 128 + SIGKILL);
    }
    ck_assert_int_eq(c.failures, 3);
    ck_assert_int_eq(ams_read_file("batches.txt", 1 << 16, &text, &size, &err), AMS_OK);
    ck_assert_str_eq(text, "3 at most 4: fine-1 refused-3 paused-4\n"
                           "2 at most 4: killed-5 lost-6\n");
    for (size_t i = 0; i < c.n; i++) {
        ck_assert_uint_eq(c.job[i].batch, 0);
        ck_assert_ptr_null(c.job[i].report);
    }
    free(text);
    free_crew(&c);
}
END_TEST

START_TEST(test_forming)
{
    static const struct {
        const char *setting;
        uint32_t batch;
    } expected[] = {{"device=cuda", 1}, {"device=cpu", 0},  {"device=auto", 2},
                    {"device=cuda", 1}, {"device=auto", 2}, {"device=cuda", 0},
                    {"device=cuda", 0}};
    crew c = {.n = 0};
    for (size_t i = 0; i < 7; i++) {
        add_job(&c, "fine", expected[i].setting);
    }
    c.job[5].state = AMS_JOB_FINISHED;
    /* Refused when it is trained by itself. */
    ck_assert_int_eq(ams_training_request_set(&c.job[6].request, "warmup=999999999", &err),
                     AMS_OK);
    ck_assert_uint_eq(ams_batches_form(c.list, c.n), 2);
    for (size_t i = 0; i < 7; i++) {
        ck_assert_msg(c.job[i].batch == expected[i].batch, "job %zu: %u", i, c.job[i].batch);
    }
    free_crew(&c);
}
END_TEST

/* -- the folder -- */

START_TEST(test_folder)
{
    int lock = -1;
    int second = -1;
    ck_assert_int_eq(ams_jobs_open_folder("one/exp", &lock, &err), AMS_OK);
    ck_assert(ams_is_directory("one/exp/runs") && ams_is_directory("one/exp/logs"));
    ck_assert_int_eq(ams_jobs_open_folder("one/exp", &second, &err), AMS_USAGE);
    ck_assert_int_eq(second, -1);
    ck_assert_ptr_nonnull(strstr(err.text, "one/exp is in use"));
    close(lock);
    ck_assert_int_eq(ams_jobs_open_folder("one/exp", &second, &err), AMS_OK);
    close(second);
    FILE *file = fopen("file", "w");
    fclose(file);
    ck_assert_int_eq(ams_jobs_open_folder("file/exp", &lock, &err), AMS_IO);
    ck_assert_int_eq(lock, -1);
    char hash[AMS_HASH_TEXT];
    ck_assert_int_eq(ams_jobs_check_data("none.h5", 0, hash, &err), AMS_IO);
    ck_assert_int_eq(ams_jobs_write_json("one", "x.json", NULL, &err), AMS_BACKEND);
    ck_assert_ptr_nonnull(strstr(err.text, "one/x.json"));
}
END_TEST

START_TEST(test_memory_share)
{
    static const struct {
        uint64_t memory_mb, side_by_side;
        size_t n;
        uint64_t share;
    } expected[] = {{0, 4, 8, 0},     {4096, 4, 8, 1024}, {4096, 4, 2, 2048}, {100, 3, 9, 33},
                    {2, 1024, 99, 1}, {1, 1, 1, 1},       {7, 2, 0, 7}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ck_assert_uint_eq(ams_jobs_memory_share(expected[i].memory_mb, expected[i].side_by_side,
                                                expected[i].n),
                          expected[i].share);
    }
}
END_TEST

START_TEST(test_failures)
{
    ams_job job[3] = {{.state = AMS_JOB_FINISHED}};
    ams_job *list[] = {&job[0], &job[1], &job[2]};
    char text[2 * AMS_JOB_MESSAGE];
    ck_assert_int_eq(ams_jobs_first_failure(list, 3), AMS_BACKEND);
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ams_job_fail(&job[1], 137, text);
    ck_assert_uint_eq(strlen(job[1].message), AMS_JOB_MESSAGE - 1);
    ams_job_fail(&job[2], AMS_BAD_DATA, "bad");
    ck_assert_int_eq(ams_jobs_first_failure(list, 3),
                     AMS_BACKEND); /* a signal is none of ours */
    job[1].state = AMS_JOB_FINISHED;
    ck_assert_int_eq(ams_jobs_first_failure(list, 3), AMS_BAD_DATA);
}
END_TEST

/* Progress within a run is the last whole line of timing.tsv. */
START_TEST(test_work_done)
{
    ams_job job = {.from = 100, .to = 300};
    static const struct {
        const char *timing;
        double done;
    } expected[] = {{"", 0},
                    {"update\tseconds\n", 0},
                    {"update\tseconds\n150\t1.0\n", 50},
                    {"update\tseconds\n150\t1.0\n250\t2.", 50},
                    {"update\tseconds\n150\t1.0\n250\t2.0\n", 150},
                    {"update\tseconds\n50\t1.0\n", 0},
                    {"update\tseconds\n999\t1.0\n", 200}};
    ck_assert_int_eq(ams_job_name(&job, "work", "a", 1, &err), AMS_OK);
    ck_assert_str_eq(job.request.directory, "work/runs/a-1");
    ck_assert_double_eq(ams_job_work_done(&job), 0);
    job.state = AMS_JOB_RUNNING;
    ck_assert_double_eq(ams_job_work_done(&job), 0); /* no file yet */
    ck_assert_int_eq(ams_make_directories(job.request.directory, &err), AMS_OK);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        FILE *file = fopen("work/runs/a-1/timing.tsv", "w");
        fputs(expected[i].timing, file);
        fclose(file);
        ck_assert_msg(ams_job_work_done(&job) == expected[i].done, "case %zu", i);
    }
    job.state = AMS_JOB_FAILED;
    ck_assert_double_eq(ams_job_work_done(&job), 200);
    ck_assert(!ams_job_is_locked(&job));
    ams_job_fini(&job);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_states);
    tcase_add_test(tests, test_stop);
    tcase_add_test(tests, test_batches);
    tcase_add_test(tests, test_forming);
    tcase_add_test(tests, test_folder);
    tcase_add_test(tests, test_memory_share);
    tcase_add_test(tests, test_failures);
    tcase_add_test(tests, test_work_done);
}

int main(void)
{
    return run_suite("jobs", add);
}
