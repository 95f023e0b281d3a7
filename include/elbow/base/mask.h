// SPDX-License-Identifier: BSD-3-Clause
// Texts from outside (names in files, paths, words of a command line), made safe to be printed: a terminal takes
// control characters for commands, and a line feed in a name would forge a line.
#ifndef ELBOW_BASE_MASK_H
#define ELBOW_BASE_MASK_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

ELBOW_C_BEGIN

// Local. Reads the UTF-8 character that the text begins with: its bytes; 0 at the end, and for bytes that are none.
size_t elbow_mask_read(const char *text, uint32_t *character);

// Local. Whether a character is a command to a terminal and not something to be seen: the control characters (ASCII's,
// and those from 128 to 159), ends of lines and paragraphs, and those that turn the direction of what follows.
bool elbow_mask_hides(uint32_t character);

// Local. Puts a '?' in the place of each character that is hidden, line feeds among them, and of each byte that is no
// UTF-8. The text never becomes longer.
void elbow_mask(char *text);

// Local. Prints a text of several lines, masked but for line feeds and tabs.
void elbow_mask_print_lines(FILE *out, const char *text);

ELBOW_C_END

#endif
