// SPDX-License-Identifier: BSD-3-Clause
// A configuration as a table of keys and the struct that they are for: defaults, YAML, dump, help, resume. No key is
// named here.
#include "elbow/config/detail/keys.h"

#include "elbow/base/memory.h"
#include "elbow/config/detail/value.h"

#include <string.h>

enum {
    DUMP_SIZE = 1 << 19
}; // the longest dump (all texts and lists full, each byte an escape) takes some 270,000 bytes

void elbow_keys_default(struct elbow_keys keys, void *base)
{
    elbow_value_presets(keys, base);
}

// A child of the root: a section or a key outside of all sections.
static enum elbow_status read_entry(struct elbow_keys keys, void *base, const struct elbow_yaml *root,
                                    const struct elbow_yaml *entry, const struct elbow_source *source)
{
    char shown[ELBOW_KEY_NAME_SIZE], advice[640];
    elbow_schema_join(shown, "", entry->key);
    enum elbow_status status = elbow_value_refuse_twice(root, entry, shown, source);
    if (status != ELBOW_OK)
        return status;
    if (elbow_schema_has_section(keys, entry->key))
        return elbow_value_read_section(keys, entry->key, entry->key, entry, base, source);
    const struct elbow_key *key = elbow_schema_find(keys, "", entry->key);
    if (key)
        return elbow_value_read(key, shown, entry, base, source);
    const char *dot = strchr(shown, '.');
    char section[ELBOW_KEY_NAME_SIZE] = "";
    if (dot)
        memcpy(section, shown, (size_t)(dot - shown));
    if (dot && elbow_schema_find(keys, section, dot + 1))
        return elbow_value_refuse(source, entry, true, shown,
                                  "a name with a dot, expected a section; write %s: {%s: ...}", section, dot + 1);
    elbow_schema_suggest(keys, "", "", entry->key, advice, sizeof advice);
    return elbow_value_refuse(source, entry, true, shown, "unknown key; %s", advice);
}

enum elbow_status elbow_keys_parse(struct elbow_keys keys, void *base, const char *name, const char *text, size_t size,
                                   struct elbow_error *error)
{
    ELBOW_CHECK(base != NULL && name != NULL);
    struct elbow_yaml *root = NULL;
    struct elbow_source source = {name, true, error};
    enum elbow_status status = elbow_yaml_parse(name, text, size, &root, error);
    if (status != ELBOW_OK)
        return status;
    if (root->kind != ELBOW_YAML_MAP)
        status = elbow_value_refuse(&source, root, false, "",
                                    "not a configuration, expected sections such as train: {epochs: 20}");
    for (struct elbow_yaml *entry = root->child; entry && status == ELBOW_OK; entry = entry->next)
        status = read_entry(keys, base, root, entry, &source);
    elbow_yaml_destroy(root);
    return status;
}

// True if one of the options is that key of version 0.1.
static bool has_flat(struct elbow_keys keys, const struct elbow_key *key)
{
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *option = &keys.rows[i];
        if (option->is_flat && option->offset == key->offset)
            return true;
        bool has_kinds = option->type == ELBOW_KEY_KIND || option->type == ELBOW_KEY_MAP;
        for (size_t k = 0; has_kinds && option->kinds[k].name; ++k)
            if (has_flat(option->kinds[k].keys, key))
                return true;
    }
    return false;
}

// True if a key of version 0.1 is not written, because its kind has a value that the key cannot express.
static bool is_said(struct elbow_keys keys, const struct elbow_key *key, const void *base)
{
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *other = &keys.rows[i];
        if (other->type != ELBOW_KEY_KIND || other == key || strcmp(other->section, key->section) != 0)
            continue;
        if (other->is_open && !elbow_value_is_preset(other, base) && has_flat(other->kinds->keys, key))
            return true;
        struct elbow_keys options = elbow_value_kind_of(other, base)->keys;
        for (size_t k = 0; k < options.count; ++k) {
            const struct elbow_key *option = &options.rows[k];
            bool is_it = option->offset == key->offset || (option->flag > 0 && option->flag == key->offset);
            if (option->is_flat && is_it && !elbow_value_is_flat(option, base))
                return true;
        }
    }
    return false;
}

enum elbow_status elbow_keys_dump(struct elbow_keys keys, const void *base, char **text, struct elbow_error *error)
{
    ELBOW_CHECK(base != NULL && text != NULL);
    enum elbow_status status = elbow_allocate(text, DUMP_SIZE, 1, "the configuration as text", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_printer printer = {.text = *text, .size = DUMP_SIZE};
    const char *section = "";
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *key = &keys.rows[i];
        if ((key->is_later && elbow_value_is_preset(key, base)) || is_said(keys, key, base))
            continue;
        if (strcmp(key->section, section) != 0)
            elbow_printer_add(&printer, "%s:\n", key->section);
        section = key->section;
        const struct elbow_layers *layers = (const void *)((const char *)base + key->offset);
        bool is_block = key->type == ELBOW_KEY_LAYERS && layers->count > 0; // which begins with a newline
        elbow_printer_add(&printer, "%s%s:%s", *section ? "  " : "", key->name, is_block ? "" : " ");
        elbow_value_write(key, base, is_block ? 4 : 0, &printer);
        elbow_printer_add(&printer, "\n");
    }
    ELBOW_CHECK(!printer.is_cut);
    return ELBOW_OK;
}

static void explain_key(FILE *out, const struct elbow_key *key, const char *prefix)
{
    char name[ELBOW_KEY_NAME_SIZE], expected[ELBOW_EXPECTED_SIZE];
    elbow_schema_join(name, prefix, key->name);
    elbow_schema_expected(key, expected);
    bool is_list = key->type == ELBOW_KEY_LAYERS || key->type == ELBOW_KEY_INTEGERS || key->type == ELBOW_KEY_RANGES;
    bool is_text = key->type == ELBOW_KEY_TEXT || key->type == ELBOW_KEY_PLACES || key->type == ELBOW_KEY_SHARE ||
                   key->type == ELBOW_KEY_ROWS;
    bool is_map = key->type == ELBOW_KEY_NAMED;
    const char *preset = key->preset ? key->preset : is_list ? "[]" : is_text ? "empty" : is_map ? "{}" : NULL;
    fprintf(out, "%s: %s; %s%s\n    %s\n", name, expected, preset ? "default " : "must be given", preset ? preset : "",
            key->help);
}

// The options of a key's kinds, or of its map, as --set takes them. `name`: the key's, in full.
static void explain_kinds(FILE *out, const struct elbow_key *key, const char *name)
{
    bool is_map = key->type == ELBOW_KEY_MAP;
    bool has_kinds = key->type == ELBOW_KEY_KIND || key->type == ELBOW_KEY_KINDS || is_map;
    for (size_t i = 0; has_kinds && key->kinds[i].name; ++i) {
        bool has_word = !is_map && !(key->is_open && i == 0);
        struct elbow_keys options = key->kinds[i].keys;
        char full[ELBOW_KEY_NAME_SIZE], inner[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(full, has_word ? name : "", has_word ? key->kinds[i].name : name);
        for (size_t k = 0; k < options.count; ++k) {
            explain_key(out, &options.rows[k], full);
            elbow_schema_join(inner, full, options.rows[k].name);
            explain_kinds(out, &options.rows[k], inner);
        }
    }
}

void elbow_keys_explain(struct elbow_keys keys, FILE *out)
{
    ELBOW_CHECK(out != NULL);
    for (size_t i = 0; i < keys.count; ++i) {
        explain_key(out, &keys.rows[i], keys.rows[i].section);
        char name[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(name, keys.rows[i].section, keys.rows[i].name);
        explain_kinds(out, &keys.rows[i], name);
    }
    size_t count = 0;
    const struct elbow_kind_schema *layers = elbow_schema_layers(&count);
    for (size_t i = 0; i < count; ++i) {
        fprintf(out, "\nOptions of a layer `- %s: {...}` in model.encoder and model.decoder:\n", layers[i].name);
        for (size_t k = 0; k < layers[i].keys.count; ++k)
            explain_key(out, &layers[i].keys.rows[k], "");
    }
}

static bool has_same_names(const struct elbow_named *old, const struct elbow_named *now)
{
    for (size_t i = 0; i < old->count && i < now->count; ++i)
        if (strcmp(old->entries[i].name, now->entries[i].name) != 0)
            return false;
    return old->count == now->count;
}

// The place of data may change, but not their meaning: a share of the rows, a range of them, a condition.
static bool may_change(const struct elbow_key *key, const void *old, const void *now)
{
    const struct elbow_rows_choice *rows[] = {(const void *)((const char *)old + key->offset),
                                              (const void *)((const char *)now + key->offset)};
    if (key->type == ELBOW_KEY_SHARE)
        return *(const double *)((const char *)old + key->present) ==
               *(const double *)((const char *)now + key->present);
    if (key->type == ELBOW_KEY_ROWS)
        return rows[0]->dataset[0] != 0 && rows[1]->dataset[0] != 0;
    if (key->type == ELBOW_KEY_NAMED)
        return has_same_names((const void *)((const char *)old + key->offset),
                              (const void *)((const char *)now + key->offset));
    return key->may_change;
}

enum elbow_status elbow_keys_resumable(struct elbow_keys keys, const void *old, const void *now,
                                       struct elbow_error *error)
{
    ELBOW_CHECK(old != NULL && now != NULL);
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *key = &keys.rows[i];
        if (may_change(key, old, now) || elbow_value_equal(key, old, now))
            continue;
        char name[ELBOW_KEY_NAME_SIZE], before[ELBOW_VALUE_SIZE], after[ELBOW_VALUE_SIZE];
        struct elbow_printer old_text = {.text = before, .size = sizeof before};
        struct elbow_printer new_text = {.text = after, .size = sizeof after};
        elbow_schema_join(name, key->section, key->name);
        elbow_value_write(key, old, 0, &old_text);
        elbow_value_write(key, now, 0, &new_text);
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: the checkpoint was made with %.400s, now it is %.400s; a resume may change only "
                               "the paths of the data, data.access, data.memory, train.epochs, train.steps, "
                               "train.threads, log.*, checkpoint.*, samples.*, eval.* and run.*; set it back, or start "
                               "a new run in another directory",
                               name, before, after);
    }
    return ELBOW_OK;
}
