// SPDX-License-Identifier: BSD-3-Clause
// Labels from the names of folders: a group of codes and categories, as AnnData writes them and data.labels reads them.
#ifndef ELBOW_TOOLS_IMPORT_LABELS_H
#define ELBOW_TOOLS_IMPORT_LABELS_H

#include "import.h"

#include "elbow/data/hdf5.h"

// Begins zeroed.
struct import_labels {
    elbow_path name; // of the group
    bool is_there;   // the file already has something with that name
    size_t count;    // number of classes; 0: no labels
    char **names;    // in natural order
    uint64_t *rows;  // of each class
};

// Local. Finds the name of the group, and whether it exists in the file that is added to (NULL: a new file).
enum elbow_status import_labels_name(struct import_labels *labels, const struct import_options *options,
                                     struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Unites the classes of all sources. MISMATCH if only some have classes; USAGE if none has, but labels were
// requested; FORMAT if the group exists and may not be replaced.
enum elbow_status import_labels_unite(struct import_labels *labels, const struct import_source *sources,
                                      const struct import_options *options, struct elbow_error *error);

// Local. Writes the group, if there are labels; it replaces an object of its name.
enum elbow_status import_labels_write(const struct import_labels *labels, const struct import_source *sources,
                                      size_t count, struct elbow_hdf5 *file, struct elbow_error *error);

// Local. Prints the labels to standard output, if there are any.
void import_labels_report(const struct import_labels *labels, const char *output);

// Local. Releases the labels; a zeroed struct is legal.
void import_labels_clear(struct import_labels *labels);

#endif
