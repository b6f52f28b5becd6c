/* Words that the shell completes: keys of a training, values that are known by name. */
#ifndef AMS_CLI_WORDS_H
#define AMS_CLI_WORDS_H

/* The functions of the shell that console/manual.h asks for. */
void cli_print_words(void);

#endif
