// SPDX-License-Identifier: BSD-3-Clause
// Likelihoods of columns: a list of kinds, each with its columns beside its options.
#include "elbow/config/detail/value.h"

#include <string.h>

enum { PART_RANGES_MAX = 64, OPTIONS_MAX = 32 };

static const struct elbow_key columns_key = {
    .name = "columns", .type = ELBOW_KEY_RANGES, .least = 0, .most = ELBOW_VALUES_MAX - 1};

// [first, last], a column, or a list of both.
static enum elbow_status read_columns(const char *shown, const struct elbow_yaml *node, struct elbow_ranges *columns,
                                      const struct elbow_source *source)
{
    struct elbow_yaml only = *node, list = *node;
    size_t entries = 0, scalars = 0;
    for (const struct elbow_yaml *child = node->child; child && node->kind == ELBOW_YAML_LIST; child = child->next) {
        ++entries;
        scalars += child->kind == ELBOW_YAML_SCALAR;
    }
    bool is_pair = entries == 2 && scalars == 2;
    if (node->kind == ELBOW_YAML_MAP || elbow_value_is_null(node) ||
        (node->kind == ELBOW_YAML_LIST && (entries == 0 || (scalars == entries && entries > 2))))
        return elbow_value_refuse(source, node, false, shown,
                                  "expected the first and the last column, such as [0, 9], or a list of such ranges");
    if (is_pair || node->kind == ELBOW_YAML_SCALAR) {
        only.next = NULL;
        list = (struct elbow_yaml){.kind = ELBOW_YAML_LIST, .line = node->line, .column = node->column, .child = &only};
    }
    struct elbow_ranges found;
    enum elbow_status status = elbow_value_read_ranges(&columns_key, shown, &list, &found, source);
    if (status != ELBOW_OK)
        return status;
    if (found.count > PART_RANGES_MAX)
        return elbow_value_refuse(source, node, false, shown, "more than %d ranges; use fewer", PART_RANGES_MAX);
    memcpy(columns, &found, sizeof found);
    return ELBOW_OK;
}

// The options of a part without its columns, as copies of their nodes.
static enum elbow_status split_columns(const char *shown, const struct elbow_yaml *options,
                                       struct elbow_yaml others[OPTIONS_MAX], size_t *count,
                                       struct elbow_ranges *columns, const struct elbow_source *source)
{
    bool has_columns = false;
    *count = 0;
    for (const struct elbow_yaml *child = options->child; child; child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        elbow_schema_join(name, shown, child->key);
        if (strcmp(child->key, "columns") != 0) {
            if (*count == OPTIONS_MAX)
                return elbow_value_refuse(source, child, true, name, "is one option too many; there are fewer");
            others[*count] = *child;
            others[*count].next = NULL;
            if (*count > 0)
                others[*count - 1].next = &others[*count];
            ++*count;
            continue;
        }
        enum elbow_status status = has_columns ? elbow_value_refuse_twice(options, child, name, source) : ELBOW_OK;
        if (status == ELBOW_OK)
            status = read_columns(name, child, columns, source);
        if (status != ELBOW_OK)
            return status;
        has_columns = true;
    }
    return ELBOW_OK;
}

// One entry of the list, into a configuration that has the defaults.
static enum elbow_status read_part(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                   elbow_value_reader *read, struct elbow_config *scratch,
                                   struct elbow_likelihood_part *part, const struct elbow_source *source)
{
    struct elbow_yaml others[OPTIONS_MAX], kind, map = *node;
    struct elbow_key alone = *key;
    alone.present = 0; // no list within the list
    bool has_options = node->kind == ELBOW_YAML_MAP && node->child && !node->child->next &&
                       node->child->kind == ELBOW_YAML_MAP && elbow_value_kind(key, node->child->key);
    if (has_options) {
        char name[ELBOW_KEY_NAME_SIZE];
        size_t count = 0;
        elbow_schema_join(name, shown, node->child->key);
        enum elbow_status status = split_columns(name, node->child, others, &count, &part->columns, source);
        if (status != ELBOW_OK)
            return status;
        kind = *node->child;
        kind.child = count > 0 ? others : NULL;
        map.child = &kind;
    }
    enum elbow_status status = read(&alone, shown, &map, scratch, source);
    part->likelihood = scratch->model.likelihood;
    part->options = scratch->model.likelihood_options;
    return status;
}

enum elbow_status elbow_value_read_parts(const struct elbow_key *key, const char *shown, const struct elbow_yaml *node,
                                         const struct elbow_config *defaults, elbow_value_reader *read, void *base,
                                         const struct elbow_source *source)
{
    struct elbow_config scratch = *defaults;
    struct elbow_likelihood_parts found;
    memset(&found, 0, sizeof found);
    for (const struct elbow_yaml *child = node->child; child; child = child->next) {
        char name[ELBOW_KEY_NAME_SIZE];
        if (found.count == ELBOW_PARTS_MAX)
            return elbow_value_refuse(source, child, false, shown, "more than %d likelihoods; use fewer",
                                      ELBOW_PARTS_MAX);
        (void)elbow_text_format(name, sizeof name, "%s.%zu", shown, found.count);
        scratch.model = defaults->model;
        enum elbow_status status = read_part(key, name, child, read, &scratch, &found.parts[found.count++], source);
        if (status != ELBOW_OK)
            return status;
    }
    if (found.count == 0)
        return elbow_value_refuse_value(key, shown, node, source);
    struct elbow_config *config = base; // the table of this key is for that
    config->model.likelihood = defaults->model.likelihood;
    config->model.likelihood_options = defaults->model.likelihood_options;
    memcpy(&config->model.parts, &found, sizeof found);
    return ELBOW_OK;
}

const struct elbow_likelihood_parts *elbow_value_parts_of(const struct elbow_key *key, const void *base)
{
    return (const struct elbow_likelihood_parts *)((const char *)base + key->present);
}

bool elbow_value_has_parts(const struct elbow_key *key, const void *base)
{
    return key->type == ELBOW_KEY_KIND && key->present > 0 && elbow_value_parts_of(key, base)->count > 0;
}

void elbow_value_clear_parts(const struct elbow_key *key, void *base)
{
    if (key->present > 0)
        memset((char *)base + key->present, 0, sizeof(struct elbow_likelihood_parts));
}
