#include "lab/report/report.h"

#include "base/file.h"
#include "lab/report/html.h"
#include "lab/report/markdown.h"
#include "lab/report/money.h"

#include <stdlib.h>

ams_status ams_report_write(const char *dir, const char *expected, ams_error *err)
{
    ams_report_data data = {0};
    ams_report_changes drift = {0};
    ams_file markdown = {0};
    ams_file html = {0};
    char *markdown_path = NULL;
    char *html_path = NULL;
    const ams_report_changes *shown = expected == NULL ? NULL : &drift;
    if (expected == NULL && ams_report_is_money(dir)) {
        return ams_report_money_write(dir, err);
    }
    ams_status status = ams_report_data_read(&data, dir, err);
    if (status != AMS_OK) {
        return status;
    }
    if (expected != NULL) {
        AMS_TRY(ams_report_changes_read(&drift, &data, expected, err));
    }
    AMS_TRY(ams_join_path(&markdown_path, dir, "report.md", err));
    AMS_TRY(ams_join_path(&html_path, dir, "report.html", err));
    AMS_TRY(ams_file_create(&markdown, markdown_path, err));
    AMS_TRY(ams_file_create(&html, html_path, err));
    AMS_TRY(ams_report_markdown_page(markdown.stream, &data, shown, err));
    /* Figures are read here: what may fail comes before anything takes its name. */
    AMS_TRY(ams_report_html_page(html.stream, &data, shown, err));
    AMS_TRY(ams_file_commit(&html, err));
    status = ams_file_commit(&markdown, err);
out:
    ams_file_abort(&markdown);
    ams_file_abort(&html);
    free(markdown_path);
    free(html_path);
    ams_report_changes_fini(&drift);
    ams_report_data_fini(&data);
    return status;
}

ams_status ams_report_results(const char *dir, const char *path, ams_error *err)
{
    ams_report_data data = {0};
    ams_file file = {0};
    ams_status status = ams_report_data_read(&data, dir, err);
    if (status != AMS_OK) {
        return status;
    }
    AMS_TRY(ams_file_create(&file, path, err));
    ams_report_markdown_results(file.stream, &data);
    status = ams_file_commit(&file, err);
out:
    ams_report_data_fini(&data);
    return status;
}
