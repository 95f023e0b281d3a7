// SPDX-License-Identifier: BSD-3-Clause
// `--set key=value`: a key of the table, an entry of a list, an option of a kind, or a section.
#include "elbow/config/detail/keys.h"

#include "elbow/base/memory.h"
#include "elbow/config/detail/value.h"

#include <stdlib.h>
#include <string.h>

const struct elbow_key *elbow_keys_find(struct elbow_keys keys, const char *path, const char **rest)
{
    for (size_t i = 0; i < keys.count; ++i) {
        char name[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(name, keys.rows[i].section, keys.rows[i].name);
        size_t length = strlen(name);
        if (strncmp(path, name, length) != 0 || (path[length] != 0 && path[length] != '.'))
            continue;
        *rest = path + length + (path[length] == '.');
        return &keys.rows[i];
    }
    return NULL;
}

// The place of an entry's child called `name`: an index in a list, a key in a map (or the end of the map, if the key
// must be added). NULL if there can be none.
static struct elbow_yaml **find_child(struct elbow_yaml *node, const char *name)
{
    char *end = NULL;
    unsigned long index = strtoul(name, &end, 10);
    bool is_index = *name >= '0' && *name <= '9' && *end == 0;
    struct elbow_yaml **place = &node->child;
    if (node->kind == ELBOW_YAML_SCALAR || (node->kind == ELBOW_YAML_LIST && !is_index))
        return NULL;
    if (node->kind == ELBOW_YAML_MAP) {
        while (*place && strcmp((*place)->key, name) != 0)
            place = &(*place)->next;
        return place;
    }
    while (*place && index-- > 0)
        place = &(*place)->next;
    return *place ? place : NULL;
}

// Puts `value` (taken over) at `path` below the root.
static enum elbow_status graft(struct elbow_yaml **root, const char *path, struct elbow_yaml *value,
                               const struct elbow_source *source)
{
    struct elbow_yaml **place = root;
    char name[ELBOW_KEY_NAME_SIZE] = "";
    while (*path && place && *place) {
        size_t length = strcspn(path, ".");
        if (length >= sizeof name || length == 0)
            break;
        memcpy(name, path, length);
        name[length] = 0;
        place = find_child(*place, name);
        path += length + (path[length] == '.');
    }
    enum elbow_status status = ELBOW_OK;
    if (*path || !place)
        status = elbow_value_refuse(source, value, false, "",
                                    "there is no such entry; entries count from 0; to add one, give the whole list");
    else if (*place)
        value->key = (*place)->key;
    else
        status = elbow_duplicate(&value->key, name, source->error);
    if (status != ELBOW_OK) {
        elbow_yaml_destroy(value);
        return status;
    }
    struct elbow_yaml *old = *place;
    if (old) {
        value->next = old->next;
        old->key = NULL;
        old->next = NULL;
    }
    *place = value;
    elbow_yaml_destroy(old);
    return ELBOW_OK;
}

// True if `rest` begins with a kind of the key.
static bool names_kind(const struct elbow_key *key, const char *rest)
{
    char word[ELBOW_KEY_NAME_SIZE];
    (void)elbow_text_format(word, sizeof word, "%.*s", (int)strcspn(rest, "."), rest);
    return elbow_value_kind(key, word) != NULL;
}

// A list, or a kind with its options, in its current state; a kind that is not yet chosen has no options.
static void write_whole(const void *base, const struct elbow_key *key, const char *rest, struct elbow_printer *printer)
{
    if (key->type == ELBOW_KEY_MAP && elbow_value_is_preset(key, base)) {
        elbow_printer_add(printer, "{}");
        return;
    }
    bool is_entry = *rest >= '0' && *rest <= '9';
    if (key->type != ELBOW_KEY_KIND || (elbow_value_has_parts(key, base) && is_entry)) {
        elbow_value_write(key, base, 0, printer);
        return;
    }
    const struct elbow_kind_schema *kind = elbow_value_kind_of(key, base);
    if (key->is_open && !names_kind(key, rest)) {
        if (kind == key->kinds)
            elbow_value_write_kind(key, base, printer);
        else
            elbow_printer_add(printer, "{}");
        return;
    }
    const char *chosen = kind->name;
    size_t length = strcspn(rest, ".");
    if (strlen(chosen) == length && strncmp(chosen, rest, length) == 0)
        elbow_value_write_kind(key, base, printer);
    else
        elbow_printer_add(printer, "{%.*s: {}}", (int)length, rest);
}

// The kind in a map, one of whose options `rest` names; NULL: none.
static const struct elbow_key *find_inner(const struct elbow_key *key, const char *rest)
{
    char name[ELBOW_KEY_NAME_SIZE];
    size_t length = strcspn(rest, ".");
    if (key->type != ELBOW_KEY_MAP || rest[length] == '\0')
        return NULL;
    (void)elbow_text_format(name, sizeof name, "%.*s", (int)length, rest);
    const struct elbow_key *inner = elbow_schema_find(key->kinds->keys, "", name);
    return inner && inner->type == ELBOW_KEY_KIND ? inner : NULL;
}

// An entry within a list, or an option of a kind: the current value becomes a tree, the entry is replaced, and the tree
// is read again, with all checks. Takes over `value`.
static enum elbow_status set_entry(void *base, const struct elbow_key *key, const char *shown, const char *rest,
                                   struct elbow_yaml *value, const struct elbow_source *source)
{
    char text[ELBOW_VALUE_SIZE], expected[ELBOW_EXPECTED_SIZE];
    struct elbow_printer printer = {.text = text, .size = sizeof text};
    const struct elbow_key *inner = find_inner(key, rest);
    if (inner) {
        char full[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(full, shown, inner->name);
        return set_entry(base, inner, full, rest + strlen(inner->name) + 1, value, source);
    }
    bool is_entry = elbow_value_has_parts(key, base) && *rest >= '0' && *rest <= '9';
    if (key->type == ELBOW_KEY_KIND && !key->is_open && !names_kind(key, rest) && !is_entry) {
        elbow_schema_expected(key, expected);
        enum elbow_status refused =
            elbow_value_refuse(source, value, false, shown, "found '%.60s', expected %s", rest, expected);
        elbow_yaml_destroy(value);
        return refused;
    }
    write_whole(base, key, rest, &printer);
    ELBOW_CHECK(!printer.is_cut);
    struct elbow_yaml *list = NULL;
    enum elbow_status status = elbow_yaml_parse("value", text, printer.length, &list, source->error);
    if (status != ELBOW_OK) {
        elbow_yaml_destroy(value);
        return status;
    }
    status = graft(&list, rest, value, source);
    if (status == ELBOW_OK)
        status = elbow_value_read(key, shown, list, base, source);
    elbow_yaml_destroy(list);
    return status;
}

static enum elbow_status set_value(struct elbow_keys keys, void *base, const char *path, struct elbow_yaml *value,
                                   const struct elbow_source *source)
{
    const char *rest = "";
    const struct elbow_key *key = elbow_keys_find(keys, path, &rest);
    char shown[ELBOW_KEY_NAME_SIZE], advice[640];
    bool is_list =
        key && (key->type == ELBOW_KEY_LAYERS || key->type == ELBOW_KEY_INTEGERS || key->type == ELBOW_KEY_KIND ||
                key->type == ELBOW_KEY_KINDS || key->type == ELBOW_KEY_ROWS || key->type == ELBOW_KEY_MAP ||
                key->type == ELBOW_KEY_PLACES || key->type == ELBOW_KEY_SHARE || key->type == ELBOW_KEY_RANGES ||
                key->type == ELBOW_KEY_NAMED);
    if (key && (!*rest || is_list)) {
        elbow_schema_join(shown, key->section, key->name);
        if (*rest)
            return set_entry(base, key, shown, rest, value, source);
        enum elbow_status status = elbow_value_read(key, shown, value, base, source);
        elbow_yaml_destroy(value);
        return status;
    }
    enum elbow_status status;
    const char *dot = strchr(path, '.');
    char section[ELBOW_KEY_NAME_SIZE] = "";
    if (elbow_schema_has_section(keys, path)) {
        status = elbow_value_read_section(keys, path, path, value, base, source);
    } else {
        if (dot && (size_t)(dot - path) < sizeof section)
            memcpy(section, path, (size_t)(dot - path));
        bool has_section = elbow_schema_has_section(keys, section);
        elbow_schema_suggest(keys, has_section ? section : "", has_section ? section : "", has_section ? dot + 1 : path,
                             advice, sizeof advice);
        status = elbow_value_refuse(source, value, false, "", "unknown key; %s", advice);
    }
    elbow_yaml_destroy(value);
    return status;
}

// The value of an assignment as a tree. Texts are used unchanged, so that paths need no quotes.
static enum elbow_status read_assigned(struct elbow_keys keys, const char *path, const char *text,
                                       struct elbow_yaml **value, struct elbow_error *error)
{
    const char *rest = "";
    const struct elbow_key *key = elbow_keys_find(keys, path, &rest);
    bool is_place = key && (key->type == ELBOW_KEY_PLACES || key->type == ELBOW_KEY_SHARE) && !*rest && *text != '[' &&
                    *text != '{';
    bool is_text = is_place || (key && key->type == ELBOW_KEY_TEXT);
    bool is_verbatim = is_text && *text != '"' && *text != '\'';
    if (*text && !is_verbatim)
        return elbow_yaml_parse("value", text, strlen(text), value, error);
    enum elbow_status status = elbow_allocate(value, 1, sizeof **value, "a value", error);
    if (status != ELBOW_OK)
        return status;
    (*value)->kind = ELBOW_YAML_SCALAR;
    status = elbow_duplicate(&(*value)->text, text, error);
    if (status != ELBOW_OK)
        elbow_release(value);
    return status;
}

enum elbow_status elbow_keys_set(struct elbow_keys keys, void *base, const char *assignment, struct elbow_error *error)
{
    ELBOW_CHECK(base != NULL && assignment != NULL);
    char name[256], path[ELBOW_KEY_NAME_SIZE];
    (void)elbow_text_format(name, sizeof name, "--set %.200s%s", assignment, strlen(assignment) > 200 ? "..." : "");
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return elbow_error_set(error, ELBOW_CONFIG, "%s: expected key=value, such as train.rate=3e-4", name);
    struct elbow_source source = {name, false, error};
    size_t length = (size_t)(equals - assignment);
    if (length >= sizeof path || equals[-1] == '.')
        return elbow_error_set(error, ELBOW_CONFIG, "%s: unknown key; `elbow config --explain` lists all", name);
    memcpy(path, assignment, length);
    path[length] = 0;
    struct elbow_yaml *value = NULL;
    enum elbow_status status = read_assigned(keys, path, equals + 1, &value, error);
    if (status != ELBOW_OK) {
        elbow_error_prefix(error, "%s: ", name);
        return status;
    }
    return set_value(keys, base, path, value, &source);
}
