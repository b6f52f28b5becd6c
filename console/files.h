/* What a command reads and writes, compared before it starts: so no hours of work end in an
 * output that cannot be written, and no input is replaced by the output made of it. */
#ifndef AMS_CONSOLE_FILES_H
#define AMS_CONSOLE_FILES_H

#include "console/command.h"

/* Of the options and operands that command->options and command->operands call files:
 *   - an output is not one of the inputs (same device and inode), except where the command
 *     works in place, and not another output;
 *   - an output that exists is empty, or of the kind that will replace it;
 *   - "-" stands for standard output only where the command says so;
 *   - every output can be written: a file is made beside it, or in its folder, and removed.
 * Changes no file. A signal that ends the program removes the temporary files of these outputs.
 * @return AMS_USAGE with the option's name; AMS_IO with the path and the system's reason. */
ams_status cli_check_files(const ams_command *command, const cli_args *args, ams_error *err);

/* -- between files.c and files_kind.c -- */

/* A file or folder that the command will write. */
typedef struct cli_output {
    const char *option; /* that names it */
    const char *path;
    cli_file kind;
} cli_output;

/* AMS_USAGE where a file exists that is not of the output's kind. */
ams_status cli_check_kind(const cli_output *output, ams_error *err);
/* From here on a signal that ends the program removes the temporary files that it has in that
 * folder and the folders in it, or where `path` is, unless the command has handlers of its
 * own. */
void cli_note_folder(const char *path);
void cli_note_temporary(const char *path);

#endif
