// SPDX-License-Identifier: BSD-3-Clause
// A list of names of labels that grows, by label or by name.
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

// Local. Adds a name at the end.
enum elbow_status elbow_label_list_add(struct elbow_label_list *list, int64_t label, const char *name,
                                       struct elbow_error *error);

// Local. For a list that is kept in the order of its names and holds each once: puts a name into its place, unless it
// is there; where a name is (SIZE_MAX: nowhere).
enum elbow_status elbow_label_list_put(struct elbow_label_list *list, const char *name, struct elbow_error *error);
size_t elbow_label_list_find(const struct elbow_label_list *list, const char *name);

// Local. Sorts by label; of two names of one label the first stays.
void elbow_label_list_sort(struct elbow_label_list *list);

// Local. The names as all ranks hold them, from a list in the order of labels.
enum elbow_status elbow_label_list_pack(const struct elbow_label_list *list, struct elbow_label_names *names,
                                        size_t *bytes, struct elbow_error *error);

// Local. Room for so many names of so many bytes together; and their pointers, once labels and texts are in it.
enum elbow_status elbow_label_names_make(struct elbow_label_names *names, size_t count, size_t bytes,
                                         struct elbow_error *error);
void elbow_label_names_point(struct elbow_label_names *names);

// Local. A zeroed struct is legal.
void elbow_label_list_clear(struct elbow_label_list *list);

ELBOW_C_END

#endif
