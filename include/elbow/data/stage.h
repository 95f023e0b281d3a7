// SPDX-License-Identifier: BSD-3-Clause
// Copies of data files on storage of the node itself, where many ranks read faster than from a file system that all
// nodes share. One rank of each node copies, the others wait; what was copied is read again and compared.
#ifndef ELBOW_DATA_STAGE_H
#define ELBOW_DATA_STAGE_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/base/text.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

// Zeroed: nothing is staged.
struct elbow_stage {
    struct elbow_comm *comm; // not owned
    struct elbow_log *log;   // not owned
    const char *directory;   // on every node; not owned
    size_t count, capacity;
    struct elbow_staged {
        char *file, *copy; // owned
    } * files;             // owned
    uint64_t bytes;        // of one node
    double seconds;
};

// Collective. *path is where this node has its copy of `file`, made now if it was not asked for before; it belongs to
// the stage. The name of a copy belongs to this run. Where values of `dataset` (of which labels may be a group) lie in
// other files (virtual datasets, raw files, links), *path is `file`, and a warning says so: a copy would not find them.
// Where that cannot be told, *path is `file`, too: whoever loads it finds what is wrong. FILE if the file cannot be
// read, or the directory has no room for it or cannot be written; MISMATCH if a copy, or what another node has copied,
// is not the file.
enum elbow_status elbow_stage_take(struct elbow_stage *stage, const char *file, const char *dataset, const char **path,
                                   struct elbow_error *error);

// Collective. Removes this node's copies, when all its ranks have read them.
void elbow_stage_clear(struct elbow_stage *stage);

ELBOW_C_END

#endif
