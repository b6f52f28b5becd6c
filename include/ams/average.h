/* Several trained policies as one: a network whose Q is the mean of theirs. Runs that differ in
 * their seed err in different places, so the mean errs less, most of all where training items
 * are few (model averaging of bootstrap-like members; Breiman 1996 calls it bagging).
 *
 * A mean of networks is a network: hidden units stand side by side, no weight leads from one
 * member to another, and the output weights are divided by the number of members. It is saved,
 * exported and embedded as any other, and costs as much as its members together. */
#ifndef AMS_AVERAGE_H
#define AMS_AVERAGE_H

#include "ams/policy_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `mean` gets the sum of the members' hidden units in each layer; for ams_net_fini().
 * Members have the same number of layers, inputs and outputs and are all dueling or none.
 * @return AMS_USAGE where they do not, or where a layer gets wider than a network may be;
 * AMS_BACKEND without memory. Then `mean` is all zero. */
ams_status ams_net_average(ams_net *mean, const ams_net *const *nets, uint32_t n,
                           ams_error *err);

/* Puts the mean of the weights of first and others (n of them) into `first`, which keeps its
 * names, times and seed and loses its weights. path[0] is first's, path[1 + i] others[i]'s, for
 * messages.
 * @return AMS_USAGE where two differ in models, labels, features, threshold, decision rule or
 * shape, or where one is rounded; says in what. `first` is then as it was. */
ams_status ams_policy_average(ams_policy_file *first, const ams_policy_file *others, uint32_t n,
                              const char *const *path, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
