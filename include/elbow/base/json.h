// SPDX-License-Identifier: BSD-3-Clause
// JSON objects for machines: `--json`. Numbers as %.17g, NaN and infinity as null.
#ifndef ELBOW_BASE_JSON_H
#define ELBOW_BASE_JSON_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

ELBOW_C_BEGIN

// A writer to a stream; plain. Begin with {0} and the stream.
struct elbow_json {
    FILE *out; // not owned
    int depth;
    bool has_member[16];
    bool begins_line; // the next value
};

// Local. Objects and lists nest up to 16 deep; key is NULL at the root and inside lists. The root's end writes a
// newline.
void elbow_json_open(struct elbow_json *json, const char *key, char bracket); // '{' or '['
void elbow_json_close(struct elbow_json *json, char bracket);                 // '}' or ']'
void elbow_json_number(struct elbow_json *json, const char *key, double value);
// A number with this number of decimals.
void elbow_json_fixed(struct elbow_json *json, const char *key, double value, int digits);
void elbow_json_integer(struct elbow_json *json, const char *key, int64_t value);
void elbow_json_text(struct elbow_json *json, const char *key, const char *value);

// Local. The next value, which belongs to a list, begins a new line.
void elbow_json_line(struct elbow_json *json);

ELBOW_C_END

#endif
