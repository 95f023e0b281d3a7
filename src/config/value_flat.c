// SPDX-License-Identifier: BSD-3-Clause
// Options of a kind that are keys of version 0.1, too: given twice, and written in one place.
#include "elbow/config/detail/value.h"

#include <string.h>

// True if an option has the same field as a key of the table.
static bool is_at(const struct elbow_key *option, const struct elbow_key *key)
{
    bool is_flag = option->flag > 0 && option->flag == key->offset;
    bool is_present = elbow_value_present_size(option) > 0 && option->present == key->offset;
    return option->offset == key->offset || is_present || is_flag;
}

static const struct elbow_yaml *find_given(const struct elbow_yaml *options, const char *name)
{
    const struct elbow_yaml *given = options->child;
    while (given && strcmp(given->key, name) != 0)
        given = given->next;
    return given;
}

// True if one of the options given with a kind has the same field as a key of the table.
static bool gives(struct elbow_keys keys, const struct elbow_yaml *options, const struct elbow_key *key)
{
    bool is_bare = elbow_value_is_bare(keys, options);
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *option = &keys.rows[i];
        const struct elbow_yaml *given = is_bare ? (i == 0 ? options : NULL) : find_given(options, option->name);
        const struct elbow_kind_schema *kind = NULL;
        if (given && is_at(option, key))
            return true;
        if (!given || given->kind != ELBOW_YAML_MAP || !given->child)
            continue;
        if (option->type == ELBOW_KEY_MAP && gives(option->kinds->keys, given, key))
            return true;
        if (option->type == ELBOW_KEY_KIND)
            kind = elbow_value_kind(option, given->child->key);
        if (kind && gives(kind->keys, given->child, key))
            return true;
    }
    return false;
}

enum elbow_status elbow_value_refuse_flat(struct elbow_keys keys, const char *section, const char *shown,
                                          const struct elbow_yaml *map, const struct elbow_source *source)
{
    for (const struct elbow_yaml *child = map->child; child; child = child->next) {
        const struct elbow_key *key = elbow_schema_find(keys, section, child->key);
        if (!key || key->type != ELBOW_KEY_KIND || child->kind != ELBOW_YAML_MAP || !child->child)
            continue;
        const struct elbow_kind_schema *kind = elbow_value_kind(key, child->child->key);
        const struct elbow_yaml *options = kind ? child->child : child;
        if (!kind && key->is_open)
            kind = key->kinds;
        for (const struct elbow_yaml *other = map->child; kind && other; other = other->next) {
            const struct elbow_key *flat = elbow_schema_find(keys, section, other->key);
            char name[ELBOW_KEY_NAME_SIZE];
            elbow_schema_join(name, shown, other->key);
            if (flat && flat != key && gives(kind->keys, options, flat))
                return elbow_value_refuse(source, other, true, name, "given twice, also by %s.%s; remove it here",
                                          shown, child->key);
        }
    }
    return ELBOW_OK;
}
