// SPDX-License-Identifier: BSD-3-Clause
// YAML texts as trees with positions, read by libyaml.
#ifndef ELBOW_CONFIG_YAML_H
#define ELBOW_CONFIG_YAML_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>

ELBOW_C_BEGIN

enum elbow_yaml_kind { ELBOW_YAML_SCALAR, ELBOW_YAML_LIST, ELBOW_YAML_MAP };

// A node; children of a map have keys. All texts belong to the tree.
struct elbow_yaml {
    enum elbow_yaml_kind kind;
    bool quoted;              // a scalar in quotes is always text
    int line, column;         // of the value, from 1
    int key_line, key_column; // of the key, from 1
    char *key;                // NULL in lists and at the root
    char *text;               // scalars only
    struct elbow_yaml *child, *next;
};

// Local. The tree of one YAML document, to be released with elbow_yaml_destroy; an empty document is an empty map.
// CONFIG with `name:line:column:` on a syntax error, anchors and aliases, several documents, nesting deeper than 32, or
// more than 100,000 nodes.
enum elbow_status elbow_yaml_parse(const char *name, const char *text, size_t size, struct elbow_yaml **root,
                                   struct elbow_error *error);

// Local. A NULL is legal.
void elbow_yaml_destroy(struct elbow_yaml *root);

ELBOW_C_END

#endif
