// SPDX-License-Identifier: BSD-3-Clause
// Reading kinds with their options: a map of one key, whose value is the map of the options.
#include "value.h"

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
