#include "ams/config.h"

#include "tests/base/suite.h"

#include <float.h>
#include <stddef.h>
#include <string.h>

typedef struct settings {
    uint64_t batch;
    double gamma;
    int agent;
    char hidden[AMS_TEXT_MAX];
    int first_digit; /* of hidden */
} settings;

static const char *const agents[] = {"dqn", "double", NULL};
static const ams_alias older[] = {{"twice", "double"}, {"q", "dqn"}, {NULL, NULL}};

/* A text that starts with a digit. */
static bool parse_units(const char *text, void *options)
{
    settings *s = options;
    s->first_digit = text[0] >= '0' && text[0] <= '9' ? text[0] - '0' : s->first_digit;
    return text[0] >= '0' && text[0] <= '9';
}
static const ams_key keys[] = {{.name = "batch",
                                .type = AMS_KEY_U64,
                                .offset = offsetof(settings, batch),
                                .default_value = "256",
                                .minimum = 1,
                                .maximum = 65536,
                                .help = "items"},
                               {.name = "gamma",
                                .type = AMS_KEY_DOUBLE,
                                .offset = offsetof(settings, gamma),
                                .default_value = "0.9",
                                .minimum = 0,
                                .maximum = 1,
                                .help = "discount"},
                               {.name = "agent",
                                .type = AMS_KEY_CHOICE,
                                .offset = offsetof(settings, agent),
                                .default_value = "double",
                                .choices = agents,
                                .aliases = older,
                                .help = "scheme"},
                               {.name = "hidden",
                                .type = AMS_KEY_TEXT,
                                .offset = offsetof(settings, hidden),
                                .default_value = "256",
                                .parse = parse_units,
                                .expected = "a number of units",
                                .help = "units"}};
enum { N = sizeof keys / sizeof *keys };
static const char *const path = "test.ini";

static settings defaults(void)
{
    settings s;
    memset(&s, 0, sizeof s);
    ck_assert_int_eq(ams_config_defaults(&s, keys, N, NULL), AMS_OK);
    return s;
}

static void write_text(const char *text)
{
    FILE *stream = fopen(path, "w");
    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    fclose(stream);
}

START_TEST(test_layers)
{
    settings s = defaults();
    ck_assert_uint_eq(s.batch, 256);
    ck_assert_double_eq(s.gamma, 0.9);
    ck_assert_int_eq(s.agent, 1);
    ck_assert_str_eq(s.hidden, "256");
    ams_error err = {0};
    write_text("; comment\n[train]\nbatch = 64\n\nagent=dqn\nhidden = 64x32\n");
    ck_assert_msg(ams_config_file(&s, keys, N, path, &err) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(ams_config_argument(&s, keys, N, "batch=32", &err), AMS_OK);
    ck_assert_uint_eq(s.batch, 32);
    ck_assert_int_eq(s.agent, 0);
    ck_assert_str_eq(s.hidden, "64x32");
}
END_TEST

static void refuse_argument(const char *argument, const char *message)
{
    settings s = defaults();
    settings before = s;
    ams_error err = {0};
    ck_assert_int_eq(ams_config_argument(&s, keys, N, argument, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, message) != NULL, "'%s' is not in '%s'", message, err.text);
    ck_assert_mem_eq(&s, &before, sizeof s);
}

START_TEST(test_bad_arguments)
{
    refuse_argument("gama=0.5", "argument: unknown key 'gama'; did you mean 'gamma'?");
    refuse_argument("nothing_near=1", "unknown key 'nothing_near'");
    refuse_argument("gamma=1.5", "gamma: expected a number from 0 to 1; found '1.5'");
    refuse_argument("gamma=nan", "gamma");
    refuse_argument("batch=0", "batch: expected a whole number from 1 to 65536");
    refuse_argument("batch=1.5", "batch");
    refuse_argument("batch=-1", "batch");
    refuse_argument("agent=ddqn", "expected one of dqn, double; found 'ddqn'");
    refuse_argument("gamma", "expected key=value");
    refuse_argument("=1", "expected key=value");
    refuse_argument(
        "hidden=0123456789012345678901234567890123456789012345678901234567890123456789",
        "at most 63 characters");
    /* What config.ini would read back as something else. */
    static const char *const lost[] = {"hidden=a\nbatch = 5", "hidden= a", "hidden=a ",
                                       "hidden=a ;b",         "hidden=;b", "hidden=a\tb"};
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        refuse_argument(lost[i], "which config.ini could not hold");
    }
}
END_TEST

static void refuse_file(const char *text, const char *message)
{
    settings s = defaults();
    ams_error err = {0};
    write_text(text);
    ck_assert_int_eq(ams_config_file(&s, keys, N, path, &err), AMS_USAGE);
    ck_assert_msg(strstr(err.text, message) != NULL, "'%s' is not in '%s'", message, err.text);
}

START_TEST(test_bad_files_name_the_line)
{
    refuse_file("batch = 1\n\n[x]\ngama = 1\n", "test.ini:4: unknown key 'gama'; did you mean");
    refuse_file("batch = 1\ngamma = 2\n", "test.ini:2: gamma: expected");
    refuse_file("batch = 1\n[x]\nbatch = 1\n",
                "test.ini:3: expected each key once, found 'batch'");
    refuse_file("batch = 1\nnonsense\n", "test.ini:2: expected 'key = value'");
    char text[700] = "batch = 1\n# ";
    memset(text + strlen(text), 'x', 600);
    strcpy(text + 612, "\ngamma = 2\n");
    refuse_file(text, "test.ini:3: gamma");
    memset(text, 'x', 14);
    memcpy(text, "hidden = ", 9);
    refuse_file(text, "test.ini:1: expected at most");
    settings s = defaults();
    ams_error err = {0};
    ck_assert_int_eq(ams_config_file(&s, keys, N, "/no/such/file.ini", &err), AMS_IO);
}
END_TEST

static ams_status write_down(void *context, const ams_config_entry *e, ams_error *err)
{
    char *found = context;
    (void)err;
    sprintf(found + strlen(found), "%s|%s|%s|%s%s\n", e->section, e->name, e->value, e->where,
            e->comment ? " comment" : "");
    return AMS_OK;
}

START_TEST(test_entries_with_sections)
{
    char found[1000] = "";
    write_text("a = 1\n[x y]\nb = two  words \n  and more\n; c\nb = 3 ; no\n"
               "[z]\nc =\n  x;y\n\td ; e\n");
    ck_assert_int_eq(ams_config_entries(path, write_down, found, NULL), AMS_OK);
    ck_assert_str_eq(found, "|a|1|test.ini:1\n"
                            "x y|b|two  words|test.ini:3\n"
                            "x y|b|and more|test.ini:4\n"
                            "x y|b|3|test.ini:6 comment\n"
                            "z|c||test.ini:8\n"
                            "z|c|x;y|test.ini:9\n"
                            "z|c|d ; e|test.ini:10\n");
}
END_TEST

START_TEST(test_print_reads_back)
{
    static const double values[] = {0.1, 1.0 / 3, 0.9, DBL_MIN, 1, 0, 0x1.fffffffffffffp-1};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        settings s = defaults();
        settings again = defaults();
        char text[AMS_TEXT_MAX];
        s.gamma = values[i];
        ams_config_print(&s, &keys[1], text, sizeof text);
        ck_assert_int_eq(ams_config_set(&again, keys, N, "gamma", text, "x", NULL), AMS_OK);
        ck_assert_double_eq(again.gamma, values[i]);
    }
    settings s = defaults();
    s.batch = 77;
    s.agent = 0;
    FILE *stream = fopen(path, "w");
    ams_config_write(&s, keys, N, stream);
    fclose(stream);
    settings again = defaults();
    ck_assert_int_eq(ams_config_file(&again, keys, N, path, NULL), AMS_OK);
    ck_assert_mem_eq(&s, &again, sizeof s);
}
END_TEST

/* Read by either name, written by the one of today. */
START_TEST(test_aliases)
{
    settings s;
    ams_error err = {{0}};
    char text[AMS_TEXT_MAX];
    ck_assert_int_eq(ams_config_defaults(&s, keys, N, NULL), AMS_OK);
    ck_assert_int_eq(ams_config_argument(&s, keys, N, "agent=q", NULL), AMS_OK);
    ck_assert_int_eq(s.agent, 0);
    ams_config_print(&s, &keys[2], text, sizeof text);
    ck_assert_str_eq(text, "dqn");
    ck_assert_int_eq(ams_config_argument(&s, keys, N, "agent=twice", NULL), AMS_OK);
    ck_assert_int_eq(s.agent, 1);
    ck_assert_int_eq(ams_config_argument(&s, keys, N, "agent=older", &err), AMS_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "expected one of dqn, double; found 'older'"));
    ck_assert_str_eq(ams_config_choice(&keys[2], "twice"), "double");
    ck_assert_str_eq(ams_config_choice(&keys[2], "double"), "double");
    ck_assert_ptr_null(ams_config_choice(&keys[2], "none"));
}
END_TEST

/* A text is read where it is set; what cannot be read changes nothing. */
START_TEST(test_parsed_texts)
{
    settings s;
    ams_error err = {{0}};
    ck_assert_int_eq(ams_config_defaults(&s, keys, N, NULL), AMS_OK);
    ck_assert_int_eq(s.first_digit, 2);
    ck_assert_int_eq(ams_config_argument(&s, keys, N, "hidden=64x32", NULL), AMS_OK);
    ck_assert_int_eq(s.first_digit, 6);
    ck_assert_int_eq(ams_config_set(&s, keys, N, "hidden", "x", "a.ini:3", &err), AMS_USAGE);
    ck_assert_str_eq(err.text, "a.ini:3: hidden: expected a number of units; found 'x'");
    ck_assert_str_eq(s.hidden, "64x32");
    ck_assert_int_eq(s.first_digit, 6);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_aliases);
    tcase_add_test(tests, test_parsed_texts);
    tcase_add_test(tests, test_layers);
    tcase_add_test(tests, test_bad_arguments);
    tcase_add_test(tests, test_bad_files_name_the_line);
    tcase_add_test(tests, test_entries_with_sections);
    tcase_add_test(tests, test_print_reads_back);
}

int main(void)
{
    return run_suite("config", add);
}
