/* The figures there are: which file, rows and columns each one draws. */
#ifndef AMS_LAB_FIGURES_KINDS_H
#define AMS_LAB_FIGURES_KINDS_H

#include <stdbool.h>
#include <stddef.h>

enum { AMS_FIGURE_COLUMNS = 5 };

/* What becomes of `valuable`, which is no order of models but one time per item. */
typedef enum ams_figure_valuable {
    AMS_VALUABLE_OUT,   /* it has no such curve */
    AMS_VALUABLE_LEVEL, /* its last value everywhere */
    AMS_VALUABLE_AS_IS
} ams_figure_valuable;

typedef struct ams_figure_kind {
    const char *name;  /* "recall-time"; plots/NAME.gp draws it */
    const char *file;  /* in the folder, or in its folder eval/ */
    const char *label; /* column that names the curves; NULL: one curve per folder */
    /* Only rows with `value` in the column `filter`, or one of several values between bars.
     * NULL filter: all rows. NULL value with a filter: rows of one policy, which the caller
     * chooses.
     */
    const char *filter, *value;
    const char *columns[AMS_FIGURE_COLUMNS]; /* x, then what is drawn; NULL after the last */
    int standing;                            /* column whose values put the curves in order */
    bool by_last;                            /* ... by the last one instead of their mean */
    bool own_styles; /* its curves have other names than those of the other figures */
    ams_figure_valuable valuable;
    bool recall; /* of recall that grows: `all`, which knows no order, has it at its end only */
} ams_figure_kind;

/* In the order in which they are drawn. */
extern const ams_figure_kind ams_figure_kinds[];
extern const size_t ams_n_figure_kinds;

/* Whether the figure is of one policy, and its curves are models. */
static inline bool ams_figure_of_one(const ams_figure_kind *kind)
{
    return kind->filter != NULL && kind->value == NULL;
}

#endif
