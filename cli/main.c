/* The table of commands. */
#include "cli/cli.h"
#include "cli/words.h"
#include "console/manual.h"

static const ams_command *const commands[] = {
    &ams_cmd_data_import,
    &ams_cmd_data_info,
    &ams_cmd_data_check,
    &ams_cmd_data_split,
    &ams_cmd_data_threshold,
    &ams_cmd_data_merge,
    &ams_cmd_data_select,
    &ams_cmd_data_export,
    &ams_cmd_data_synth,
    &ams_cmd_train,
    &ams_cmd_sweep,
    &ams_cmd_tune,
    &ams_cmd_eval,
    &ams_cmd_compare,
    &ams_cmd_budget,
    &ams_cmd_plot,
    &ams_cmd_bench,
    &ams_cmd_list,
    &ams_cmd_doctor,
    &ams_cmd_schedule_deadline,
    &ams_cmd_schedule_memory,
    &ams_cmd_trace,
    &ams_cmd_stream,
    &ams_cmd_export,
    &ams_cmd_reproduce,
    &ams_cmd_average,
    &ams_cmd_report,
    &ams_cmd_serve,
    &ams_cmd_run,
    &ams_cmd_links_train,
    &ams_cmd_links_select,
    &ams_cmd_links_predict,
    &ams_cmd_links_eval,
    &ams_cmd_links_guarantee,
    &ams_cmd_links_schedule,
    &ams_cmd_links_stream,
    &ams_cmd_links_simulate,
};

int main(int argc, char **argv)
{
    cli_begin();
    const cli_commands all = {.command = commands,
                              .n = sizeof commands / sizeof commands[0],
                              .print_words = cli_print_words};
    return cli_main(&all, argc, argv);
}
