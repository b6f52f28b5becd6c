/* Verdicts: cases worked out by hand from the rule in docs/reproduce.md. */
#include "lab/reproduce/verdict.h"

#include "tests/base/suite.h"

#include <math.h>

static const struct {
    const char *what;
    ams_claim paper;
    ams_interval ours;
    ams_verdict verdict;
} cases[] = {
    {"the same number", {50, 50, 0}, {50, 50, 50}, AMS_VERDICT_AGREES},
    {"the interval holds it", {50, 50, 0}, {40, 30, 50}, AMS_VERDICT_AGREES},
    {"3 % off", {50, 50, 0}, {51.4, 51.4, 51.4}, AMS_VERDICT_AGREES},
    {"more than 3 % off", {50, 50, 0}, {51.6, 51.6, 51.6}, AMS_VERDICT_DIRECTION},
    {"less than 3 % below", {50, 50, 0}, {48.6, 48.6, 48.6}, AMS_VERDICT_AGREES},
    {"more than 3 % below", {50, 50, NAN}, {48.4, 48.4, 48.4}, AMS_VERDICT_DIFFERS},
    {"meets a range", {44.1, 60.6, 0}, {40, 36, 44}, AMS_VERDICT_AGREES},
    {"in a range", {44.1, 60.6, 0}, {50, 49, 51}, AMS_VERDICT_AGREES},
    {"below a range, above nothing", {44.1, 60.6, 0}, {20, 18, 22}, AMS_VERDICT_DIRECTION},
    {"above a range", {44.1, 60.6, 0}, {80, 79, 81}, AMS_VERDICT_DIRECTION},
    {"its interval holds no effect", {44.1, 60.6, 0}, {2, -1, 5}, AMS_VERDICT_DIFFERS},
    {"the other sign", {44.1, 60.6, 0}, {-20, -22, -18}, AMS_VERDICT_DIFFERS},
    {"a negative number's 3 %", {-50, -50, 0}, {-51.4, -51.4, -51.4}, AMS_VERDICT_AGREES},
    {"a late place, less late", {28.9, 28.9, 15.5}, {20, 20, 20}, AMS_VERDICT_DIRECTION},
    {"a late place, early", {28.9, 28.9, 15.5}, {11, 11, 11}, AMS_VERDICT_DIFFERS},
    {"an early place, less early", {4, 4, 15.5}, {9, 9, 9}, AMS_VERDICT_DIRECTION},
    {"at least", {63, INFINITY, NAN}, {70, 69, 71}, AMS_VERDICT_AGREES},
    {"at least, missed", {63, INFINITY, NAN}, {44, 43, 45}, AMS_VERDICT_DIFFERS},
    {"at most no effect", {-INFINITY, 0, 0}, {-13, -15, -12}, AMS_VERDICT_AGREES},
    {"at most no effect, missed", {-INFINITY, 0, 0}, {27, 25, 29}, AMS_VERDICT_DIFFERS},
    {"half a range from no effect", {50, 100, 50}, {40, 30, 45}, AMS_VERDICT_DIFFERS},
    {"across no effect", {-5, 5, 0}, {9, 8, 10}, AMS_VERDICT_DIFFERS},
    {"no number", {-INFINITY, INFINITY, NAN}, {1, 1, 1}, AMS_VERDICT_NO_FIGURE},
};

START_TEST(test_cases)
{
    ams_verdict found = ams_verdict_of(&cases[_i].paper, &cases[_i].ours);
    ck_assert_msg(found == cases[_i].verdict, "%s: expected '%s', found '%s'", cases[_i].what,
                  ams_verdict_names[cases[_i].verdict], ams_verdict_names[found]);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_cases, 0, (int)(sizeof cases / sizeof *cases));
}

int main(void)
{
    return run_suite("verdict", add);
}
