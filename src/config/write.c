// SPDX-License-Identifier: BSD-3-Clause
// Writing and comparing values. What is written reads back to the same bits, in any locale, and other YAML readers take
// it for the same types (1.0e-08, not 1e-08; a text that looks like a number stands in quotes).
#include "elbow/config/detail/value.h"

#include "elbow/base/mask.h"

#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void elbow_printer_add(struct elbow_printer *printer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = printer->size - printer->length;
    int length = vsnprintf(printer->text + printer->length, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room) {
        printer->is_cut = true;
        printer->text[printer->length] = 0;
        return;
    }
    printer->length += (size_t)length;
}

// The shortest text that reads back the same.
static void write_real(double value, struct elbow_printer *printer)
{
    char digits[40];
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = plain ? uselocale(plain) : (locale_t)0;
    for (int precision = 1; precision <= 17; ++precision) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    size_t mantissa = strcspn(digits, "e");
    bool has_point = memchr(digits, '.', mantissa) != NULL;
    elbow_printer_add(printer, "%.*s%s%s", (int)mantissa, digits, has_point ? "" : ".0", digits + mantissa);
}

// Whether a text may stand without quotes: a path of plain characters that no YAML reader takes for anything else.
static bool is_plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    size_t length = strlen(text);
    size_t safe = strspn(text, others);
    if (text[safe] == ':' && text[safe + 1] == '/') // FILE:/dataset
        safe += 1 + strspn(text + safe + 1, others);
    bool is_start = *text == '/' || (*text && strchr(letters, *text)) || strncmp(text, "./", 2) == 0 ||
                    strncmp(text, "../", 3) == 0;
    return is_start && safe == length;
}

// What a terminal would obey stands there as an escape.
static void write_text(const char *text, struct elbow_printer *printer)
{
    if (is_plain(text)) {
        elbow_printer_add(printer, "%s", text);
        return;
    }
    elbow_printer_add(printer, "\"");
    while (*text) {
        uint32_t character = 0;
        size_t length = elbow_mask_read(text, &character);
        if (character == '"' || character == '\\')
            elbow_printer_add(printer, "\\%c", *text);
        else if (elbow_mask_hides(character) && length > 0)
            elbow_printer_add(printer, "\\u%04" PRIx32, character); // all have 16 bits
        else
            elbow_printer_add(printer, "%.*s", length > 0 ? (int)length : 1, text);
        text += length > 0 ? length : 1;
    }
    elbow_printer_add(printer, "\"");
}

static void write_integers(const struct elbow_integers *integers, struct elbow_printer *printer)
{
    elbow_printer_add(printer, "[");
    for (size_t i = 0; i < integers->count; ++i)
        elbow_printer_add(printer, "%s%" PRId64, i ? ", " : "", integers->values[i]);
    elbow_printer_add(printer, "]");
}

static void write_layers(const struct elbow_layers *layers, int indent, struct elbow_printer *printer)
{
    size_t kinds = 0;
    const struct elbow_kind_schema *schemas = elbow_schema_layers(&kinds);
    bool is_block = indent > 0 && layers->count > 0;
    if (!is_block)
        elbow_printer_add(printer, "[");
    for (size_t i = 0; i < layers->count; ++i) {
        const struct elbow_layer *layer = &layers->layers[i];
        ELBOW_CHECK((size_t)layer->kind < kinds);
        struct elbow_keys keys = schemas[layer->kind].keys;
        if (is_block)
            elbow_printer_add(printer, "\n%*s- ", indent, "");
        elbow_printer_add(printer, "%s%s: {", is_block || i == 0 ? "" : ", ", schemas[layer->kind].name);
        for (size_t k = 0, written = 0; k < keys.count; ++k) {
            if (keys.rows[k].is_later && elbow_value_is_preset(&keys.rows[k], layer))
                continue;
            elbow_printer_add(printer, "%s%s: ", written++ > 0 ? ", " : "", keys.rows[k].name);
            elbow_value_write(&keys.rows[k], layer, 0, printer);
        }
        elbow_printer_add(printer, "}");
    }
    if (!is_block)
        elbow_printer_add(printer, "]");
}

static void write_learned(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    bool is_learned = *(const bool *)((const char *)base + key->present);
    elbow_printer_add(printer, is_learned ? "{learned: " : "");
    write_real(*(const double *)((const char *)base + key->offset), printer);
    elbow_printer_add(printer, is_learned ? "}" : "");
}

static int number_of(const struct elbow_key *key, const void *base)
{
    return *(const int *)((const char *)base + key->present);
}

static void write_number(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    int number = number_of(key, base);
    double value = *(const double *)((const char *)base + key->offset);
    if (number != ELBOW_NUMBER_FIXED && value == key->unset) {
        elbow_printer_add(printer, "%s", elbow_value_number_word(number));
        return;
    }
    elbow_printer_add(printer, number == ELBOW_NUMBER_LEARNED ? "{learned: " : "");
    write_real(value, printer);
    elbow_printer_add(printer, number == ELBOW_NUMBER_LEARNED ? "}" : "");
}

static void write_share(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    double share = *(const double *)((const char *)base + key->present);
    if (share > 0)
        write_real(share, printer);
    else
        write_text((const char *)base + key->offset, printer);
}

static void write_rows(const struct elbow_rows_choice *rows, struct elbow_printer *printer)
{
    if (rows->is_range)
        elbow_printer_add(printer, "[%" PRId64 ", %" PRId64 "]", rows->low, rows->high);
    else
        write_text(rows->dataset, printer);
}

static void write_map(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    struct elbow_keys options = key->kinds->keys;
    for (size_t k = 0; k < options.count && !elbow_value_is_preset(key, base); ++k) {
        elbow_printer_add(printer, "%s%s: ", k == 0 ? "{" : ", ", options.rows[k].name);
        elbow_value_write(&options.rows[k], base, 0, printer);
    }
    elbow_printer_add(printer, elbow_value_is_preset(key, base) ? "null" : "}");
}

static const struct elbow_kind_schema *kind_of(const struct elbow_key *key, const void *base)
{
    return &key->kinds[*(const int *)((const char *)base + key->offset)];
}

void elbow_value_write_kind(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const struct elbow_kind_schema *kind = kind_of(key, base);
    elbow_printer_add(printer, "{%s: {", kind->name);
    for (size_t k = 0; k < kind->keys.count; ++k) {
        elbow_printer_add(printer, "%s%s: ", k ? ", " : "", kind->keys.rows[k].name);
        elbow_value_write(&kind->keys.rows[k], base, 0, printer);
    }
    elbow_printer_add(printer, "}}");
}

bool elbow_value_is_said(struct elbow_keys keys, const struct elbow_key *key, const void *base)
{
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *other = &keys.rows[i];
        if (other->type != ELBOW_KEY_KIND || strcmp(other->section, key->section) != 0)
            continue;
        struct elbow_keys options = kind_of(other, base)->keys;
        for (size_t k = 0; k < options.count; ++k) {
            const struct elbow_key *option = &options.rows[k];
            bool is_it = option->offset == key->offset || (option->flag > 0 && option->flag == key->offset);
            if (option->is_flat && is_it && !elbow_value_is_flat(option, base))
                return true;
        }
    }
    return false;
}

// The word, with the options that are not written elsewhere.
static void write_kind(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const struct elbow_kind_schema *kind = kind_of(key, base);
    size_t written = 0;
    for (size_t k = 0; k < kind->keys.count; ++k) {
        const struct elbow_key *option = &kind->keys.rows[k];
        if (elbow_value_is_flat(option, base) || (option->is_later && elbow_value_is_preset(option, base)))
            continue;
        if (written++ > 0)
            elbow_printer_add(printer, ", %s: ", option->name);
        else
            elbow_printer_add(printer, "{%s: {%s: ", kind->name, option->name);
        elbow_value_write(option, base, 0, printer);
    }
    elbow_printer_add(printer, "%s", written > 0 ? "}}" : kind->name);
}

bool elbow_value_is_preset(const struct elbow_key *key, const void *base)
{
    struct elbow_config preset = {0}; // the largest struct that a table of keys is for
    bool may_be_empty = key->type == ELBOW_KEY_TEXT || key->type == ELBOW_KEY_INTEGERS ||
                        key->type == ELBOW_KEY_LAYERS || key->type == ELBOW_KEY_ROWS;
    if (key->preset == NULL && !may_be_empty)
        return false; // there is no default: it must be given
    ELBOW_CHECK(key->offset < sizeof preset);
    elbow_value_preset(key, &preset);
    return elbow_value_equal(key, base, &preset);
}

void elbow_value_write(const struct elbow_key *key, const void *base, int indent, struct elbow_printer *printer)
{
    const void *value = (const char *)base + key->offset;
    switch (key->type) {
    case ELBOW_KEY_EVERY:
        if (*(const int64_t *)value == ELBOW_EVERY_EPOCH) {
            elbow_printer_add(printer, "epoch");
            return;
        }
        // fall through
    case ELBOW_KEY_DURATION:
    case ELBOW_KEY_INTEGER:
        elbow_printer_add(printer, "%" PRId64, *(const int64_t *)value);
        return;
    case ELBOW_KEY_OPTIONAL:
        if (!*(const bool *)((const char *)base + key->present)) {
            elbow_printer_add(printer, "null");
            return;
        }
        // fall through
    case ELBOW_KEY_REAL:
        write_real(*(const double *)value, printer);
        return;
    case ELBOW_KEY_BOOLEAN:
        elbow_printer_add(printer, *(const bool *)value ? "true" : "false");
        return;
    case ELBOW_KEY_CHOICE:
        elbow_printer_add(printer, "%s", key->choices[*(const int *)value]);
        return;
    case ELBOW_KEY_KIND:
        write_kind(key, base, printer);
        return;
    case ELBOW_KEY_LEARNED:
        write_learned(key, base, printer);
        return;
    case ELBOW_KEY_NUMBER:
        write_number(key, base, printer);
        return;
    case ELBOW_KEY_TEXT:
        write_text(value, printer);
        return;
    case ELBOW_KEY_SHARE:
        write_share(key, base, printer);
        return;
    case ELBOW_KEY_ROWS:
        write_rows(value, printer);
        return;
    case ELBOW_KEY_MAP:
        write_map(key, base, printer);
        return;
    case ELBOW_KEY_INTEGERS:
        write_integers(value, printer);
        return;
    case ELBOW_KEY_LAYERS:
        write_layers(value, indent, printer);
        return;
    }
}

static bool equal_layers(const struct elbow_layers *a, const struct elbow_layers *b)
{
    size_t kinds = 0;
    const struct elbow_kind_schema *schemas = elbow_schema_layers(&kinds);
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; ++i) {
        if (a->layers[i].kind != b->layers[i].kind)
            return false;
        struct elbow_keys keys = schemas[a->layers[i].kind].keys;
        for (size_t k = 0; k < keys.count; ++k)
            if (!elbow_value_equal(&keys.rows[k], &a->layers[i], &b->layers[i]))
                return false;
    }
    return true;
}

// Options that are keys of version 0.1 are compared as such.
static bool equal_kinds(const struct elbow_key *key, const void *a, const void *b)
{
    const struct elbow_kind_schema *kind = kind_of(key, a);
    if (kind != kind_of(key, b))
        return false;
    for (size_t k = 0; k < kind->keys.count; ++k) {
        const struct elbow_key *option = &kind->keys.rows[k];
        bool are_flat = elbow_value_is_flat(option, a) && elbow_value_is_flat(option, b);
        if (!are_flat && !elbow_value_equal(option, a, b))
            return false;
    }
    return true;
}

static bool equal_rows(const struct elbow_rows_choice *a, const struct elbow_rows_choice *b)
{
    return a->is_range == b->is_range && a->low == b->low && a->high == b->high && strcmp(a->dataset, b->dataset) == 0;
}

static bool equal_options(const struct elbow_key *key, const void *a, const void *b)
{
    struct elbow_keys options = key->kinds->keys;
    for (size_t k = 0; k < options.count; ++k)
        if (!elbow_value_equal(&options.rows[k], a, b))
            return false;
    return true;
}

bool elbow_value_equal(const struct elbow_key *key, const void *a, const void *b)
{
    const void *left = (const char *)a + key->offset, *right = (const char *)b + key->offset;
    bool has_left, has_right;
    const struct elbow_integers *integers = left;
    switch (key->type) {
    case ELBOW_KEY_INTEGER:
    case ELBOW_KEY_EVERY:
    case ELBOW_KEY_DURATION:
        return *(const int64_t *)left == *(const int64_t *)right;
    case ELBOW_KEY_OPTIONAL:
        has_left = *(const bool *)((const char *)a + key->present);
        has_right = *(const bool *)((const char *)b + key->present);
        return has_left == has_right && (!has_left || *(const double *)left == *(const double *)right);
    case ELBOW_KEY_REAL:
        return *(const double *)left == *(const double *)right;
    case ELBOW_KEY_BOOLEAN:
        return *(const bool *)left == *(const bool *)right;
    case ELBOW_KEY_CHOICE:
        return *(const int *)left == *(const int *)right;
    case ELBOW_KEY_KIND:
        return equal_kinds(key, a, b);
    case ELBOW_KEY_LEARNED:
        has_left = *(const bool *)((const char *)a + key->present);
        has_right = *(const bool *)((const char *)b + key->present);
        return has_left == has_right && *(const double *)left == *(const double *)right;
    case ELBOW_KEY_NUMBER:
        return number_of(key, a) == number_of(key, b) && *(const double *)left == *(const double *)right;
    case ELBOW_KEY_TEXT:
        return strcmp(left, right) == 0;
    case ELBOW_KEY_SHARE:
        return strcmp(left, right) == 0 &&
               *(const double *)((const char *)a + key->present) == *(const double *)((const char *)b + key->present);
    case ELBOW_KEY_ROWS:
        return equal_rows(left, right);
    case ELBOW_KEY_MAP:
        return equal_options(key, a, b);
    case ELBOW_KEY_INTEGERS:
        return integers->count == ((const struct elbow_integers *)right)->count &&
               memcmp(integers->values, ((const struct elbow_integers *)right)->values,
                      integers->count * sizeof *integers->values) == 0;
    case ELBOW_KEY_LAYERS:
        return equal_layers(left, right);
    }
    return false;
}
