// SPDX-License-Identifier: BSD-3-Clause
// Reads datasets before they are loaded, in a child process, because the HDF5 library crashes or hangs on some damaged
// files. These functions report nothing: an error without a crash is found and reported again when the data are loaded.
#ifndef ELBOW_DATA_PREVIEW_H
#define ELBOW_DATA_PREVIEW_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/files.h"

ELBOW_C_BEGIN

// Local. Opens a dataset and reads its description, the attributes of elbow/data/packing.h, and its first and last row,
// as elbow_dataset_load does. `note` (ELBOW_CHILD_NOTE_SIZE bytes) names the dataset during the read, and is empty
// afterwards.
void elbow_preview_dataset(const char *file, const char *dataset, char *note);

// Local. The same for a place of labels, with their names.
void elbow_preview_labels(const char *file, const char *location, char *note);

// Local. The same for files of rows or of labels, in order, within a limited time.
void elbow_preview_files(const struct elbow_files *files, bool are_labels, char *note);

// Local. The same for all datasets of a configuration.
void elbow_preview_configured(const struct elbow_config *config, char *note);

ELBOW_C_END

#endif
