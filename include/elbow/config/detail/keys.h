// SPDX-License-Identifier: BSD-3-Clause
// A configuration as a table of keys and the struct that they are for; elbow/config/config.h has the contracts, with
// the table of schema.c and struct elbow_config. Private to this room, and to tests with tables of their own.
#ifndef ELBOW_CONFIG_DETAIL_KEYS_H
#define ELBOW_CONFIG_DETAIL_KEYS_H

#include "elbow/config/detail/schema.h"

// Local. The defaults, into a zeroed struct.
void elbow_keys_default(struct elbow_keys keys, void *base);

// Local. As elbow_config_parse, _set, _dump, _explain and _resumable.
enum elbow_status elbow_keys_parse(struct elbow_keys keys, void *base, const char *name, const char *text, size_t size,
                                   struct elbow_error *error);
enum elbow_status elbow_keys_set(struct elbow_keys keys, void *base, const char *assignment, struct elbow_error *error);
enum elbow_status elbow_keys_dump(struct elbow_keys keys, const void *base, char **text, struct elbow_error *error);
void elbow_keys_explain(struct elbow_keys keys, FILE *out);
enum elbow_status elbow_keys_resumable(struct elbow_keys keys, const void *old, const void *now,
                                       struct elbow_error *error);

// Local. The row whose full name is `path` or its beginning up to a dot, or NULL; *rest is what follows
// ("0.dense.units" or "").
const struct elbow_key *elbow_keys_find(struct elbow_keys keys, const char *path, const char **rest);

#endif
