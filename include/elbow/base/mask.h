// SPDX-License-Identifier: BSD-3-Clause
// External texts (names in files, paths, words of a command line), made safe for printing: a terminal interprets
// control characters as commands, and a line feed in a name would forge a line.
#ifndef ELBOW_BASE_MASK_H
#define ELBOW_BASE_MASK_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

ELBOW_C_BEGIN

// Local. The number of bytes of the UTF-8 character at the start of the text; 0 at the end, and for invalid bytes.
size_t elbow_mask_read(const char *text, uint32_t *character);

// Local. Whether a character controls a terminal instead of being visible: the control characters (ASCII's, and those
// from 128 to 159), ends of lines and paragraphs, and those that change the direction of the text.
bool elbow_mask_hides(uint32_t character);

// Local. Replaces each hidden character, including line feeds, and each byte that is not UTF-8 by '?'. The text never
// becomes longer.
void elbow_mask(char *text);

// Local. Prints a text of several lines, masked except for line feeds and tabs.
void elbow_mask_print_lines(FILE *out, const char *text);

ELBOW_C_END

#endif
