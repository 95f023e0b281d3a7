// SPDX-License-Identifier: BSD-3-Clause
// Labels from the names of folders: a group of codes and categories, as AnnData writes them and data.labels reads them.
#ifndef ELBOW_TOOLS_IMPORT_LABELS_H
#define ELBOW_TOOLS_IMPORT_LABELS_H

#include "import.h"

#include "elbow/data/hdf5.h"

// Begins zeroed.
struct import_labels {
    elbow_path name; // of the group
    bool is_there;   // something has that name in the file
    size_t count;    // of the classes; 0: there are no labels
    char **names;    // in natural order
    uint64_t *rows;  // of each class
};

// Local. Finds the name of the group, and whether it is taken in the file that is added to (NULL: a new one).
enum elbow_status import_labels_name(struct import_labels *labels, const struct import_options *options,
                                     struct elbow_hdf5 *file, struct elbow_error *error);

// Local. The classes of all sources together. MISMATCH if only some have classes; USAGE if none has and labels were
// asked for; FORMAT if the group is there and is not to be replaced.
enum elbow_status import_labels_unite(struct import_labels *labels, const struct import_source *sources,
                                      const struct import_options *options, struct elbow_error *error);

// Local. Writes the group, if there are labels, in the place of what has its name.
enum elbow_status import_labels_write(const struct import_labels *labels, const struct import_source *sources,
                                      size_t count, struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Says on standard output what the labels are, if there are any.
void import_labels_report(const struct import_labels *labels, const char *output);

// Local.
void import_labels_clear(struct import_labels *labels);

#endif
