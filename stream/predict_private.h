/* A fitted predictor. Private to stream/. */
#ifndef AMS_STREAM_PREDICT_PRIVATE_H
#define AMS_STREAM_PREDICT_PRIVATE_H

#include "ams/stream.h"

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

#endif
