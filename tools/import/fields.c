// SPDX-License-Identifier: BSD-3-Clause
// Fields and numbers.
#include "fields.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool import_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool import_may_be_trimmed(char c, char separator)
{
    return import_is_blank(c) && (c != '\t' || separator != '\t');
}

static bool separates(char c, char separator)
{
    return c == separator || (separator == ' ' && c == '\t');
}

// True if quotes come in pairs; otherwise they are parts of texts, as in 5".
static bool are_paired(const char *line)
{
    size_t count = 0;
    for (; *line != '\0'; ++line)
        count += *line == '"';
    return count % 2 == 0;
}

// The first of a character outside quotes, from `line` to `end`; NULL if there is none.
static const char *find_outside(const char *line, const char *end, char c)
{
    bool minds_quotes = are_paired(line), is_quoted = false;
    for (; line < end; ++line) {
        if (*line == '"' && minds_quotes)
            is_quoted = !is_quoted;
        else if (*line == c && !is_quoted)
            return line;
    }
    return NULL;
}

// True if each separated field is a text without a comma, or a number, and some numbers have a decimal comma.
static bool has_decimal_commas(const char *line, char separator)
{
    bool has_comma = false;
    while (*line != '\0') {
        size_t length = strcspn(line, (char[]){separator, '\0'});
        size_t digits = strspn(line, "0123456789.,+-eE \r");
        const char *comma = memchr(line, ',', length);
        if (comma != NULL && digits < length)
            return false;
        has_comma = has_comma || comma != NULL;
        if (comma != NULL && memchr(comma + 1, ',', length - (size_t)(comma + 1 - line)) != NULL)
            return false;
        line += length + (line[length] != '\0');
    }
    return has_comma;
}

// A tab at an end alone is no separator: it may as well indent the line.
char import_find_separator(const char *line)
{
    const char *begin = line, *end = line + strlen(line);
    while (import_is_blank(*begin))
        ++begin;
    while (end > begin && import_is_blank(end[-1]))
        --end;
    bool has_tab = find_outside(begin, end, '\t') != NULL;
    const char *all = line + strlen(line);
    if (find_outside(line, all, ';') != NULL && has_decimal_commas(line, ';'))
        return ';';
    if (has_tab && has_decimal_commas(begin, '\t'))
        return '\t';
    for (const char *candidate = ",;"; *candidate != '\0'; ++candidate)
        if (find_outside(line, all, *candidate) != NULL)
            return *candidate;
    return has_tab ? '\t' : ' ';
}

// The end of the quotes of a field; NULL if there is none, or if something other than a separator follows.
static char *find_closing(char *begin, char separator)
{
    char *at = begin + 1;
    while (*at != '\0' && (*at != '"' || at[1] == '"'))
        at += *at == '"' ? 2 : 1;
    if (*at == '\0')
        return NULL;
    const char *behind = at + 1;
    while (import_is_blank(*behind) && !separates(*behind, separator))
        ++behind;
    return *behind == '\0' || separates(*behind, separator) ? at : NULL;
}

// Removes quotes, in place: two of them inside become one.
static void unquote(char *begin, const char *closing)
{
    char *to = begin;
    for (const char *from = begin + 1; from < closing; ++from) {
        *to++ = *from;
        from += *from == '"';
    }
    *to = '\0';
}

char *import_next_field(char **text, char separator)
{
    char *begin = *text;
    while (import_is_blank(*begin) && !separates(*begin, separator))
        ++begin;
    char *closing = *begin == '"' ? find_closing(begin, separator) : NULL;
    char *end = closing != NULL ? closing : begin;
    end += strcspn(end, separator == ' ' ? " \t" : (char[]){separator, '\0'});
    char *next = *end == '\0' ? NULL : end + 1;
    *end = '\0';
    while (separator == ' ' && next != NULL && import_is_blank(*next))
        ++next;
    if (closing != NULL)
        unquote(begin, closing);
    while (import_is_blank(*begin))
        ++begin;
    for (end = begin + strlen(begin); end > begin && import_is_blank(end[-1]);)
        *--end = '\0';
    *text = next;
    return begin;
}

// Six digits, a sign and a point: numbers of so few differ as floats, too.
enum { SHORT_TEXT = 8 };

bool import_parse_number(const char *text, struct import_number *number)
{
    const char *at = text + (*text == '-' || *text == '+');
    int64_t integer = 0;
    size_t digits = 0;
    for (; at[digits] >= '0' && at[digits] <= '9' && digits <= 18; ++digits)
        integer = digits < 18 ? 10 * integer + (at[digits] - '0') : integer;
    if (digits > 0 && digits <= 18 && at[digits] == '\0') {
        number->is_integer = true;
        number->is_too_large = false;
        number->integer = *text == '-' ? -integer : integer;
        number->exact = (double)number->integer;
        number->is_rounded = (int64_t)(float)integer != integer;
        return true;
    }
    char *end;
    errno = 0;
    number->is_integer = false;
    number->value = strtof(text, &end);
    number->is_rounded = digits > 18 && at[strspn(at, "0123456789")] == '\0';
    number->is_too_large = errno == ERANGE && isinf(number->value);
    number->exact = end - text > SHORT_TEXT ? strtod(text, NULL) : (double)number->value;
    return end != text && *end == '\0';
}

static bool is_missing(const char *text)
{
    static const char *const WORDS[] = {"NA", "N/A", "#N/A", "NULL", "null", "None", "?", "-", "."};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; ++i)
        if (strcmp(text, WORDS[i]) == 0)
            return true;
    return false;
}

enum import_field import_field_kind(const char *field)
{
    struct import_number number;
    if (*field == '\0')
        return IMPORT_EMPTY;
    if (import_parse_number(field, &number))
        return IMPORT_NUMBER;
    return is_missing(field) ? IMPORT_MISSING : IMPORT_NAME;
}

const char *import_field_cure(const char *field)
{
    size_t digits = strspn(field, "0123456789.,' +-eE");
    if (*field == '"')
        return ": its quotes do not end in this line, or in its middle";
    if (is_missing(field))
        return ": fill in the missing values, or leave the column out (--skip-columns); write NaN for unknown values: "
               "data.missing: nan trains on the rest";
    if (field[digits] == '\0' && strpbrk(field, ",'") != NULL)
        return ": numbers need a decimal point, and no separator between thousands; write decimal commas as points";
    return "";
}
