/* The places where lanes wait, and the one that a mutant has not. */
#include "sim.h"

#include <atomic>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SITE_NAME = 256 };

/* FUNCTION:FILE:LINE:NUMBER, the file from the project's folder on. */
static void name_site(const sim_site *site, char name[SITE_NAME])
{
    const char *file = strstr(site->file, "cuda/");
    snprintf(name, SITE_NAME, "%s:%s:%d:%d", site->function, file == NULL ? site->file : file,
             site->line, site->number);
}

/* Those that were reached, in that order, and in which case. */
struct reached {
    const sim_site *site;
    int number;
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static std::atomic<int> now{0};
static std::vector<reached> *sites(void)
{
    static std::vector<reached> *all = new std::vector<reached>;
    return all;
}

extern "C" void sim_begin_case(int number)
{
    now.store(number);
}

static void note(sim_site *site)
{
    pthread_mutex_lock(&lock);
    if (!site->reached) {
        sites()->push_back({site, now.load()});
        site->reached = true;
    }
    pthread_mutex_unlock(&lock);
}

void sim_list_sites(void)
{
    const char *path = getenv("SIM_SITES");
    FILE *file = path == NULL ? NULL : fopen(path, "w");
    if (file == NULL) {
        return;
    }
    for (const reached &r : *sites()) {
        char name[SITE_NAME];
        name_site(r.site, name);
        fprintf(file, "%s\t%d\n", name, r.number);
    }
    fclose(file);
}

bool sim_skips(sim_site *site)
{
    static const char *const skip = getenv("SIM_SKIP");
    static std::atomic<const sim_site *> first{NULL};
    if (!__atomic_load_n(&site->reached, __ATOMIC_RELAXED)) {
        note(site);
    }
    if (skip == NULL) {
        return false;
    }
    const size_t length = strlen(site->function);
    if (strncmp(skip, site->function, length) != 0) {
        return false;
    }
    if (skip[length] == ':') {
        char name[SITE_NAME];
        name_site(site, name);
        return strcmp(skip, name) == 0;
    }
    const sim_site *none = NULL;
    return skip[length] == '\0' && (first.compare_exchange_strong(none, site) || none == site);
}
