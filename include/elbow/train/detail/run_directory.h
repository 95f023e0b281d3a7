// SPDX-License-Identifier: BSD-3-Clause
// What makes a directory a run's, and whether a run can write there.
#ifndef ELBOW_TRAIN_DETAIL_RUN_DIRECTORY_H
#define ELBOW_TRAIN_DETAIL_RUN_DIRECTORY_H

#include "elbow/base/directory.h"

// The resolved configuration of a run, and the bytes that it may have.
#define ELBOW_RUN_CONFIG "config.yaml"
enum { ELBOW_RUN_CONFIG_LIMIT = 1000000 };

// The page of a run (run.report).
#define ELBOW_RUN_REPORT "report.html"

enum elbow_run_kind {
    ELBOW_RUN_NONE,    // nothing in it has a name that a run writes
    ELBOW_RUN_ONE,     // a run of this version or an earlier one, whatever became of it
    ELBOW_RUN_FOREIGN, // somebody else's: something in it has a name that a run writes
};

// Local. What a directory is. A run is known by its receipt, its tables, its lock or a checkpoint, by what they begin
// with: a name alone is no proof. *name, for FOREIGN: the first of those names.
enum elbow_run_kind elbow_run_kind_of(const struct elbow_directory *directory, const char **name);

// Local. Whether nothing at all is in a directory but what half-written files have left.
bool elbow_run_is_empty(const struct elbow_directory *directory);

// Local. Removes what a killed start had not finished writing: parts of the names that a run writes. Those of other
// names may belong to commands at work. The caller holds the lock.
void elbow_run_sweep(const struct elbow_directory *directory);

// Local. FILE if something in the way can be seen of what a run will write, without writing: files that are none,
// folders that are none, links to nothing in the place of folders.
enum elbow_status elbow_run_check_places(const struct elbow_directory *directory, struct elbow_error *error);

// Local. Makes the first line of the receipt, by which the directory is known as a run's from now on, and the folders
// of a run, and tries to write in all of its places. FILE if one cannot be written.
enum elbow_status elbow_run_make_places(const struct elbow_directory *directory, struct elbow_error *error);

// Local. Whether this is the text of config.yaml.
bool elbow_run_has_configuration(const struct elbow_directory *directory, const char *text);

// Local. Notes in the receipt, by its hash, the text that config.yaml is going to hold. A receipt that cannot be
// written is forgiven.
void elbow_run_note_configuration(const struct elbow_directory *directory, const char *text);

// Local. Whether a start has noted these bytes, so that nobody has edited them since.
bool elbow_run_has_noted(const struct elbow_directory *directory, const char *bytes, size_t size);

// Local. Gives something in the directory the first free name of NAME.old-1, NAME.old-2, ...: `aside`. FILE if that
// fails.
enum elbow_status elbow_run_keep(const struct elbow_directory *directory, const char *name, char aside[64],
                                 struct elbow_error *error);

#endif
