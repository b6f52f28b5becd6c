/* Version, commit and compiler of this build, for manifests and messages. CMake sets them; only
 * version.c is compiled again when the commit changes. */
#ifndef AMS_BASE_VERSION_H
#define AMS_BASE_VERSION_H

#include "ams/version.h"

extern const char ams_commit[];   /* "5d47927f8a1c", "-dirty" with changes, or "unknown" */
extern const char ams_compiler[]; /* "GNU 12.2.0" */

#endif
