/* What a training is asked for: its settings, its data and its folder.
 *
 * A request also knows the command line `ams train ...` that asks for the same. Runs of a sweep
 * or a search are started with it, and their manifests record it. */
#ifndef AMS_TRAINING_REQUEST_H
#define AMS_TRAINING_REQUEST_H

#include "ams/options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory for data in MB (2^20 bytes): what a training takes by default, and the largest number
 * that can be asked for. Of a file that needs more, only the training items are read, or those
 * of `items`, and as many validation items as fit. */
#define AMS_TRAINING_MEMORY_MB UINT64_C(4096)
#define AMS_TRAINING_MOST_MEMORY_MB (UINT64_C(1) << 30)

/* All zero but for `train` is valid. Texts are owned, so that a request can outlive what it was
 * made of. */
typedef struct ams_training_request {
    ams_train_options train; /* every setting, with its final value */
    char *data_path;         /* outputs file */
    char *directory;         /* folder of the run */
    char *command;           /* recorded in the manifest; NULL: the command line below */
    uint64_t memory_mb;      /* for the data; 0: AMS_TRAINING_MEMORY_MB */
    uint64_t until;          /* pause after so many updates; 0: train to the end */
    /* For the command line alone: a configuration file and the settings on top of it, which
     * together give `train`. */
    char *config_path; /* NULL: none */
    char **setting;    /* (n_settings) "lr=0.001"; of equal keys the last one counts */
    size_t n_settings, capacity;
} ams_training_request;

/* Default settings, and nothing else. */
ams_status ams_training_request_init(ams_training_request *request, ams_error *err);
void ams_training_request_fini(ams_training_request *request);

/* One more setting, "key=value", for `train` and for the command line.
 * @return AMS_USAGE: no such key, or a value it does not take; then nothing was added. */
ams_status ams_training_request_set(ams_training_request *request, const char *setting,
                                    ams_error *err);
/* The same of a key and its value. */
ams_status ams_training_request_put(ams_training_request *request, const char *key,
                                    const char *value, ams_error *err);
/* Forgets the settings of the command line. `train` stays as it is. */
void ams_training_request_forget(ams_training_request *request);

/* What a command line says of a training; all zero: nothing. Texts are borrowed. */
typedef struct ams_training_given {
    const char *data_path, *directory;
    const char *config; /* a file of settings */
    const char *resume; /* the folder of a run, whose own config.ini is the file */
    const char *agent, *seed, *device;
    const char *const *setting; /* (n_settings) "lr=0.001" */
    size_t n_settings;
    const char *const *theta; /* (n_thetas) "MODEL=5" */
    size_t n_thetas;
} ams_training_given;
/* Settings of a request: defaults, then the file's, then those given; its folder, by default
 * runs/LABEL-SEED; its data, by default those of the run that is resumed.
 * @return AMS_USAGE: a setting, or what ams_train_check refuses; AMS_IO; what
 * ams_training_recorded_data returns. */
ams_status ams_training_request_read(ams_training_request *request,
                                     const ams_training_given *given, ams_error *err);

/* The command line as words: "ams", "train", "--data", ..., NULL. For ams_words_free. */
ams_status ams_training_request_words(const ams_training_request *request, char ***words,
                                      ams_error *err);
void ams_words_free(char **words); /* accepts NULL */
/* The same as one text, as a shell reads it; free() it. */
ams_status ams_training_request_command(const ams_training_request *request, char **text,
                                        ams_error *err);

/* The path of the data that the manifest in a run's folder records; free() it.
 * @return AMS_USAGE: there is no manifest, or it names none. */
ams_status ams_training_recorded_data(const char *directory, char **path, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
