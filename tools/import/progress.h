// SPDX-License-Identifier: BSD-3-Clause
// A line now and then for imports that take long.
#ifndef ELBOW_TOOLS_IMPORT_PROGRESS_H
#define ELBOW_TOOLS_IMPORT_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

enum { IMPORT_PROGRESS_SECONDS = 10 }; // from the start to the first line, and from line to line

// Plain; filled by import_progress_begin.
struct import_progress {
    FILE *out; // not owned
    double begun, told;
};

// Local. Work begins.
void import_progress_begin(struct import_progress *progress, FILE *out);

// Local. So much of the work is done, in whatever unit (of 0: nobody knows how much there is). Where the last line is
// old enough, prints a new one: "elbow-import: x.csv: 34 % scanned, about 0:01:02 to go".
void import_progress_report(struct import_progress *progress, const char *name, const char *what, uint64_t done,
                            uint64_t all);

#endif
