// SPDX-License-Identifier: BSD-3-Clause
// The output of `elbow --help` and `elbow COMMAND --help`, made from the table of commands.
//
// Manual pages are made from these texts (elbow/cli/manual.h), which therefore have a fixed form: "usage: " and its
// lines up to an empty line; paragraphs; headings, which are single lines that end in ':'; and entries, which are
// indented by two blanks, have at least two blanks between term and meaning, and continue in lines that are indented
// further.
#ifndef ELBOW_CLI_HELP_H
#define ELBOW_CLI_HELP_H

#include "elbow/cli/command.h"

#include <stdio.h>

enum { ELBOW_HELP_TERM_SIZE = 96 };

// Local. Prints the help of the program, or of a command.
void elbow_help_program(FILE *out);
void elbow_help_command(const struct elbow_command *command, FILE *out);

// Local. Formats a flag for the help: "-o, --output FILE", "    --resume[=auto]"; or the plain word.
void elbow_help_term(const struct elbow_flag *flag, char term[ELBOW_HELP_TERM_SIZE]);

#endif
