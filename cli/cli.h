/* The front door: one thin file per command, which parses, calls a library and prints. */
#ifndef AMS_CLI_CLI_H
#define AMS_CLI_CLI_H

#include "console/command.h"
#include "console/progress.h"

/* What a program does first, before cli_main. */
void cli_begin(void);

/* Each defined in its own file (cli/train.c, cli/data_import.c, ...); the table is in
 * cli/main.c. */
extern const ams_command ams_cmd_doctor, ams_cmd_data_import, ams_cmd_data_info,
    ams_cmd_data_check, ams_cmd_data_split, ams_cmd_data_merge, ams_cmd_data_select,
    ams_cmd_data_threshold, ams_cmd_data_export, ams_cmd_data_synth, ams_cmd_train,
    ams_cmd_sweep, ams_cmd_tune, ams_cmd_eval, ams_cmd_compare, ams_cmd_plot, ams_cmd_list,
    ams_cmd_bench, ams_cmd_schedule_deadline, ams_cmd_schedule_memory, ams_cmd_trace,
    ams_cmd_export, ams_cmd_average, ams_cmd_report, ams_cmd_serve, ams_cmd_run,
    ams_cmd_reproduce;
extern const ams_command ams_cmd_links_eval, ams_cmd_links_guarantee, ams_cmd_links_predict,
    ams_cmd_links_select, ams_cmd_links_schedule, ams_cmd_links_simulate, ams_cmd_links_stream,
    ams_cmd_links_train;
extern const ams_command ams_cmd_stream, ams_cmd_budget;

#endif
