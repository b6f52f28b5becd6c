/* Reproductions whose steps are functions of the forked test, not programs:
 *
 *   make PATH ...   writes a table to PATH, k=a with mean 0.06, 0.05 to 0.07
 *   fail CODE       prints "no luck" and ends with the code
 *   stop            sends SIGTERM to the reproduction and waits to be stopped
 *   stay PATH       as make, but waits until there is a file "go", also where the reproduction
 * is killed
 *
 * Each first appends its second word to order.txt. */
#ifndef AMS_TESTS_LAB_REPRODUCE_STEPS_H
#define AMS_TESTS_LAB_REPRODUCE_STEPS_H

#include "lab/reproduce/reproduce.h"

#define SEA "make {out}/work/sea {name}"

extern ams_error err;
extern char noticed[256]; /* the last notice */

/* Data of sea and lake, numbers of both, and a look at the photos that nothing else needs.
 * `sea` is the command of the first. */
void write_steps(const char *sea);
/* One step at a time, into the folder `out`. */
ams_reproduction_options defaults(const char *out);
void begin(ams_reproduction *r, const ams_reproduction_options *o);
void carry_out(ams_reproduction *r);
/* "make-sea=D use-sea=S ...", in the order of the recipe. */
void check_states(const ams_reproduction *r, const char *expected);
/* For the caller to free(). */
char *read_text(const char *path);
/* The file has that part. */
void check_file(const char *path, const char *part);
/* How often the word is in the file; 0 where there is no such file. */
size_t words_of(const char *path, const char *word);

#endif
