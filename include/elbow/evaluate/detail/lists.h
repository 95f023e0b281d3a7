// SPDX-License-Identifier: BSD-3-Clause
// Lists in a file, one entry a row, told in words: what they can serve as beside rows of data, and the lines of YAML
// that use them.
#ifndef ELBOW_EVALUATE_DETAIL_LISTS_H
#define ELBOW_EVALUATE_DETAIL_LISTS_H

#include "elbow/evaluate/detail/serves.h"

#include <stdio.h>

ELBOW_C_BEGIN

// A list, and where it is told of.
struct elbow_list {
    FILE *out;
    const char *path, *name;
    struct elbow_hdf5 *file;
    const struct elbow_serves *serves;
};

// Local. How a configuration names a dataset.
void elbow_list_print_key(const struct elbow_list *list, const char *key);

// Local. Labels, or texts: "10 integers: usable as data.labels, ...". values NULL: they are no plain numbers. False if
// they cannot be loaded as such.
bool elbow_list_print_labels(const struct elbow_list *list, const char *noun, const struct elbow_look *values,
                             struct elbow_error *error);

// Local. Floats, one a row of some data of the file; false if they are none.
bool elbow_list_print_numbers(const struct elbow_list *list, const struct elbow_hdf5_info *info,
                              const struct elbow_look *values);

ELBOW_C_END

#endif
