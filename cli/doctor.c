/* ams doctor: what this program was built with and what the machine offers it. */
#include "cli/json.h"
#include "lab/bench/facts.h"

#include <stdio.h>

static const cli_option options[] = {
    CLI_FLAG("--json", "as one JSON object; cuda and gnuplot are null where there is none"),
};

static ams_status run(const cli_args *args, ams_error *err)
{
    const ams_facts facts = ams_facts_gather();
    ams_result result = {.n = 0};
    ams_status status = AMS_OK;
    if (cli_has(args, "--json")) {
        AMS_TRY(ams_facts_result(&facts, &result, err));
        status = ams_result_print_json(&result, stdout, err);
    } else {
        ams_facts_print(&facts, stdout);
    }
out:
    ams_result_fini(&result);
    return status;
}

const ams_command ams_cmd_doctor = {
    .name = "doctor",
    .summary = "show versions, CPU, libraries and what is missing",
    .usage = "ams doctor [--json]",
    .help = "Shows what this program was built with and what the machine offers. A part that\n"
            "is missing is named with the package that has it.\n",
    CLI_ONLY_OPTIONS(options),
    .run = run,
};
