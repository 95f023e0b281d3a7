// SPDX-License-Identifier: BSD-3-Clause
// Fields of a line of text, and the numbers in them.
#ifndef ELBOW_TOOLS_IMPORT_FIELDS_H
#define ELBOW_TOOLS_IMPORT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

struct import_number {
    bool is_integer;
    bool is_rounded;   // an integer that a float does not hold
    bool is_too_large; // the text is a number, its value none that a float has
    int64_t integer;
    float value;
    double exact; // the number itself, if its text is long enough for a float not to tell it from its neighbours
};

// What a field is: IMPORT_MISSING is what programs write where there is no value (NA, NULL, ...).
enum import_field { IMPORT_EMPTY, IMPORT_NUMBER, IMPORT_MISSING, IMPORT_NAME, IMPORT_FIELDS };

// Local. Whether a character is a blank; whether one at an end of a line may be left out: tabs there separate empty
// fields, where tabs separate.
bool import_is_blank(char c);
bool import_may_be_trimmed(char c, char separator);

// Local. What separates the fields of a line: comma, semicolon, tab or blank. Separators in quotes do not count, and
// neither does a comma that is the decimal one of all fields.
char import_find_separator(const char *line);

// Local. Cuts the next field off a line, in place: *text moves behind it (NULL after the last), blanks around it and
// quotes are taken off. A field whose quotes do not end, or end in its middle, is left as it is.
char *import_next_field(char **text, char separator);

// Local. Reads a number whole: integers of up to 18 digits are integers, all else that strtof reads is a float.
bool import_parse_number(const char *text, struct import_number *number);

// Local.
enum import_field import_field_kind(const char *field);

// Local. What may be wrong with a field that is no number, and what to do: the end of a sentence, or nothing.
const char *import_field_cure(const char *field);

#endif
