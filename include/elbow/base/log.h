// SPDX-License-Identifier: BSD-3-Clause
// Messages for the user: plain lines to the screen and to a log file, by rank zero only.
#ifndef ELBOW_BASE_LOG_H
#define ELBOW_BASE_LOG_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"

#include <stdio.h>

ELBOW_C_BEGIN

// A log that writes (rank zero) or is silent (all others). Plain; elbow_log_open fills it.
struct elbow_log {
    bool speaks;
    bool minds_screen; // the screen is an output: warn if it cannot be written
    FILE *screen;      // stdout, or stderr where stdout carries a result; not owned
    FILE *warnings;    // receives the warnings, without their prefix; NULL: standard error; not owned
    FILE *file;        // log.txt or NULL; owned
    unsigned lost;     // lines that could not be written to the file
    bool line_is_open; // a progress line is on the screen
    // The first of stdout and stderr that could not be written (NULL: none), its errno, and whether the log file
    // reports it.
    FILE *lost_stream;
    int lost_reason;
    bool lost_is_filed;
};

// Local. A log to `screen` that writes or is silent. It continues if the screen cannot be written.
struct elbow_log elbow_log_open(bool speaks, FILE *screen);

// Local. From now on also appends to the file at path below the directory, as does a signal that ends the process
// (elbow/base/signals.h). FILE if it cannot be opened.
enum elbow_status elbow_log_append_to(struct elbow_log *log, const struct elbow_directory *directory, const char *path,
                                      struct elbow_error *error);

// Local. Closes the file, which gets no more lines.
void elbow_log_leave_file(struct elbow_log *log);

// Local. One line; a warning (to stderr, with "elbow: warning: "). printf-style, no newline; masked (base/mask).
void elbow_log_say(struct elbow_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void elbow_log_warn(struct elbow_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Local. Rewrites the progress line on the screen (never in the file).
void elbow_log_progress(struct elbow_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Local. The failure to write to the screen, as a sentence without a full stop ("standard output cannot be written:
// Broken pipe"); false if nothing was lost.
bool elbow_log_lost_screen(const struct elbow_log *log, char *text, size_t size);

// Local. The sentence that ends the program, with "elbow: " in front, to the file only: main writes it to the screen.
void elbow_log_end(struct elbow_log *log, const char *sentence);

// Local. Ends an open progress line, closes the file.
void elbow_log_close(struct elbow_log *log);

ELBOW_C_END

#endif
