// SPDX-License-Identifier: BSD-3-Clause
// Reading places and ranges of columns.
#include "elbow/config/detail/value.h"

#include "elbow/config/places.h"

#include <inttypes.h>
#include <string.h>

// Appends a place, separated from the previous one by `mark`.
static enum elbow_status add_place(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                   char mark, char *places, const struct elbow_source *source)
{
    elbow_path location;
    enum elbow_status status = elbow_value_read_text(key, shown, node, location, source);
    if (status != ELBOW_OK)
        return status;
    if (location[0] == '\0')
        return elbow_value_refuse(source, node, false, shown,
                                  "found nothing, expected a dataset such as FILE:/dataset");
    size_t length = strlen(places), more = strlen(location);
    if (length + more + 1 >= ELBOW_PLACES_SIZE)
        return elbow_value_refuse(source, node, false, shown,
                                  "a list of more than %d bytes; write a pattern such as runs/*.h5:/x",
                                  ELBOW_PLACES_SIZE - 1);
    if (mark != '\0')
        places[length++] = mark;
    memcpy(places + length, location, more + 1);
    return ELBOW_OK;
}

// A text or a list of texts; `mark` separates the first one from the text before it.
static enum elbow_status add_places(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                    char mark, char *places, const struct elbow_source *source)
{
    if (node->kind == ELBOW_YAML_SCALAR)
        return add_place(key, shown, node, mark, places, source);
    if (node->kind != ELBOW_YAML_LIST || !node->child)
        return elbow_value_refuse_value(key, shown, node, source);
    enum elbow_status status = ELBOW_OK;
    size_t number = 0;
    for (const struct elbow_yaml *child = node->child; child && status == ELBOW_OK; child = child->next, ++number) {
        char name[ELBOW_KEY_NAME_SIZE];
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, number);
        if (child->kind != ELBOW_YAML_SCALAR)
            return elbow_value_refuse_value(key, name, child, source);
        status = add_place(key, name, child, number > 0 ? '\n' : mark, places, source);
    }
    return status;
}

static enum elbow_status add_channels(const struct elbow_key *key, const char *shown, const struct elbow_yaml *map,
                                      char *places, const struct elbow_source *source)
{
    const struct elbow_yaml *list = map->child;
    char name[ELBOW_KEY_NAME_SIZE];
    if (!list || list->next || strcmp(list->key, "channels") != 0 || key->count_most < 2)
        return elbow_value_refuse_value(key, shown, map, source);
    (void)elbow_text_format(name, sizeof name, "%s.channels", shown);
    size_t count = 0;
    enum elbow_status status = ELBOW_OK;
    for (const struct elbow_yaml *child = list->child; child && status == ELBOW_OK; child = child->next) {
        char entry[ELBOW_KEY_NAME_SIZE];
        (void)elbow_text_format(entry, sizeof entry, "%s.%zu", name, count);
        if (++count > key->count_most)
            return elbow_value_refuse(source, child, false, name, "more than %zu channels; store them in one dataset",
                                      key->count_most);
        status = add_places(key, entry, child, '\t', places, source);
    }
    if (status == ELBOW_OK && (list->kind != ELBOW_YAML_LIST || count < 2))
        return elbow_value_refuse(source, list, false, name,
                                  "expected a list of two datasets or more, such as [/u, /v]");
    return status;
}

enum elbow_status elbow_value_read_places(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          char *value, const struct elbow_source *source)
{
    elbow_places places = "";
    enum elbow_status status = ELBOW_OK;
    bool is_empty = elbow_value_is_null(node) || (node->kind == ELBOW_YAML_SCALAR && node->text[0] == '\0') ||
                    (node->kind == ELBOW_YAML_LIST && !node->child);
    if (node->kind == ELBOW_YAML_MAP)
        status = add_channels(key, shown, node, places, source);
    else if (!is_empty)
        status = add_places(key, shown, node, '\0', places, source);
    if (status == ELBOW_OK)
        memcpy(value, places, sizeof places);
    return status;
}

// A column, or [first, last].
static enum elbow_status read_range(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                    int64_t *first, int64_t *last, const struct elbow_source *source)
{
    bool is_pair = node->kind == ELBOW_YAML_LIST && node->child && node->child->next && !node->child->next->next;
    if (node->kind != ELBOW_YAML_SCALAR && !is_pair)
        return elbow_value_refuse(source, node, false, shown, "expected a column, or a range such as [0, 9]");
    enum elbow_status status = elbow_value_read_integer(key, shown, is_pair ? node->child : node, first, source);
    if (status == ELBOW_OK)
        status = elbow_value_read_integer(key, shown, is_pair ? node->child->next : node, last, source);
    if (status == ELBOW_OK && *first > *last)
        return elbow_value_refuse(source, node, false, shown,
                                  "ends before it begins, at %" PRId64 "; write the lower end first", *last);
    return status;
}

enum elbow_status elbow_value_read_ranges(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          struct elbow_ranges *value, const struct elbow_source *source)
{
    struct elbow_ranges found;
    memset(&found, 0, sizeof found);
    if (node->kind != ELBOW_YAML_LIST)
        return elbow_value_refuse_value(key, shown, node, source);
    for (const struct elbow_yaml *child = node->child; child; child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        size_t i = found.count;
        if (i == ELBOW_RANGES_MAX)
            return elbow_value_refuse(source, child, false, shown, "more than %d ranges; use fewer", ELBOW_RANGES_MAX);
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, i);
        enum elbow_status status = read_range(key, name, child, &found.ranges[i].first, &found.ranges[i].last, source);
        if (status != ELBOW_OK)
            return status;
        if (i > 0 && found.ranges[i].first <= found.ranges[i - 1].last)
            return elbow_value_refuse(source, child, false, name,
                                      "begins at %" PRId64 ", but %" PRId64
                                      " precedes it; give columns in rising order, each once",
                                      found.ranges[i].first, found.ranges[i - 1].last);
        ++found.count;
    }
    memcpy(value, &found, sizeof found);
    return ELBOW_OK;
}

// Names are used in flags and tables, and in checkpoints as names of datasets.
static bool is_name(const char *text)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t length = strlen(text), good = strspn(text, LETTERS);
    while (good > 0 && good < length && (strchr(LETTERS, text[good]) || strchr("0123456789-", text[good])))
        ++good;
    return length > 0 && length < ELBOW_NAMED_NAME_SIZE && good == length && strcmp(text, "none") != 0;
}

enum elbow_status elbow_value_read_named(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         struct elbow_named *value, const struct elbow_source *source)
{
    struct elbow_named found;
    memset(&found, 0, sizeof found);
    if (!elbow_value_is_null(node) && node->kind != ELBOW_YAML_MAP)
        return elbow_value_refuse_value(key, shown, node, source);
    for (const struct elbow_yaml *child = node->child; child; child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        struct elbow_named_entry *entry = &found.entries[found.count];
        elbow_schema_join(name, shown, child->key);
        if (!is_name(child->key))
            return elbow_value_refuse(source, child, true, shown,
                                      "'%.60s' is not a valid name; use up to %d letters, digits, _ and -, beginning "
                                      "with a letter, but not none",
                                      child->key, ELBOW_NAMED_NAME_SIZE - 1);
        if (found.count == ELBOW_NAMED_MAX)
            return elbow_value_refuse(source, child, true, shown, "more than %d names; use fewer", ELBOW_NAMED_MAX);
        enum elbow_status status = elbow_value_refuse_twice(node, child, name, source);
        if (status == ELBOW_OK)
            status = elbow_value_read_text(key, name, child, entry->dataset, source);
        if (status != ELBOW_OK)
            return status;
        if (entry->dataset[0] == '\0')
            return elbow_value_refuse(source, child, false, name,
                                      "found nothing, expected a dataset such as /train/labels");
        memcpy(entry->name, child->key, strlen(child->key));
        ++found.count;
    }
    memcpy(value, &found, sizeof found);
    return ELBOW_OK;
}
