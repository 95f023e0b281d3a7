// SPDX-License-Identifier: BSD-3-Clause
// The configuration of a run: the table of schema.c and struct elbow_config.
#include "elbow/config/config.h"

#include "elbow/base/memory.h"
#include "elbow/config/detail/keys.h"
#include "elbow/config/detail/value.h"

#include <string.h>

void elbow_config_default(struct elbow_config *config)
{
    ELBOW_CHECK(config != NULL);
    memset(config, 0, sizeof *config);
    elbow_keys_default(elbow_schema_keys(), config);
}

enum elbow_status elbow_config_parse(struct elbow_config *config, const char *name, const char *text, size_t size,
                                     struct elbow_error *error)
{
    return elbow_keys_parse(elbow_schema_keys(), config, name, text, size, error);
}

enum elbow_status elbow_config_set(struct elbow_config *config, const char *assignment, struct elbow_error *error)
{
    return elbow_keys_set(elbow_schema_keys(), config, assignment, error);
}

enum elbow_status elbow_config_dump(const struct elbow_config *config, char **text, struct elbow_error *error)
{
    return elbow_keys_dump(elbow_schema_keys(), config, text, error);
}

void elbow_config_explain(FILE *out)
{
    elbow_keys_explain(elbow_schema_keys(), out);
}

enum elbow_status elbow_config_resumable(const struct elbow_config *old, const struct elbow_config *now,
                                         struct elbow_error *error)
{
    return elbow_keys_resumable(elbow_schema_keys(), old, now, error);
}

enum elbow_status elbow_config_read_places(const char *name, const char *text, elbow_places places,
                                           struct elbow_error *error)
{
    static const struct elbow_key key = {.type = ELBOW_KEY_PLACES, .count_most = ELBOW_PLACES_CHANNELS_MAX};
    struct elbow_source source = {name, false, error};
    struct elbow_yaml word = {.kind = ELBOW_YAML_SCALAR, .quoted = true}, *tree = NULL;
    enum elbow_status status;
    if (*text == '[' || *text == '{') {
        status = elbow_yaml_parse(name, text, strlen(text), &tree, error);
        if (status == ELBOW_OK)
            status = elbow_value_read_places(&key, "", tree, places, &source);
        elbow_yaml_destroy(tree);
        return status;
    }
    if (strpbrk(text, "\t\n") == NULL && strlen(text) < ELBOW_PATH_SIZE) { // files may have names that no YAML can hold
        memset(places, 0, ELBOW_PLACES_SIZE);
        memcpy(places, text, strlen(text));
        return ELBOW_OK;
    }
    status = elbow_duplicate(&word.text, text, error);
    if (status == ELBOW_OK)
        status = elbow_value_read_places(&key, "", &word, places, &source);
    elbow_release(&word.text);
    return status;
}

const char *elbow_config_choice(const char *key, int value)
{
    ELBOW_CHECK(key != NULL);
    size_t count = 0;
    const char *rest = "";
    const struct elbow_key *row = elbow_keys_find(elbow_schema_keys(), key, &rest);
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
