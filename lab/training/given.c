/* A request by what a command line says. */
#include "ams/training_request.h"

#include "ams/agent.h"
#include "ams/train.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static ams_status set(ams_train_options *train, const char *key, const char *value,
                      ams_error *err)
{
    return value == NULL ? AMS_OK
                         : ams_config_set(train, ams_train_keys, ams_n_train_keys, key, value,
                                          "argument", err);
}

static ams_status add_thetas(ams_train_options *train, const ams_training_given *g,
                             ams_error *err)
{
    char text[2 * AMS_TEXT_MAX];
    ams_status status = AMS_OK;
    for (size_t i = 0; status == AMS_OK && i < g->n_thetas; i++) {
        snprintf(text, sizeof text, "%s%s%s", train->theta, train->theta[0] == 0 ? "" : ",",
                 g->theta[i]);
        status = set(train, "theta", text, err);
    }
    return status;
}

static ams_status read_settings(ams_train_options *train, const ams_training_given *g,
                                ams_error *err)
{
    const char *config = g->config;
    char *path = NULL;
    ams_status status = AMS_OK;
    if (g->resume != NULL) {
        AMS_TRY(ams_join_path(&path, g->resume, "config.ini", err));
        config = path;
    }
    if (config != NULL) {
        AMS_TRY(ams_config_file(train, ams_train_keys, ams_n_train_keys, config, err));
    }
    AMS_TRY(set(train, "agent", g->agent, err));
    AMS_TRY(set(train, "seed", g->seed, err));
    AMS_TRY(set(train, "device", g->device, err));
    for (size_t i = 0; i < g->n_settings; i++) {
        AMS_TRY(
            ams_config_argument(train, ams_train_keys, ams_n_train_keys, g->setting[i], err));
    }
    AMS_TRY(add_thetas(train, g, err));
out:
    free(path);
    return status;
}

ams_status ams_training_request_read(ams_training_request *request, const ams_training_given *g,
                                     ams_error *err)
{
    const ams_train_options *train = &request->train;
    char fresh[192];
    ams_status status = AMS_OK;
    AMS_TRY(read_settings(&request->train, g, err));
    AMS_TRY(ams_train_check(train, err));
    const char *name = train->label[0] == '\0' ? ams_agents[train->agent]->name : train->label;
    snprintf(fresh, sizeof fresh, "runs/%s-%llu", name, (unsigned long long)train->seed);
    AMS_TRY(ams_copy_text(&request->directory,
                          g->resume != NULL      ? g->resume
                          : g->directory != NULL ? g->directory
                                                 : fresh,
                          err));
    if (g->data_path != NULL) {
        status = ams_copy_text(&request->data_path, g->data_path, err);
    } else if (g->resume != NULL) {
        status = ams_training_recorded_data(g->resume, &request->data_path, err);
    }
out:
    return status;
}
