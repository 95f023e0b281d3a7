// SPDX-License-Identifier: BSD-3-Clause
// The configuration as a whole: defaults, YAML, --set, dump, help, resume. All of it walks the table of schema.c; no
// key is named here.
#include "elbow/config/config.h"

#include "elbow/base/memory.h"
#include "elbow/config/detail/value.h"

#include <stdlib.h>
#include <string.h>

enum {
    DUMP_SIZE = 1 << 17
}; // the longest dump (all texts and lists full, each byte an escape) takes some 70,000 bytes

void elbow_config_default(struct elbow_config *config)
{
    ELBOW_CHECK(config != NULL);
    struct elbow_keys keys = elbow_schema_keys();
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < keys.count; ++i)
        elbow_value_preset(&keys.rows[i], config);
}

// A child of the root: a section or a key outside of all sections.
static enum elbow_status read_entry(struct elbow_config *config, const struct elbow_yaml *root,
                                    const struct elbow_yaml *entry, const struct elbow_source *source)
{
    struct elbow_keys keys = elbow_schema_keys();
    char shown[ELBOW_KEY_NAME_SIZE], advice[640];
    elbow_schema_join(shown, "", entry->key);
    enum elbow_status status = elbow_value_refuse_twice(root, entry, shown, source);
    if (status != ELBOW_OK)
        return status;
    if (elbow_schema_has_section(keys, entry->key))
        return elbow_value_read_section(keys, entry->key, entry->key, entry, config, source);
    const struct elbow_key *key = elbow_schema_find(keys, "", entry->key);
    if (key)
        return elbow_value_read(key, shown, entry, config, source);
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

enum elbow_status elbow_config_parse(struct elbow_config *config, const char *name, const char *text, size_t size,
                                     struct elbow_error *error)
{
    ELBOW_CHECK(config != NULL && name != NULL);
    struct elbow_yaml *root = NULL;
    struct elbow_source source = {name, true, error};
    enum elbow_status status = elbow_yaml_parse(name, text, size, &root, error);
    if (status != ELBOW_OK)
        return status;
    if (root->kind != ELBOW_YAML_MAP)
        status = elbow_value_refuse(&source, root, false, "",
                                    "not a configuration, expected sections such as train: {epochs: 20}");
    for (struct elbow_yaml *entry = root->child; entry && status == ELBOW_OK; entry = entry->next)
        status = read_entry(config, root, entry, &source);
    elbow_yaml_destroy(root);
    return status;
}

// The row whose name is `path` or its beginning up to a dot; *rest is what follows ("0.dense.units" or "").
static const struct elbow_key *find_key_of(const char *path, const char **rest)
{
    struct elbow_keys keys = elbow_schema_keys();
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

// The place of an entry's child called `name`: an index in a list, a key in a map (which may yet have to be added: then
// the place is its end). NULL if there can be none.
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
                                    "there is no such entry; entries count from 0, and a new one needs the whole list");
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

// A list, or a kind with its options, as it is; a kind that is not yet chosen has no options.
static void write_whole(const struct elbow_config *config, const struct elbow_key *key, const char *rest,
                        struct elbow_printer *printer)
{
    if (key->type != ELBOW_KEY_KIND) {
        elbow_value_write(key, config, 0, printer);
        return;
    }
    const char *chosen = key->kinds[*(const int *)((const char *)config + key->offset)].name;
    size_t length = strcspn(rest, ".");
    if (strlen(chosen) == length && strncmp(chosen, rest, length) == 0)
        elbow_value_write_kind(key, config, printer);
    else
        elbow_printer_add(printer, "{%.*s: {}}", (int)length, rest);
}

// Whether `rest` begins with a kind of the key.
static bool names_kind(const struct elbow_key *key, const char *rest)
{
    char word[ELBOW_KEY_NAME_SIZE];
    (void)elbow_text_format(word, sizeof word, "%.*s", (int)strcspn(rest, "."), rest);
    return elbow_value_kind(key, word) != NULL;
}

// An entry within a list, or an option of a kind: the value as it is becomes a tree, the entry is exchanged, and the
// tree is read again, with all checks. Takes over `value`.
static enum elbow_status set_entry(struct elbow_config *config, const struct elbow_key *key, const char *shown,
                                   const char *rest, struct elbow_yaml *value, const struct elbow_source *source)
{
    char text[ELBOW_VALUE_SIZE], expected[ELBOW_EXPECTED_SIZE];
    struct elbow_printer printer = {.text = text, .size = sizeof text};
    if (key->type == ELBOW_KEY_KIND && !names_kind(key, rest)) {
        elbow_schema_expected(key, expected);
        enum elbow_status refused =
            elbow_value_refuse(source, value, false, shown, "found '%.60s', expected %s", rest, expected);
        elbow_yaml_destroy(value);
        return refused;
    }
    write_whole(config, key, rest, &printer);
    ELBOW_CHECK(!printer.is_cut);
    struct elbow_yaml *list = NULL;
    enum elbow_status status = elbow_yaml_parse("value", text, printer.length, &list, source->error);
    if (status != ELBOW_OK) {
        elbow_yaml_destroy(value);
        return status;
    }
    status = graft(&list, rest, value, source);
    if (status == ELBOW_OK)
        status = elbow_value_read(key, shown, list, config, source);
    elbow_yaml_destroy(list);
    return status;
}

static enum elbow_status set_value(struct elbow_config *config, const char *path, struct elbow_yaml *value,
                                   const struct elbow_source *source)
{
    struct elbow_keys keys = elbow_schema_keys();
    const char *rest = "";
    const struct elbow_key *key = find_key_of(path, &rest);
    char shown[ELBOW_KEY_NAME_SIZE], advice[640];
    bool is_list =
        key && (key->type == ELBOW_KEY_LAYERS || key->type == ELBOW_KEY_INTEGERS || key->type == ELBOW_KEY_KIND);
    if (key && (!*rest || is_list)) {
        elbow_schema_join(shown, key->section, key->name);
        if (*rest)
            return set_entry(config, key, shown, rest, value, source);
        enum elbow_status status = elbow_value_read(key, shown, value, config, source);
        elbow_yaml_destroy(value);
        return status;
    }
    enum elbow_status status;
    const char *dot = strchr(path, '.');
    char section[ELBOW_KEY_NAME_SIZE] = "";
    if (elbow_schema_has_section(keys, path)) {
        status = elbow_value_read_section(keys, path, path, value, config, source);
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

// The value of an assignment as a tree. Texts are taken as they stand, so that paths need no quotes.
static enum elbow_status read_assigned(const char *path, const char *text, struct elbow_yaml **value,
                                       struct elbow_error *error)
{
    const char *rest = "";
    const struct elbow_key *key = find_key_of(path, &rest);
    bool is_verbatim = key && key->type == ELBOW_KEY_TEXT && *text != '"' && *text != '\'';
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

enum elbow_status elbow_config_set(struct elbow_config *config, const char *assignment, struct elbow_error *error)
{
    ELBOW_CHECK(config != NULL && assignment != NULL);
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
    enum elbow_status status = read_assigned(path, equals + 1, &value, error);
    if (status != ELBOW_OK) {
        (void)elbow_error_prefix(error, "%s: ", name);
        return status;
    }
    return set_value(config, path, value, &source);
}

static bool is_preset(const struct elbow_key *key, const struct elbow_config *config)
{
    char text[ELBOW_VALUE_SIZE];
    struct elbow_printer printer = {.text = text, .size = sizeof text};
    elbow_value_write(key, config, 0, &printer);
    return key->preset && strcmp(text, key->preset) == 0;
}

enum elbow_status elbow_config_dump(const struct elbow_config *config, char **text, struct elbow_error *error)
{
    ELBOW_CHECK(config != NULL && text != NULL);
    enum elbow_status status = elbow_allocate(text, DUMP_SIZE, 1, "the configuration as text", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_printer printer = {.text = *text, .size = DUMP_SIZE};
    struct elbow_keys keys = elbow_schema_keys();
    const char *section = "";
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *key = &keys.rows[i];
        if (key->is_later && is_preset(key, config))
            continue;
        if (strcmp(key->section, section) != 0)
            elbow_printer_add(&printer, "%s:\n", key->section);
        section = key->section;
        const struct elbow_layers *layers = (const void *)((const char *)config + key->offset);
        bool is_block = key->type == ELBOW_KEY_LAYERS && layers->count > 0; // which begins with a newline
        elbow_printer_add(&printer, "%s%s:%s", *section ? "  " : "", key->name, is_block ? "" : " ");
        elbow_value_write(key, config, is_block ? 4 : 0, &printer);
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
    bool is_list = key->type == ELBOW_KEY_LAYERS || key->type == ELBOW_KEY_INTEGERS;
    bool is_text = key->type == ELBOW_KEY_TEXT;
    const char *preset = key->preset ? key->preset : is_list ? "[]" : is_text ? "empty" : NULL;
    fprintf(out, "%s: %s; %s%s\n    %s\n", name, expected, preset ? "default " : "must be given", preset ? preset : "",
            key->help);
}

// The options of a key's kinds.
static void explain_kinds(FILE *out, const struct elbow_key *key)
{
    for (size_t i = 0; key->type == ELBOW_KEY_KIND && key->kinds[i].name; ++i) {
        struct elbow_keys options = key->kinds[i].keys;
        if (options.count > 0)
            fprintf(out, "\nOptions of `%s.%s: {%s: {...}}`:\n", key->section, key->name, key->kinds[i].name);
        for (size_t k = 0; k < options.count; ++k)
            explain_key(out, &options.rows[k], "");
    }
}

void elbow_config_explain(FILE *out)
{
    ELBOW_CHECK(out != NULL);
    struct elbow_keys keys = elbow_schema_keys();
    for (size_t i = 0; i < keys.count; ++i)
        explain_key(out, &keys.rows[i], keys.rows[i].section);
    size_t count = 0;
    const struct elbow_kind_schema *layers = elbow_schema_layers(&count);
    for (size_t i = 0; i < count; ++i) {
        fprintf(out, "\nOptions of a layer `- %s: {...}` in model.encoder and model.decoder:\n", layers[i].name);
        for (size_t k = 0; k < layers[i].keys.count; ++k)
            explain_key(out, &layers[i].keys.rows[k], "");
    }
    for (size_t i = 0; i < keys.count; ++i)
        explain_kinds(out, &keys.rows[i]);
}

enum elbow_status elbow_config_resumable(const struct elbow_config *old, const struct elbow_config *now,
                                         struct elbow_error *error)
{
    ELBOW_CHECK(old != NULL && now != NULL);
    struct elbow_keys keys = elbow_schema_keys();
    for (size_t i = 0; i < keys.count; ++i) {
        const struct elbow_key *key = &keys.rows[i];
        if (key->may_change || elbow_value_equal(key, old, now))
            continue;
        char name[ELBOW_KEY_NAME_SIZE], before[ELBOW_VALUE_SIZE], after[ELBOW_VALUE_SIZE];
        struct elbow_printer old_text = {.text = before, .size = sizeof before};
        struct elbow_printer new_text = {.text = after, .size = sizeof after};
        elbow_schema_join(name, key->section, key->name);
        elbow_value_write(key, old, 0, &old_text);
        elbow_value_write(key, now, 0, &new_text);
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: the checkpoint was made with %.400s, now it is %.400s; a resume may change only "
            "train.epochs, train.steps, train.threads, log.*, checkpoint.*, samples.*, eval.* and run.*: set it "
            "back, or start anew in another run directory",
            name, before, after);
    }
    return ELBOW_OK;
}

const char *elbow_config_choice(const char *key, int value)
{
    ELBOW_CHECK(key != NULL);
    size_t count = 0;
    const char *rest = "";
    const struct elbow_key *row = find_key_of(key, &rest);
    const struct elbow_kind_schema *layers = elbow_schema_layers(&count);
    for (size_t i = 0; i < count && !row; ++i)
        row = elbow_schema_find(layers[i].keys, layers[i].name, key);
    ELBOW_CHECK(row != NULL && value >= 0);
    if (row->type == ELBOW_KEY_KIND) {
        for (int i = 0; i <= value; ++i)
            ELBOW_CHECK(row->kinds[i].name != NULL);
        return row->kinds[value].name;
    }
    ELBOW_CHECK(row->type == ELBOW_KEY_CHOICE);
    for (int i = 0; i <= value; ++i)
        ELBOW_CHECK(row->choices[i] != NULL);
    return row->choices[value];
}
