#include "cli/links.h"

#include "base/memory.h"
#include "console/units.h"

#include <math.h>
#include <stdio.h>

enum { MOST_LIMITS = 64 };

/* The second of each is true. */
const char *const cli_link_taus[] = {"tuned", "papers", NULL};
const char *const cli_link_kinds[] = {"table", "find", NULL};
const char *const cli_link_forms[] = {"ridge", "network", NULL};

ams_status cli_get_budgets(const cli_args *args, const cli_link_limits *l,
                           const ams_link_session *s, ams_link_budget **budget, uint32_t *n,
                           ams_error *err)
{
    const cli_unit percent = {"%", s->total_time_ms / 100};
    const bool is_ms = ams_table_costs_ms(&s->table);
    /* Of a table whose costs are money, limits on time are limits on money. */
    const cli_unit ms[] = {
        {ams_table_cost_unit(&s->table), 1}, is_ms ? (cli_unit){"s", 1000} : percent, percent};
    const cli_unit mb[] = {{"MB", 1}, {"GB", 1000}, {"%", s->total_mem_mb / 100}};
    double time_ms[MOST_LIMITS];
    double mem_mb[MOST_LIMITS];
    size_t times = 0;
    size_t mems = 0;
    ams_status status = AMS_OK;
    if ((l->time == NULL && l->mem == NULL) ||
        (l->both && (l->time == NULL || l->mem == NULL))) {
        return ams_fail(err, AMS_USAGE, "expected %s; --help shows how",
                        l->both ? "--time and --mem with --both"
                                : "--time, --mem or both of them");
    }
    if (l->time != NULL) {
        AMS_TRY(cli_parse_units("--time", l->time, ms, 3, time_ms, MOST_LIMITS, &times, err));
    }
    if (l->mem != NULL) {
        AMS_TRY(cli_parse_units("--mem", l->mem, mb, 3, mem_mb, MOST_LIMITS, &mems, err));
    }
    *n = (uint32_t)(l->both ? times * mems : times + mems);
    AMS_TRY(ams_alloc(budget, *n, sizeof **budget, "limits", err));
    AMS_TRY(cli_keep(args, *budget, err));
    for (uint32_t k = 0; k < *n; k++) {
        ams_link_budget b = {(double)INFINITY, (double)INFINITY};
        if (l->both) {
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
        const char *unit = ams_table_cost_unit(&s->table);
        printf("%.4g %s (%.3g %% of all %s)", b->time_ms, unit,
               100 * b->time_ms / s->total_time_ms, ams_cost_word(unit));
    }
    if (isfinite(b->mem_mb)) {
        printf("%s%.4g MB (%.3g %% of all memory)", isfinite(b->time_ms) ? " and " : "",
               b->mem_mb, 100 * b->mem_mb / s->total_mem_mb);
    }
}
