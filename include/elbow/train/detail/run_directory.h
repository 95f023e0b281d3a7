// SPDX-License-Identifier: BSD-3-Clause
// Run directories: how they are recognised, and whether a run can write there.
#ifndef ELBOW_TRAIN_DETAIL_RUN_DIRECTORY_H
#define ELBOW_TRAIN_DETAIL_RUN_DIRECTORY_H

#include "elbow/base/directory.h"

// The resolved configuration of a run, and its maximum size in bytes.
#define ELBOW_RUN_CONFIG "config.yaml"
enum { ELBOW_RUN_CONFIG_LIMIT = 1000000 };

// The page of a run (run.report).
#define ELBOW_RUN_REPORT "report.html"

enum elbow_run_kind {
    ELBOW_RUN_NONE,    // it holds none of the names that a run writes
    ELBOW_RUN_ONE,     // a run of this or an earlier version, finished or not
    ELBOW_RUN_FOREIGN, // not a run, but it holds a name that a run writes
};

// Local. The kind of a directory. A run is recognised by the first bytes of its receipt, tables, lock or checkpoints,
// as a name alone is no proof. *name: for FOREIGN, the first name that a run writes (static text).
enum elbow_run_kind elbow_run_kind_of(const struct elbow_directory *directory, const char **name);

// Local. Whether a directory is empty, apart from parts of files that were never completed.
bool elbow_run_is_empty(const struct elbow_directory *directory);

// Local. Removes the incomplete files of a killed start: parts of the names that a run writes. Parts of other names may
// belong to commands that still run. The caller holds the lock.
void elbow_run_sweep(const struct elbow_directory *directory);

// Local. Checks, without writing, that nothing blocks the outputs of a run. FILE for a name of a file that is not one,
// a name of a folder that is not one, or a broken link in the place of a folder.
enum elbow_status elbow_run_check_places(const struct elbow_directory *directory, struct elbow_error *error);

// Local. Writes the first line of the receipt, which marks the directory as a run, makes the folders of a run and tries
// to write in each of them. FILE if one cannot be written.
enum elbow_status elbow_run_make_places(const struct elbow_directory *directory, struct elbow_error *error);

// Local. Whether config.yaml exists and holds exactly this text.
bool elbow_run_has_configuration(const struct elbow_directory *directory, const char *text);

// Local. Notes the hash of the next text of config.yaml in the receipt. A failure to write the receipt is ignored.
void elbow_run_note_configuration(const struct elbow_directory *directory, const char *text);

// Local. Whether a start has noted the hash of these bytes, that is, nobody has edited them since.
bool elbow_run_has_noted(const struct elbow_directory *directory, const char *bytes, size_t size);

// Local. Renames an entry of the directory to the first free name of NAME.old-1, NAME.old-2, ..., and returns that in
// `aside`. FILE if that fails.
enum elbow_status elbow_run_keep(const struct elbow_directory *directory, const char *name, char aside[64],
                                 struct elbow_error *error);

#endif
