// SPDX-License-Identifier: BSD-3-Clause
// Lists of kinds, each at most once: bits say which kinds are present, and their options are in the fields of the kind.
#include "elbow/config/detail/value.h"

static int *bits_of(const struct elbow_key *key, void *base)
{
    return (int *)((char *)base + key->offset);
}

bool elbow_value_has_kind(const struct elbow_key *key, const void *base, size_t kind)
{
    return (*(const int *)((const char *)base + key->offset) >> kind & 1) != 0;
}

// Reads the entries; *found are their bits.
static enum elbow_status read_entries(const struct elbow_key *key, const char *shown, const struct elbow_yaml *list,
                                      elbow_value_reader *read, void *base, int *found,
                                      const struct elbow_source *source)
{
    struct elbow_key entry = *key;
    entry.type = ELBOW_KEY_KIND;
    entry.present = 0;
    const struct elbow_yaml *child = list->child;
    for (size_t i = 0; child; ++i, child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, i);
        enum elbow_status status = read(&entry, name, child, base, source);
        if (status != ELBOW_OK)
            return status;
        int bit = 1 << *bits_of(key, base);
        if ((*found & bit) != 0)
            return elbow_value_refuse(source, child, false, name, "%s a second time; remove one of them",
                                      key->kinds[*bits_of(key, base)].name);
        *found |= bit;
    }
    return ELBOW_OK;
}

enum elbow_status elbow_value_read_kinds(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         elbow_value_reader *read, void *base, const struct elbow_source *source)
{
    struct elbow_kept_options kept = {0};
    int before = *bits_of(key, base), found = 0;
    if (node->kind != ELBOW_YAML_LIST)
        return elbow_value_refuse_value(key, shown, node, source);
    for (const struct elbow_kind_schema *kind = key->kinds; kind->name; ++kind)
        elbow_value_keep(kind->keys, base, &kept);
    enum elbow_status status = read_entries(key, shown, node, read, base, &found, source);
    *bits_of(key, base) = status == ELBOW_OK ? found : before;
    if (status != ELBOW_OK)
        elbow_value_restore(&kept, base);
    return status;
}
