#include "tests/lab/compare/experiment.h"

#include "base/file.h"
#include "tests/base/suite.h"
#include "tests/lab/score/worked.h"

void experiment_write(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

void experiment_add(const char *experiment, const experiment_run *run)
{
    char folder[256];
    char text[512];
    ams_error err = {0};
    snprintf(folder, sizeof folder, "%s/runs/%s", experiment, run->name);
    ck_assert_msg(ams_make_directories(folder, &err) == AMS_OK, "%s", err.text);
    snprintf(text, sizeof text, "%s/policy.ams", folder);
    worked_policy_write(text, run->label, run->seed, run->order);
    snprintf(text, sizeof text, "label = %s\n%s%s%sseed = %llu\n", run->label,
             run->items == NULL ? "" : "items = ", run->items == NULL ? "" : run->items,
             run->items == NULL ? "" : "\n", (unsigned long long)run->seed);
    experiment_write(folder, "config.ini", text);
    if (run->hash != NULL) {
        snprintf(text, sizeof text, "{\"data\": \"%s\", \"data_hash\": \"%s\"}\n", run->data,
                 run->hash);
        experiment_write(folder, "manifest.json", text);
    }
    if (run->timing != NULL) {
        experiment_write(folder, "timing.tsv", run->timing);
    }
    if (run->metrics != NULL) {
        experiment_write(folder, "metrics.tsv", run->metrics);
    }
}
