// SPDX-License-Identifier: BSD-3-Clause
// The suggestion for an unknown key: the most similar key, or all keys.
#include "elbow/config/detail/schema.h"

#include <string.h>

// The distance of a written name to that of a row, both with their sections; at most 1 for a right key in a wrong
// section.
static size_t distance_to(const struct elbow_key *row, const char *section, const char *name)
{
    char written[ELBOW_KEY_NAME_SIZE], full[ELBOW_KEY_NAME_SIZE];
    elbow_schema_join(written, section, name);
    elbow_schema_join(full, row->section, row->name);
    size_t distance = elbow_text_distance(written, full);
    if (strcmp(name, row->name) == 0 && distance > 1)
        return 1;
    return distance;
}

static void list_names(struct elbow_keys table, const char *section, char *text, size_t size)
{
    size_t length = 0;
    const char *last = "";
    for (size_t i = 0; i < table.count; ++i) {
        const struct elbow_key *row = &table.rows[i];
        bool at_top = *section == 0;
        const char *name = at_top && *row->section ? row->section : row->name;
        if ((!at_top && strcmp(row->section, section) != 0) || strcmp(name, last) == 0)
            continue;
        if (elbow_text_format(text + length, size - length, "%s%s", length ? ", " : "", name))
            length = strlen(text);
        last = name;
    }
}

void elbow_schema_suggest(struct elbow_keys table, const char *section, const char *shown, const char *name, char *text,
                          size_t size)
{
    size_t best = SIZE_MAX;
    char best_name[ELBOW_KEY_NAME_SIZE] = "";
    bool is_short = strlen(name) < ELBOW_KEY_NAME_SIZE / 2; // a longer name resembles none
    for (size_t i = 0; is_short && i < table.count; ++i) {
        const struct elbow_key *row = &table.rows[i];
        bool here = strcmp(row->section, section) == 0;
        size_t distance = distance_to(row, section, name);
        if (distance < best) {
            best = distance;
            elbow_schema_join(best_name, here ? shown : row->section, row->name);
        }
        size_t to_section = *section || !*row->section ? SIZE_MAX : elbow_text_distance(name, row->section);
        if (to_section < best) {
            best = to_section;
            elbow_schema_join(best_name, "", row->section);
        }
    }
    if (best <= 2 || best <= strlen(name) / 3) {
        (void)elbow_text_format(text, size, "did you mean %s?", best_name);
        return;
    }
    char names[512] = "";
    list_names(table, section, names, sizeof names);
    (void)elbow_text_format(text, size, "%s has: %s", *shown ? shown : "a configuration", names);
}
