// SPDX-License-Identifier: BSD-3-Clause
// A JSON writer that knows where it stands: commas, nesting, escapes. A key at the root is a
// broken contract. The C locale is assumed, as everywhere in the program.
#include "elbow/base/json.h"

#include "elbow/base/mask.h"
#include "elbow/base/status.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

static void write_character(FILE *out, uint32_t character, const char *bytes, size_t length)
{
    static const char LETTERS[] = "btnvfr"; // of 8 to 13; v has no letter in JSON
    if (character == '"' || character == '\\')
        fprintf(out, "\\%c", (int)character);
    else if (character >= 8 && character <= 13 && character != 11)
        fprintf(out, "\\%c", LETTERS[character - 8]);
    else if (elbow_mask_hides(character)) // all of 16 bits
        fprintf(out, "\\u%04x", (unsigned)character);
    else
        fwrite(bytes, 1, length, out);
}

// Writes a text in quotes: characters that a terminal would obey are escaped, bytes that are no UTF-8 become the
// replacement character, because JSON has no bytes.
static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text != '\0') {
        uint32_t character = 0;
        size_t length = elbow_mask_read(text, &character);
        if (length > 0)
            write_character(out, character, text, length);
        else
            fputs("\\ufffd", out);
        text += length > 0 ? length : 1;
    }
    fputc('"', out);
}

// What stands before a value: the comma after the one before it, its key.
static void begin_value(struct elbow_json *json, const char *key)
{
    ELBOW_CHECK(json != NULL && json->out != NULL);
    if (json->depth == 0) {
        ELBOW_CHECK(key == NULL);
        return;
    }
    bool *has_member = &json->has_member[json->depth - 1];
    if (*has_member)
        fputs(json->begins_line ? "," : ", ", json->out);
    if (json->begins_line)
        fputc('\n', json->out);
    *has_member = true;
    json->begins_line = false;
    if (key == NULL)
        return;
    write_quoted(json->out, key);
    fputs(": ", json->out);
}

void elbow_json_open(struct elbow_json *json, const char *key, char bracket)
{
    ELBOW_CHECK(bracket == '{' || bracket == '[');
    begin_value(json, key);
    ELBOW_CHECK(json->depth < DEPTH_MAX);
    json->has_member[json->depth++] = false;
    fputc(bracket, json->out);
}

void elbow_json_close(struct elbow_json *json, char bracket)
{
    ELBOW_CHECK(json != NULL && json->depth > 0 && (bracket == '}' || bracket == ']'));
    fputc(bracket, json->out);
    if (--json->depth == 0)
        fputc('\n', json->out);
}

void elbow_json_number(struct elbow_json *json, const char *key, double value)
{
    begin_value(json, key);
    if (isfinite(value))
        fprintf(json->out, "%.17g", value);
    else
        fputs("null", json->out);
}

void elbow_json_fixed(struct elbow_json *json, const char *key, double value, int digits)
{
    begin_value(json, key);
    if (isfinite(value))
        fprintf(json->out, "%.*f", digits, value);
    else
        fputs("null", json->out);
}

void elbow_json_integer(struct elbow_json *json, const char *key, int64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRId64, value);
}

void elbow_json_text(struct elbow_json *json, const char *key, const char *value)
{
    ELBOW_CHECK(value != NULL);
    begin_value(json, key);
    write_quoted(json->out, value);
}

void elbow_json_line(struct elbow_json *json)
{
    json->begins_line = true;
}
