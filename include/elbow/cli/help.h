// SPDX-License-Identifier: BSD-3-Clause
// What `elbow --help` and `elbow COMMAND --help` print, made from the table of commands.
//
// The text has a form that manual pages are made from (elbow/cli/manual.h): "usage: " and what follows it up to an
// empty line; paragraphs; headings, which are lines that end in ':' and stand alone; and entries, which are indented by
// two blanks, with two blanks or more between term and meaning, and go on in lines that are indented further.
#ifndef ELBOW_CLI_HELP_H
#define ELBOW_CLI_HELP_H

#include "elbow/cli/command.h"

#include <stdio.h>

enum { ELBOW_HELP_TERM_SIZE = 96 };

// Local. The help of the program, and of a command.
void elbow_help_program(FILE *out);
void elbow_help_command(const struct elbow_command *command, FILE *out);

// Local. A flag as the help names it: "-o, --output FILE", "    --resume[=auto]"; the plain word where it is one.
void elbow_help_term(const struct elbow_flag *flag, char term[ELBOW_HELP_TERM_SIZE]);

#endif
