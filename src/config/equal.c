// SPDX-License-Identifier: BSD-3-Clause
// Comparing values of keys.
#include "elbow/config/detail/value.h"

#include <string.h>

static int number_of(const struct elbow_key *key, const void *base)
{
    return *(const int *)((const char *)base + key->present);
}

static bool equal_layers(const struct elbow_layer *a, size_t count_a, const struct elbow_layer *b, size_t count_b)
{
    size_t kinds = 0;
    const struct elbow_kind_schema *schemas = elbow_schema_layers(&kinds);
    if (count_a != count_b)
        return false;
    for (size_t i = 0; i < count_a; ++i) {
        if (a[i].kind != b[i].kind)
            return false;
        struct elbow_keys keys = schemas[a[i].kind].keys;
        for (size_t k = 0; k < keys.count; ++k)
            if (!elbow_value_equal(&keys.rows[k], &a[i], &b[i]))
                return false;
    }
    return true;
}

static bool equal_inner(const struct elbow_layer *a, const struct elbow_layer *b)
{
    return equal_layers(elbow_layer_inner(a, 0), a->inner.count, elbow_layer_inner(b, 0), b->inner.count);
}

static bool equal_ranges(const struct elbow_ranges *a, const struct elbow_ranges *b)
{
    bool are_equal = a->count == b->count;
    for (size_t r = 0; r < a->count && are_equal; ++r)
        are_equal = a->ranges[r].first == b->ranges[r].first && a->ranges[r].last == b->ranges[r].last;
    return are_equal;
}

static bool equal_parts(const struct elbow_key *key, const void *a, const void *b)
{
    const struct elbow_likelihood_parts *left = elbow_value_parts_of(key, a), *right = elbow_value_parts_of(key, b);
    struct elbow_config of_left, of_right;
    bool are_equal = left->count == right->count;
    for (size_t p = 0; p < left->count && are_equal; ++p) {
        const struct elbow_likelihood_part *one = &left->parts[p], *other = &right->parts[p];
        struct elbow_keys options = key->kinds[one->likelihood].keys;
        are_equal = one->likelihood == other->likelihood && equal_ranges(&one->columns, &other->columns);
        of_left.model.likelihood_options = one->options;
        of_right.model.likelihood_options = other->options;
        for (size_t k = 0; k < options.count && are_equal; ++k)
            are_equal = elbow_value_equal(&options.rows[k], &of_left, &of_right);
    }
    return are_equal;
}

static bool equal_kinds(const struct elbow_key *key, const void *a, const void *b)
{
    for (size_t i = 0; key->kinds[i].name; ++i) {
        struct elbow_keys options = key->kinds[i].keys;
        if (elbow_value_has_kind(key, a, i) != elbow_value_has_kind(key, b, i))
            return false;
        for (size_t k = 0; elbow_value_has_kind(key, a, i) && k < options.count; ++k)
            if (!elbow_value_equal(&options.rows[k], a, b))
                return false;
    }
    return true;
}

// Options that are keys of version 0.1 are compared as such.
static bool equal_kind(const struct elbow_key *key, const void *a, const void *b)
{
    const struct elbow_kind_schema *kind = elbow_value_kind_of(key, a);
    if (elbow_value_has_parts(key, a) || elbow_value_has_parts(key, b))
        return equal_parts(key, a, b);
    if (kind != elbow_value_kind_of(key, b))
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

static bool equal_pieces(const struct elbow_pieces *a, const struct elbow_pieces *b)
{
    bool are_equal = a->count == b->count;
    for (size_t i = 0; are_equal && i < a->count; ++i)
        are_equal = a->pieces[i].epochs == b->pieces[i].epochs && a->pieces[i].rate == b->pieces[i].rate;
    return are_equal;
}

static bool equal_options(const struct elbow_key *key, const void *a, const void *b)
{
    struct elbow_keys options = key->kinds->keys;
    for (size_t k = 0; k < options.count; ++k)
        if (!elbow_value_is_flat(&options.rows[k], a) && !elbow_value_equal(&options.rows[k], a, b))
            return false;
    return true;
}

static bool equal_named(const struct elbow_named *a, const struct elbow_named *b)
{
    for (size_t i = 0; i < a->count && i < b->count; ++i)
        if (strcmp(a->entries[i].name, b->entries[i].name) != 0 ||
            strcmp(a->entries[i].dataset, b->entries[i].dataset) != 0)
            return false;
    return a->count == b->count;
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
    case ELBOW_KEY_BYTES:
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
        return equal_kind(key, a, b);
    case ELBOW_KEY_LEARNED:
        has_left = *(const bool *)((const char *)a + key->present);
        has_right = *(const bool *)((const char *)b + key->present);
        return has_left == has_right && *(const double *)left == *(const double *)right;
    case ELBOW_KEY_NUMBER:
        return number_of(key, a) == number_of(key, b) && *(const double *)left == *(const double *)right;
    case ELBOW_KEY_TEXT:
    case ELBOW_KEY_PLACES:
        return strcmp(left, right) == 0;
    case ELBOW_KEY_SHARE:
        return strcmp(left, right) == 0 &&
               *(const double *)((const char *)a + key->present) == *(const double *)((const char *)b + key->present);
    case ELBOW_KEY_ROWS:
        return equal_rows(left, right);
    case ELBOW_KEY_MAP:
        return equal_options(key, a, b);
    case ELBOW_KEY_NAMED:
        return equal_named(left, right);
    case ELBOW_KEY_RANGES:
        return ((const struct elbow_ranges *)left)->count == ((const struct elbow_ranges *)right)->count &&
               memcmp(((const struct elbow_ranges *)left)->ranges, ((const struct elbow_ranges *)right)->ranges,
                      ((const struct elbow_ranges *)left)->count *
                          sizeof((const struct elbow_ranges *)left)->ranges[0]) == 0;
    case ELBOW_KEY_INTEGERS:
        return integers->count == ((const struct elbow_integers *)right)->count &&
               memcmp(integers->values, ((const struct elbow_integers *)right)->values,
                      integers->count * sizeof *integers->values) == 0;
    case ELBOW_KEY_KINDS:
        return equal_kinds(key, a, b);
    case ELBOW_KEY_PIECES:
        return equal_pieces(left, right);
    case ELBOW_KEY_LAYERS:
        return equal_layers(((const struct elbow_layers *)left)->layers, ((const struct elbow_layers *)left)->count,
                            ((const struct elbow_layers *)right)->layers, ((const struct elbow_layers *)right)->count);
    case ELBOW_KEY_INNER:
        return equal_inner(a, b);
    }
    return false;
}
