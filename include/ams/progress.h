/* How long-running work reports its progress. Libraries print nothing: the caller passes a
 * listener; that of the program draws a bar (cli/progress.c). */
#ifndef AMS_PROGRESS_H
#define AMS_PROGRESS_H

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: nobody listens. Called on the thread that started the work. */
typedef struct ams_progress {
    void *context;
    /* `done` of `total`, in any unit; `note` says more ("loss 0.12"), or NULL. */
    void (*update)(void *context, double done, double total, const char *note);
    /* One line that the user should read: what was chosen, left out or skipped. No newline. */
    void (*notice)(void *context, const char *text);
} ams_progress;

/* `progress` may be NULL. */
void ams_progress_update(const ams_progress *progress, double done, double total,
                         const char *note);
__attribute__((format(printf, 2, 3))) void ams_notice(const ams_progress *progress,
                                                      const char *format, ...);

#ifdef __cplusplus
}
#endif
#endif
