/* How the files of rows are written, where it is not as docs/format.md has them: what
 * ams_row_form asks for, checked and taken apart. Private to data/. */
#ifndef AMS_DATA_FORM_H
#define AMS_DATA_FORM_H

#include "ams/data.h"

typedef enum ams_part { /* what a row is made of */
                        AMS_PART_ITEM,
                        AMS_PART_MODEL,
                        AMS_PART_LABELS, /* of a whole execution */
                        AMS_PART_LABEL,  /* of one record, several of which make an execution */
                        AMS_PART_CONF,
                        AMS_PART_GROUP,
                        AMS_PART_SPLIT,
                        AMS_PART_TIME,
                        AMS_PART_TRUTH,
                        AMS_PARTS
} ams_part;
/* "item", "model", ... */
extern const char *const ams_part_name[AMS_PARTS];

typedef enum ams_part_source {
    AMS_BY_DEFAULT, /* the field or column with the part's own name */
    AMS_BY_NAME,    /* another field or column */
    AMS_BY_PATTERN, /* one per model or label: the name has a * in it */
    AMS_CONSTANT    /* the same text in each row */
} ams_part_source;

typedef struct ams_form {
    ams_row_format format;
    ams_part_source source[AMS_PARTS];
    char *name[AMS_PARTS];   /* of the field or column, before its *, or the constant */
    char *tail[AMS_PARTS];   /* what follows the *; NULL without one */
    char separator;          /* of CSV; 0: a comma, or a tab where the name ends in .tsv */
    bool numbers;            /* labels may be numeric ids, since there are names for them */
    bool by_model;           /* a * is the name of a model, and not of a label */
    const ams_names *models; /* which * stands for then; borrowed */
} ams_form;

/* All that is said goes together, or AMS_USAGE. `models` stays borrowed. */
ams_status ams_form_init(ams_form *form, const ams_row_form *said, const ams_names *models,
                         ams_error *err);
void ams_form_fini(ams_form *form);

/* The name of a part's field or column, its own where nothing is said; NULL form: that. For
 * AMS_BY_DEFAULT and AMS_BY_NAME. */
const char *ams_form_field(const ams_form *form, ams_part part);
/* The text of a constant, or NULL. */
const char *ams_form_constant(const ams_form *form, ams_part part);
bool ams_form_patterned(const ams_form *form, ams_part part);
/* Whether a name is the part's pattern with something in place of *: *star (*length) is that.
 */
bool ams_form_match(const ams_form *form, ams_part part, const char *name, const char **star,
                    size_t *length);
/* The pattern with `star` in place of *, for the caller to free(). */
ams_status ams_form_fill(const ams_form *form, ams_part part, const char *star, char **name,
                         ams_error *err);
/* Milliseconds per unit of the rows' times. */
ams_status ams_time_unit(const char *unit, double *ms, ams_error *err);

#endif
