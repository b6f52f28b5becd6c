/* A fitted predictor. Private to stream/. */
#ifndef AMS_STREAM_PREDICT_PRIVATE_H
#define AMS_STREAM_PREDICT_PRIVATE_H

#include "ams/stream_predict.h"
#include "base/tsv.h"

enum { FITTED_BINS = 10 };

typedef enum fitted_rule {
    FITTED_EXP,
    FITTED_EXP_OWN,
    FITTED_MAX,
    FITTED_LIN,
    FITTED_MEAN,
    FITTED_CALIBRATED,
    FITTED_PRIOR,
    FITTED_ORACLE,
    FITTED_TRUTH
} fitted_rule;

struct ams_fitted {
    fitted_rule rule;
    const ams_workload *of;
    uint32_t states;
    bool sets;
    float floor, rho;
    float *prior; /* (S) mean utility, or score, over training items */
    float *edge;  /* (S, FITTED_BINS - 1) of what is observed in each state */
    float *mean;  /* (S, FITTED_BINS, S) utility of each state given the bin of the first */
};

/* ---- In files (predict_file.c, regressions_file.c, saved_cells.c, saved.c) ---- */

enum { SAVED_VERSION = 1 };
/* No fit has such weights: confidences are at most 1, and so are scores. */
#define SAVED_WEIGHT 1e9
/* The end of messages about files that are not as written. */
#define SAVED_BY "`ams stream --save-predictor` writes such files"

/* A row per state and bin, with the models' names. */
void ams_fitted_print(const ams_saved_predictor *saved, FILE *stream);
/* Takes everything from that table. `name`: mean or calibrated.
 * @return AMS_BAD_DATA, AMS_BACKEND. */
ams_status ams_fitted_take(ams_saved_predictor *saved, const ams_tsv *tsv, const char *name,
                           ams_error *err);
/* What a column of a regression is of. */
typedef struct ams_column_title {
    const char *output; /* last, before; "-" */
    const char *input;
    const char *label; /* "-" */
} ams_column_title;
ams_column_title ams_regressions_title(const ams_regressions *r, uint32_t column);
/* A row per state and column of its regression, with the models' names. */
void ams_regressions_print(const ams_saved_predictor *saved, FILE *stream);
ams_status ams_regressions_take(ams_saved_predictor *saved, const ams_tsv *tsv, ams_error *err);

/* What both tables have: columns predictor, version and model; a file of before they were
 * written has none of them. */

/* A number from low to high. */
ams_status ams_saved_cell(const ams_tsv *tsv, size_t row, size_t column, double low,
                          double high, double *value, ams_error *err);
ams_status ams_saved_text(const ams_tsv *tsv, size_t row, size_t column, const char *expected,
                          ams_error *err);
/* How many columns NAME_0, NAME_1 ... stand one after the other, from *first on. */
uint32_t ams_saved_states(const ams_tsv *tsv, const char *name, size_t *first);
/* The next model's name stands in that row. */
ams_status ams_saved_take_model(ams_saved_predictor *saved, const ams_tsv *tsv, size_t row,
                                ams_error *err);
/* The row is of this state of that predictor. */
ams_status ams_saved_check_row(const ams_saved_predictor *saved, const ams_tsv *tsv, size_t row,
                               uint32_t state, const char *name, ams_error *err);
/* The model of a state: the last stage that ended, of sets the only model; else "-". */
const char *ams_saved_model(const ams_saved_predictor *saved, uint32_t state);

#endif
