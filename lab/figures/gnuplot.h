/* One figure's script, and gnuplot. Private to lab/figures. */
#ifndef AMS_LAB_FIGURES_GNUPLOT_H
#define AMS_LAB_FIGURES_GNUPLOT_H

#include "ams/figures.h"
#include "ams/status.h"
#include "lab/figures/data.h"

/* DIRECTORY/NAME.gp: style and script of the figure, for these formats. @return AMS_IO. */
ams_status ams_figure_script_write(const char *directory, const ams_figure_data *data,
                                   const bool format[AMS_FIGURE_FORMATS], ams_error *err);
/* Runs `PROGRAM -d NAME.gp` in the folder. Its warnings go to `progress` as notices.
 * @return AMS_BACKEND: it was not found, or failed; then with what it printed. */
ams_status ams_figure_gnuplot(const char *program, const char *directory, const char *name,
                              const ams_progress *progress, ams_error *err);

#endif
