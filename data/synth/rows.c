#include "data/synth/rows.h"

enum { STEPS = 1024 };

void ams_synth_add_conf(ams_synth_row *row, uint32_t label, double conf)
{
    int steps = (int)(conf * STEPS + 0.5);
    steps = steps > STEPS ? STEPS : steps;
    if (steps > 0 && row->count < AMS_SYNTH_MAX_OUTPUTS) {
        row->label[row->count] = label;
        row->conf[row->count++] = (float)steps / STEPS;
    }
}

void ams_synth_add_score(ams_synth_row *row, uint32_t label, double score)
{
    double size = score < 0 ? -score : score;
    double conf = 0.5 + 0.5 * score / (1 + size);
    if (conf >= 0.3) {
        ams_synth_add_conf(row, label, conf);
    }
}

/* Insertion: rows are short, or nearly sorted as they come. */
void ams_synth_close(ams_synth_row *row)
{
    for (uint32_t i = 1; i < row->count; i++) {
        uint32_t label = row->label[i];
        float conf = row->conf[i];
        uint32_t at = i;
        while (at > 0 && row->label[at - 1] > label) {
            row->label[at] = row->label[at - 1];
            row->conf[at] = row->conf[at - 1];
            at--;
        }
        row->label[at] = label;
        row->conf[at] = conf;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        if (kept > 0 && row->label[kept - 1] == row->label[i]) {
            row->conf[kept - 1] =
                row->conf[i] > row->conf[kept - 1] ? row->conf[i] : row->conf[kept - 1];
        } else {
            row->label[kept] = row->label[i];
            row->conf[kept++] = row->conf[i];
        }
    }
    row->count = kept;
}
