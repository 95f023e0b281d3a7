// SPDX-License-Identifier: BSD-3-Clause
// A look at datasets before they are loaded, in a process that may die of it: the HDF5 library crashes or hangs on some
// damaged files. Nothing is told: what is wrong without a crash is found again, and told, when the data are loaded.
#ifndef ELBOW_DATA_PREVIEW_H
#define ELBOW_DATA_PREVIEW_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/files.h"

ELBOW_C_BEGIN

// Local. Opens a dataset, and reads its description, the attributes that elbow/data/packing.h tells of, and its first
// and last row, as elbow_dataset_load will. The note (ELBOW_CHILD_NOTE_SIZE bytes) says which dataset is being read,
// and is empty afterwards.
void elbow_preview_dataset(const char *file, const char *dataset, char *note);

// Local. Likewise a place of labels, and their names.
void elbow_preview_labels(const char *file, const char *location, char *note);

// Local. Likewise files of rows or of labels, in order, as far as a bounded time allows.
void elbow_preview_files(const struct elbow_files *files, bool are_labels, char *note);

// Local. Likewise all that a configuration names.
void elbow_preview_configured(const struct elbow_config *config, char *note);

ELBOW_C_END

#endif
