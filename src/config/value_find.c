// SPDX-License-Identifier: BSD-3-Clause
// Finding the kind that a key has, or that a word or a value means.
#include "elbow/config/detail/value.h"

#include <string.h>

const struct elbow_kind_schema *elbow_value_kind_of(const struct elbow_key *key, const void *base)
{
    return &key->kinds[*(const int *)((const char *)base + key->offset)];
}

const struct elbow_kind_schema *elbow_value_kind(const struct elbow_key *key, const char *word)
{
    for (const struct elbow_kind_schema *kind = key->kinds; kind->name; ++kind)
        if (strcmp(kind->name, word) == 0)
            return kind;
    return NULL;
}

bool elbow_value_is_bare(struct elbow_keys keys, const struct elbow_yaml *value)
{
    if (keys.count == 0 || elbow_value_is_null(value))
        return false;
    for (size_t i = 1; i < keys.count; ++i)
        if (keys.rows[0].type != ELBOW_KEY_NUMBER || !keys.rows[i].preset)
            return false;
    bool is_start = value->kind == ELBOW_YAML_MAP && value->child && strcmp(value->child->key, "learned") == 0;
    enum elbow_key_type type = keys.rows[0].type;
    return value->kind != ELBOW_YAML_MAP || (is_start && (type == ELBOW_KEY_LEARNED || type == ELBOW_KEY_NUMBER));
}
