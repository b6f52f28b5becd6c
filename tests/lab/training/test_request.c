/* Requests: settings, command lines worked out by hand, and what a shell makes of them. */
#include "ams/training_request.h"

#include "base/command.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/base/suite.h"

#include <string.h>

static ams_error err;

static void copy(char **text, const char *of)
{
    ck_assert_int_eq(ams_copy_text(text, of, &err), AMS_OK);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_command)
{
    ams_training_request request;
    char **words = NULL;
    char *text = NULL;
    ck_assert_int_eq(ams_training_request_init(&request, &err), AMS_OK);
    copy(&request.data_path, "my data.h5");
    copy(&request.directory, "exp/runs/dqn-1");
    ck_assert_int_eq(ams_training_request_command(&request, &text, &err), AMS_OK);
    ck_assert_str_eq(text, "ams train --data 'my data.h5' -o exp/runs/dqn-1");
    free(text);

    copy(&request.config_path, "a.ini");
    request.until = 300;
    request.memory_mb = 64;
    ck_assert_int_eq(ams_training_request_set(&request, "lr=0.001", &err), AMS_OK);
    ck_assert_int_eq(ams_training_request_set(&request, "label=it's", &err), AMS_OK);
    ck_assert_int_eq(ams_training_request_command(&request, &text, &err), AMS_OK);
    ck_assert_str_eq(text, "ams train --data 'my data.h5' -o exp/runs/dqn-1 --config a.ini "
                           "--until=300 --memory=64 lr=0.001 'label=it'\\''s'");
    free(text);

    static const char *const expected[] = {
        "ams",      "train", "--data",      "my data.h5",  "-o",       "exp/runs/dqn-1",
        "--config", "a.ini", "--until=300", "--memory=64", "lr=0.001", "label=it's"};
    const size_t n = sizeof expected / sizeof *expected;
    ck_assert_int_eq(ams_training_request_words(&request, &words, &err), AMS_OK);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(words[i], expected[i]);
    }
    ck_assert_ptr_null(words[n]);
    ams_words_free(words);
    ams_words_free(NULL);

    /* Without its settings the command is shorter, and the options are what they were. */
    ams_training_request_forget(&request);
    ck_assert_int_eq(ams_training_request_command(&request, &text, &err), AMS_OK);
    ck_assert_ptr_null(strstr(text, "lr="));
    ck_assert_double_eq(request.train.lr, 0.001);
    free(text);
    ams_training_request_fini(&request);
    ck_assert_ptr_null(request.data_path);
}
END_TEST

START_TEST(test_settings)
{
    ams_training_request request;
    ck_assert_int_eq(ams_training_request_init(&request, &err), AMS_OK);
    ck_assert_int_eq(ams_training_request_set(&request, "steps=7", &err), AMS_OK);
    ck_assert_int_eq(ams_training_request_set(&request, "steps=9", &err), AMS_OK);
    ck_assert_uint_eq(request.train.steps, 9);
    ck_assert_uint_eq(request.n_settings, 2);

    /* What is refused leaves nothing behind. */
    static const char *const bad[] = {"stesp=9",  "steps",      "steps=x",
                                      "steps=-1", "agent=none", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(ams_training_request_set(&request, bad[i], &err), AMS_USAGE);
        ck_assert_str_ne(err.text, "");
    }
    ck_assert_uint_eq(request.train.steps, 9);
    ck_assert_uint_eq(request.n_settings, 2);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(ams_training_request_set(&request, "batch=16", &err), AMS_OK);
    }
    ck_assert_uint_eq(request.n_settings, 102);
    ck_assert_str_eq(request.setting[101], "batch=16");
    ams_training_request_fini(&request);
}
END_TEST

/* A shell takes the text apart into the words it was made of. */
START_TEST(test_quotes)
{
    char plain[] = "a-b_c./=:,+@%9";
    char empty[] = "";
    char blank[] = "two words";
    char quote[] = "it's 'so'";
    char dollar[] = "$HOME `ls` \"x\" \\ * ? # ; & | < > ( ) ~ !";
    char lines[] = "a\nb\tc";
    char *words[] = {plain, empty, blank, quote, dollar, lines};
    const size_t n = sizeof words / sizeof *words;
    char *text = NULL;
    char *script = NULL;
    char *found = NULL;
    size_t size = 0;
    ck_assert_int_eq(ams_command_text(&text, "set --", words, n, &err), AMS_OK);
    ck_assert_int_eq(
        ams_format(&script, "a script", &err,
                   "%s; for word; do printf '%%s\\001' \"$word\"; done > words.txt", text),
        AMS_OK);
    ck_assert_int_eq(system(script), 0);
    ck_assert_int_eq(ams_read_file("words.txt", 1 << 16, &found, &size, &err), AMS_OK);
    char *next = found;
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(strsep(&next, "\001"), words[i]);
    }
    ck_assert_str_eq(next, "");
    free(text);
    free(script);
    free(found);

    ck_assert_int_eq(ams_command_text(&text, "ams data import", NULL, 0, &err), AMS_OK);
    ck_assert_str_eq(text, "ams data import");
    free(text);
}
END_TEST

START_TEST(test_recorded_data)
{
    char *path = NULL;
    ck_assert_int_eq(ams_training_recorded_data("none", &path, &err), AMS_USAGE);
    ck_assert_ptr_null(path);
    ck_assert_ptr_nonnull(strstr(err.text, "none/manifest.json"));
    ck_assert_ptr_nonnull(strstr(err.text, "give --data"));
    ck_assert_int_eq(ams_make_directories("run", &err), AMS_OK);
    static const char *const bad[] = {"", "{", "[]", "{}", "{\"data\": 7}", "{\"data\": null}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("run/manifest.json", bad[i]);
        ck_assert_int_eq(ams_training_recorded_data("run", &path, &err), AMS_USAGE);
        ck_assert_ptr_null(path);
    }
    write_text("run/manifest.json", "{\"data\": \"dir/d.h5\"}");
    ck_assert_int_eq(ams_training_recorded_data("run", &path, &err), AMS_OK);
    ck_assert_str_eq(path, "dir/d.h5");
    free(path);
}
END_TEST

/* File, then options, then settings; the folder is named by what came of them. */
START_TEST(test_given)
{
    static const char *const setting[] = {"lr=0.5", "batch=32"};
    static const char *const theta[] = {"a=5", "b=2"};
    ams_training_given given = {.data_path = "d.h5", .config = "c.ini"};
    ams_training_request request;
    write_text("c.ini", "seed = 3\nlr = 0.25\nagent = double\nreward = paper\nloss = "
                        "huber\ndecide = q-greedy\n");
    ck_assert_int_eq(ams_training_request_init(&request, &err), AMS_OK);
    ck_assert_int_eq(ams_training_request_read(&request, &given, &err), AMS_OK);
    ck_assert_str_eq(request.directory, "runs/double-3");
    ck_assert_str_eq(request.data_path, "d.h5");
    ck_assert_double_eq(request.train.lr, 0.25);
    ams_training_request_fini(&request);
    given.agent = "dueling";
    given.seed = "8";
    given.setting = setting;
    given.n_settings = 2;
    given.theta = theta;
    given.n_thetas = 2;
    ck_assert_int_eq(ams_training_request_init(&request, &err), AMS_OK);
    ck_assert_int_eq(ams_training_request_read(&request, &given, &err), AMS_OK);
    ck_assert_str_eq(request.directory, "runs/dueling-8");
    ck_assert_double_eq(request.train.lr, 0.5);
    ck_assert_uint_eq(request.train.batch, 32);
    ck_assert_str_eq(request.train.theta, "a=5,b=2");
    ams_training_request_fini(&request);
}
END_TEST

START_TEST(test_given_refused)
{
    static const char *const setting[] = {"lr=often"};
    const ams_training_given wrong = {.setting = setting, .n_settings = 1};
    const ams_training_given missing = {.config = "none.ini"};
    const ams_training_given nothing = {.resume = "nowhere"};
    ams_training_request request;
    ck_assert_int_eq(ams_training_request_init(&request, &err), AMS_OK);
    ck_assert_int_eq(ams_training_request_read(&request, &wrong, &err), AMS_USAGE);
    ck_assert_int_eq(ams_training_request_read(&request, &missing, &err), AMS_IO);
    ck_assert_int_ne(ams_training_request_read(&request, &nothing, &err), AMS_OK);
    ams_training_request_fini(&request);
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, test_command);
    tcase_add_test(tests, test_settings);
    tcase_add_test(tests, test_quotes);
    tcase_add_test(tests, test_recorded_data);
    tcase_add_test(tests, test_given);
    tcase_add_test(tests, test_given_refused);
}

int main(void)
{
    return run_suite("training_request", add);
}
