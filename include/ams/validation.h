/* What a policy is worth on the validation split: training keeps the weights that are best by
 * it. */
#ifndef AMS_VALIDATION_H
#define AMS_VALIDATION_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ams_validation {
    double area;    /* mean area under recall/time, in [0, 1] */
    double time_ms; /* mean over required recalls 0.8, 0.9 and 1.0 of the mean time */
} ams_validation;

#ifdef __cplusplus
}
#endif
#endif
