/* The user's models as commands, from an INI file: one section per model.
 *
 *   [faces]
 *   command = ./detect-faces "$1"
 *   task = faces
 *
 * /bin/sh runs the command with the item as "$1". It prints one label per line, with a tab and
 * a confidence from 0 to 1 if it is not 1; docs/run.md has the rest. */
#ifndef AMS_SERVE_PROGRAMS_H
#define AMS_SERVE_PROGRAMS_H

#include "serve/policy.h"

#include <stddef.h>

typedef struct ams_program {
    char *name;
    char *command;
    char *task; /* put before each label, with a slash; the name if the file has none */
    double time_ms, mem_mb, priority; /* NAN: the policy's; 1 */
    double threshold; /* of what is recorded; NAN: none said. A policy has its own */
} ams_program;

typedef struct ams_programs {
    ams_program *program; /* (n) in the file's order; with a policy in the policy's */
    uint32_t n;
} ams_programs;

/* policy NULL: any models, in the file's order. Else exactly those of the policy.
 * @return AMS_IO; AMS_USAGE as "file:line: ..."; AMS_BACKEND. */
ams_status ams_programs_read(ams_programs *programs, const char *path,
                             const ams_live_policy *policy, ams_error *err);
void ams_programs_fini(ams_programs *programs);

/* What a program printed. */
typedef struct ams_output {
    char **label;      /* (n) with their task; one block each */
    float *confidence; /* (n) */
    size_t n, room, confidence_room;
} ams_output;
/* Parses the text, which need not end with a newline. @return AMS_BAD_DATA that names the line,
 * AMS_BACKEND. `output` is valid and to be fini'ed in any case. */
ams_status ams_output_parse(ams_output *output, const char *text, size_t n, const char *task,
                            ams_error *err);
void ams_output_fini(ams_output *output);

#endif
