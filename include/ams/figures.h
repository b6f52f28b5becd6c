/* Figures of evaluations, training runs and comparisons: data file, gnuplot script, drawing.
 *
 *     const char *folder[] = {"results/eval"};
 *     ams_figures_options options = ams_figures_defaults();
 *     options.folder = folder;
 *     options.n_folders = 1;
 *     options.out = "results/eval/plots";
 *     ams_figures_result result = {0};
 *     ams_status status = ams_figures_draw(&options, &result, &err);
 *     ...
 *     ams_figures_result_fini(&result);
 */
#ifndef AMS_FIGURES_H
#define AMS_FIGURES_H

#include "ams/progress.h"
#include "ams/status.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ams_figure_format {
    AMS_FIGURE_SVG,
    AMS_FIGURE_PNG,
    AMS_FIGURE_PDF,
    AMS_FIGURE_FORMATS
} ams_figure_format;
/* "svg", "png", "pdf": also the files' endings. */
extern const char *const ams_figure_format_names[AMS_FIGURE_FORMATS];

/* All pointers are borrowed. */
typedef struct ams_figures_options {
    const char *const *folder; /* (n_folders) written by ams eval, train, compare, ... */
    size_t n_folders;
    /* (n_figures) names of kinds.h; each has to have data. None: all that have data. */
    const char *const *figure;
    size_t n_figures;
    bool format[AMS_FIGURE_FORMATS];
    const char *out;       /* folder of the figures; it is created */
    const char *policy;    /* whose order is drawn; NULL: the first trained one */
    const char *gnuplot;   /* program: a path, or a name that is looked up on PATH */
    ams_progress progress; /* gets gnuplot's warnings as notices; all zero: nobody listens */
} ams_figures_options;

/* svg and png, by "gnuplot" of PATH; folders and `out` are still to be set. */
ams_figures_options ams_figures_defaults(void);

/* The files that were written, in that order. Start with all zero. */
typedef struct ams_figures_result {
    char **path; /* (n) */
    size_t n, capacity;
} ams_figures_result;

/* Writes NAME.tsv and NAME.gp of all figures into `out`, then draws them by gnuplot. Where
 * that fails, the result still holds the files that were written before.
 *
 * @return AMS_USAGE: no such figure or policy. AMS_IO: no such folder, or a file cannot be read
 * or written. AMS_BAD_DATA: a folder has none of the tables, a table lacks a column, nothing is
 * there to draw. AMS_BACKEND: gnuplot was not found (data and scripts are written) or failed.
 */
ams_status ams_figures_draw(const ams_figures_options *options, ams_figures_result *result,
                            ams_error *err);
void ams_figures_result_fini(ams_figures_result *result);

#ifdef __cplusplus
}
#endif
#endif
