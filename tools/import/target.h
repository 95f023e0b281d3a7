// SPDX-License-Identifier: BSD-3-Clause
// The HDF5 file to which elbow-import adds: a new file, or an existing one that stays locked until a copy with one more
// dataset has replaced it.
#ifndef ELBOW_TOOLS_IMPORT_TARGET_H
#define ELBOW_TOOLS_IMPORT_TARGET_H

#include "elbow/base/part.h"

#include <sys/stat.h>

struct import_target {
    elbow_path path; // through symbolic links
    bool exists;
    int lock;          // the existing file, locked; -1: none
    struct stat about; // its state when it was locked
    struct elbow_part part;
};

// Local. Finds the file and locks it. FILE if another program has locked it, or if it cannot be written. Call
// import_target_close afterwards in any case.
enum elbow_status import_target_open(const char *output, struct import_target *target, struct elbow_error *error);

// Local. Creates target->part to be written: empty, or a copy of the file.
enum elbow_status import_target_begin(struct import_target *target, struct elbow_error *error);

// Local. Renames the part to the output. OUTPUT if the file has changed, or a new one has appeared.
enum elbow_status import_target_publish(struct import_target *target, struct elbow_error *error);

// Local. Releases the lock, and removes the part unless it was published.
void import_target_close(struct import_target *target);

#endif
