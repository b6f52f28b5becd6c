/* Pages about training: folders written by hand, times worked out by hand. */
#include "lab/live/parts.h"

#include "base/file.h"
#include "base/lock.h"
#include "tests/base/suite.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <utime.h>

static ams_error err;

/* -- folders -- */

static void write_text(const char *path, const char *text)
{
    FILE *stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
}

static char *page_of(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ck_assert_msg(ams_read_file(path, 1 << 20, &text, &size, &err) == AMS_OK, "%s", err.text);
    return text;
}

static void write_in(const char *directory, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    write_text(path, text);
}

/* A run of 1,000 updates at 50 per second, with rows at 100 and 200, the last of them torn. */
static void write_run(const char *directory, const char *status)
{
    char manifest[256];
    ck_assert_int_eq(ams_make_directories(directory, &err), AMS_OK);
    snprintf(manifest, sizeof manifest,
             "{\"status\": \"%s\", \"updates\": 0, \"cost_unit\": \"cents\", \"data\": "
             "\"a&b.h5\", \"start\": \"2026-11-30T10:00:00Z\"}",
             status);
    write_in(directory, "manifest.json", manifest);
    write_in(directory, "config.ini", "[train]\nsteps = 1000\n");
    write_in(directory, "lock", "");
    write_in(directory, "metrics.tsv",
             "update\tepisodes\tepsilon\tloss\tq_mean\tvalidation_area\tvalidation_time_ms\t"
             "since_best\n100\t9\t1\t0.5\t0\t0.5\t321.5\t0\n200\t19\t1\t0.25\t0\t-\t-\t-\n"
             "300\t2");
    write_in(directory, "timing.tsv",
             "update\tseconds\tupdates_per_s\n100\t4\t25\n200\t4\t50\n");
}

static ams_live read_folder(const char *directory, double now)
{
    ams_live live = {.run = NULL};
    ck_assert_msg(ams_live_read(&live, directory, now, &err) == AMS_OK, "%s", err.text);
    ams_live_sum(&live);
    return live;
}

/* -- a run -- */

START_TEST(a_run)
{
    write_run("run", "running");
    const struct utimbuf then = {.actime = 1000000, .modtime = 1000000};
    ck_assert_int_eq(utime("run/metrics.tsv", &then), 0);

    ams_live live = read_folder("run", 1000001);
    ck_assert_int_eq(live.kind, AMS_LIVE_RUN);
    ck_assert_uint_eq(live.n, 1);
    ck_assert_int_eq(live.run[0].state, AMS_LIVE_INTERRUPTED); /* nobody has its lock */
    ck_assert(live.summary.over);
    ck_assert(isnan(live.summary.left_s));
    ams_live_fini(&live);

    int lock = -1;
    ams_lock taken;
    ck_assert_int_eq(ams_lock_open(&lock, "run/lock", false, &taken, &err), AMS_OK);
    live = read_folder("run", 1000001);
    const ams_live_run *run = &live.run[0];
    ck_assert_int_eq(run->state, AMS_LIVE_RUNNING);
    ck_assert(!live.summary.over);
    ck_assert_uint_eq(run->updates, 200);
    ck_assert_uint_eq(run->steps, 1000);
    ck_assert_uint_eq(run->n, 2); /* the torn row is left out */
    ck_assert_double_eq(run->best, 321.5);
    ck_assert_double_eq(run->best_update, 100);
    ck_assert_double_eq(run->point[1].value[AMS_LIVE_LOSS], 0.25);
    ck_assert(isnan(run->point[1].value[AMS_LIVE_TIME]));
    ck_assert_str_eq(live.unit, "cents");
    ck_assert_double_eq_tol(live.summary.share, 0.2, 1e-12);
    ck_assert_double_eq(run->quiet_s, 1);
    /* 800 updates at 50 per s, less the second that passed since the last row. */
    ck_assert_double_eq_tol(live.summary.left_s, 15, 1e-9);
    ams_live_fini(&live);

    /* A row takes 100 / 50 s: what passed beyond that says nothing. */
    live = read_folder("run", 1000060);
    ck_assert_double_eq_tol(live.summary.left_s, 14, 1e-9);
    ams_live_fini(&live);
    ams_lock_close(lock, "run/lock");

    static const struct {
        const char *says;
        ams_live_state state;
    } ended[] = {{"finished", AMS_LIVE_FINISHED},
                 {"failed", AMS_LIVE_FAILED},
                 {"stopped", AMS_LIVE_STOPPED}};
    for (size_t i = 0; i < sizeof ended / sizeof *ended; i++) {
        write_run("run", ended[i].says);
        live = read_folder("run", 1000001);
        ck_assert_int_eq(live.run[0].state, ended[i].state);
        ck_assert(live.summary.over);
        ams_live_fini(&live);
    }
}
END_TEST

START_TEST(what_cannot_be_read)
{
    ams_live live = {.run = NULL};
    ck_assert_int_eq(ams_live_read(&live, "nowhere", 0, &err), AMS_IO);
    ams_live_fini(&live);
    write_run("run", "running");
    write_in("run", "manifest.json", "{\"status\": ");
    ck_assert_int_eq(ams_live_read(&live, "run", 0, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "run/manifest.json"));
    ams_live_fini(&live);
    write_run("run", "running");
    write_in("run", "metrics.tsv", "update\tloss\n1\t2\n");
    ck_assert_int_eq(ams_live_read(&live, "run", 0, &err), AMS_BAD_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "validation_time_ms"));
    ams_live_fini(&live);
}
END_TEST

/* -- an experiment -- */

static const ams_live_run *named(const ams_live *live, const char *name)
{
    for (size_t i = 0; i < live->n; i++) {
        if (strcmp(live->run[i].name, name) == 0) {
            return &live->run[i];
        }
    }
    ck_abort_msg("no run %s", name);
    return NULL;
}

static void write_sweep(void)
{
    write_run("exp/runs/a-1", "finished");
    write_run("exp/runs/a-2", "running");
    write_run("exp/runs/b-1", "stopped");
    write_run("exp/runs/c-1", "running");
    write_run("exp/runs/old-7", "running");
    write_in("exp/runs/old-7", "manifest.json", "[]");
    write_in("exp", "lock", "");
    write_in("exp", "sweep.json",
             "{\"jobs\": 2, \"data\": \"photos.h5\", \"runs\": [{\"run\": \"a-1\"}, {\"run\": "
             "\"a-2\"}, {\"run\": \"b-1\"}, {\"run\": \"b-2\"}, {\"run\": \"c-1\"}]}");
    write_in("exp", "failed.tsv",
             "run\tlabel\tseed\tcode\tmessage\nc-1\tc\t1\t137\tkilled <by> somebody\n");
}

START_TEST(a_sweep)
{
    write_sweep();
    ams_live live = read_folder("exp", 0);
    ck_assert_int_eq(live.kind, AMS_LIVE_SWEEP);
    ck_assert_uint_eq(live.n, 6);
    ck_assert(live.summary.over); /* nobody works here */
    ck_assert_int_eq(named(&live, "b-1")->state, AMS_LIVE_STOPPED);
    ck_assert_int_eq(named(&live, "b-2")->state, AMS_LIVE_WAITING);
    ck_assert_int_eq(named(&live, "c-1")->state, AMS_LIVE_FAILED);
    ck_assert_str_eq(named(&live, "c-1")->message, "killed <by> somebody");
    ck_assert_int_eq(named(&live, "old-7")->state, AMS_LIVE_FAILED);
    ck_assert_ptr_nonnull(strstr(named(&live, "old-7")->message, "old-7/manifest.json"));
    ck_assert_str_eq(live.data, "photos.h5");
    ams_live_fini(&live);

    int sweep = -1;
    int run = -1;
    ams_lock taken;
    ck_assert_int_eq(ams_lock_open(&sweep, "exp/lock", false, &taken, &err), AMS_OK);
    ck_assert_int_eq(ams_lock_open(&run, "exp/runs/a-2/lock", false, &taken, &err), AMS_OK);
    live = read_folder("exp", 0);
    ck_assert(!live.summary.over);
    ck_assert_int_eq(named(&live, "a-2")->state, AMS_LIVE_RUNNING);
    ck_assert_int_eq(named(&live, "b-1")->state, AMS_LIVE_WAITING);
    ck_assert_uint_eq(live.summary.count[AMS_LIVE_WAITING], 2);
    /* Two places at 50 per s: a-2 has 800 updates to go (16 s), b-1 takes the other place (16
     * s), then b-2 one of both with all of its 1,000 (20 s). */
    ck_assert_double_eq_tol(live.summary.left_s, 36, 1e-9);
    /* Done: 200 of each of four; of old-7 nothing is known. No more is due of a finished one
     * and of failed ones. */
    ck_assert_double_eq_tol(live.summary.share, 800.0 / (200 * 2 + 3 * 1000), 1e-12);
    ams_live_fini(&live);
    ams_lock_close(run, "exp/runs/a-2/lock");
    ams_lock_close(sweep, "exp/lock");
}
END_TEST

/* Processes of other machines, whose locks are not seen here: they count, until they end. */
START_TEST(shared_by_many)
{
    write_run("many/runs/a-1", "running");
    write_run("many/runs/a-2", "stopped");
    ck_assert_int_eq(mkdir("many/claims", 0777), 0);
    write_in("many/claims", "@one", "end\n");
    const double now = (double)time(NULL);
    ams_live live = read_folder("many", now);
    ck_assert(live.summary.over);
    ams_live_fini(&live);
    write_in("many/claims", "@two", "7\n");
    live = read_folder("many", now);
    ck_assert(!live.summary.over);
    ck_assert_int_eq(named(&live, "a-1")->state, AMS_LIVE_RUNNING);
    ck_assert_int_eq(named(&live, "a-2")->state, AMS_LIVE_WAITING);
    ams_live_fini(&live);
    /* The paper of claims is no counter; a host may be called so. */
    write_in("many/claims", "@two", "end\n");
    write_in("many/claims", "@three.new", "process 1\n");
    live = read_folder("many", now);
    ck_assert(live.summary.over);
    ams_live_fini(&live);
    write_in("many/claims", "@node.newcastle-7-0a", "8\n");
    live = read_folder("many", now);
    ck_assert(!live.summary.over);
    ams_live_fini(&live);
    live = read_folder("many", now + 1000); /* it has not counted for long */
    ck_assert(live.summary.over);
    ck_assert_int_eq(named(&live, "a-1")->state, AMS_LIVE_INTERRUPTED);
    ams_live_fini(&live);
}
END_TEST

/* Files beside the runs are none; no plan asks for more places than there are runs. */
START_TEST(odd_folders)
{
    int sweep = -1;
    ams_lock taken;
    write_run("odd/runs/a-1", "stopped");
    write_run("odd/runs/a-2", "stopped");
    write_in("odd/runs", "notes.txt", "mine\n");
    write_in("odd", "lock", "");
    write_in("odd", "sweep.json", "{\"jobs\": 9007199254740992, \"runs\": []}");
    ck_assert_int_eq(ams_lock_open(&sweep, "odd/lock", false, &taken, &err), AMS_OK);
    ams_live live = read_folder("odd", 0);
    ck_assert_uint_eq(live.n, 2);
    ck_assert_uint_le(live.side_by_side, 1024);
    ck_assert_double_eq_tol(live.summary.left_s, 16, 1e-9); /* both at once */
    ams_live_fini(&live);
    ams_lock_close(sweep, "odd/lock");
}
END_TEST

START_TEST(a_search)
{
    write_run("search/runs/t001-1", "stopped");
    write_run("search/runs/t002-1", "stopped");
    write_in("search", "lock", "");
    write_in("search", "tune.tsv", "trial\tstatus\nt001\tdropped\nt002\tunfinished\n");
    write_in("search", "tune.json",
             "{\"jobs\": 2, \"seeds\": [1, 2], \"rungs\": [{\"updates\": 200, \"trials\": 4}, "
             "{\"updates\": 1000, \"trials\": 1}]}");
    int lock = -1;
    ams_lock taken;
    ck_assert_int_eq(ams_lock_open(&lock, "search/lock", false, &taken, &err), AMS_OK);
    ams_live live = read_folder("search", 0);
    ck_assert_int_eq(live.kind, AMS_LIVE_SEARCH);
    ck_assert_int_eq(named(&live, "t001-1")->state, AMS_LIVE_DROPPED);
    ck_assert_int_eq(named(&live, "t002-1")->state, AMS_LIVE_WAITING);
    /* 4 trials to 200, one of them on to 1,000, and its second seed from the beginning. */
    ck_assert_double_eq(live.of_updates, 4 * 200 + 800 + 1000);
    ck_assert_double_eq_tol(live.summary.left_s, (2600 - 400) / (2 * 50.0), 1e-9);
    ams_live_fini(&live);
    ams_lock_close(lock, "search/lock");
}
END_TEST

/* -- the page -- */

static bool has(const char *page, const char *text)
{
    return strstr(page, text) != NULL;
}

START_TEST(the_page)
{
    ams_live_summary summary;
    const ams_live_options once = {.directory = "exp", .every_s = 1};
    write_sweep();
    ck_assert_int_eq(ams_live_write(&once, &summary, &err), AMS_OK);
    char *page = page_of("exp/live.html");
    ck_assert(!has(page, "http-equiv=\"refresh\""));
    ck_assert(!has(page, "http://") && !has(page, "https://") && !has(page, "<script"));
    ck_assert(has(page, "killed &lt;by&gt; somebody") && !has(page, "<by>"));
    ck_assert(has(page, "best (cents)"));
    ck_assert(has(page, "1 finished of 6 runs"));
    ck_assert(has(page, "<title>a-1</title></path>")); /* its curve */
    free(page);
    ck_assert_uint_eq(summary.count[AMS_LIVE_FAILED], 2);

    /* While somebody works there, it loads itself; then not any more. */
    int lock = -1;
    ams_lock taken;
    ck_assert_int_eq(ams_lock_open(&lock, "exp/lock", false, &taken, &err), AMS_OK);
    ams_live live = read_folder("exp", 0);
    FILE *stream = fopen("watched.html", "w");
    ck_assert_int_eq(ams_live_print(stream, &live, AMS_LIVE_WATCHED, 4.5, &err), AMS_OK);
    fclose(stream);
    ams_live_fini(&live);
    page = page_of("watched.html");
    ck_assert(has(page, "<meta http-equiv=\"refresh\" content=\"5\">"));
    ck_assert(has(page, "<dt>time left</dt><dd>"));
    free(page);
    ams_lock_close(lock, "exp/lock");
    ck_assert_int_eq(ams_live_watch(&once, &summary, &err), AMS_OK);
    ck_assert(summary.over);
    page = page_of("exp/live.html");
    ck_assert(!has(page, "http-equiv=\"refresh\""));
    ck_assert(has(page, "no longer loads itself"));
    free(page);
}
END_TEST

START_TEST(a_watch_is_stopped)
{
    static volatile sig_atomic_t stop = 1;
    ams_live_summary summary;
    const ams_live_options options = {
        .directory = "none", .path = "other.html", .every_s = 60, .stop = &stop};
    ck_assert_int_eq(mkdir("none", 0777), 0);
    ck_assert_int_eq(mkdir("none/runs", 0777), 0);
    ck_assert_int_eq(ams_live_watch(&options, &summary, &err), AMS_OK);
    ck_assert(!summary.over); /* nothing has begun */
    char *page = page_of("other.html");
    ck_assert(has(page, "Nobody writes it any more"));
    ck_assert(!has(page, "http-equiv=\"refresh\""));
    free(page);
    ck_assert(!ams_exists("none/live.html"));
}
END_TEST

START_TEST(numbers)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{0, 0, "0"},
                 {999, 0, "999"},
                 {1000, 0, "1,000"},
                 {-1234567, 0, "-1,234,567"},
                 {1234.56, 1, "1,234.6"},
                 {0.0123, 3, "0.012"},
                 {1e20, 0, "1e+20"},
                 {(double)NAN, 2, "-"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[AMS_LIVE_NUMBER];
        ams_live_number(text, cases[i].value, cases[i].decimals);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, a_run);
    tcase_add_test(tests, what_cannot_be_read);
    tcase_add_test(tests, a_sweep);
    tcase_add_test(tests, shared_by_many);
    tcase_add_test(tests, odd_folders);
    tcase_add_test(tests, a_search);
    tcase_add_test(tests, the_page);
    tcase_add_test(tests, a_watch_is_stopped);
    tcase_add_test(tests, numbers);
}

int main(void)
{
    return run_suite("live", add);
}
