/* Where cuBLAS is looked for: a library that only a Python environment's folder has, as pip
 * lays it out, and what is said of one that is nowhere. */
#include "cuda/library.h"
#include "tests/base/suite.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char NAME[] = "libcublas-of-a-test.so.13";

/* Some library of this process, under NAME in that folder of the working directory. */
static void put(const char *folder)
{
    char path[1024] = "";
    Dl_info libc;
    ck_assert_int_ne(dladdr(dlsym(RTLD_DEFAULT, "getenv"), &libc), 0);
    for (const char *at = folder; at != NULL;) {
        at = strchr(at + 1, '/');
        snprintf(path, sizeof path, "%.*s", at == NULL ? 1000 : (int)(at - folder), folder);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof path, "%s/%s", folder, NAME);
    ck_assert_int_eq(symlink(libc.dli_fname, path), 0);
}

static void environment(const char *name, const char *folder)
{
    char here[2048];
    char path[4096];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%s/%s", here, folder);
    ck_assert_int_eq(setenv(name, path, 1), 0);
}

static void forget(void)
{
    static const char *const names[] = {"CUDA_HOME", "CUDA_PATH", "VIRTUAL_ENV",
                                        "CONDA_PREFIX"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(unsetenv(names[i]), 0);
    }
}

START_TEST(in_a_python_environment)
{
    ams_error err = {{0}};
    void *library = NULL;
    forget();
    put("venv/lib/python3.11/site-packages/nvidia/cu13/lib");
    ck_assert_int_eq(ams_library_open(NAME, &library, &err), AMS_BACKEND);
    environment("VIRTUAL_ENV", "venv");
    ck_assert_msg(ams_library_open(NAME, &library, &err) == AMS_OK, "%s", err.text);
    ck_assert_ptr_nonnull(dlsym(library, "getenv"));
    ck_assert_int_eq(dlclose(library), 0);
}
END_TEST

START_TEST(in_the_toolkit)
{
    ams_error err = {{0}};
    void *library = NULL;
    forget();
    put("cuda/lib64");
    environment("CUDA_HOME", "cuda");
    ck_assert_msg(ams_library_open(NAME, &library, &err) == AMS_OK, "%s", err.text);
    ck_assert_int_eq(dlclose(library), 0);
}
END_TEST

/* It needs another of its folder, whose name has the letters of a library's. */
START_TEST(with_one_beside)
{
    ams_error err = {{0}};
    void *library = NULL;
    forget();
    ck_assert_int_eq(setenv("CUDA_HOME", TEST_PAIR, 1), 0);
    ck_assert_msg(ams_library_open("libcublas-pair.so.13", &library, &err) == AMS_OK, "%s",
                  err.text);
    ck_assert_ptr_nonnull(dlsym(library, "pair"));
    ck_assert_int_eq(dlclose(library), 0);
}
END_TEST

START_TEST(nowhere)
{
    ams_error err = {{0}};
    void *library = NULL;
    forget();
    ck_assert_int_eq(ams_library_open("libcublas.so.0", &library, &err), AMS_BACKEND);
    ck_assert_ptr_null(library);
    ck_assert_ptr_nonnull(strstr(err.text, "libcublas.so.0"));
    ck_assert_ptr_nonnull(strstr(err.text, "VIRTUAL_ENV"));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_test(tests, in_a_python_environment);
    tcase_add_test(tests, in_the_toolkit);
    tcase_add_test(tests, with_one_beside);
    tcase_add_test(tests, nowhere);
}

int main(void)
{
    return run_suite("cuda_library", add);
}
