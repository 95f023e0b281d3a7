// SPDX-License-Identifier: BSD-3-Clause
// Manual pages from help texts, and bash's completion from the table of commands. Both are made at build time by
// tools/pages.
#ifndef ELBOW_CLI_MANUAL_H
#define ELBOW_CLI_MANUAL_H

#include "elbow/base/status.h"

#include <stdio.h>

// A manual page of section 1. Nothing is owned.
struct elbow_manual {
    const char *name;    // of the page: "elbow-train"
    const char *summary; // a few words: "train a model"
    const char *date;    // "2026-01-31"
    const char *help;    // in the form that elbow/cli/help.h describes
};

// Local. Writes the page in roff (man macros). FORMAT if the help does not begin with "usage: ".
enum elbow_status elbow_manual_write(const struct elbow_manual *manual, FILE *out, struct elbow_error *error);

// Local. Writes the tables that tools/pages/completion.bash uses, in the syntax of bash.
void elbow_completion_write(FILE *out);

#endif
