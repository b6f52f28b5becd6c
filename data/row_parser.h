/* The parser of rows in JSON from inside. Private to data/. */
#ifndef AMS_DATA_ROW_PARSER_H
#define AMS_DATA_ROW_PARSER_H

#include "data/form.h"

#include <jansson.h>

enum { AMS_DIGITS = 24 }; /* a whole number below 2^53 with its sign and end */

/* A row that was read without a tree. */
typedef struct ams_direct {
    bool possible;            /* of rows of this form */
    bool off;                 /* never: for tests, which compare */
    bool held;                /* `row` is the one last loaded */
    bool other_conf;          /* score and confidence are conf, too */
    size_t length[AMS_PARTS]; /* of the parser's field[] */
    uint8_t order[AMS_PARTS]; /* which part was last where */
    char *text;               /* a copy of the row, where its names end with 0 */
    size_t capacity;
    ams_row row;
} ams_direct;

struct ams_row_parser {
    const ams_form *form;         /* NULL: as docs/format.md has them */
    const char *model;            /* of all rows; NULL: the rows name it */
    const char *field[AMS_PARTS]; /* whose name each part has; NULL: it has none */
    json_t *fixed[AMS_PARTS];     /* what stands in each row in place of a field, or NULL */
    json_t *root;                 /* of the row last parsed; its texts live here */
    const char *key;              /* its item, where rows are keyed by their items */
    json_t *key_root;
    json_t *part[AMS_PARTS]; /* of the row, or fixed; NULL where it has none */
    uint32_t next_model;     /* of a row that has a field per model */
    bool any_model;          /* such a row had one */
    const char **label;
    double *conf;
    const char **truth;
    char (*digits)[AMS_DIGITS]; /* texts of labels that are numbers */
    char (*truth_digits)[AMS_DIGITS];
    char item_digits[AMS_DIGITS];
    size_t label_capacity, conf_capacity, digits_capacity;
    size_t truth_capacity, truth_digits_capacity;
    bool used_conf; /* the row's own confidence stood for its labels' */
    bool record;    /* the row is one record of several that make an execution */
    ams_direct direct;
};

/* What rows are like and whose; borrowed. */
ams_status ams_row_parser_set(ams_row_parser *parser, const ams_form *form, const char *model,
                              ams_error *err);
/* Takes the next text, that of one row; key is the row's item in JSON's quotes or NULL. */
ams_status ams_row_load(ams_row_parser *parser, const char *text, size_t length,
                        const char *key, size_t key_length, ams_error *err);
/* The next execution of the row last loaded; *found is false after its last. */
ams_status ams_row_next(ams_row_parser *parser, ams_row *row, bool *found, ams_error *err);

/* What direct rows depend on, after form, model and fields. */
void ams_row_direct_set(ams_row_parser *parser);
/* Reads a row into parser->direct.row if it is one that needs no tree and breaks no rule; else
 * nothing has happened. */
bool ams_row_direct(ams_row_parser *parser, const char *text, size_t length);

/* A text, or a whole number as a text in `digits`; NULL for anything else. */
const char *ams_row_text(const json_t *value, char digits[AMS_DIGITS]);
/* Whether labels may be numbers, since there are names for them. */
bool ams_row_takes_ids(const ams_row_parser *parser);
/* Room for `count` labels. */
ams_status ams_row_room(ams_row_parser *parser, size_t count, ams_error *err);
/* Of a label that is a number where those have no names. */
ams_status ams_row_refuse_id(const char *field, const char *id, ams_error *err);
/* Labels in any shape: pairs, objects, texts, ids, an object label -> confidence. `conf` may
 * be NULL: the row's own confidence, or an array of them beside an array of labels. */
ams_status ams_row_read_labels(ams_row_parser *parser, json_t *labels, const json_t *conf,
                               ams_row *row, ams_error *err);

#endif
