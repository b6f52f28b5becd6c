/* The data of a figure: curves read from folders of evaluations, training runs and experiments.
 */
#ifndef AMS_LAB_FIGURES_DATA_H
#define AMS_LAB_FIGURES_DATA_H

#include "ams/names.h"
#include "ams/status.h"
#include "ams/table.h"
#include "lab/figures/kinds.h"

/* One curve. */
typedef struct ams_figure_series {
    char *label;  /* distinct within a figure */
    char *apart;  /* of a run: "" or ",hidden=8", in which runs of its name differ; or NULL */
    char *legend; /* seeds of one configuration share it: "dqn (3 seeds)" */
    int style;    /* line type in plots/style.gp */
    size_t folder, n, capacity;
    double standing;
    double *v; /* (n, AMS_FIGURE_COLUMNS) row-major, NAN where the file has "-" */
} ams_figure_series;

typedef struct ams_figure_data {
    const ams_figure_kind *kind; /* borrowed */
    size_t n, capacity;
    ams_figure_series *series;        /* (n), from top to bottom of the legend */
    char unit[AMS_COST_UNIT_MAX + 1]; /* of costs; "" before a folder is read */
    char *subject; /* the policy that a figure of one policy is of; NULL in the others */
} ams_figure_data;

/* Reads the curves of a figure from those of the n folders that have them; data->n is 0 if none
 * has. Curves get labels, legends and styles, and are sorted by height, highest first.
 *
 * A figure of one policy is of `subject`. Where that is NULL, it is of the first trained policy
 * of the first folder that has one, and its curves are sorted lowest first. `trained` keeps the
 * styles of trained policies from one figure to the next; it may start all zero.
 *
 * @return AMS_USAGE (no such subject), AMS_IO, AMS_BAD_DATA (file, line, column). On failure
 * *data is all zero. */
ams_status ams_figure_data_read(ams_figure_data *data, const ams_figure_kind *kind,
                                const char *const *folders, size_t n_folders,
                                const char *subject, ams_names *trained, ams_error *err);
/* DIRECTORY/NAME.tsv: one row per point, with the columns series, key, style, then the kind's.
 * @return AMS_IO. */
ams_status ams_figure_data_write(const ams_figure_data *data, const char *directory,
                                 ams_error *err);
void ams_figure_data_fini(ams_figure_data *data);

/* *path (freed and set anew) becomes FOLDER/FILE, or FOLDER/eval/FILE where that is not there.
 */
ams_status ams_figure_find(char **path, const char *folder, const char *file, bool *found,
                           ams_error *err);

/* -- unit.c, for data.c -- */

/* The unit of the folder that has the table; all folders of a figure have the same.
 * @return AMS_BAD_DATA where they differ. */
ams_status ams_figure_unit(ams_figure_data *data, const char *table, ams_error *err);

/* -- styles.c, for data.c -- */

/* Whether a label is a baseline's or a bound's ("fixed", "fixed,items=300"), not a trained
 * policy's. */
bool ams_figure_is_baseline(const char *label);
/* Labels, legends, styles and order of the curves that were read. */
ams_status ams_figure_arrange(ams_figure_data *data, const char *const *folders,
                              size_t n_folders, ams_names *trained, ams_error *err);
/* What distinguishes a folder from the others: its last part, without the parts at the end that
 * all of them share ("photos" for photos/eval next to pets/eval). The whole path where even
 * that is not enough. free() *name. */
ams_status ams_figure_folder_name(char **name, const char *const *folders, size_t n,
                                  size_t which, ams_error *err);

#endif
