#include "ams/export_set.h"

#include "ams/names.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

ams_status ams_export_set_add(ams_export_set *set, const char *name, ams_error *err)
{
    const char *known[AMS_EXPORT_MOST];
    const ams_export_kind *kind = NULL;
    for (size_t i = 0; i < ams_n_export_kinds; i++) {
        known[i] = ams_export_kinds[i].name;
        kind = strcmp(known[i], name) == 0 ? &ams_export_kinds[i] : kind;
    }
    if (kind == NULL) {
        return ams_fail(err, AMS_USAGE,
                        "expected ams, header, onnx, safetensors or golden, separated by "
                        "commas, found '%s'%s",
                        name, ams_hint_of(name, known, ams_n_export_kinds, "").text);
    }
    for (uint32_t k = 0; k < set->n; k++) {
        if (set->kind[k] == kind) {
            return ams_fail(err, AMS_USAGE, "'%s' stands twice", name);
        }
    }
    set->kind[set->n++] = kind;
    return AMS_OK;
}

bool ams_export_set_has(const ams_export_set *set, const char *name)
{
    for (uint32_t k = 0; k < set->n; k++) {
        if (strcmp(set->kind[k]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

const ams_export_kind *ams_export_set_unrounded(const ams_export_set *set)
{
    for (uint32_t k = 0; k < set->n; k++) {
        if (!set->kind[k]->rounds) {
            return set->kind[k];
        }
    }
    return NULL;
}

ams_status ams_export_set_write(ams_export_set *set, const ams_policy_file *policy,
                                const char *directory, double tolerance, ams_error *err)
{
    ams_golden golden = {.q = NULL};
    ams_status status = AMS_OK;
    AMS_TRY(ams_golden_init(&golden, policy, err));
    set->largest_q = golden.largest_q;
    AMS_TRY(ams_make_directories(directory, err));
    for (uint32_t k = 0; k < set->n && status == AMS_OK; k++) {
        char *path = NULL;
        AMS_TRY(ams_join_path(&path, directory, set->kind[k]->file, err));
        status = ams_export_write(set->kind[k], policy, &golden, path, tolerance,
                                  &set->report[k], err);
        free(path);
    }
out:
    ams_golden_fini(&golden);
    return status;
}
