// SPDX-License-Identifier: BSD-3-Clause
// Descriptions of lists in a file, with one entry per row: their possible uses together with rows of data, and the
// lines of YAML for them.
#ifndef ELBOW_EVALUATE_DETAIL_LISTS_H
#define ELBOW_EVALUATE_DETAIL_LISTS_H

#include "elbow/evaluate/detail/serves.h"

#include <stdio.h>

ELBOW_C_BEGIN

// A list, and the stream for its description. Nothing is owned.
struct elbow_list {
    FILE *out;
    const char *path, *name;
    struct elbow_hdf5 *file;
    const struct elbow_serves *serves;
};

// Local. Prints the line of a configuration that names the dataset.
void elbow_list_print_key(const struct elbow_list *list, const char *key);

// Local. Prints labels, or texts: "10 integers: usable as data.labels, ...". values NULL: they are not plain numbers.
// False if they cannot be loaded as such.
bool elbow_list_print_labels(const struct elbow_list *list, const char *noun, const struct elbow_look *values,
                             struct elbow_error *error);

// Local. Prints floats, one for each row of some data of the file; false if they are something else.
bool elbow_list_print_numbers(const struct elbow_list *list, const struct elbow_hdf5_info *info,
                              const struct elbow_look *values);

ELBOW_C_END

#endif
