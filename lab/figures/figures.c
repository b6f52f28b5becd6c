/* Drawing: data and scripts of all figures first, then gnuplot, one figure after the other. */
#include "ams/figures.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/figures/data.h"
#include "lab/figures/gnuplot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct figures_drawing {
    const ams_figures_options *options;
    bool *wanted; /* (ams_n_figure_kinds) */
    ams_names trained;
    ams_figures_result *result;
} figures_drawing;

ams_figures_options ams_figures_defaults(void)
{
    return (ams_figures_options){.format = {[AMS_FIGURE_SVG] = true, [AMS_FIGURE_PNG] = true},
                                 .gnuplot = "gnuplot"};
}

void ams_figures_result_fini(ams_figures_result *result)
{
    for (size_t i = 0; i < result->n; i++) {
        free(result->path[i]);
    }
    free(result->path);
    *result = (ams_figures_result){0};
}

/* OUT/NAME.ENDING, which has to be there by now, into the result. */
static ams_status add_path(figures_drawing *drawing, const char *name, const char *ending,
                           ams_error *err)
{
    ams_figures_result *result = drawing->result;
    char file[64];
    char *path = NULL;
    ams_status status = AMS_OK;
    snprintf(file, sizeof file, "%s.%s", name, ending);
    AMS_TRY(ams_join_path(&path, drawing->options->out, file, err));
    if (!ams_exists(path)) {
        status = ams_fail(err, AMS_BACKEND, "gnuplot did not write %s", path);
        goto out;
    }
    AMS_TRY(ams_grow(&result->path, &result->capacity, result->n + 1, sizeof *result->path,
                     "paths", err));
    result->path[result->n++] = path;
    path = NULL;
out:
    free(path);
    return status;
}

/* -- what is wanted -- */

static ams_status check_folder(const char *folder, ams_error *err)
{
    if (!ams_is_directory(folder)) {
        return ams_fail(err, AMS_IO, "no such folder: %s", folder);
    }
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        char *path = NULL;
        bool found = false;
        ams_status status =
            ams_figure_find(&path, folder, ams_figure_kinds[k].file, &found, err);
        free(path);
        if (found || status != AMS_OK) {
            return status;
        }
    }
    return ams_fail(err, AMS_BAD_DATA,
                    "%s has none of curves.tsv, intervals.tsv, metrics.tsv; expected a folder "
                    "written by ams eval, ams train or ams compare (an experiment is compared "
                    "before it is drawn)",
                    folder);
}

static ams_status no_figure(const char *name, ams_error *err)
{
    char known[512] = "";
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", k == 0 ? "" : ", ",
                 ams_figure_kinds[k].name);
    }
    return ams_fail(err, AMS_USAGE, "no figure is named '%s'; expected some of %s", name,
                    known);
}

static ams_status mark_wanted(figures_drawing *drawing, ams_error *err)
{
    const ams_figures_options *o = drawing->options;
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        drawing->wanted[k] = o->n_figures == 0;
    }
    for (size_t i = 0; i < o->n_figures; i++) {
        size_t k = 0;
        while (k < ams_n_figure_kinds && strcmp(ams_figure_kinds[k].name, o->figure[i]) != 0) {
            k++;
        }
        if (k == ams_n_figure_kinds) {
            return no_figure(o->figure[i], err);
        }
        drawing->wanted[k] = true;
    }
    return AMS_OK;
}

/* -- files -- */

static ams_status write_figure(figures_drawing *drawing, const ams_figure_data *data,
                               ams_error *err)
{
    const ams_figures_options *o = drawing->options;
    const char *name = data->kind->name;
    ams_status status = AMS_OK;
    AMS_TRY(ams_figure_data_write(data, o->out, err));
    AMS_TRY(add_path(drawing, name, "tsv", err));
    AMS_TRY(ams_figure_script_write(o->out, data, o->format, err));
    status = add_path(drawing, name, "gp", err);
out:
    return status;
}

/* Gives the policies their styles in the order of the first figure's file, whatever is drawn.
 */
static ams_status deal_styles(figures_drawing *drawing, ams_error *err)
{
    const ams_figures_options *o = drawing->options;
    ams_figure_data data;
    ams_status status = ams_figure_data_read(&data, &ams_figure_kinds[0], o->folder,
                                             o->n_folders, o->policy, &drawing->trained, err);
    ams_figure_data_fini(&data);
    return status;
}

/* Data and script of one figure; *any becomes whether it has data. */
static ams_status write_kind(figures_drawing *drawing, const ams_figure_kind *kind, bool *any,
                             ams_error *err)
{
    const ams_figures_options *o = drawing->options;
    ams_figure_data data;
    ams_names own = {0};
    ams_names *trained = kind->own_styles ? &own : &drawing->trained;
    ams_status status =
        ams_figure_data_read(&data, kind, o->folder, o->n_folders, o->policy, trained, err);
    ams_names_fini(&own);
    *any = data.n > 0;
    if (status == AMS_OK && data.n > 0) {
        status = write_figure(drawing, &data, err);
    } else if (status == AMS_OK && o->n_figures > 0) {
        status = ams_fail(err, AMS_BAD_DATA, "no folder has data for %s (rows of %s)",
                          kind->name, kind->file);
    }
    ams_figure_data_fini(&data);
    return status;
}

/* Writes data and scripts of all figures; wanted[] keeps those that had data. */
static ams_status write_figures(figures_drawing *drawing, ams_error *err)
{
    bool any = false;
    ams_status status = deal_styles(drawing, err);
    for (size_t k = 0; k < ams_n_figure_kinds && status == AMS_OK; k++) {
        if (drawing->wanted[k]) {
            status = write_kind(drawing, &ams_figure_kinds[k], &drawing->wanted[k], err);
            any = any || drawing->wanted[k];
        }
    }
    if (status == AMS_OK && !any) {
        status = ams_fail(err, AMS_BAD_DATA, "the folders have no rows to draw yet");
    }
    return status;
}

static ams_status draw_figures(figures_drawing *drawing, ams_error *err)
{
    const ams_figures_options *o = drawing->options;
    ams_status status = AMS_OK;
    for (size_t k = 0; k < ams_n_figure_kinds; k++) {
        if (!drawing->wanted[k]) {
            continue;
        }
        const char *name = ams_figure_kinds[k].name;
        AMS_TRY(ams_figure_gnuplot(o->gnuplot, o->out, name, &o->progress, err));
        for (size_t i = 0; i < AMS_FIGURE_FORMATS; i++) {
            if (o->format[i]) {
                AMS_TRY(add_path(drawing, name, ams_figure_format_names[i], err));
            }
        }
    }
out:
    return status;
}

ams_status ams_figures_draw(const ams_figures_options *options, ams_figures_result *result,
                            ams_error *err)
{
    figures_drawing drawing = {.options = options, .result = result};
    ams_status status = AMS_OK;
    for (size_t i = 0; i < options->n_folders; i++) {
        AMS_TRY(check_folder(options->folder[i], err));
    }
    AMS_TRY(
        ams_alloc(&drawing.wanted, ams_n_figure_kinds, sizeof *drawing.wanted, "figures", err));
    AMS_TRY(mark_wanted(&drawing, err));
    AMS_TRY(ams_make_directories(options->out, err));
    AMS_TRY(write_figures(&drawing, err));
    status = draw_figures(&drawing, err);
out:
    free(drawing.wanted);
    ams_names_fini(&drawing.trained);
    return status;
}
