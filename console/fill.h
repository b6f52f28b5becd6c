/* Tables of options that write straight into a command's job.
 *
 *   typedef struct my_job { const char *data; uint32_t draws; } my_job;
 *   static const cli_option options[] = {
 *       CLI_FILE("--data", "F.h5", CLI_READS, "outputs file", CLI_REQUIRED(my_job, data)),
 *       CLI_VALUE("--draws", "N", "draws (default 100)", CLI_INTO_COUNT(my_job, draws, 1000))};
 *   my_job job = {.draws = 100};
 *   AMS_TRY(cli_fill(args, &job, err));
 *
 * A field keeps its value where its option is not given, so that a job's initializer holds the
 * defaults. What is allocated lives as long as args. Members may be members of members. */
#ifndef AMS_CONSOLE_FILL_H
#define AMS_CONSOLE_FILL_H

#include "console/command.h"

/* Every option that says where its value goes, in the order of the table.
 * @return AMS_USAGE: a value of another form, an option that is required and missing. */
ams_status cli_fill(const cli_args *args, void *job, ams_error *err);

#define CLI_MEMBER(job, member)                                                                \
    .offset = offsetof(job, member), .size = sizeof(((job *)NULL)->member)
#define CLI_COUNTED(job, member, number)                                                       \
    CLI_MEMBER(job, member), .count = offsetof(job, number),                                   \
                             .count_size = sizeof(((job *)NULL)->number)

#define CLI_INTO_TEXT(job, member) .into = {.type = CLI_IS_TEXT, CLI_MEMBER(job, member)}
#define CLI_REQUIRED(job, member)                                                              \
    .into = {.type = CLI_IS_TEXT, .required = true, CLI_MEMBER(job, member)}
#define CLI_INTO_FLAG(job, member) .into = {.type = CLI_IS_FLAG, CLI_MEMBER(job, member)}
/* From 1 to `most`; any whole number. */
#define CLI_INTO_COUNT(job, member, largest)                                                   \
    .into = {.type = CLI_IS_COUNT, CLI_MEMBER(job, member), .least = 1, .most = (largest)}
#define CLI_INTO_NUMBER(job, member)                                                           \
    .into = {.type = CLI_IS_COUNT, CLI_MEMBER(job, member), .most = UINT64_MAX}
#define CLI_INTO_THREADS(job, member)                                                          \
    .into = {                                                                                  \
        .type = CLI_IS_THREADS, CLI_MEMBER(job, member), .least = 1, .most = CLI_MOST_THREADS}
enum { CLI_MOST_THREADS = 256 };
#define CLI_INTO_REAL(job, member, least, largest)                                             \
    .into = {.type = CLI_IS_REAL, CLI_MEMBER(job, member), .low = (least), .high = (largest)}
/* Given in %, with or without the sign; kept as a share. */
#define CLI_INTO_PERCENT(job, member, least, largest)                                          \
    .into = {.type = CLI_IS_REAL,                                                              \
             CLI_MEMBER(job, member),                                                          \
             .low = (least),                                                                   \
             .high = (largest),                                                                \
             .scale = 100}
#define CLI_INTO_CHOICE(job, member, list)                                                     \
    .into = {.type = CLI_IS_CHOICE, CLI_MEMBER(job, member), .words = (list)}
#define CLI_INTO_WORDS(job, member, list)                                                      \
    .into = {.type = CLI_IS_WORDS, CLI_MEMBER(job, member), .words = (list)}
#define CLI_INTO_NAMES(job, member, number)                                                    \
    .into = {.type = CLI_IS_NAMES, CLI_COUNTED(job, member, number)}
#define CLI_INTO_TEXTS(job, member, number)                                                    \
    .into = {.type = CLI_IS_TEXTS, CLI_COUNTED(job, member, number)}
#define CLI_INTO_SEEDS(job, member, number)                                                    \
    .into = {.type = CLI_IS_SEEDS, CLI_COUNTED(job, member, number)}
#define CLI_INTO_REALS(job, member, number, least, largest)                                    \
    .into = {.type = CLI_IS_REALS,                                                             \
             CLI_COUNTED(job, member, number),                                                 \
             .low = (least),                                                                   \
             .high = (largest)}
#define CLI_INTO(job, member, function)                                                        \
    .into = {.type = CLI_IS_OTHER, CLI_MEMBER(job, member), .read = (function)}

#endif
