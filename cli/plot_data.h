/* The data of a figure: curves read from evaluation and run folders. */
#ifndef AMS_CLI_PLOT_DATA_H
#define AMS_CLI_PLOT_DATA_H

#include "base/names.h"
#include "base/status.h"

#include <stdbool.h>

enum { PLOT_COLUMNS = 5 };

/* What becomes of `valuable`, which is no order of models but one time an item. */
typedef enum plot_valuable {
    PLOT_VALUABLE_OUT,   /* it has no such curve */
    PLOT_VALUABLE_LEVEL, /* its last value everywhere */
    PLOT_VALUABLE_AS_IS
} plot_valuable;

/* Where a figure's numbers stand. */
typedef struct plot_kind {
    const char *name;           /* "recall-time" */
    const char *file;           /* in the folder, or in its folder eval/ */
    const char *label;          /* column that tells curves apart; NULL: one curve a folder */
    const char *filter, *value; /* only rows with this value in this column; NULL filter: all;
                                   NULL value: rows of one policy, which the caller chooses */
    const char *columns[PLOT_COLUMNS]; /* x, then what is drawn; NULL behind the last */
    int standing;                      /* column whose values put the curves in order */
    bool by_last;                      /* ... by the last one instead of their mean */
    bool own_styles; /* its curves are not called as those of other figures are */
    plot_valuable valuable;
} plot_kind;

extern const plot_kind plot_kinds[];
extern const size_t plot_n_kinds;

/* Whether the figure is of one policy, and its curves are models. */
static inline bool plot_of_one(const plot_kind *kind)
{
    return kind->filter != NULL && kind->value == NULL;
}

typedef struct plot_series {
    char *label;  /* distinct within a figure */
    char *legend; /* seeds of one configuration share it */
    int style;    /* line type in plots/style.gp */
    size_t folder, n, capacity;
    double standing;
    double *v; /* (n, PLOT_COLUMNS), NAN where the file has "-" */
} plot_series;

typedef struct plot_data {
    const plot_kind *kind;
    size_t n, capacity;
    plot_series *series;
    char *subject; /* the policy that a figure of one policy is of; NULL in the others */
} plot_data;

/* *path (freed and set anew) becomes FOLDER/FILE, or FOLDER/eval/FILE where that is not there.
 */
ams_status plot_data_path(char **path, const char *folder, const char *file, bool *found,
                          ams_error *err);
/* Reads the curves of a figure from those folders that have them (data->n is 0 if none has),
 * names them, gives them styles and puts them in the order in which they stand, highest first.
 * A figure of one policy is of `subject`, or where that is NULL of the first trained policy of
 * the first folder that has one, and its curves stand lowest first. `trained` remembers styles
 * between the figures of one call. */
ams_status plot_data_read(plot_data *data, const plot_kind *kind, const char *const *folders,
                          size_t n_folders, const char *subject, ams_names *trained,
                          ams_error *err);
/* One row a point: series, key, style, then the columns. */
ams_status plot_data_write(const plot_data *data, const char *path, ams_error *err);
void plot_data_fini(plot_data *data);

#endif
