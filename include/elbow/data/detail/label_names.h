// SPDX-License-Identifier: BSD-3-Clause
// A growing list of names of labels, ordered by label or by name.
#ifndef ELBOW_DATA_DETAIL_LABEL_NAMES_H
#define ELBOW_DATA_DETAIL_LABEL_NAMES_H

#include "elbow/data/labels.h"

ELBOW_C_BEGIN

// Plain; begins zeroed.
struct elbow_label_list {
    size_t count, size;
    struct elbow_label_entry {
        int64_t label;
        char *name; // owned
    } * entries;
};

// Local. Appends a copy of a name. MEMORY.
enum elbow_status elbow_label_list_add(struct elbow_label_list *list, int64_t label, const char *name,
                                       struct elbow_error *error);

// Local. For a list in the order of names, each of which occurs once: inserts a name unless it is in the list (MEMORY);
// and finds a name (SIZE_MAX: not in the list).
enum elbow_status elbow_label_list_put(struct elbow_label_list *list, const char *name, struct elbow_error *error);
size_t elbow_label_list_find(const struct elbow_label_list *list, const char *name);

// Local. Sorts by label; of several names of one label, the first is kept.
void elbow_label_list_sort(struct elbow_label_list *list);

// Local. Packs a list in the order of labels into the form that all ranks hold; *bytes is the size of the texts.
// MEMORY.
enum elbow_status elbow_label_list_pack(const struct elbow_label_list *list, struct elbow_label_names *names,
                                        size_t *bytes, struct elbow_error *error);

// Local. Allocates `count` names of `bytes` bytes together (MEMORY); and sets their pointers, when labels and texts
// have been filled in.
enum elbow_status elbow_label_names_make(struct elbow_label_names *names, size_t count, size_t bytes,
                                         struct elbow_error *error);
void elbow_label_names_point(struct elbow_label_names *names);

// Local. Releases the list; a zeroed struct is legal.
void elbow_label_list_clear(struct elbow_label_list *list);

ELBOW_C_END

#endif
