// SPDX-License-Identifier: BSD-3-Clause
// Texts for people.
#include "elbow/base/text.h"

#include "elbow/base/mask.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PRINTED_SIZE = 8192 };

struct elbow_text elbow_text_count(uint64_t number, const char *noun)
{
    struct elbow_text text;
    size_t length = strlen(noun);
    bool hisses = length >= 2 && (noun[length - 1] == 's' || strcmp(noun + length - 2, "ch") == 0);
    snprintf(text.text, sizeof text.text, "%llu %s%s", (unsigned long long)number, noun,
             number == 1 ? ""
             : hisses    ? "es"
                         : "s");
    return text;
}

struct elbow_text elbow_text_bytes(uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    struct elbow_text text;
    if (bytes < 1000) {
        snprintf(text.text, sizeof text.text, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
        return text;
    }
    double value = (double)bytes / 1000;
    size_t unit = 0;
    while (value >= 999.95 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        ++unit;
    }
    snprintf(text.text, sizeof text.text, "%.1f %s", value, units[unit]);
    return text;
}

struct elbow_text elbow_text_duration(double seconds)
{
    struct elbow_text text;
    if (!(seconds >= 0) || seconds > 1e9) {
        snprintf(text.text, sizeof text.text, "?");
        return text;
    }
    long whole = (long)(seconds + 0.5);
    if (whole < 60)
        snprintf(text.text, sizeof text.text, "%ld s", whole);
    else
        snprintf(text.text, sizeof text.text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return text;
}

static const int64_t MINUTE = 60, HOUR = 3600, DAY = 86400;

// Reads at least one and at most nine digits from *text on.
static bool read_digits(const char **text, int64_t *number)
{
    const char *start = *text;
    *number = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        if (*text - start == 9)
            return false;
        else
            *number = *number * 10 + (**text - '0');
    return *text > start;
}

// "1h30m": numbers with units, from the largest to the smallest; a number alone is seconds.
static bool read_units(const char *text, int64_t *seconds)
{
    static const char units[] = "dhms";
    const int64_t sizes[] = {DAY, HOUR, MINUTE, 1};
    int64_t number, sum = 0;
    size_t next = 0;
    do {
        if (!read_digits(&text, &number))
            return false;
        if (*text == 0 && next > 0)
            return false;
        while (*text != 0 && units[next] != 0 && units[next] != *text)
            ++next;
        if (units[next] == 0)
            return false;
        sum += number * (*text == 0 ? 1 : sizes[next]);
        ++next;
    } while (*text != 0 && *++text != 0);
    *seconds = sum;
    return true;
}

// "1:30:00" or "1-12:00:00".
static bool read_clock(const char *text, int64_t *seconds)
{
    int64_t days = 0, hours, minutes, rest;
    bool has_days = strchr(text, '-') != NULL;
    if (has_days && (!read_digits(&text, &days) || *text++ != '-'))
        return false;
    if (!read_digits(&text, &hours) || (has_days && hours > 23) || *text++ != ':')
        return false;
    if (strlen(text) != 5 || !read_digits(&text, &minutes) || minutes > 59 || *text++ != ':')
        return false;
    if (strlen(text) != 2 || !read_digits(&text, &rest) || rest > 59 || *text != 0)
        return false;
    *seconds = days * DAY + hours * HOUR + minutes * MINUTE + rest;
    return true;
}

bool elbow_text_read_duration(const char *text, int64_t *seconds)
{
    return strchr(text, ':') != NULL ? read_clock(text, seconds) : read_units(text, seconds);
}

// The bytes of a unit: "" and "B" 1, "kB" 1000, "KiB" 1024; 0: it is none.
static int64_t size_of_unit(const char *unit)
{
    static const char letters[] = "kmgt";
    const char *at = *unit != 0 ? strchr(letters, *unit | 0x20) : NULL;
    if (at == NULL)
        return *unit == 0 || strcasecmp(unit, "b") == 0 ? 1 : 0;
    bool is_binary = strcasecmp(unit + 1, "ib") == 0;
    int64_t size = 1;
    for (const char *letter = letters; letter <= at; ++letter)
        size *= is_binary ? 1024 : 1000;
    return is_binary || strcasecmp(unit + 1, "b") == 0 ? size : 0;
}

// Reads digits, and the millionths behind a point.
static bool read_decimal(const char **text, int64_t *whole, int64_t *millionths)
{
    const char *start = *text;
    *whole = *millionths = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        if (__builtin_mul_overflow(*whole, 10, whole) || __builtin_add_overflow(*whole, **text - '0', whole))
            return false;
    if (*text == start || **text != '.')
        return *text > start;
    start = ++*text;
    for (int64_t place = 100000; **text >= '0' && **text <= '9' && place > 0; ++*text, place /= 10)
        *millionths += (**text - '0') * place;
    return *text > start;
}

bool elbow_text_read_bytes(const char *text, int64_t *bytes)
{
    int64_t whole, millionths, sum;
    if (!read_decimal(&text, &whole, &millionths))
        return false;
    int64_t size = size_of_unit(*text == ' ' && text[1] != 0 ? text + 1 : text);
    bool is_whole = millionths == 0 || size > 1;
    if (size == 0 || !is_whole || __builtin_mul_overflow(whole, size, &sum) ||
        __builtin_add_overflow(sum, millionths * size / 1000000, &sum))
        return false;
    *bytes = sum;
    return true;
}

enum { DISTANCE_LIMIT = 64 }; // longer texts are compared by their first characters

size_t elbow_text_distance(const char *a, const char *b)
{
    size_t rows = strnlen(a, DISTANCE_LIMIT), columns = strnlen(b, DISTANCE_LIMIT);
    size_t table[3][DISTANCE_LIMIT + 1];
    for (size_t j = 0; j <= columns; ++j)
        table[0][j] = j;
    for (size_t i = 1; i <= rows; ++i) {
        size_t *now = table[i % 3], *before = table[(i + 2) % 3], *earlier = table[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= columns; ++j) {
            size_t best = before[j - 1] + (a[i - 1] != b[j - 1]);
            if (before[j] + 1 < best)
                best = before[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && earlier[j - 2] + 1 < best)
                best = earlier[j - 2] + 1;
            now[j] = best;
        }
    }
    return table[rows % 3][columns];
}

bool elbow_text_format(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return length >= 0 && (size_t)length < size;
}

void elbow_text_print(FILE *out, const char *format, ...)
{
    char text[PRINTED_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t before = strspn(format, "\n"), size = strlen(format), after = 0;
    while (before + after < size && format[size - 1 - after] == '\n')
        ++after;
    size_t length = strlen(text);
    if (length >= before + after)
        text[length - after] = '\0';
    for (size_t i = 0; i < before; ++i)
        fputc('\n', out);
    elbow_mask(text + before);
    fputs(text + before, out);
    for (size_t i = 0; i < after; ++i)
        fputc('\n', out);
}

void elbow_text_wrap(const char *text, int margin, FILE *out)
{
    int column = margin;
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (column > margin && column + 1 + length > ELBOW_TEXT_WIDTH) {
            fprintf(out, "\n%*s", margin, "");
            column = margin;
        }
        column += fprintf(out, "%s%.*s", column > margin ? " " : "", length, text);
        text += length;
        text += strspn(text, " ");
    }
}
