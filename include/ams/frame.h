/* Results as tables: columns described once, rows of cells, and one writer each for the
 * terminal, TSV, Markdown and JSON.
 *
 *   static const ams_column columns[] = {
 *       {.name = "policy", .meaning = "what was scored", .head = "policy"},
 *       {.name = "time_ms", .meaning = "mean time per item, ms", .digits = AMS_DECIMALS(3),
 *        .head = "time", .width = 9, .shown = AMS_DECIMALS(1)}};
 *   ams_result r = {0};
 *   ams_frame *rows = NULL;
 *   ams_result_add_frame(&r, "rows", columns, 2, &rows, &err)
 *   AMS_FRAME_ADD(rows, &err, ams_cell_text("fixed"), ams_cell_real(553.4))
 *   ams_frame_print(rows, stdout)                   for people
 *   ams_frame_write_tsv(rows, "results", "a.tsv", &err)
 *   ams_result_print_json(&r, stdout, &err)         {"rows": [{"policy": "fixed", ...}]}
 *   ams_result_fini(&r)
 *
 * Whoever computes a result (a library) describes its columns and fills its frames; whoever
 * shows it chooses a writer. A frame owns its cells and copies texts, so that it may outlive
 * what it was made of. Columns are copied; but for name, json and head their texts are
 * borrowed, as a rule static.
 *
 * Failures: AMS_BACKEND without memory or for a row of the wrong length, AMS_IO of writers. */
#ifndef AMS_FRAME_H
#define AMS_FRAME_H

#include "ams/status.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- cells -- */

typedef enum ams_cell_kind {
    AMS_CELL_NONE, /* not there: "-" in text, null in JSON */
    AMS_CELL_REAL,
    AMS_CELL_COUNT,
    AMS_CELL_FLAG, /* yes and no in text, true and false in JSON */
    AMS_CELL_TEXT
} ams_cell_kind;

typedef struct ams_cell {
    ams_cell_kind kind;
    union {
        double real; /* finite */
        uint64_t count;
        bool flag;
        const char *text; /* UTF-8 without tabs and line ends */
    } as;
} ams_cell;

static inline ams_cell ams_cell_none(void)
{
    ams_cell cell;
    cell.kind = AMS_CELL_NONE;
    cell.as.count = 0;
    return cell;
}

/* NAN and infinities: the number is not there. */
static inline ams_cell ams_cell_real(double value)
{
    ams_cell cell = ams_cell_none();
    if (isfinite(value)) {
        cell.kind = AMS_CELL_REAL;
        cell.as.real = value;
    }
    return cell;
}

static inline ams_cell ams_cell_count(uint64_t value)
{
    ams_cell cell;
    cell.kind = AMS_CELL_COUNT;
    cell.as.count = value;
    return cell;
}

static inline ams_cell ams_cell_flag(bool value)
{
    ams_cell cell;
    cell.kind = AMS_CELL_FLAG;
    cell.as.flag = value;
    return cell;
}

/* Borrowed until it is added; NULL: not there. */
static inline ams_cell ams_cell_text(const char *value)
{
    ams_cell cell = ams_cell_none();
    if (value != NULL) {
        cell.kind = AMS_CELL_TEXT;
        cell.as.text = value;
    }
    return cell;
}

/* The cell, or none of it. */
static inline ams_cell ams_cell_if(bool there, ams_cell cell)
{
    return there ? cell : ams_cell_none();
}

/* -- columns -- */

/* How many digits a real number has in text. 0: six significant ones. JSON has all of them. */
typedef int ams_digits;
#define AMS_DECIMALS(n) (0x100 | (n))        /* 0.5 with n decimals */
#define AMS_SIGNED_DECIMALS(n) (0x200 | (n)) /* +0.5 */
#define AMS_SIGNIFICANT(n) (0x400 | (n))     /* n significant digits */
/* A cost, whose unit is the user's: n decimals. Where all of the column are below 1, it has
 * more in TSV, and four significant digits elsewhere; there also from 10 million on. */
#define AMS_COST(n) (0x800 | (n))

#define AMS_WIDEST 0x1000

typedef struct ams_column {
    const char *name;    /* in TSV and JSON, with its unit at the end; NULL: not in TSV */
    const char *meaning; /* what it says, with its unit, in one line */
    ams_digits digits;   /* in TSV */
    const char *json;    /* its key where that is not `name`; "": not in JSON. "a.b": the field
                            b of the object a */
    /* On the terminal and in Markdown. */
    const char *head; /* NULL: it is not shown there */
    int width;        /* characters on the terminal; negative: aligned to the left; as the
                         widest of the frame: 0 to the left, AMS_WIDEST to the right */
    ams_digits shown;
    double scale;               /* shown is value x scale: 100 with " %" after it; 0: 1 */
    const char *before, *after; /* around a value; NULL: nothing */
    const char *absent;         /* of a value that is not there; NULL: "-" */
    const char *yes, *no;       /* of flags; NULL: "yes", "no" */
} ams_column;

/* -- frames -- */

enum { AMS_FRAME_COLUMNS = 256 }; /* at most */

typedef struct ams_frame {
    ams_column *column; /* (n_columns) a copy; name, json and head are, too */
    size_t n_columns, n_rows;
    ams_cell *cell;  /* (n_rows, n_columns), texts owned */
    size_t room;     /* private: cells allocated */
    char **text;     /* private: (3 n_columns) the owned texts of columns, or NULL */
    double *largest; /* private: (n_columns) the largest absolute number */
} ams_frame;

/* Another head for a column, copied: one with a unit or a name that is known only now. */
ams_status ams_frame_set_head(ams_frame *frame, size_t column, const char *head,
                              ams_error *err);
/* Heads "time_ms" and "resp. ms" become "cost_usd" and "resp. usd" where that is the unit of
 * the table that is shown; "ms" changes nothing. */
ams_status ams_frame_set_unit(ams_frame *frame, const char *unit, ams_error *err);
/* A row of n cells, one per column. */
ams_status ams_frame_add(ams_frame *frame, const ams_cell *cell, size_t n, ams_error *err);
/* The cells as arguments, in C. */
#define AMS_FRAME_ADD(frame, err, ...)                                                         \
    ams_frame_add((frame), (const ams_cell[]){__VA_ARGS__},                                    \
                  sizeof((const ams_cell[]){__VA_ARGS__}) / sizeof(ams_cell), (err))

/* The cells of a column, found by its name in TSV; NULL: there is no such column or row. */
const ams_cell *ams_frame_cell(const ams_frame *frame, size_t row, const char *column);

/* Every row under a line of heads. */
void ams_frame_print(const ams_frame *frame, FILE *stream);
/* The same of some rows: n from `first` on, or those that order (n) lists. */
void ams_frame_print_rows(const ams_frame *frame, size_t first, size_t n, FILE *stream);
void ams_frame_print_order(const ams_frame *frame, const uint32_t *order, size_t n,
                           FILE *stream);
/* A table of Markdown, of the columns that the terminal shows. */
void ams_frame_print_markdown(const ams_frame *frame, FILE *stream);
/* DIRECTORY/FILE (directory NULL: FILE), whole or not at all: a line of names, a line per row.
 */
ams_status ams_frame_write_tsv(const ams_frame *frame, const char *directory, const char *file,
                               ams_error *err);

/* -- results -- */

/* A single value of a result. */
typedef struct ams_fact {
    const char *name; /* "a.b": the field b of the object a. Borrowed, as a rule static */
    ams_cell value;
} ams_fact;

/* One part of a result: a fact or a frame, which is owned. */
typedef struct ams_result_part {
    const char *name;
    ams_cell value;
    ams_frame *frame; /* NULL: a fact */
} ams_result_part;

/* Facts and frames in the order in which they were added. All zero: empty. */
typedef struct ams_result {
    ams_result_part *part; /* (n) */
    size_t n, room;
} ams_result;

ams_status ams_result_add_facts(ams_result *result, const ams_fact *fact, size_t n,
                                ams_error *err);
#define AMS_RESULT_FACTS(result, err, ...)                                                     \
    ams_result_add_facts((result), (const ams_fact[]){__VA_ARGS__},                            \
                         sizeof((const ams_fact[]){__VA_ARGS__}) / sizeof(ams_fact), (err))
/* *frame is the result's. */
ams_status ams_result_add_frame(ams_result *result, const char *name, const ams_column *column,
                                size_t n_columns, ams_frame **frame, ams_error *err);
/* By name; NULL: none. */
ams_frame *ams_result_frame(const ams_result *result, const char *name);
const ams_cell *ams_result_fact(const ams_result *result, const char *name);
/* One JSON object: a field per fact, and per frame an array with an object per row. Numbers
 * have all their digits. */
ams_status ams_result_print_json(const ams_result *result, FILE *stream, ams_error *err);
void ams_result_fini(ams_result *result);

#ifdef __cplusplus
}
#endif
#endif
