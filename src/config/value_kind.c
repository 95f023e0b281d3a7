// SPDX-License-Identifier: BSD-3-Clause
// Reading what has keys inside: sections, and kinds with their options (a map of one key, whose value is the map of the
// options), alone or in a list of layers. Each may hold the others.
#include "elbow/config/detail/value.h"

#include <string.h>

// Defaults of a layer's options; those without one must be given.
static enum elbow_status preset_layer(struct elbow_keys keys, const char *shown, const struct elbow_yaml *options,
                                      struct elbow_layer *layer, const struct elbow_source *source)
{
    bool is_map = options->kind == ELBOW_YAML_MAP;
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *key = &keys.rows[i];
        const struct elbow_yaml *option = is_map ? options->child : NULL;
        while (option && strcmp(option->key, key->name) != 0)
            option = option->next;
        if (key->preset)
            elbow_value_preset(key, layer);
        else if (!option && (is_map || elbow_value_is_null(options))) {
            char expected[ELBOW_EXPECTED_SIZE];
            elbow_schema_expected(key, expected);
            return elbow_value_refuse(source, options, true, shown, "%s is missing, expected %s", key->name, expected);
        }
    }
    return ELBOW_OK;
}

// One entry of a list of layers: a map with the layer's kind as its one key.
static enum elbow_status read_layer(const char *shown, const struct elbow_yaml *node, struct elbow_layer *layer,
                                    const struct elbow_source *source)
{
    size_t kinds = 0;
    const struct elbow_kind_schema *schemas = elbow_schema_layers(&kinds);
    char found[ELBOW_FOUND_SIZE], name[ELBOW_KEY_NAME_SIZE];
    elbow_value_describe(node, found);
    if (node->kind != ELBOW_YAML_MAP || !node->child)
        return elbow_value_refuse(source, node, false, shown,
                                  "found %s, expected a layer such as dense: {units: 256, activation: relu}", found);
    if (node->child->next)
        return elbow_value_refuse(source, node->child->next, true, shown,
                                  "a second key '%.60s' beside '%.60s', expected one layer an entry; write its options "
                                  "in braces: dense: {units: 256, activation: relu}",
                                  node->child->next->key, node->child->key);
    size_t kind = 0;
    while (kind < kinds && strcmp(schemas[kind].name, node->child->key) != 0)
        ++kind;
    if (kind == kinds) {
        char words[ELBOW_EXPECTED_SIZE];
        elbow_schema_list(schemas, kinds, words);
        return elbow_value_refuse(source, node->child, true, shown, "unknown layer '%.60s', expected %s",
                                  node->child->key, words);
    }
    layer->kind = (enum elbow_layer_kind)kind;
    (void)elbow_text_format(name, sizeof name, "%s.%s", shown, schemas[kind].name);
    struct elbow_keys keys = schemas[kind].keys;
    enum elbow_status status = preset_layer(keys, name, node->child, layer, source);
    if (status != ELBOW_OK)
        return status;
    return elbow_value_read_section(keys, schemas[kind].name, name, node->child, layer, source);
}

enum elbow_status elbow_value_read_layers(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          struct elbow_layers *value, const struct elbow_source *source)
{
    if (node->kind != ELBOW_YAML_LIST)
        return elbow_value_refuse_value(key, shown, node, source);
    struct elbow_layers found;
    memset(&found, 0, sizeof found);
    for (const struct elbow_yaml *child = node->child; child; child = child->next) {
        if (found.count == ELBOW_LAYERS_MAX)
            return elbow_value_refuse(source, child, false, shown, "more than %d layers; use fewer", ELBOW_LAYERS_MAX);
        char name[ELBOW_KEY_NAME_SIZE];
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, found.count);
        enum elbow_status status = read_layer(name, child, &found.layers[found.count++], source);
        if (status != ELBOW_OK)
            return status;
    }
    memcpy(value, &found, sizeof found); // padding too
    return ELBOW_OK;
}

enum { OPTIONS_MAX = 16 };

// An option as it was: what is refused changes nothing. Options are numbers, choices and flags.
struct kept {
    unsigned char value[8];
    bool present;
};

static size_t size_of(const struct elbow_key *option)
{
    switch (option->type) {
    case ELBOW_KEY_BOOLEAN:
        return sizeof(bool);
    case ELBOW_KEY_CHOICE:
        return sizeof(int);
    default:
        return sizeof(double);
    }
}

static bool has_flag(const struct elbow_key *option)
{
    return option->type == ELBOW_KEY_LEARNED || option->type == ELBOW_KEY_OPTIONAL;
}

static void keep(const struct elbow_key *option, const void *base, struct kept *kept)
{
    memcpy(kept->value, (const char *)base + option->offset, size_of(option));
    if (has_flag(option))
        kept->present = *(const bool *)((const char *)base + option->present);
}

static void restore(const struct elbow_key *option, const struct kept *kept, void *base)
{
    memcpy((char *)base + option->offset, kept->value, size_of(option));
    if (has_flag(option))
        *(bool *)((char *)base + option->present) = kept->present;
}

static enum elbow_status read_options(const struct elbow_kind_schema *kind, const char *shown,
                                      const struct elbow_yaml *options, void *base, const struct elbow_source *source)
{
    char name[ELBOW_KEY_NAME_SIZE];
    (void)elbow_text_format(name, sizeof name, "%s.%s", shown, kind->name);
    if (kind->keys.count == 0 && options->kind == ELBOW_YAML_MAP && options->child)
        return elbow_value_refuse(source, options->child, true, name, "has no options; write %s alone", kind->name);
    struct kept kept[OPTIONS_MAX];
    ELBOW_CHECK(kind->keys.count <= OPTIONS_MAX);
    for (size_t i = 0; i < kind->keys.count; ++i) {
        keep(&kind->keys.rows[i], base, &kept[i]);
        elbow_value_preset(&kind->keys.rows[i], base);
    }
    enum elbow_status status = elbow_value_read_section(kind->keys, "", name, options, base, source);
    for (size_t i = 0; i < kind->keys.count && status != ELBOW_OK; ++i)
        restore(&kind->keys.rows[i], &kept[i], base);
    return status;
}

const struct elbow_kind_schema *elbow_value_kind(const struct elbow_key *key, const char *word)
{
    for (const struct elbow_kind_schema *kind = key->kinds; kind->name; ++kind)
        if (strcmp(kind->name, word) == 0)
            return kind;
    return NULL;
}

enum elbow_status elbow_value_read_kind(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                        void *base, const struct elbow_source *source)
{
    bool is_map = node->kind == ELBOW_YAML_MAP && node->child;
    const char *word = is_map ? node->child->key : node->kind == ELBOW_YAML_SCALAR ? node->text : "";
    if (is_map && node->child->next)
        return elbow_value_refuse(source, node->child->next, true, shown,
                                  "a second key '%.60s' beside '%.60s', expected one kind with its options in braces",
                                  node->child->next->key, word);
    const struct elbow_kind_schema *kind = elbow_value_kind(key, word);
    if (kind) {
        enum elbow_status status = is_map ? read_options(kind, shown, node->child, base, source) : ELBOW_OK;
        if (status == ELBOW_OK)
            *(int *)((char *)base + key->offset) = (int)(kind - key->kinds);
        return status;
    }
    char expected[ELBOW_EXPECTED_SIZE];
    elbow_schema_expected(key, expected);
    if (is_map)
        return elbow_value_refuse(source, node->child, true, shown, "found '%.60s', expected %s", word, expected);
    return elbow_value_refuse_value(key, shown, node, source);
}

// Whether an option of a kind is kept where a key of the table is.
static bool is_option(const struct elbow_kind_schema *kind, const struct elbow_key *key)
{
    for (size_t i = 0; i < kind->keys.count; ++i) {
        const struct elbow_key *option = &kind->keys.rows[i];
        if (option->offset == key->offset || (option->type == ELBOW_KEY_LEARNED && option->present == key->offset))
            return true;
    }
    return false;
}

enum elbow_status elbow_value_refuse_flat(struct elbow_keys keys, const char *section, const char *shown,
                                          const struct elbow_yaml *map, const struct elbow_source *source)
{
    for (const struct elbow_yaml *child = map->child; child; child = child->next) {
        const struct elbow_key *key = elbow_schema_find(keys, section, child->key);
        if (!key || key->type != ELBOW_KEY_KIND || child->kind != ELBOW_YAML_MAP)
            continue;
        const struct elbow_kind_schema *kind = elbow_value_kind(key, child->child->key);
        for (const struct elbow_yaml *other = map->child; kind && other; other = other->next) {
            const struct elbow_key *flat = elbow_schema_find(keys, section, other->key);
            char name[ELBOW_KEY_NAME_SIZE];
            elbow_schema_join(name, shown, other->key);
            if (flat && flat != key && is_option(kind, flat))
                return elbow_value_refuse(source, other, true, name, "given twice, with %s.%s, too; remove it here",
                                          shown, child->key);
        }
    }
    return ELBOW_OK;
}

enum elbow_status elbow_value_read(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                   void *base, const struct elbow_source *source)
{
    if (key->type == ELBOW_KEY_KIND)
        return elbow_value_read_kind(key, shown, node, base, source);
    if (key->type == ELBOW_KEY_LAYERS)
        return elbow_value_read_layers(key, shown, node, (struct elbow_layers *)((char *)base + key->offset), source);
    return elbow_value_read_scalar(key, shown, node, base, source);
}

void elbow_value_preset(const struct elbow_key *key, void *base)
{
    if (!key->preset) // empty: the struct starts as zeros
        return;
    char text[64];
    ELBOW_CHECK(elbow_text_format(text, sizeof text, "%s", key->preset));
    struct elbow_yaml node = {.kind = ELBOW_YAML_SCALAR, .text = text};
    struct elbow_source source = {"a default", false, NULL};
    ELBOW_CHECK(elbow_value_read(key, key->name, &node, base, &source) == ELBOW_OK);
}

enum elbow_status elbow_value_read_section(struct elbow_keys keys, const char *section, const char *shown,
                                           const struct elbow_yaml *map, void *base, const struct elbow_source *source)
{
    char text[640];
    if (elbow_value_is_null(map))
        return ELBOW_OK;
    if (map->kind != ELBOW_YAML_MAP) {
        elbow_value_describe(map, text);
        return elbow_value_refuse(source, map, false, shown,
                                  "found %s, expected a map of its keys; `elbow config --explain` lists them", text);
    }
    for (const struct elbow_yaml *child = map->child; child; child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(name, shown, child->key);
        const struct elbow_key *key = elbow_schema_find(keys, section, child->key);
        if (!key) {
            elbow_schema_suggest(keys, section, shown, child->key, text, sizeof text);
            return elbow_value_refuse(source, child, true, name, "unknown key; %s", text);
        }
        enum elbow_status status = elbow_value_refuse_twice(map, child, name, source);
        if (status == ELBOW_OK)
            status = elbow_value_read(key, name, child, base, source);
        if (status != ELBOW_OK)
            return status;
    }
    return elbow_value_refuse_flat(keys, section, shown, map, source);
}
