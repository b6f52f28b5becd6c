/* The frame of exported files, a row per file: of policies and of links. */
#ifndef AMS_LAB_FRAME_EXPORTED_H
#define AMS_LAB_FRAME_EXPORTED_H

#include "ams/frame.h"

/* Initializer of its columns: what the difference is of, in JSON and above the table. */
#define AMS_EXPORTED_COLUMNS(difference_meaning, difference_head)                              \
    {                                                                                          \
        {.name = "format", .meaning = "its name for --format"},                                \
            {.name = "file", .meaning = "its name", .head = "file", .width = -20},             \
            {.name = "bytes", .meaning = "its size", .head = "bytes", .width = 10},            \
            {.name = "difference",                                                             \
             .meaning = (difference_meaning),                                                  \
             .head = (difference_head),                                                        \
             .before = "  ",                                                                   \
             .width = -1,                                                                      \
             .shown = AMS_SIGNIFICANT(3)},                                                     \
        {                                                                                      \
            .name = "allowed", .meaning = "how large it may be", .head = "", .before = "(",    \
            .width = -1, .shown = AMS_SIGNIFICANT(3), .after = ")"                             \
        }                                                                                      \
    }

/* A row of it. @return AMS_BACKEND. */
ams_status ams_exported_add(ams_frame *files, const char *format, const char *file,
                            uint64_t bytes, double difference, double allowed, ams_error *err);

#endif
