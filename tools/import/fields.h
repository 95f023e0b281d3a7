// SPDX-License-Identifier: BSD-3-Clause
// Fields of a line of text, and the numbers in them.
#ifndef ELBOW_TOOLS_IMPORT_FIELDS_H
#define ELBOW_TOOLS_IMPORT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

struct import_number {
    bool is_integer;
    bool is_rounded;   // an integer that a float does not represent
    bool is_too_large; // a number whose value is too large for a float
    int64_t integer;
    float value;
    double exact; // the number itself, if its text is longer than a float can distinguish
};

// The kind of a field. IMPORT_MISSING is a mark that programs write for a missing value (NA, NULL, ...).
enum import_field { IMPORT_EMPTY, IMPORT_NUMBER, IMPORT_MISSING, IMPORT_NAME, IMPORT_FIELDS };

// Local. Whether a character is a blank; and whether one at the end of a line may be dropped. If tabs separate, tabs
// there separate empty fields.
bool import_is_blank(char c);
bool import_may_be_trimmed(char c, char separator);

// Local. The separator of a line: comma, semicolon, tab or blank. Separators in quotes do not count, nor does a comma
// that is the decimal comma of all fields.
char import_find_separator(const char *line);

// Local. Cuts the next field off a line, in place, without blanks and quotes around it: *text advances to the rest
// (NULL after the last). A field whose quotes do not end, or end in its middle, is left unchanged.
char *import_next_field(char **text, char separator);

// Local. Parses a whole field as a number: integers of up to 18 digits are integers; other numbers that strtof accepts
// are floats.
bool import_parse_number(const char *text, struct import_number *number);

// Local. The kind of a field.
enum import_field import_field_kind(const char *field);

// Local. The likely error in a field that is not a number, and the remedy, as the end of a message; empty if unknown.
// Static.
const char *import_field_cure(const char *field);

#endif
