/* The files of the story as they came with the program. Private to data/synth/. */
#ifndef AMS_DATA_SYNTH_FILES_H
#define AMS_DATA_SYNTH_FILES_H

enum { AMS_SYNTH_STORY, AMS_SYNTH_MODELS, AMS_SYNTH_LABELS, AMS_SYNTH_CUBE, AMS_SYNTH_FILES };

typedef struct ams_synth_file {
    const char *name; /* "story.tsv" */
    const char *text;
} ams_synth_file;
extern const ams_synth_file ams_synth_files[AMS_SYNTH_FILES];

#endif
