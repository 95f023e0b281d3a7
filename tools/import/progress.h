// SPDX-License-Identifier: BSD-3-Clause
// Progress lines for long imports.
#ifndef ELBOW_TOOLS_IMPORT_PROGRESS_H
#define ELBOW_TOOLS_IMPORT_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

enum { IMPORT_PROGRESS_SECONDS = 10 }; // from the start to the first line, and from line to line

// Plain; filled by import_progress_begin.
struct import_progress {
    FILE *out; // not owned
    double begun, last;
};

// Local. Begins.
void import_progress_begin(struct import_progress *progress, FILE *out);

// Local. Reports that `done` of `all` is done, in any unit (all 0: unknown). If the last line is old enough, prints a
// new one: "elbow-import: x.csv: 34 % scanned, about 0:01:02 to go".
void import_progress_report(struct import_progress *progress, const char *name, const char *what, uint64_t done,
                            uint64_t all);

#endif
