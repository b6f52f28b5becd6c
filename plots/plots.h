/* The gnuplot scripts, compiled into the program, so that a copied `ams` still draws. */
#ifndef AMS_PLOTS_PLOTS_H
#define AMS_PLOTS_PLOTS_H

#include <stddef.h>

typedef struct ams_plot_script {
    const char *name; /* of the figure: "recall-time" */
    const char *text; /* to be run after ams_plot_style */
} ams_plot_script;

/* Palette, key and the reading of the data; expects the variables `figure` (the name, whose
 * .tsv is read and whose .svg, ... is written) and `formats` ("svg png") to be set before it.
 */
extern const char ams_plot_style[];
extern const ams_plot_script ams_plot_scripts[];
extern const size_t ams_n_plot_scripts;

#endif
