// SPDX-License-Identifier: BSD-3-Clause
// Lists of kinds, each at most once: bits say which there are, and their options stand where those of a kind do.
#include "elbow/config/detail/value.h"

static int *bits_of(const struct elbow_key *key, void *base)
{
    return (int *)((char *)base + key->offset);
}

static bool has_kind(const struct elbow_key *key, const void *base, size_t kind)
{
    return (*(const int *)((const char *)base + key->offset) >> kind & 1) != 0;
}

// Reads the entries; *found are their bits.
static enum elbow_status read_entries(const struct elbow_key *key, const char *shown, const struct elbow_yaml *list,
                                      void *base, int *found, const struct elbow_source *source)
{
    struct elbow_key entry = *key;
    entry.type = ELBOW_KEY_KIND;
    entry.present = 0;
    const struct elbow_yaml *child = list->child;
    for (size_t i = 0; child; ++i, child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, i);
        enum elbow_status status = elbow_value_read_kind(&entry, name, child, base, source);
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
                                         void *base, const struct elbow_source *source)
{
    struct elbow_kept_options kept = {0};
    int before = *bits_of(key, base), found = 0;
    if (node->kind != ELBOW_YAML_LIST)
        return elbow_value_refuse_value(key, shown, node, source);
    for (const struct elbow_kind_schema *kind = key->kinds; kind->name; ++kind)
        elbow_value_keep(kind->keys, base, &kept);
    enum elbow_status status = read_entries(key, shown, node, base, &found, source);
    *bits_of(key, base) = status == ELBOW_OK ? found : before;
    if (status != ELBOW_OK)
        elbow_value_restore(&kept, base);
    return status;
}

void elbow_value_write_kinds(const struct elbow_key *key, const void *base, struct elbow_printer *printer)
{
    const char *before = "";
    elbow_printer_add(printer, "[");
    for (size_t i = 0; key->kinds[i].name; ++i) {
        if (!has_kind(key, base, i))
            continue;
        struct elbow_keys options = key->kinds[i].keys;
        elbow_printer_add(printer, "%s%s: {", before, key->kinds[i].name);
        for (size_t k = 0; k < options.count; ++k) {
            elbow_printer_add(printer, "%s%s: ", k > 0 ? ", " : "", options.rows[k].name);
            elbow_value_write(&options.rows[k], base, 0, printer);
        }
        elbow_printer_add(printer, "}");
        before = ", ";
    }
    elbow_printer_add(printer, "]");
}

bool elbow_value_equal_kinds(const struct elbow_key *key, const void *a, const void *b)
{
    for (size_t i = 0; key->kinds[i].name; ++i) {
        struct elbow_keys options = key->kinds[i].keys;
        if (has_kind(key, a, i) != has_kind(key, b, i))
            return false;
        for (size_t k = 0; has_kind(key, a, i) && k < options.count; ++k)
            if (!elbow_value_equal(&options.rows[k], a, b))
                return false;
    }
    return true;
}
