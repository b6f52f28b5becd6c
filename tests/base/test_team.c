#include "base/team.h"

#include "tests/base/process_team.h"
#include "tests/base/suite.h"

#include <string.h>

/* The sum of squares below an errand's number, and its payload backwards: easily computed by
 * the test, too. */
enum { SUM = 1, BACKWARDS = 2, LARGE = 300000 };

typedef struct job {
    uint64_t n, fail_at; /* UINT64_MAX: nowhere */
    uint32_t fail_on;    /* the member that fails before it serves; 0: none */
    uint64_t folded;     /* on the leader: results so far */
    bool leader_fails;   /* after the first result */
    bool wrote;          /* on the leader, at its end */
} job;

static uint64_t sum_below(uint64_t k)
{
    return k == 0 ? 0 : (k - 1) * k * (2 * k - 1) / 6;
}

static ams_status work(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    const job *j = context;
    uint64_t sum = 0;
    if (errand->kind == BACKWARDS) {
        ams_status status = AMS_OK;
        for (size_t k = errand->n; k > 0 && status == AMS_OK; k--) {
            status = ams_bytes_put(result, (const char *)errand->data + k - 1, 1, err);
        }
        return status;
    }
    if (errand->a == j->fail_at) {
        return ams_fail(err, AMS_BAD_DATA, "file.h5: item %llu is bad",
                        (unsigned long long)errand->a);
    }
    for (uint64_t k = 0; k < errand->a; k++) {
        sum += k * k;
    }
    return ams_bytes_put(result, &sum, sizeof sum, err);
}

static ams_status fold(void *context, const ams_team_errand *errand, ams_bytes *result,
                       ams_error *err)
{
    job *j = context;
    uint64_t sum = 0;
    ams_status status = ams_bytes_get(result, &sum, sizeof sum, err);
    ck_assert_int_eq(status, AMS_OK);
    ck_assert_uint_eq(errand->a, j->folded);
    ck_assert_uint_eq(sum, sum_below(errand->a));
    ck_assert_uint_eq(result->at, result->n);
    j->folded++;
    return j->leader_fails ? ams_fail(err, AMS_IO, "cannot write out.tsv: disk full") : AMS_OK;
}

static ams_status do_sums(ams_team *team, void *context, ams_error *err)
{
    job *j = context;
    ams_team_errand errand[64];
    for (uint64_t k = 0; k < j->n; k++) {
        errand[k] = (ams_team_errand){.kind = SUM, .a = k};
    }
    if (j->fail_on > 0 && ams_team_rank(team) == j->fail_on) {
        return ams_fail(err, AMS_IO, "cannot open data.h5");
    }
    return ams_team_leads(team) ? ams_team_run(team, errand, j->n, work, j, fold, j, err)
                                : ams_team_serve(team, work, j, err);
}

START_TEST(results_come_in_order_for_any_number_of_members)
{
    static const uint64_t n[] = {0, 1, 2, 3, 64};
    for (uint32_t size = 1; size <= 5; size++) {
        for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
            job j = {.n = n[k], .fail_at = UINT64_MAX};
            ams_error err = {""};
            ck_assert_int_eq(process_team_run(size, do_sums, &j, &err), AMS_OK);
            ck_assert_uint_eq(j.folded, n[k]);
        }
    }
}
END_TEST

START_TEST(no_team_is_this_process)
{
    job j = {.n = 20, .fail_at = UINT64_MAX};
    ams_error err = {""};
    ck_assert_int_eq(do_sums(NULL, &j, &err), AMS_OK);
    ck_assert_uint_eq(j.folded, 20);
    ck_assert_uint_eq(ams_team_size(NULL), 1);
    ck_assert(ams_team_leads(NULL));
    ck_assert_int_eq(ams_team_finish(NULL, AMS_BAD_DATA, &err), AMS_BAD_DATA);
}
END_TEST

START_TEST(a_task_that_fails_ends_the_command_everywhere)
{
    for (uint64_t at = 0; at < 8; at++) { /* on each member */
        job j = {.n = 30, .fail_at = at};
        ams_error err = {""};
        char expected[128];
        const char *where[] = {"", "process 1 of 4: ", "process 2 of 4: ", "process 3 of 4: "};
        ck_assert_int_eq(process_team_run(4, do_sums, &j, &err), AMS_BAD_DATA);
        snprintf(expected, sizeof expected, "%sfile.h5: item %d is bad", where[at % 4],
                 (int)at);
        ck_assert_str_eq(err.text, expected);
        ck_assert_uint_eq(j.folded, at);
    }
}
END_TEST

START_TEST(a_member_that_cannot_start_ends_the_command)
{
    for (uint64_t n = 0; n <= 30; n += 30) { /* also where nobody asked it for anything */
        job j = {.n = n, .fail_at = UINT64_MAX, .fail_on = 2};
        ams_error err = {""};
        ck_assert_int_eq(process_team_run(3, do_sums, &j, &err), AMS_IO);
        ck_assert_str_eq(err.text, "process 2 of 3: cannot open data.h5");
    }
}
END_TEST

/* The leader has all its results; member 2 was asked for nothing, or did all it was asked for.
 */
static ams_status dismiss(ams_team *team, void *context, ams_error *err)
{
    job *j = context;
    const uint32_t own = j->fail_on;
    j->fail_on = j->n > 0 ? 0 : own; /* before it serves, or after */
    ams_status status = do_sums(team, j, err);
    j->fail_on = own;
    if (ams_team_rank(team) == own && status == AMS_HELPED) {
        return ams_fail(err, AMS_IO, "cannot open data.h5");
    }
    if (ams_team_leads(team) && status == AMS_OK) {
        status = ams_team_dismiss(team, err);
        j->wrote = status == AMS_OK; /* here a file would get its name */
    }
    return status;
}

START_TEST(the_leader_hears_of_every_end_before_it_writes)
{
    for (uint64_t n = 0; n <= 30; n += 30) {
        job j = {.n = n, .fail_at = UINT64_MAX, .fail_on = 2};
        ams_error err = {""};
        ck_assert_int_eq(process_team_run(3, dismiss, &j, &err), AMS_IO);
        ck_assert_str_eq(err.text, "process 2 of 3: cannot open data.h5");
        ck_assert(!j.wrote);
        j = (job){.n = n, .fail_at = UINT64_MAX, .fail_on = 9};
        ck_assert_int_eq(process_team_run(3, dismiss, &j, &err), AMS_OK);
        ck_assert(j.wrote);
    }
    ck_assert_int_eq(ams_team_dismiss(NULL, NULL), AMS_OK);
}
END_TEST

START_TEST(a_leader_that_fails_ends_the_command)
{
    job j = {.n = 30, .fail_at = UINT64_MAX, .leader_fails = true};
    ams_error err = {""};
    ck_assert_int_eq(process_team_run(3, do_sums, &j, &err), AMS_IO);
    ck_assert_str_eq(err.text, "cannot write out.tsv: disk full");
    ck_assert_uint_eq(j.folded, 1);
}
END_TEST

static ams_status leave_at_once(ams_team *team, void *context, ams_error *err)
{
    job *j = context;
    ams_team_errand errand = {.kind = SUM};
    uint64_t id = 0;
    ams_bytes result = {.n = 0};
    ams_status status = AMS_OK;
    if (!ams_team_leads(team)) {
        return AMS_OK; /* as a member whose arguments are others */
    }
    for (uint32_t k = 0; k < 2 && status == AMS_OK; k++) {
        status = ams_team_submit(team, &errand, &id, err);
    }
    ck_assert_int_eq(status, AMS_OK);
    status = ams_team_collect(team, id, work, j, &result, err);
    ams_bytes_fini(&result);
    return status;
}

START_TEST(a_member_that_leaves_early_is_an_error)
{
    job j = {.fail_at = UINT64_MAX};
    ams_error err = {""};
    ck_assert_int_eq(process_team_run(2, leave_at_once, &j, &err), AMS_BACKEND);
    ck_assert_ptr_nonnull(strstr(err.text, "process 1 of 2 ended before its part was done"));
}
END_TEST

/* Two lists of errands at once, one with large messages, collected in different orders. */
static ams_status do_both(ams_team *team, void *context, ams_error *err)
{
    enum { N = 12 };
    uint64_t sums[N];
    uint64_t texts[N];
    char *text = NULL;
    ams_bytes result = {.n = 0};
    ams_status status = AMS_OK;
    if (!ams_team_leads(team)) {
        return ams_team_serve(team, work, context, err);
    }
    text = malloc(LARGE);
    ck_assert_ptr_nonnull(text);
    for (uint32_t k = 0; k < N; k++) {
        const ams_team_errand sum = {.kind = SUM, .a = k};
        for (size_t at = 0; at < LARGE; at++) {
            text[at] = (char)(at * 7 + k);
        }
        const ams_team_errand backwards = {.kind = BACKWARDS, .data = text, .n = LARGE};
        AMS_TRY(ams_team_submit(team, &sum, &sums[k], err));
        AMS_TRY(ams_team_submit(team, &backwards, &texts[k], err));
    }
    for (uint32_t k = 0; k < N; k++) {
        uint64_t sum = 0;
        AMS_TRY(ams_team_collect(team, sums[N - 1 - k], work, context, &result, err));
        AMS_TRY(ams_bytes_get(&result, &sum, sizeof sum, err));
        ck_assert_uint_eq(sum, sum_below(N - 1 - k));
        AMS_TRY(ams_team_collect(team, texts[k], work, context, &result, err));
        ck_assert_uint_eq(result.n - result.at, LARGE);
        for (size_t at = 0; at < LARGE; at += 1001) {
            ck_assert_int_eq(((char *)result.data)[result.at + LARGE - 1 - at],
                             (char)(at * 7 + k));
        }
    }
out:
    free(text);
    ams_bytes_fini(&result);
    return status;
}

START_TEST(two_lists_of_tasks_at_once)
{
    for (uint32_t size = 1; size <= 4; size++) {
        job j = {.fail_at = UINT64_MAX};
        ams_error err = {""};
        ck_assert_msg(process_team_run(size, do_both, &j, &err) == AMS_OK, "%s", err.text);
    }
}
END_TEST

/* One command after the other, of which the second fails on member 1. */
static ams_status do_three(ams_team *team, void *context, ams_error *err)
{
    ams_status status = AMS_OK;
    (void)context;
    for (int k = 0; k < 3; k++) {
        job j = {.n = 10, .fail_at = k == 1 ? 4 : UINT64_MAX};
        status = ams_team_finish(team, do_sums(team, &j, err), err);
        ck_assert_int_eq(status, k == 1 ? AMS_BAD_DATA : AMS_OK);
        ck_assert((strstr(err->text, "process 1 of 3") != NULL) ==
                  (k == 1 && ams_team_leads(team)));
        ck_assert(!ams_team_leads(team) || j.folded == (k == 1 ? 4 : 10));
        err->text[0] = '\0';
    }
    return status;
}

START_TEST(commands_one_after_the_other)
{
    ams_error err = {""};
    ck_assert_int_eq(process_team_run(3, do_three, NULL, &err), AMS_OK);
}
END_TEST

START_TEST(a_message_that_is_too_short)
{
    ams_bytes bytes = {.n = 0};
    ams_error err = {""};
    uint64_t value = 3;
    ck_assert_int_eq(ams_bytes_put(&bytes, &value, 5, &err), AMS_OK);
    ck_assert_int_eq(ams_bytes_get(&bytes, &value, 8, &err), AMS_BACKEND);
    ck_assert_ptr_nonnull(strstr(err.text, "8 more bytes expected, 5 found"));
    ck_assert_int_eq(ams_bytes_get(&bytes, &value, 5, &err), AMS_OK);
    ams_bytes_fini(&bytes);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, results_come_in_order_for_any_number_of_members);
    tcase_add_test(tests, no_team_is_this_process);
    tcase_add_test(tests, a_task_that_fails_ends_the_command_everywhere);
    tcase_add_test(tests, a_member_that_cannot_start_ends_the_command);
    tcase_add_test(tests, the_leader_hears_of_every_end_before_it_writes);
    tcase_add_test(tests, a_leader_that_fails_ends_the_command);
    tcase_add_test(tests, a_member_that_leaves_early_is_an_error);
    tcase_add_test(tests, two_lists_of_tasks_at_once);
    tcase_add_test(tests, commands_one_after_the_other);
    tcase_add_test(tests, a_message_that_is_too_short);
}

int main(void)
{
    return run_suite("team", add);
}
