#include "cuda/library.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef AMS_CUDA_LIBRARY_DIR
#define AMS_CUDA_LIBRARY_DIR "" /* built without the toolkit */
#endif

/* A library and what it needs lie in one folder, which the loader does not know:
 * libcublas.so.13 asks for libcublasLt.so.13. */
static void *open_beside(const char *path)
{
    char other[4096];
    const char *name = strrchr(path, '/'); /* a folder may have the same letters in its name */
    const char *version = strstr(name != NULL ? name : path, ".so");
    if (version != NULL) {
        snprintf(other, sizeof other, "%.*sLt%s", (int)(version - path), path, version);
        (void)dlopen(other, RTLD_NOW | RTLD_GLOBAL); /* what is not there is not needed */
    }
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* The first that can be opened of those that a pattern finds; NULL: none can. */
static void *open_any(const char *pattern)
{
    glob_t found;
    void *library = NULL;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; library == NULL && i < found.gl_pathc; i++) {
            library = open_beside(found.gl_pathv[i]);
        }
        globfree(&found);
    }
    return library;
}

ams_status ams_library_open(const char *name, void **library, ams_error *err)
{
    static const struct {
        const char *variable, *folder;
    } places[] = {
        {"CUDA_HOME", "lib64"},
        {"CUDA_PATH", "lib64"},
        {NULL, AMS_CUDA_LIBRARY_DIR},
        {"VIRTUAL_ENV", "lib/python3*/site-packages/nvidia/*/lib"},
        {"CONDA_PREFIX", "lib"},
        {"CONDA_PREFIX", "lib/python3*/site-packages/nvidia/*/lib"},
    };
    char why[512];
    *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (*library != NULL) {
        return AMS_OK;
    }
    const char *said = dlerror();
    snprintf(why, sizeof why, "%s", said == NULL ? name : said);
    for (size_t i = 0; *library == NULL && i < sizeof places / sizeof *places; i++) {
        char pattern[4096];
        const char *base = places[i].variable == NULL ? "" : getenv(places[i].variable);
        if (base == NULL || (*base == '\0' && places[i].folder[0] != '/')) {
            continue;
        }
        const char *between = *base == '\0' ? "" : "/";
        snprintf(pattern, sizeof pattern, "%s%s%s/%s", base, between, places[i].folder, name);
        *library = open_any(pattern);
    }
    return *library != NULL
               ? AMS_OK
               : ams_fail(err, AMS_BACKEND,
                          "%s; nor is it where CUDA_HOME, the toolkit of the build (%s), "
                          "VIRTUAL_ENV or CONDA_PREFIX would have it",
                          why, AMS_CUDA_LIBRARY_DIR);
}
