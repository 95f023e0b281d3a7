// SPDX-License-Identifier: BSD-3-Clause
// Writing values, which read back to the same bits (printer.c).
#include "elbow/config/detail/value.h"

#include "elbow/config/places.h"

#include <inttypes.h>
#include <string.h>

// Places of one channel, up to the next tab, as a text or a list.
static const char *write_list(const char *places, struct elbow_printer *printer)
{
    size_t length = strcspn(places, "\t");
    bool is_list = memchr(places, '\n', length) != NULL;
    struct elbow_place_of place = {.next = places};
    elbow_printer_add(printer, "%s", is_list ? "[" : "");
    for (size_t i = 0; place.next < places + length && elbow_places_next(&place); ++i) {
        elbow_printer_add(printer, "%s", i > 0 ? ", " : "");
        elbow_printer_add_text(printer, place.location);
    }
    elbow_printer_add(printer, "%s", is_list ? "]" : "");
    return places + length;
}

static void write_places(const char *places, struct elbow_printer *printer)
{
    if (*places == '\0')
        elbow_printer_add_text(printer, places);
    else if (*places != '\t')
        write_list(places, printer);
    for (size_t i = 0; *places == '\t'; ++i) {
        elbow_printer_add(printer, "%s", i > 0 ? ", " : "{channels: [");
        places = write_list(places + 1, printer);
        elbow_printer_add(printer, "%s", *places == '\0' ? "]}" : "");
    }
}

static void write_named(const struct elbow_named *named, struct elbow_printer *printer)
{
    elbow_printer_add(printer, "{");
    for (size_t i = 0; i < named->count; ++i) {
        elbow_printer_add(printer, "%s%s: ", i > 0 ? ", " : "", named->entries[i].name);
        elbow_printer_add_text(printer, named->entries[i].dataset);
    }
    elbow_printer_add(printer, "}");
}

static void write_ranges(const struct elbow_ranges *ranges, struct elbow_printer *printer)
{
    elbow_printer_add(printer, "[");
    for (size_t i = 0; i < ranges->count; ++i) {
        int64_t first = ranges->ranges[i].first, last = ranges->ranges[i].last;
        if (first == last)
            elbow_printer_add(printer, "%s%" PRId64, i ? ", " : "", first);
        else
            elbow_printer_add(printer, "%s[%" PRId64 ", %" PRId64 "]", i ? ", " : "", first, last);
    }
    elbow_printer_add(printer, "]");
}

static void write_integers(const struct elbow_integers *integers, struct elbow_printer *printer)
{
    elbow_printer_add(printer, "[");
    for (size_t i = 0; i < integers->count; ++i)
        elbow_printer_add(printer, "%s%" PRId64, i ? ", " : "", integers->values[i]);
    elbow_printer_add(printer, "]");
}

static void write_pieces(const struct elbow_pieces *pieces, struct elbow_printer *printer)
{
    for (size_t i = 0; i < pieces->count; ++i) {
        elbow_printer_add(printer, "%s[%" PRId64 ", ", i == 0 ? "[" : ", ", pieces->pieces[i].epochs);
        elbow_printer_add_real(printer, pieces->pieces[i].rate);
        elbow_printer_add(printer, "]");
    }
    elbow_printer_add(printer, pieces->count == 0 ? "[]" : "]");
}

static void write_layers(const struct elbow_layer *layers, size_t count, int indent, struct elbow_printer *printer)
{
    size_t kinds = 0;
    const struct elbow_kind_schema *schemas = elbow_schema_layers(&kinds);
    bool is_block = indent > 0 && count > 0;
    if (!is_block)
        elbow_printer_add(printer, "[");
    for (size_t i = 0; i < count; ++i) {
        const struct elbow_layer *layer = &layers[i];
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
    elbow_printer_add_real(printer, *(const double *)((const char *)base + key->offset));
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
    elbow_printer_add_real(printer, value);
    elbow_printer_add(printer, number == ELBOW_NUMBER_LEARNED ? "}" : "");
}

static void write_share(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    double share = *(const double *)((const char *)base + key->present);
    if (share > 0)
        elbow_printer_add_real(printer, share);
    else
        write_places((const char *)base + key->offset, printer);
}

static void write_rows(const struct elbow_rows_choice *rows, struct elbow_printer *printer)
{
    if (rows->is_range)
        elbow_printer_add(printer, "[%" PRId64 ", %" PRId64 "]", rows->low, rows->high);
    else
        elbow_printer_add_text(printer, rows->dataset);
}

static void write_map(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    struct elbow_keys options = key->kinds->keys;
    for (size_t k = 0; k < options.count && !elbow_value_is_preset(key, base); ++k) {
        elbow_printer_add(printer, "%s%s: ", k == 0 ? "{" : ", ", options.rows[k].name);
        elbow_value_write(&options.rows[k], base, 0, printer);
    }
    elbow_printer_add(printer, "%s", elbow_value_is_preset(key, base) ? key->preset : "}");
}

// All options of a kind or a map, including those of nested kinds.
static void write_options(struct elbow_keys keys, const void *base, struct elbow_printer *printer)
{
    for (size_t k = 0; k < keys.count; ++k) {
        const struct elbow_key *option = &keys.rows[k];
        elbow_printer_add(printer, "%s%s: ", k ? ", " : "{", option->name);
        if (option->type == ELBOW_KEY_KIND)
            elbow_value_write_kind(option, base, printer);
        else if (option->type == ELBOW_KEY_MAP)
            write_options(option->kinds->keys, base, printer);
        else
            elbow_value_write(option, base, 0, printer);
    }
    elbow_printer_add(printer, keys.count > 0 ? "}" : "{}");
}

void elbow_value_write_kind(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const struct elbow_kind_schema *kind = elbow_value_kind_of(key, base);
    bool has_word = !key->is_open || kind != key->kinds;
    if (has_word)
        elbow_printer_add(printer, "{%s: ", kind->name);
    write_options(kind->keys, base, printer);
    elbow_printer_add(printer, has_word ? "}" : "");
}

static void write_columns(const struct elbow_ranges *columns, struct elbow_printer *printer)
{
    elbow_printer_add(printer, columns->count > 1 ? "[" : "");
    for (size_t r = 0; r < columns->count; ++r)
        elbow_printer_add(printer, "%s[%lld, %lld]", r > 0 ? ", " : "", (long long)columns->ranges[r].first,
                          (long long)columns->ranges[r].last);
    elbow_printer_add(printer, columns->count > 1 ? "]" : "");
}

static void write_parts(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const struct elbow_likelihood_parts *parts = elbow_value_parts_of(key, base);
    struct elbow_config scratch;
    for (size_t p = 0; p < parts->count; ++p) {
        const struct elbow_likelihood_part *part = &parts->parts[p];
        const struct elbow_kind_schema *kind = &key->kinds[part->likelihood];
        size_t written = 0;
        scratch.model.likelihood_options = part->options;
        elbow_printer_add(printer, "%s%s: {", p == 0 ? "[" : ", ", kind->name);
        if (part->columns.count > 0) {
            elbow_printer_add(printer, "columns: ");
            write_columns(&part->columns, printer);
            ++written;
        }
        for (size_t k = 0; k < kind->keys.count; ++k) {
            if (kind->keys.rows[k].is_later && elbow_value_is_preset(&kind->keys.rows[k], &scratch))
                continue;
            elbow_printer_add(printer, "%s%s: ", written++ > 0 ? ", " : "", kind->keys.rows[k].name);
            elbow_value_write(&kind->keys.rows[k], &scratch, 0, printer);
        }
        elbow_printer_add(printer, "}");
    }
    elbow_printer_add(printer, "]");
}

static void write_kinds(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const char *before = "";
    elbow_printer_add(printer, "[");
    for (size_t i = 0; key->kinds[i].name; ++i) {
        if (!elbow_value_has_kind(key, base, i))
            continue;
        struct elbow_keys options = key->kinds[i].keys;
        elbow_printer_add(printer, "%s%s: {", before, key->kinds[i].name);
        for (size_t k = 0; k < options.count; ++k) {
            elbow_printer_add(printer, "%s%s: ", k > 0 ? ", " : "", options.rows[k].name);
            elbow_value_write(&options.rows[k], base, 0, printer);
        }
        elbow_printer_add(printer, "}");
        before = ", ";
    }
    elbow_printer_add(printer, "]");
}

// The word, with the options that are not written elsewhere.
static void write_kind(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const struct elbow_kind_schema *kind = elbow_value_kind_of(key, base);
    size_t written = 0;
    if (elbow_value_has_parts(key, base)) {
        write_parts(key, base, printer);
        return;
    }
    if (key->is_open && kind == key->kinds) {
        write_options(kind->keys, base, printer);
        return;
    }
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
    bool may_be_empty = key->type == ELBOW_KEY_TEXT || key->type == ELBOW_KEY_PLACES ||
                        key->type == ELBOW_KEY_INTEGERS || key->type == ELBOW_KEY_RANGES ||
                        key->type == ELBOW_KEY_LAYERS || key->type == ELBOW_KEY_ROWS || key->type == ELBOW_KEY_NAMED;
    if (key->preset == NULL && !may_be_empty)
        return false; // there is no default: it must be given
    ELBOW_CHECK(key->offset < sizeof preset);
    elbow_value_preset(key, &preset);
    return elbow_value_equal(key, base, &preset);
}

// Values of several parts, except layers.
static void write_several(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const void *value = (const char *)base + key->offset;
    switch (key->type) {
    case ELBOW_KEY_SHARE:
        write_share(key, base, printer);
        return;
    case ELBOW_KEY_ROWS:
        write_rows(value, printer);
        return;
    case ELBOW_KEY_MAP:
        write_map(key, base, printer);
        return;
    case ELBOW_KEY_PLACES:
        write_places(value, printer);
        return;
    case ELBOW_KEY_NAMED:
        write_named(value, printer);
        return;
    case ELBOW_KEY_RANGES:
        write_ranges(value, printer);
        return;
    case ELBOW_KEY_INTEGERS:
        write_integers(value, printer);
        return;
    case ELBOW_KEY_KINDS:
        write_kinds(key, base, printer);
        return;
    case ELBOW_KEY_PIECES:
        write_pieces(value, printer);
        return;
    default:
        ELBOW_CHECK(false);
    }
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
    case ELBOW_KEY_BYTES:
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
        elbow_printer_add_real(printer, *(const double *)value);
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
        elbow_printer_add_text(printer, value);
        return;
    case ELBOW_KEY_LAYERS:
        write_layers(((const struct elbow_layers *)value)->layers, ((const struct elbow_layers *)value)->count, indent,
                     printer);
        return;
    case ELBOW_KEY_INNER:
        write_layers(elbow_layer_inner(base, 0), ((const struct elbow_inner_layers *)value)->count, 0, printer);
        return;
    default:
        write_several(key, base, printer);
        return;
    }
}
