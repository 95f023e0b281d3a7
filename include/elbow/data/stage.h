// SPDX-License-Identifier: BSD-3-Clause
// Copies of data files on a node's own storage, which many ranks read faster than a file system shared by all nodes.
// One rank of each node copies while the others wait; each copy is read again and compared.
#ifndef ELBOW_DATA_STAGE_H
#define ELBOW_DATA_STAGE_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/base/text.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

// The copies of a node. Zeroed: none.
struct elbow_stage {
    struct elbow_comm *comm; // not owned
    struct elbow_log *log;   // not owned
    const char *directory;   // on each node; not owned
    size_t count, capacity;
    struct elbow_staged {
        char *file, *copy; // owned
    } * files;             // owned
    uint64_t bytes;        // of one node
    double seconds;
};

// Collective. Sets *path, which belongs to the stage, to this node's copy of `file`; the copy is made on the first
// call. Its name is unique to this run. If values of `dataset` (which may be a group of labels) are in other files
// (virtual datasets, raw files, links), a copy would not find them: *path is then `file`, and a warning says so. If
// this cannot be determined, *path is `file` as well, and loading it reports the error. FILE if the file cannot be
// read, or if the directory has no space or cannot be written; MISMATCH if a copy differs from the file, or from the
// copy of another node.
enum elbow_status elbow_stage_take(struct elbow_stage *stage, const char *file, const char *dataset, const char **path,
                                   struct elbow_error *error);

// Collective. Waits until all ranks of the node have read its copies, and removes them.
void elbow_stage_clear(struct elbow_stage *stage);

ELBOW_C_END

#endif
