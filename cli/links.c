#include "cli/links.h"

#include "ams/names.h"
#include "base/memory.h"
#include "console/options.h"
#include "console/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LIMITS = 64 };

static ams_status read_networks(const cli_args *args, ams_link_session_options *o,
                                ams_error *err)
{
    static const char *const links[] = {"ridge", "network", NULL};
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads = processors > 0 ? (uint64_t)processors : 1;
    uint64_t epochs = o->network.epochs;
    uint64_t patience = 0;
    int choice = 0;
    ams_status status = AMS_OK;
    AMS_TRY(cli_get_choice(args, "--form", links, &choice, err));
    AMS_TRY(cli_get_count(args, "--epochs", 100000, &epochs, err));
    AMS_TRY(cli_get_count(args, "--patience", 100000, &patience, err));
    AMS_TRY(cli_get_count(args, "--threads", 256, &threads, err));
    o->networks = choice == 1;
    o->network.epochs = (uint32_t)epochs;
    o->network.patience = (uint32_t)patience;
    o->network.seed = o->seed;
    o->threads = threads < 256 ? (uint32_t)threads : 256;
out:
    return status;
}

ams_status cli_get_links(const cli_args *args, ams_link_session_options *o, ams_error *err)
{
    static const char *const taus[] = {"tuned", "papers", NULL};
    static const char *const kinds[] = {"multi", "find", NULL};
    int choice = 0;
    uint64_t count = o->links.min_count;
    ams_status status = AMS_OK;
    AMS_TRY(cli_require(args, "--data", &o->data_path, err));
    AMS_TRY(cli_get_choice(args, "--targets", ams_link_values_modes, &choice, err));
    o->links.targets = (ams_link_values)choice;
    AMS_TRY(cli_get_choice(args, "--features", ams_link_values_modes, &choice, err));
    o->links.features = (ams_link_values)choice;
    AMS_TRY(cli_get_choice(args, "--tau", taus, &choice, err));
    o->papers_threshold = choice == 1;
    AMS_TRY(cli_get_choice(args, "--kinds", kinds, &choice, err));
    o->links.find_single = choice == 1;
    AMS_TRY(cli_get_count(args, "--min-count", UINT32_MAX, &count, err));
    o->links.min_count = (uint32_t)count;
    AMS_TRY(cli_get_real(args, "--lambda", 1e-9, 1e12, &o->links.lambda, err));
    AMS_TRY(cli_get_count(args, "--items", UINT32_MAX, &o->items, err));
    AMS_TRY(cli_get_u64(args, "--seed", &o->seed, err));
    AMS_TRY(read_networks(args, o, err));
out:
    return status;
}

ams_status cli_get_budgets(const cli_args *args, const ams_link_session *s,
                           ams_link_budget **budget, uint32_t *n, ams_error *err)
{
    const cli_unit ms[] = {{"ms", 1}, {"s", 1000}, {"%", s->total_time_ms / 100}};
    const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}, {"%", s->total_mem_mb / 100}};
    const char *time = cli_get(args, "--time", NULL);
    const char *mem = cli_get(args, "--mem", NULL);
    const bool both = cli_has(args, "--both");
    double time_ms[MOST_LIMITS];
    double mem_mb[MOST_LIMITS];
    size_t times = 0;
    size_t mems = 0;
    ams_status status = AMS_OK;
    *budget = NULL;
    if ((time == NULL && mem == NULL) || (both && (time == NULL || mem == NULL))) {
        return ams_fail(err, AMS_USAGE, "expected %s; --help shows how",
                        both ? "--time and --mem with --both"
                             : "--time, --mem or both of them");
    }
    if (time != NULL) {
        AMS_TRY(cli_parse_units("--time", time, ms, 3, time_ms, MOST_LIMITS, &times, err));
    }
    if (mem != NULL) {
        AMS_TRY(cli_parse_units("--mem", mem, mb, 3, mem_mb, MOST_LIMITS, &mems, err));
    }
    *n = (uint32_t)(both ? times * mems : times + mems);
    AMS_TRY(ams_alloc(budget, *n, sizeof **budget, "limits", err));
    for (uint32_t k = 0; k < *n; k++) {
        ams_link_budget b = {(double)INFINITY, (double)INFINITY};
        if (both) {
            b = (ams_link_budget){time_ms[k / mems], mem_mb[k % mems]};
        } else if (k < times) {
            b.time_ms = time_ms[k];
        } else {
            b.mem_mb = mem_mb[k - times];
        }
        (*budget)[k] = b;
    }
out:
    return status;
}

void cli_print_budget(const ams_link_session *s, const ams_link_budget *b)
{
    if (isfinite(b->time_ms)) {
        printf("%.4g ms (%.3g %% of all time)", b->time_ms,
               100 * b->time_ms / s->total_time_ms);
    }
    if (isfinite(b->mem_mb)) {
        printf("%s%.4g MB (%.3g %% of all memory)", isfinite(b->time_ms) ? " and " : "",
               b->mem_mb, 100 * b->mem_mb / s->total_mem_mb);
    }
}
