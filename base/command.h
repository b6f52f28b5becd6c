/* A command line as one text, for manifests. */
#ifndef AMS_BASE_COMMAND_H
#define AMS_BASE_COMMAND_H

#include "ams/status.h"

/* "FRONT word 'a word'": n words, each in single quotes where a shell needs them, after `front`
 * as it is. free() *text. */
ams_status ams_command_text(char **text, const char *front, char *const *word, size_t n,
                            ams_error *err);

#endif
