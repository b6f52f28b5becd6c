/* The cells of tune.tsv, and of the table that is printed. */
#include "ams/tune.h"

#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { RANK, TRIAL, STATUS, UPDATES, FIRST_RUNG };
/* After the rungs: seeds, sd, the settings, message. */
enum { SEEDS, DEVIATION, FIRST_SETTING };

static const char *const state_names[AMS_TRIAL_STATES] = {"waiting",  "unfinished", "dropped",
                                                          "finished", "best",       "failed"};

size_t ams_tune_columns(const ams_tune *tune)
{
    return FIRST_RUNG + tune->n_rungs + FIRST_SETTING + tune->space.n + 1;
}

void ams_tune_head(const ams_tune *tune, size_t column, char text[AMS_TUNE_CELL])
{
    static const char *const front[] = {"rank", "trial", "status", "updates"};
    const size_t after = column - FIRST_RUNG - tune->n_rungs;
    if (column < FIRST_RUNG) {
        snprintf(text, AMS_TUNE_CELL, "%s", front[column]);
    } else if (column < FIRST_RUNG + tune->n_rungs) {
        snprintf(text, AMS_TUNE_CELL, "%s_at_%llu", ams_tune_by_area(tune) ? "area" : "time_ms",
                 (unsigned long long)tune->rung[column - FIRST_RUNG].updates);
    } else if (after < FIRST_SETTING) {
        snprintf(text, AMS_TUNE_CELL, "%s", after == SEEDS ? "seeds" : "sd");
    } else if (after - FIRST_SETTING < tune->space.n) {
        snprintf(text, AMS_TUNE_CELL, "%s",
                 tune->space.dimension[after - FIRST_SETTING].key->name);
    } else {
        snprintf(text, AMS_TUNE_CELL, "message");
    }
}

static const char *message(const ams_tune *tune, const ams_trial *trial)
{
    for (size_t k = 0; k < tune->options->n_seeds; k++) {
        if (trial->job[k].state == AMS_JOB_FAILED) {
            return trial->job[k].message;
        }
    }
    return "-";
}

static void front_cell(const ams_tune *tune, const ams_trial *trial, size_t column,
                       char text[AMS_TUNE_CELL])
{
    if (column == RANK && trial->rank > 0) {
        snprintf(text, AMS_TUNE_CELL, "%u", trial->rank);
    } else if (column == TRIAL) {
        snprintf(text, AMS_TUNE_CELL, "%s", trial->name);
    } else if (column == STATUS) {
        snprintf(text, AMS_TUNE_CELL, "%s", state_names[trial->state]);
    } else if (column == UPDATES) {
        const uint32_t rungs = trial->compared;
        snprintf(text, AMS_TUNE_CELL, "%llu",
                 rungs == 0 ? 0ULL : (unsigned long long)tune->rung[rungs - 1].updates);
    }
}

/* `of`: whose size decides how many decimals a cost has. */
static void put_metric(const ams_tune *tune, double value, double of, char text[AMS_TUNE_CELL])
{
    const int digits = ams_tune_by_area(tune) ? 5 : ams_amount_decimals(of, 2);
    snprintf(text, AMS_TUNE_CELL, "%.*f", digits, value);
}

void ams_tune_cell(const ams_tune *tune, const ams_trial *trial, size_t column,
                   char text[AMS_TUNE_CELL])
{
    const size_t rung = column - FIRST_RUNG;
    const size_t after = rung - tune->n_rungs;
    const bool all_seeds = trial->compared == tune->n_rungs;
    const size_t seeds = tune->options->n_seeds;
    snprintf(text, AMS_TUNE_CELL, "-");
    if (column < FIRST_RUNG) {
        front_cell(tune, trial, column, text);
    } else if (column < FIRST_RUNG + tune->n_rungs) {
        if (rung < trial->compared) {
            put_metric(tune, trial->metric[rung], trial->metric[rung], text);
        }
    } else if (after == SEEDS) {
        snprintf(text, AMS_TUNE_CELL, "%zu",
                 trial->compared == 0 ? 0 : (all_seeds ? seeds : 1));
    } else if (after == DEVIATION) {
        if (all_seeds && seeds > 1) {
            put_metric(tune, trial->deviation, trial->metric[tune->n_rungs - 1], text);
        }
    } else if (after - FIRST_SETTING < tune->space.n) {
        snprintf(text, AMS_TUNE_CELL, "%s", trial->value[after - FIRST_SETTING]);
    } else {
        snprintf(text, AMS_TUNE_CELL, "%s", message(tune, trial));
    }
}

bool ams_tune_number(const ams_tune *tune, const ams_trial *trial, size_t column,
                     double *number)
{
    const size_t rung = column - FIRST_RUNG;
    const size_t after = rung - tune->n_rungs;
    char text[AMS_TUNE_CELL];
    ams_tune_cell(tune, trial, column, text);
    if (column >= FIRST_RUNG && column < FIRST_RUNG + tune->n_rungs) {
        *number = trial->metric[rung];
        return rung < trial->compared;
    }
    if (column >= FIRST_RUNG && after == DEVIATION) {
        *number = trial->deviation;
        return strcmp(text, "-") != 0;
    }
    return column != TRIAL && column != STATUS && column + 1 < ams_tune_columns(tune) &&
           ams_parse_double(text, number);
}

bool ams_tune_is_short(const ams_tune *tune, size_t column)
{
    const size_t first_setting = FIRST_RUNG + tune->n_rungs + FIRST_SETTING;
    if (column == UPDATES || column + 1 == ams_tune_columns(tune)) {
        return false;
    }
    return column < first_setting ||
           tune->space.dimension[column - first_setting].kind != AMS_SPACE_FIXED;
}
