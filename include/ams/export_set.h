/* An export in several formats at once. */
#ifndef AMS_EXPORT_SET_H
#define AMS_EXPORT_SET_H

#include "ams/export.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { AMS_EXPORT_MOST = 16 };

/* All zero: no format. */
typedef struct ams_export_set {
    uint32_t n;
    const ams_export_kind *kind[AMS_EXPORT_MOST];
    ams_export_report report[AMS_EXPORT_MOST]; /* after ams_export_set_write */
    float largest_q;                           /* largest |Q| on the golden states; likewise */
} ams_export_set;

/* One more format, by its name. @return AMS_USAGE: no such format (names the nearest), or it is
 * there already. */
ams_status ams_export_set_add(ams_export_set *set, const char *name, ams_error *err);
/* Whether the format of that name is in the set. */
bool ams_export_set_has(const ams_export_set *set, const char *name);
/* A format that cannot hold rounded weights; NULL where all can. */
const ams_export_kind *ams_export_set_unrounded(const ams_export_set *set);
/* Writes each file into the directory, which is made. @return what ams_export_write returns;
 * the files before the one that failed stay. */
ams_status ams_export_set_write(ams_export_set *set, const ams_policy_file *policy,
                                const char *directory, double tolerance, ams_error *err);

#ifdef __cplusplus
}
#endif
#endif
