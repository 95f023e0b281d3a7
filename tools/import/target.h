// SPDX-License-Identifier: BSD-3-Clause
// The HDF5 file that elbow-import adds to: new, or one that is there, under a lock until it has been replaced by a copy
// with one more dataset.
#ifndef ELBOW_TOOLS_IMPORT_TARGET_H
#define ELBOW_TOOLS_IMPORT_TARGET_H

#include "elbow/base/part.h"

#include <sys/stat.h>

struct import_target {
    elbow_path path; // through symbolic links
    bool exists;
    int lock;          // the file that is there, locked; -1: none
    struct stat about; // how it was when it was locked
    struct elbow_part part;
};

// Local. Finds the file and locks it: FILE if another program has, or if it cannot be written. Whatever the outcome, it
// is closed by the function below.
enum elbow_status import_target_open(const char *output, struct import_target *target, struct elbow_error *error);

// Local. Makes target->part: empty, or a copy of the file, to be written to under that name.
enum elbow_status import_target_begin(struct import_target *target, struct elbow_error *error);

// Local. Puts the part in its place. OUTPUT if the file is no longer as it was, or if a file has appeared.
enum elbow_status import_target_publish(struct import_target *target, struct elbow_error *error);

// Local. Drops the lock, and the part unless it was published.
void import_target_close(struct import_target *target);

#endif
