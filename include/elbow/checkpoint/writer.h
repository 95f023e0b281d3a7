// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints written while training continues: a thread of rank zero writes one snapshot at a time.
//
// The thread syncs the tables, writes, syncs and renames the file, links the best, and deletes what is not kept. It
// calls neither MPI nor HDF5, allocates nothing, and handles no signals. Between elbow_writer_begin and
// elbow_writer_wait, snapshot and retention belong to the thread. If no thread is available, begin does everything
// itself.
#ifndef ELBOW_CHECKPOINT_WRITER_H
#define ELBOW_CHECKPOINT_WRITER_H

#include "elbow/base/language.h"
#include "elbow/base/thread.h"
#include "elbow/base/trace.h"
#include "elbow/checkpoint/checkpoint.h"

ELBOW_C_BEGIN

// The inputs of a write beside the snapshot.
struct elbow_writer_order {
    int64_t keep;       // number of newest checkpoints to keep
    bool keeps_best;    // best.h5 links to the checkpoint of best_step, which is also kept
    uint64_t best_step; // 0: none yet
    int tables[3];      // descriptors to sync first; -1: none. The caller may close them as soon as begin returns
};

// Zeroed: nothing. Must not move while it is used.
struct elbow_writer {
    const struct elbow_directory *run; // borrowed; rank zero's is open
    struct elbow_snapshot snapshot;    // filled by the owner, all ranks
    struct elbow_retention retention;  // rank zero
    struct elbow_thread thread;
    struct elbow_writer_order order;
    bool is_busy;               // begun, and not yet waited for
    struct elbow_error trouble; // of what was begun
    double seconds;             // that it took
    struct elbow_track *track;  // track of the thread's work; NULL: none; not owned
    uint64_t
        written; // the step of the newest checkpoint that this writer has written; 0: none. By __atomic_*: any thread
};

// Collective. Allocates all its memory, and lists the run directory.
enum elbow_status elbow_writer_open(struct elbow_comm *comm, const struct elbow_directory *run,
                                    const struct elbow_checkpoint_source *source, struct elbow_writer *writer,
                                    struct elbow_error *error);

// Local. Rank zero. Passes the snapshot to the thread. The previous one must have been waited for.
void elbow_writer_begin(struct elbow_writer *writer, const struct elbow_writer_order *order);

// Local. Rank zero. Waits until the passed snapshot is on disk. OUTPUT if it is not, or if the link to the best could
// not be made; OK if there is none.
enum elbow_status elbow_writer_wait(struct elbow_writer *writer, struct elbow_error *error);

// Local. Waits, and releases everything; a zeroed struct is legal.
void elbow_writer_close(struct elbow_writer *writer);

ELBOW_C_END

#endif
