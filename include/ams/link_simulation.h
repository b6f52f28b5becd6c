/* Fig. 10 of the MLink paper: choices on drawn links and costs, against the optimum.
 *
 * Per draw: M models with link performances p_ij from one distribution and costs from another,
 * F with a gain of 0.02 per further model (ams/link_select.h), limits that are shares of the
 * summed cost. Every bit is the same on any machine. */
#ifndef AMS_LINK_SIMULATION_H
#define AMS_LINK_SIMULATION_H

#include "ams/frame.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* N(0.5, 0.2) and Beta(0.5, 0.5); performances are clipped to [0, 1], costs to [0.01, 1]. */
typedef enum ams_drawn_from { AMS_DRAWN_NORMAL, AMS_DRAWN_BETA } ams_drawn_from;
extern const char *const ams_drawn_names[]; /* "normal", "beta" */

typedef enum ams_simulated {
    AMS_SIMULATED_PAPERS,
    AMS_SIMULATED_CHEAPEST,
    AMS_SIMULATED_GREEDY, /* marginal gain per cost, or the best single model */
    AMS_SIMULATED_METHODS
} ams_simulated;
extern const char *const ams_simulated_names[];

enum { AMS_SIMULATION_MODELS = 10, AMS_SIMULATION_BUDGETS = 5, AMS_SIMULATION_PANELS = 4 };
extern const double ams_simulation_budgets[AMS_SIMULATION_BUDGETS]; /* shares of all costs */

typedef struct ams_simulation_point {
    double optimum;    /* mean F of the best set */
    double standalone; /* mean share of the models that run, with the most models */
    double mean[AMS_SIMULATED_METHODS], low[AMS_SIMULATED_METHODS]; /* F / optimum: mean and
                                                                       5th percentile */
} ams_simulation_point;

typedef struct ams_simulation {
    uint32_t draws;
    /* Panels in the order performances x costs: normal/normal, normal/beta, beta/normal,
     * beta/beta. */
    ams_simulation_point point[AMS_SIMULATION_PANELS][AMS_SIMULATION_BUDGETS];
} ams_simulation;

/* 1,000 draws take about a second. @return AMS_BACKEND. */
ams_status ams_simulate_choices(ams_simulation *simulation, uint32_t draws, uint64_t seed,
                                ams_error *err);
/* The number of models, and the frame "rows", a row per panel and budget. */
ams_status ams_simulation_result(const ams_simulation *simulation, ams_result *result,
                                 ams_error *err);
/* Of a method on the panels with these costs, over all budgets: the mean accuracy / optimum,
 * and its lowest 5th percentile. */
void ams_simulation_summary(const ams_simulation *simulation, ams_drawn_from costs,
                            ams_simulated method, double *mean, double *lowest);
ams_status ams_simulation_write(const ams_simulation *simulation, const char *path,
                                ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
