#ifndef AMS_CLI_TRAIN_AUTO_H
#define AMS_CLI_TRAIN_AUTO_H

#include "ams/training_request.h"
#include "cli/cli.h"

/* Trains what ams_auto_train tries, and prints what it kept. */
ams_status cli_train_auto(const ams_training_request *request, const cli_args *args,
                          ams_error *err);

#endif
