/* A reproduction's folder to write reports from. Its numbers are made up: nobody measured them.
 */
#ifndef AMS_TESTS_LAB_REPORT_FOLDER_H
#define AMS_TESTS_LAB_REPORT_FOLDER_H

#include <stddef.h>

#define ROWS_HEADER                                                                            \
    "experiment\tquantity\tset\tunit\tpaper_low\tpaper_high\tours\tci_low\tci_high\tverdict\t" \
    "why\tcommand\tseconds\n"
#define CHOICES_HEADER                                                                         \
    "choice\toption\tset\tmeasure\tunit\tbetter\tours\tci_low\tci_high\thow\n"
/* Two rows of a quantity, and one of another. */
#define ROWS                                                                                   \
    ROWS_HEADER                                                                                \
    "time\tsaved\tphotos\t%\t40\t50\t45.123\t43.1\t47.9\tagrees\twhy a\tams a; ams b\t3\n"     \
    "time\tsaved\tsynthetic\t%\t40\t50\t30.5\t29\t31\tsame direction\twhy b\tams c; ams "      \
    "b\t3\n"                                                                                   \
    "cost\tms\tphotos\tms\t3\t-\t2.5\t-\t-\tdiffers\twhy c\tams d\t-\n"

void write_text(const char *path, const char *text);
/* The whole file; free() it. */
char *read_text(const char *path);
/* The folder "run": ROWS, experiments "time" with the figures a.svg and b.svg and "cost"
 * without, notes of scale small. The drawings share ids. */
void write_folder(void);

#endif
