#include "base/clock.h"

#include "base/version.h"
#include "tests/base/suite.h"

#include <string.h>
#include <time.h>

START_TEST(test_stamps)
{
    static const struct {
        uint64_t seconds;
        const char *stamp;
    } known[] = {{0, "1970-01-01T00:00:00Z"},
                 {951827696, "2000-02-29T12:34:56Z"}, /* date -u -d 2000-02-29T12:34:56Z +%s */
                 {253402300799, "9999-12-31T23:59:59Z"}};
    char stamp[AMS_STAMP];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ck_assert(ams_utc_stamp_at(known[i].seconds, stamp));
        ck_assert_str_eq(stamp, known[i].stamp);
    }
    ck_assert(!ams_utc_stamp_at(UINT64_MAX / 2, stamp));
    ck_assert_str_eq(stamp, "");
    char before[AMS_STAMP];
    char now[AMS_STAMP];
    ams_utc_stamp_at((uint64_t)time(NULL), before);
    ams_utc_stamp(now);
    ck_assert(strcmp(before, now) <= 0 && strlen(now) == strlen("1970-01-01T00:00:00Z"));
}
END_TEST

START_TEST(test_durations)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    const double begun = ams_seconds();
    const uint64_t begun_ns = ams_nanoseconds();
    nanosleep(&pause, NULL);
    const uint64_t passed_ns = ams_nanoseconds() - begun_ns;
    const double passed = ams_seconds() - begun;
    ck_assert(passed >= 0.02 && passed < 60);
    ck_assert(passed_ns >= 20000000 && 1e-9 * (double)passed_ns <= passed);
}
END_TEST

START_TEST(test_version)
{
    char both[256];
    snprintf(both, sizeof both, "%s, commit %s", ams_version, ams_commit);
    ck_assert_str_eq(ams_version_commit, both);
    ck_assert(ams_version[0] >= '0' && ams_version[0] <= '9');
    ck_assert(ams_commit[0] != 0 && ams_compiler[0] != 0);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_stamps);
    tcase_add_test(tests, test_durations);
    tcase_add_test(tests, test_version);
}

int main(void)
{
    return run_suite("clock", add);
}
