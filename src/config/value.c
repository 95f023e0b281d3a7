// SPDX-License-Identifier: BSD-3-Clause
// Reads values without keys inside: from a YAML node by the row of its key, with an error that says what was found and
// what was expected.
//
// Invariants: a refused value leaves the struct unchanged, except for the sections and lists around it; unused bytes of
// texts and unused entries of lists are zero, so that equal configurations have equal bytes; the locale has no effect.
#include "elbow/config/detail/value.h"

#include "elbow/base/mask.h"

#include "elbow/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FOUND_BYTES = 60 };

enum number { NUMBER_OK, NUMBER_NONE, NUMBER_TOO_LARGE };

enum elbow_status elbow_value_refuse(const struct elbow_source *source, const struct elbow_yaml *node, bool at_key,
                                     const char *key, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    char position[32] = "";
    if (source->has_positions)
        (void)elbow_text_format(position, sizeof position, ":%d:%d", at_key ? node->key_line : node->line,
                                at_key ? node->key_column : node->column);
    return elbow_error_set(source->error, ELBOW_CONFIG, "%.300s%s: %s%s%s", source->name, position, key,
                           *key ? ": " : "", message);
}

bool elbow_value_is_null(const struct elbow_yaml *node)
{
    return node->kind == ELBOW_YAML_SCALAR && !node->quoted &&
           (!*node->text || strcmp(node->text, "~") == 0 || strcasecmp(node->text, "null") == 0);
}

void elbow_value_describe(const struct elbow_yaml *node, char found[ELBOW_FOUND_SIZE])
{
    if (node->kind != ELBOW_YAML_SCALAR) {
        (void)elbow_text_format(found, ELBOW_FOUND_SIZE, node->kind == ELBOW_YAML_LIST ? "a list" : "a map");
        return;
    }
    if (elbow_value_is_null(node)) {
        (void)elbow_text_format(found, ELBOW_FOUND_SIZE, "nothing");
        return;
    }
    int length = (int)strnlen(node->text, FOUND_BYTES);
    bool is_cut = node->text[length] != 0;
    while (is_cut && length > 0 && ((unsigned char)node->text[length] & 0xC0) == 0x80)
        --length; // not within a character
    (void)elbow_text_format(found, ELBOW_FOUND_SIZE, "%s'%.*s'%s", node->quoted ? "the quoted text " : "", length,
                            node->text, is_cut ? "..." : "");
}

enum elbow_status elbow_value_refuse_value(const struct elbow_key *key, const char *shown,
                                           const struct elbow_yaml *node, const struct elbow_source *source)
{
    char found[ELBOW_FOUND_SIZE], expected[ELBOW_EXPECTED_SIZE];
    elbow_value_describe(node, found);
    elbow_schema_expected(key, expected);
    return elbow_value_refuse(source, node, false, shown, "found %s, expected %s", found, expected);
}

enum elbow_status elbow_value_refuse_twice(const struct elbow_yaml *map, const struct elbow_yaml *child,
                                           const char *shown, const struct elbow_source *source)
{
    for (const struct elbow_yaml *before = map->child; before != child; before = before->next)
        if (strcmp(before->key, child->key) == 0)
            return elbow_value_refuse(source, child, true, shown, "given twice, first in line %d; remove one of them",
                                      before->key_line);
    return ELBOW_OK;
}

static enum elbow_status refuse_bounds(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                       const struct elbow_source *source)
{
    char found[ELBOW_FOUND_SIZE], expected[ELBOW_EXPECTED_SIZE];
    elbow_value_describe(node, found);
    elbow_schema_expected(key, expected);
    return elbow_value_refuse(source, node, false, shown, "%s is out of bounds, expected %s", found, expected);
}

// A decimal number, in any locale: no hexadecimal, no blanks, no inf or nan.
static enum number parse_real(const char *text, double *value)
{
    if (!*text || strspn(text, "0123456789+-.eE") != strlen(text) || !strpbrk(text, "0123456789"))
        return NUMBER_NONE;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char *end = NULL;
    *value = plain ? strtod_l(text, &end, plain) : strtod(text, &end);
    if (plain)
        freelocale(plain);
    if (*end)
        return NUMBER_NONE;
    return isfinite(*value) ? NUMBER_OK : NUMBER_TOO_LARGE;
}

// Digits without leading zeros (which some readers take for octal), or a real that is a whole number, such as 1e3.
static enum number parse_integer(const char *text, int64_t *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits && strspn(digits, "0123456789") == strlen(digits)) {
        if (*digits == '0' && digits[1])
            return NUMBER_NONE;
        errno = 0;
        *value = strtoll(text, NULL, 10);
        return errno == ERANGE ? NUMBER_TOO_LARGE : NUMBER_OK;
    }
    double real = 0;
    enum number number = parse_real(text, &real);
    if (number != NUMBER_OK)
        return number;
    if (real != floor(real))
        return NUMBER_NONE;
    if (fabs(real) > 0x1p53)
        return NUMBER_TOO_LARGE;
    *value = (int64_t)real;
    return NUMBER_OK;
}

static enum elbow_status read_integer(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                      int64_t *value, const struct elbow_source *source)
{
    int64_t number = 0;
    if (key->type == ELBOW_KEY_EVERY && node->kind == ELBOW_YAML_SCALAR && strcmp(node->text, "epoch") == 0) {
        *value = ELBOW_EVERY_EPOCH;
        return ELBOW_OK;
    }
    enum number found =
        node->kind == ELBOW_YAML_SCALAR && !node->quoted ? parse_integer(node->text, &number) : NUMBER_NONE;
    if (found == NUMBER_NONE)
        return elbow_value_refuse_value(key, shown, node, source);
    if (found == NUMBER_TOO_LARGE || number < key->least || number > key->most)
        return refuse_bounds(key, shown, node, source);
    *value = number;
    return ELBOW_OK;
}

enum elbow_status elbow_value_read_integer(const struct elbow_key *key, const char *shown,
                                           const struct elbow_yaml *node, int64_t *value,
                                           const struct elbow_source *source)
{
    struct elbow_key integer = *key;
    integer.type = ELBOW_KEY_INTEGER;
    return read_integer(&integer, shown, node, value, source);
}

// A duration or a size. Unlike a number it may be quoted: other programs need quotes around 1:30:00.
static enum elbow_status read_amount(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                     int64_t *value, const struct elbow_source *source)
{
    bool (*read)(const char *text, int64_t *amount) =
        key->type == ELBOW_KEY_BYTES ? elbow_text_read_bytes : elbow_text_read_duration;
    int64_t amount = 0;
    if (node->kind != ELBOW_YAML_SCALAR || !read(node->text, &amount))
        return elbow_value_refuse_value(key, shown, node, source);
    if (amount < key->least || amount > key->most)
        return refuse_bounds(key, shown, node, source);
    *value = amount;
    return ELBOW_OK;
}

static enum elbow_status read_real(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                   double *value, const struct elbow_source *source)
{
    double number = 0;
    enum number found =
        node->kind == ELBOW_YAML_SCALAR && !node->quoted ? parse_real(node->text, &number) : NUMBER_NONE;
    if (found == NUMBER_NONE)
        return elbow_value_refuse_value(key, shown, node, source);
    bool is_low = key->low_open ? number <= key->low : number < key->low;
    bool is_high = key->high_open ? number >= key->high : number > key->high;
    if (found == NUMBER_TOO_LARGE || is_low || is_high)
        return refuse_bounds(key, shown, node, source);
    *value = number;
    return ELBOW_OK;
}

static enum elbow_status read_optional(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                       void *base, const struct elbow_source *source)
{
    double *value = (double *)((char *)base + key->offset);
    bool *present = (bool *)((char *)base + key->present);
    if (elbow_value_is_null(node)) {
        *present = false;
        *value = key->unset;
        return ELBOW_OK;
    }
    enum elbow_status status = read_real(key, shown, node, value, source);
    *present = *present || status == ELBOW_OK;
    return status;
}

// A number, the word learned (from the preset on), or {learned: NUMBER}.
static enum elbow_status read_learned(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                      void *base, const struct elbow_source *source)
{
    bool *is_learned = (bool *)((char *)base + key->present);
    double *value = (double *)((char *)base + key->offset);
    bool is_word = node->kind == ELBOW_YAML_SCALAR && !node->quoted && strcmp(node->text, "learned") == 0;
    bool is_map =
        node->kind == ELBOW_YAML_MAP && node->child && !node->child->next && strcmp(node->child->key, "learned") == 0;
    if (is_word) {
        ELBOW_CHECK(key->preset != NULL && parse_real(key->preset, value) == NUMBER_OK);
        *is_learned = true;
        return ELBOW_OK;
    }
    if (node->kind != ELBOW_YAML_SCALAR && !is_map)
        return elbow_value_refuse_value(key, shown, node, source);
    enum elbow_status status = read_real(key, shown, is_map ? node->child : node, value, source);
    if (status == ELBOW_OK)
        *is_learned = is_map;
    return status;
}

static const char *const number_words[] = {ELBOW_NUMBER_LIST(ELBOW_KIND_WORD)};

const char *elbow_value_number_word(int number)
{
    ELBOW_CHECK(number > ELBOW_NUMBER_FIXED && number < ELBOW_NUMBER_KINDS);
    return number_words[number];
}

// The word's enum elbow_number; FIXED: it is none of the key's.
static int find_number_word(const struct elbow_key *key, const char *word)
{
    for (size_t i = 0; key->choices[i]; ++i)
        for (int number = ELBOW_NUMBER_FIXED + 1; number < ELBOW_NUMBER_KINDS; ++number)
            if (strcmp(word, key->choices[i]) == 0 && strcmp(word, number_words[number]) == 0)
                return number;
    return ELBOW_NUMBER_FIXED;
}

bool elbow_value_is_flat(const struct elbow_key *option, const void *base)
{
    return option->is_flat && (option->type != ELBOW_KEY_NUMBER ||
                               *(const int *)((const char *)base + option->present) == ELBOW_NUMBER_FIXED);
}

static void clear_flag(const struct elbow_key *key, void *base)
{
    if (key->flag > 0)
        *(bool *)((char *)base + key->flag) = false;
}

// A number, a word, or {learned: NUMBER}.
static enum elbow_status read_number(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                     void *base, const struct elbow_source *source)
{
    int *number = (int *)((char *)base + key->present), word = ELBOW_NUMBER_FIXED;
    double *value = (double *)((char *)base + key->offset);
    if (node->kind == ELBOW_YAML_SCALAR && !node->quoted)
        word = find_number_word(key, node->text);
    if (word != ELBOW_NUMBER_FIXED) {
        *number = word;
        *value = key->unset;
        clear_flag(key, base);
        return ELBOW_OK;
    }
    bool is_start = node->kind == ELBOW_YAML_MAP && node->child && !node->child->next &&
                    strcmp(node->child->key, "learned") == 0 &&
                    find_number_word(key, "learned") == ELBOW_NUMBER_LEARNED;
    if (node->kind != ELBOW_YAML_SCALAR && !is_start)
        return elbow_value_refuse_value(key, shown, node, source);
    enum elbow_status status = read_real(key, shown, is_start ? node->child : node, value, source);
    if (status == ELBOW_OK)
        *number = is_start ? ELBOW_NUMBER_LEARNED : ELBOW_NUMBER_FIXED;
    if (status == ELBOW_OK)
        clear_flag(key, base);
    return status;
}

static enum elbow_status read_boolean(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                      bool *value, const struct elbow_source *source)
{
    bool is_word = node->kind == ELBOW_YAML_SCALAR && !node->quoted;
    if (!is_word || (strcasecmp(node->text, "true") != 0 && strcasecmp(node->text, "false") != 0))
        return elbow_value_refuse_value(key, shown, node, source);
    *value = strcasecmp(node->text, "true") == 0;
    return ELBOW_OK;
}

static enum elbow_status read_choice(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                     int *value, const struct elbow_source *source)
{
    for (int i = 0; node->kind == ELBOW_YAML_SCALAR && key->choices[i]; ++i)
        if (strcmp(node->text, key->choices[i]) == 0) {
            *value = i;
            return ELBOW_OK;
        }
    return elbow_value_refuse_value(key, shown, node, source);
}

enum elbow_status elbow_value_read_text(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                        char *value, const struct elbow_source *source)
{
    if (node->kind != ELBOW_YAML_SCALAR)
        return elbow_value_refuse_value(key, shown, node, source);
    const char *text = elbow_value_is_null(node) ? "" : node->text;
    size_t length = strlen(text);
    if (length >= ELBOW_PATH_SIZE)
        return elbow_value_refuse(source, node, false, shown,
                                  "a text of %zu bytes, expected at most %d; use a shorter path", length,
                                  ELBOW_PATH_SIZE - 1);
    size_t byte;
    if (!elbow_config_takes_text(text, &byte))
        return elbow_value_refuse(source, node, false, shown,
                                  "byte %zu of the text is a control character or not UTF-8; rename the file", byte);
    memset(value, 0, ELBOW_PATH_SIZE);
    memcpy(value, text, length);
    return ELBOW_OK;
}

static enum elbow_status read_integers(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                       struct elbow_integers *value, const struct elbow_source *source)
{
    if (node->kind != ELBOW_YAML_LIST)
        return elbow_value_refuse_value(key, shown, node, source);
    struct elbow_key entry = *key;
    entry.type = ELBOW_KEY_INTEGER;
    struct elbow_integers found;
    memset(&found, 0, sizeof found);
    size_t count = 0;
    for (const struct elbow_yaml *child = node->child; child; child = child->next, ++count) {
        if (count >= key->count_most)
            continue; // counted for the message below
        char name[ELBOW_KEY_NAME_SIZE];
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, count);
        enum elbow_status status = read_integer(&entry, name, child, &found.values[count], source);
        if (status != ELBOW_OK)
            return status;
    }
    if (count != 0 && (count < key->count_least || count > key->count_most)) {
        char expected[ELBOW_EXPECTED_SIZE];
        elbow_schema_expected(key, expected);
        return elbow_value_refuse(source, node, false, shown, "found %zu entries, expected %s", count, expected);
    }
    found.count = count;
    *value = found;
    return ELBOW_OK;
}

enum elbow_status elbow_value_read_scalar(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          void *base, const struct elbow_source *source)
{
    void *value = (char *)base + key->offset;
    switch (key->type) {
    case ELBOW_KEY_INTEGER:
    case ELBOW_KEY_EVERY:
        return read_integer(key, shown, node, value, source);
    case ELBOW_KEY_REAL:
        return read_real(key, shown, node, value, source);
    case ELBOW_KEY_OPTIONAL:
        return read_optional(key, shown, node, base, source);
    case ELBOW_KEY_LEARNED:
        return read_learned(key, shown, node, base, source);
    case ELBOW_KEY_NUMBER:
        return read_number(key, shown, node, base, source);
    case ELBOW_KEY_BOOLEAN:
        return read_boolean(key, shown, node, value, source);
    case ELBOW_KEY_CHOICE:
        return read_choice(key, shown, node, value, source);
    case ELBOW_KEY_DURATION:
    case ELBOW_KEY_BYTES:
        return read_amount(key, shown, node, value, source);
    case ELBOW_KEY_TEXT:
        return elbow_value_read_text(key, shown, node, value, source);
    case ELBOW_KEY_INTEGERS:
        return read_integers(key, shown, node, value, source);
    case ELBOW_KEY_SHARE:
    case ELBOW_KEY_ROWS:
    case ELBOW_KEY_MAP:
    case ELBOW_KEY_PLACES:
    case ELBOW_KEY_NAMED:
    case ELBOW_KEY_RANGES:
    case ELBOW_KEY_PIECES:
    case ELBOW_KEY_KINDS:
    case ELBOW_KEY_KIND:
    case ELBOW_KEY_LAYERS:
    case ELBOW_KEY_INNER:
        break;
    }
    ELBOW_CHECK(!"a value without values inside");
    return ELBOW_CONFIG;
}
