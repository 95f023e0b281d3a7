// SPDX-License-Identifier: BSD-3-Clause
// Command lines of other programs, and running them.
#ifndef ELBOW_TOOLS_SCALING_LAUNCH_H
#define ELBOW_TOOLS_SCALING_LAUNCH_H

#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stddef.h>

enum { SCALING_WORDS_MAX = 256, SCALING_WORDS_SIZE = 16384 };

// A command: words that lie one after the other in `text`. Plain; begins with {0}.
struct scaling_words {
    int count;
    char *words[SCALING_WORDS_MAX + 1]; // the last one is followed by NULL
    size_t used;
    char text[SCALING_WORDS_SIZE];
    bool is_full; // something did not fit
};

// Local. Adds one word, printf-style; all words of a text that spaces separate.
void scaling_words_add(struct scaling_words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
void scaling_words_split(struct scaling_words *words, const char *text);

// Local. Formats the command as one line for a shell, cut if it is too long.
void scaling_words_format(const struct scaling_words *words, char *line, size_t size);

// Local. Runs the command and waits. Its standard output and standard error go to files of these names (NULL: to
// ours). Its standard input is empty. FILE, with its end, unless it ended with status 0.
enum elbow_status scaling_launch(const struct scaling_words *words, const char *output, const char *log,
                                 struct elbow_error *error);

// Local. The program of this name: `given` if it is not NULL, else the one beside this program, else that in the PATH.
void scaling_find_program(const char *name, const char *given, elbow_path path);

#endif
