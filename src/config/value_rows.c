// SPDX-License-Identifier: BSD-3-Clause
// Reads values that are a text or another type: a share, a range of rows; and pieces of a schedule.
#include "elbow/config/detail/value.h"

#include <string.h>

// True if a node is a number, of any size.
static bool is_number(const struct elbow_yaml *node)
{
    struct elbow_error ignored = {0};
    const struct elbow_source quiet = {"a value", false, &ignored};
    const struct elbow_key any = {.type = ELBOW_KEY_REAL, .low = -1e300, .high = 1e300};
    double value;
    return elbow_value_read_scalar(&any, "", node, &value, &quiet) == ELBOW_OK;
}

enum elbow_status elbow_value_read_share(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         void *base, const struct elbow_source *source)
{
    struct elbow_key part = *key;
    double *share = (double *)((char *)base + key->present), found = 0;
    bool has_share = is_number(node);
    part.type = ELBOW_KEY_REAL;
    part.offset = 0;
    enum elbow_status status = has_share
                                   ? elbow_value_read_scalar(&part, shown, node, &found, source)
                                   : elbow_value_read_places(key, shown, node, (char *)base + key->offset, source);
    if (status != ELBOW_OK)
        return status;
    *share = found;
    if (has_share)
        memset((char *)base + key->offset, 0, ELBOW_PLACES_SIZE);
    return ELBOW_OK;
}

enum elbow_status elbow_value_read_rows(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                        struct elbow_rows_choice *value, const struct elbow_source *source)
{
    struct elbow_rows_choice found;
    struct elbow_integers ends;
    memset(&found, 0, sizeof found); // padding too
    memset(&ends, 0, sizeof ends);
    struct elbow_key part = *key;
    part.offset = 0;
    part.type = node->kind == ELBOW_YAML_LIST ? ELBOW_KEY_INTEGERS : ELBOW_KEY_TEXT;
    bool is_pair = node->kind == ELBOW_YAML_LIST && node->child && node->child->next && !node->child->next->next &&
                   node->child->kind == ELBOW_YAML_SCALAR && node->child->next->kind == ELBOW_YAML_SCALAR;
    if (node->kind == ELBOW_YAML_MAP || (node->kind == ELBOW_YAML_LIST && !is_pair) ||
        (node->kind == ELBOW_YAML_SCALAR && is_number(node)))
        return elbow_value_refuse_value(key, shown, node, source);
    void *into = node->kind == ELBOW_YAML_LIST ? (void *)&ends : (void *)found.dataset;
    enum elbow_status status = elbow_value_read_scalar(&part, shown, node, into, source);
    if (status != ELBOW_OK)
        return status;
    found.is_range = is_pair;
    found.low = ends.values[0];
    found.high = ends.values[1];
    if (found.is_range && found.high < found.low)
        return elbow_value_refuse(source, node, false, shown,
                                  "the range ends before it begins; give the first row and the last one");
    memcpy(value, &found, sizeof found);
    return ELBOW_OK;
}

// [epochs, rate]
static enum elbow_status read_piece(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                    int64_t *epochs, double *rate, const struct elbow_source *source)
{
    bool is_pair = node->kind == ELBOW_YAML_LIST && node->child && node->child->next && !node->child->next->next;
    if (!is_pair)
        return elbow_value_refuse_value(key, shown, node, source);
    struct elbow_key part = *key;
    part.offset = 0;
    part.type = ELBOW_KEY_REAL;
    enum elbow_status status = elbow_value_read_integer(key, shown, node->child, epochs, source);
    return status == ELBOW_OK ? elbow_value_read_scalar(&part, shown, node->child->next, rate, source) : status;
}

enum elbow_status elbow_value_read_pieces(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          struct elbow_pieces *value, const struct elbow_source *source)
{
    struct elbow_pieces found;
    memset(&found, 0, sizeof found);
    if (node->kind != ELBOW_YAML_LIST || !node->child)
        return elbow_value_refuse_value(key, shown, node, source);
    for (const struct elbow_yaml *child = node->child; child; child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        size_t i = found.count++;
        if (i == ELBOW_PIECES_MAX)
            return elbow_value_refuse(source, child, false, shown, "more than %d pieces; use fewer", ELBOW_PIECES_MAX);
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, i);
        enum elbow_status status = read_piece(key, name, child, &found.pieces[i].epochs, &found.pieces[i].rate, source);
        if (status != ELBOW_OK)
            return status;
    }
    memcpy(value, &found, sizeof found);
    return ELBOW_OK;
}
