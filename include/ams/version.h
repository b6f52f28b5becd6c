/* Which version of the framework a program was linked to or has loaded. */
#ifndef AMS_VERSION_H
#define AMS_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

extern const char ams_version[];        /* "0.2.0" */
extern const char ams_version_commit[]; /* "0.2.0, commit 5d47927f8a1c", as manifests have it */

#ifdef __cplusplus
}
#endif
#endif
