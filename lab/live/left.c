/* How much is done, how long the rest takes, and both in words. */
#include "lab/live/parts.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* Updates per second of a run: its own, or the mean of those that are known; 0: none is. */
static double mean_speed(const ams_live *live)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < live->n; i++) {
        sum += live->run[i].per_s;
        n += live->run[i].per_s > 0;
    }
    return n > 0 ? sum / (double)n : 0;
}

/* Steps of a run that has no folder yet: as many as the longest of the others has. */
static uint64_t most_steps(const ams_live *live)
{
    uint64_t most = 0;
    for (size_t i = 0; i < live->n; i++) {
        most = live->run[i].steps > most ? live->run[i].steps : most;
    }
    return most;
}

/* The place that is free first gets the next run: places (n), seconds until each is free. */
static void take_turn(double *place, size_t n, double seconds)
{
    size_t first = 0;
    for (size_t k = 1; k < n; k++) {
        first = place[k] < place[first] ? k : first;
    }
    place[first] += seconds;
}

/* Runs side by side as a sweep starts them: those that train now hold a place each, the others
 * follow in their order. NAN: no speed is known, or no memory. */
static double left_of_runs(const ams_live *live)
{
    const double mean = mean_speed(live);
    const uint64_t steps = most_steps(live);
    const size_t running = live->summary.count[AMS_LIVE_RUNNING];
    /* No more places than runs: a sweep of three may be asked for 256 side by side. */
    const size_t most = live->n > 0 ? live->n : 1;
    const size_t asked = live->side_by_side > 0 ? (size_t)live->side_by_side : 1;
    const size_t bounded = asked < most ? asked : most;
    const size_t n = bounded > running ? bounded : running;
    double *place = calloc(n, sizeof *place);
    double end = 0;
    if (place == NULL || mean <= 0) {
        free(place);
        return (double)NAN;
    }
    for (int waiting = 0; waiting < 2; waiting++) {
        for (size_t i = 0; i < live->n; i++) {
            const ams_live_run *run = &live->run[i];
            if (run->state != (waiting ? AMS_LIVE_WAITING : AMS_LIVE_RUNNING)) {
                continue;
            }
            const double of = (double)(run->steps > 0 ? run->steps : steps);
            const double rest = of > (double)run->updates ? of - (double)run->updates : 0;
            const double needs = rest / (run->per_s > 0 ? run->per_s : mean) - run->since_s;
            take_turn(place, n, needs > 0 ? needs : 0);
        }
    }
    for (size_t k = 0; k < n; k++) {
        end = place[k] > end ? place[k] : end;
    }
    free(place);
    return end;
}

/* Of a search nobody knows which trials come next, but how many updates do. */
static double left_of_search(const ams_live *live)
{
    const double rate =
        mean_speed(live) * (double)(live->side_by_side > 0 ? live->side_by_side : 1);
    const double rest = live->of_updates - live->updates;
    return rate > 0 ? (rest > 0 ? rest / rate : 0) : (double)NAN;
}

void ams_live_sum(ams_live *live)
{
    ams_live_summary *s = &live->summary;
    const uint64_t steps = most_steps(live);
    *s = (ams_live_summary){.n = live->n, .share = NAN, .left_s = NAN};
    live->updates = live->of_updates = 0;
    bool begun = false;
    for (size_t i = 0; i < live->n; i++) {
        const ams_live_run *run = &live->run[i];
        const double of = (double)(run->steps > 0 ? run->steps : steps);
        s->count[run->state]++;
        begun = begun || run->begun;
        live->updates += (double)run->updates;
        /* What patience ended, what failed and what was dropped has no more to do. */
        live->of_updates += run->state == AMS_LIVE_FINISHED || run->state == AMS_LIVE_FAILED ||
                                    run->state == AMS_LIVE_DROPPED
                                ? (double)run->updates
                                : of;
    }
    if (live->all_updates > live->updates && live->working) {
        live->of_updates = live->all_updates;
    }
    const bool on = live->working || s->count[AMS_LIVE_RUNNING] > 0;
    s->over = begun && !on;
    s->share = live->of_updates > 0 ? live->updates / live->of_updates : (double)NAN;
    if (on) {
        s->left_s = live->all_updates > 0 ? left_of_search(live) : left_of_runs(live);
    }
}

/* -- in words -- */

void ams_live_print_states(const ams_live_summary *s, FILE *stream, const char *end)
{
    const char *comma = "";
    for (size_t k = 0; k < AMS_LIVE_STATES; k++) {
        if (s->count[k] > 0) {
            fprintf(stream, "%s%zu %s", comma, s->count[k], ams_live_state_names[k]);
            comma = ", ";
        }
    }
    fprintf(stream, "%s%zu %s%s", s->n > 0 ? " of " : "", s->n, s->n == 1 ? "run" : "runs",
            end);
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *ams_live_json(const char *path, const ams_live_summary *s)
{
    json_t *runs = json_object();
    for (size_t k = 0; k < AMS_LIVE_STATES; k++) {
        json_object_set_new(runs, ams_live_state_names[k],
                            json_integer((json_int_t)s->count[k]));
    }
    return json_pack("{s:[s], s:b, s:o, s:o, s:o}", "files", path, "over", s->over, "share",
                     number(s->share), "left_s", number(s->left_s), "runs", runs);
}
