// SPDX-License-Identifier: BSD-3-Clause
// Reads values with keys inside: sections, and kinds with their options (a map of one key, whose value is the map of
// the options), alone or in a list of layers. Each may contain the others.
#include "elbow/config/detail/value.h"

#include <string.h>

// Defaults of a kind's options; the bare word leaves those that are keys of version 0.1.
static void preset_options(struct elbow_keys keys, bool is_alone, void *base)
{
    for (size_t i = 0; i < keys.count; ++i)
        if (keys.rows[i].preset && !(is_alone && elbow_value_is_flat(&keys.rows[i], base))) {
            elbow_value_preset(&keys.rows[i], base);
            if (keys.rows[i].type == ELBOW_KEY_KIND && !is_alone) // its options are within this one's
                preset_options(elbow_value_kind_of(&keys.rows[i], base)->keys, false, base);
        }
}

// Options without a default are mandatory. Checked after the given options have been read, so that a misspelt one is
// reported as such. `options` is the value behind the kind's word, or the word itself if it is bare.
static enum elbow_status check_options(struct elbow_keys keys, const char *shown, const struct elbow_yaml *options,
                                       bool is_alone, const struct elbow_source *source)
{
    bool is_map = options->kind == ELBOW_YAML_MAP;
    bool has_none = is_map || is_alone || elbow_value_is_null(options);
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *key = &keys.rows[i];
        const struct elbow_yaml *option = is_map ? options->child : NULL;
        while (option && strcmp(option->key, key->name) != 0)
            option = option->next;
        if (!key->preset && !option && has_none) {
            char expected[ELBOW_EXPECTED_SIZE];
            elbow_schema_expected(key, expected);
            return elbow_value_refuse(source, options, !is_alone, shown, "%s is missing, expected %s", key->name,
                                      expected);
        }
    }
    return ELBOW_OK;
}

// The options of a kind, whose presets are set: a map, nothing, or the value of the only option.
static enum elbow_status read_options(struct elbow_keys keys, const char *section, const char *shown,
                                      const struct elbow_yaml *options, void *base, const struct elbow_source *source)
{
    if (elbow_value_is_bare(keys, options))
        return elbow_value_read(&keys.rows[0], shown, options, base, source);
    return elbow_value_read_section(keys, section, shown, options, base, source);
}

// One entry of a list of layers: the bare word of the layer's kind, or a map with it as the only key.
static enum elbow_status read_layer(const char *shown, const struct elbow_yaml *node, struct elbow_layer *layer,
                                    const struct elbow_source *source)
{
    size_t kinds = 0, kind = 0;
    const struct elbow_kind_schema *schemas = elbow_schema_layers(&kinds);
    char found[ELBOW_FOUND_SIZE], name[ELBOW_KEY_NAME_SIZE];
    elbow_value_describe(node, found);
    bool is_alone = node->kind == ELBOW_YAML_SCALAR && !elbow_value_is_null(node);
    if (!is_alone && (node->kind != ELBOW_YAML_MAP || !node->child))
        return elbow_value_refuse(source, node, false, shown,
                                  "found %s, expected a layer such as dense: {units: 256, activation: relu}", found);
    if (!is_alone && node->child->next)
        return elbow_value_refuse(source, node->child->next, true, shown,
                                  "a second key '%.60s' beside '%.60s', expected one layer per entry; write its "
                                  "options in braces: dense: {units: 256, activation: relu}",
                                  node->child->next->key, node->child->key);
    const struct elbow_yaml *options = is_alone ? node : node->child;
    const char *word = is_alone ? node->text : options->key;
    while (kind < kinds && strcmp(schemas[kind].name, word) != 0)
        ++kind;
    if (kind == kinds) {
        char words[ELBOW_EXPECTED_SIZE];
        elbow_schema_list(schemas, kinds, words);
        return elbow_value_refuse(source, options, !is_alone, shown, "unknown layer '%.60s', expected %s", word, words);
    }
    layer->kind = (enum elbow_layer_kind)kind;
    (void)elbow_text_format(name, sizeof name, "%s.%s", shown, schemas[kind].name);
    struct elbow_keys keys = schemas[kind].keys;
    preset_options(keys, is_alone, layer);
    enum elbow_status status =
        is_alone ? ELBOW_OK : read_options(keys, schemas[kind].name, name, options, layer, source);
    return status == ELBOW_OK ? check_options(keys, name, options, is_alone, source) : status;
}

// Number of entries for the layers within a layer, at any depth.
static size_t within(const struct elbow_layer *layer)
{
    size_t entries = layer->inner.count;
    for (size_t i = 0; i < layer->inner.count; ++i)
        entries += within(elbow_layer_inner(layer, i));
    return entries;
}

// Reads a list of layers into `entries`, which has `room` entries; inner layers follow behind them.
static enum elbow_status read_entries(const char *shown, const struct elbow_yaml *list, size_t depth, size_t room,
                                      struct elbow_layer *entries, size_t *count, const struct elbow_source *source)
{
    const struct elbow_yaml *child = list->child;
    char name[ELBOW_KEY_NAME_SIZE];
    *count = 0;
    for (; child; child = child->next)
        if ((*count)++ == room)
            return elbow_value_refuse(source, child, false, shown, "more than %d layers; use fewer", ELBOW_LAYERS_MAX);
    child = list->child;
    for (size_t i = 0, used = *count; i < *count; ++i, child = child->next) {
        struct elbow_layer *layer = &entries[i];
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, i);
        layer->inner = (struct elbow_inner_layers){.ahead = used - i, .room = room - used, .depth = depth + 1};
        enum elbow_status status = read_layer(name, child, layer, source);
        if (status != ELBOW_OK)
            return status;
        if (layer->inner.count == 0)
            layer->inner = (struct elbow_inner_layers){0};
        used += within(layer);
    }
    return ELBOW_OK;
}

enum elbow_status elbow_value_read_layers(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                          struct elbow_layers *value, const struct elbow_source *source)
{
    if (node->kind != ELBOW_YAML_LIST)
        return elbow_value_refuse_value(key, shown, node, source);
    struct elbow_layers found;
    memset(&found, 0, sizeof found);
    enum elbow_status status = read_entries(shown, node, 0, ELBOW_LAYERS_MAX, found.layers, &found.count, source);
    if (status == ELBOW_OK)
        memcpy(value, &found, sizeof found); // padding too
    return status;
}

// The list that a layer of an array holds.
static enum elbow_status read_inner(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                    struct elbow_layer *layer, const struct elbow_source *source)
{
    struct elbow_inner_layers *inner = &layer->inner;
    if (node->kind != ELBOW_YAML_LIST)
        return elbow_value_refuse_value(key, shown, node, source);
    if (!node->child)
        return elbow_value_refuse(source, node, false, shown, "an empty list, expected at least one layer");
    if (inner->depth > ELBOW_LAYERS_DEPTH)
        return elbow_value_refuse(source, node, false, shown,
                                  "layers nested too deeply, expected at most %d levels of lists", ELBOW_LAYERS_DEPTH);
    return read_entries(shown, node, inner->depth, inner->room, layer + inner->ahead, &inner->count, source);
}

// The options of a kind, whose names have the prefix `name`: the value behind its word, or the bare word.
static enum elbow_status read_kind(const struct elbow_kind_schema *kind, const char *name,
                                   const struct elbow_yaml *options, bool is_alone, void *base,
                                   const struct elbow_source *source)
{
    struct elbow_keys keys = kind->keys;
    struct elbow_kept_options kept = {0};
    bool has_options =
        !is_alone && !elbow_value_is_null(options) && (options->kind != ELBOW_YAML_MAP || options->child);
    if (keys.count == 0 && has_options)
        return elbow_value_refuse(source, options, true, name, "has no options; write %s alone", kind->name);
    elbow_value_keep(keys, base, &kept);
    preset_options(keys, is_alone, base);
    enum elbow_status status = is_alone ? ELBOW_OK : read_options(keys, "", name, options, base, source);
    if (status == ELBOW_OK)
        status = check_options(keys, name, options, is_alone, source);
    if (status != ELBOW_OK)
        elbow_value_restore(&kept, base);
    return status;
}

enum elbow_status elbow_value_read_map(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                       void *base, const struct elbow_source *source)
{
    struct elbow_keys keys = key->kinds->keys;
    struct elbow_kept_options kept = {0};
    bool is_null = elbow_value_is_null(node);
    if (!is_null && node->kind != ELBOW_YAML_MAP)
        return elbow_value_refuse_value(key, shown, node, source);
    elbow_value_keep(keys, base, &kept);
    for (size_t i = 0; i < keys.count; ++i)
        memset((char *)base + keys.rows[i].offset, 0, elbow_value_size(&keys.rows[i]));
    if (is_null && strcmp(key->preset, "{}") != 0)
        return ELBOW_OK;
    preset_options(keys, false, base);
    if (is_null)
        return ELBOW_OK;
    enum elbow_status status = elbow_value_read_section(keys, "", shown, node, base, source);
    if (status == ELBOW_OK)
        status = check_options(keys, shown, node, false, source);
    if (status != ELBOW_OK)
        elbow_value_restore(&kept, base);
    return status;
}

// If another kind's option is a word, but a number as a key of version 0.1, it is reset when that kind is replaced.
static void choose_kind(const struct elbow_key *key, const struct elbow_kind_schema *chosen, void *base)
{
    *(int *)((char *)base + key->offset) = (int)(chosen - key->kinds);
    for (const struct elbow_kind_schema *kind = key->kinds; kind->name; ++kind)
        for (size_t i = 0; kind != chosen && i < kind->keys.count; ++i)
            if (kind->keys.rows[i].is_flat && !elbow_value_is_flat(&kind->keys.rows[i], base))
                elbow_value_preset(&kind->keys.rows[i], base);
}

// A list of likelihoods; each starts from the defaults.
static enum elbow_status read_parts(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                    void *base, const struct elbow_source *source)
{
    struct elbow_config defaults = {0};
    elbow_value_presets(elbow_schema_keys(), &defaults);
    return elbow_value_read_parts(key, shown, node, &defaults, elbow_value_read_kind, base, source);
}

enum elbow_status elbow_value_read_kind(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                        void *base, const struct elbow_source *source)
{
    if (node->kind == ELBOW_YAML_LIST && key->present > 0)
        return read_parts(key, shown, node, base, source);
    bool is_map = node->kind == ELBOW_YAML_MAP && node->child;
    const char *word = is_map ? node->child->key : node->kind == ELBOW_YAML_SCALAR ? node->text : "";
    bool has_word = elbow_value_kind(key, word) != NULL;
    char name[ELBOW_KEY_NAME_SIZE];
    if (key->is_open && !has_word && (node->kind == ELBOW_YAML_MAP || elbow_value_is_null(node))) {
        enum elbow_status opened = read_kind(key->kinds, shown, node, false, base, source);
        if (opened == ELBOW_OK)
            choose_kind(key, key->kinds, base);
        return opened;
    }
    if (is_map && node->child->next)
        return elbow_value_refuse(source, node->child->next, true, shown,
                                  "a second key '%.60s' beside '%.60s', expected one kind with its options in braces",
                                  node->child->next->key, word);
    const struct elbow_kind_schema *kind = elbow_value_kind(key, word);
    if (kind) {
        (void)elbow_text_format(name, sizeof name, "%s.%s", shown, kind->name);
        enum elbow_status status = read_kind(kind, name, is_map ? node->child : node, !is_map, base, source);
        if (status != ELBOW_OK)
            return status;
        choose_kind(key, kind, base);
        elbow_value_clear_parts(key, base);
        return ELBOW_OK;
    }
    char expected[ELBOW_EXPECTED_SIZE];
    elbow_schema_expected(key, expected);
    if (is_map)
        return elbow_value_refuse(source, node->child, true, shown, "found '%.60s', expected %s", word, expected);
    return elbow_value_refuse_value(key, shown, node, source);
}

enum elbow_status elbow_value_read(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                   void *base, const struct elbow_source *source)
{
    if (key->type == ELBOW_KEY_KIND)
        return elbow_value_read_kind(key, shown, node, base, source);
    if (key->type == ELBOW_KEY_SHARE)
        return elbow_value_read_share(key, shown, node, base, source);
    if (key->type == ELBOW_KEY_ROWS)
        return elbow_value_read_rows(key, shown, node, (struct elbow_rows_choice *)((char *)base + key->offset),
                                     source);
    if (key->type == ELBOW_KEY_MAP)
        return elbow_value_read_map(key, shown, node, base, source);
    if (key->type == ELBOW_KEY_LAYERS)
        return elbow_value_read_layers(key, shown, node, (struct elbow_layers *)((char *)base + key->offset), source);
    if (key->type == ELBOW_KEY_INNER)
        return read_inner(key, shown, node, base, source);
    if (key->type == ELBOW_KEY_PLACES)
        return elbow_value_read_places(key, shown, node, (char *)base + key->offset, source);
    if (key->type == ELBOW_KEY_NAMED)
        return elbow_value_read_named(key, shown, node, (struct elbow_named *)((char *)base + key->offset), source);
    if (key->type == ELBOW_KEY_RANGES)
        return elbow_value_read_ranges(key, shown, node, (struct elbow_ranges *)((char *)base + key->offset), source);
    if (key->type == ELBOW_KEY_KINDS)
        return elbow_value_read_kinds(key, shown, node, elbow_value_read_kind, base, source);
    if (key->type == ELBOW_KEY_PIECES)
        return elbow_value_read_pieces(key, shown, node, (struct elbow_pieces *)((char *)base + key->offset), source);
    return elbow_value_read_scalar(key, shown, node, base, source);
}

void elbow_value_preset(const struct elbow_key *key, void *base)
{
    if (!key->preset) // empty: the struct starts as zeros
        return;
    char text[64];
    ELBOW_CHECK(elbow_text_format(text, sizeof text, "%s", key->preset));
    bool is_list =
        key->type == ELBOW_KEY_INTEGERS || key->type == ELBOW_KEY_KINDS; // of which only the empty one can be a default
    ELBOW_CHECK(!is_list || strcmp(key->preset, "[]") == 0);
    bool is_map = strcmp(key->preset, "{}") == 0;
    enum elbow_yaml_kind kind = is_list ? ELBOW_YAML_LIST : is_map ? ELBOW_YAML_MAP : ELBOW_YAML_SCALAR;
    struct elbow_yaml node = {.kind = kind, .text = text};
    struct elbow_source source = {"a default", false, NULL};
    ELBOW_CHECK(elbow_value_read(key, key->name, &node, base, &source) == ELBOW_OK);
}

void elbow_value_presets(struct elbow_keys keys, void *base)
{
    for (size_t i = 0; i < keys.count; ++i)
        elbow_value_preset(&keys.rows[i], base);
}

// Reads the kinds of a section, or everything else.
static enum elbow_status read_children(struct elbow_keys keys, const char *section, const char *shown,
                                       const struct elbow_yaml *map, bool is_kinds, void *base,
                                       const struct elbow_source *source)
{
    char text[640];
    for (const struct elbow_yaml *child = map->child; child; child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(name, shown, child->key);
        const struct elbow_key *key = elbow_schema_find(keys, section, child->key);
        if (!key) {
            elbow_schema_suggest(keys, section, shown, child->key, text, sizeof text);
            return elbow_value_refuse(source, child, true, name, "unknown key; %s", text);
        }
        enum elbow_status status = elbow_value_refuse_twice(map, child, name, source);
        if (status == ELBOW_OK && (key->type == ELBOW_KEY_KIND) == is_kinds)
            status = elbow_value_read(key, name, child, base, source);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

// Kinds are read first, in any order of the keys: they set all their options, and a key of version 0.1 then sets one.
enum elbow_status elbow_value_read_section(struct elbow_keys keys, const char *section, const char *shown,
                                           const struct elbow_yaml *map, void *base, const struct elbow_source *source)
{
    if (elbow_value_is_null(map))
        return ELBOW_OK;
    if (map->kind != ELBOW_YAML_MAP) {
        char found[ELBOW_FOUND_SIZE];
        elbow_value_describe(map, found);
        return elbow_value_refuse(source, map, false, shown,
                                  "found %s, expected a map of its keys; `elbow config --explain` lists them", found);
    }
    enum elbow_status status = read_children(keys, section, shown, map, true, base, source);
    if (status == ELBOW_OK)
        status = read_children(keys, section, shown, map, false, base, source);
    return status == ELBOW_OK ? elbow_value_refuse_flat(keys, section, shown, map, source) : status;
}
